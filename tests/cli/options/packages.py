"""The options of the commands on packages."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from tests.cli.options.row import Effect, Left, Row, code, prints, refuses, says, silent, spares, tells, writes
from tests.formats.trees import BYTECODE
from tests.trees import write_tree

VERSION = {"PLTPACK_RACKET_VERSION": "8.7"}
PKGS = "home/.local/share/racket/8.7/pkgs"
TIMES = {"main.rkt": 1_600_000_000, "info.rkt": 1_500_000_000}


def prepare(folder: Path) -> None:
    """A package in a directory, and the same one installed for the user and elsewhere."""
    tree = {
        "info.rkt": b'#lang info\n(define collection "games")\n',
        "main.rkt": b"#lang racket/base\n",
        "compiled/main_rkt.zo": BYTECODE,
        "compiled/main_rkt.dep": b'(("8.7" chez-scheme) ("x" . "y"))',
    }
    for place in ("in/games", f"{PKGS}/cards", "scope/cards"):
        write_tree(folder / place, tree)
    for name, seconds in TIMES.items():
        os.utime(folder / "in/games" / name, (seconds, seconds))
    (folder / "out").mkdir()
    for scope in (PKGS, "scope"):
        record = f'#hash(("cards" . #s(pkg-info (catalog "{scope[:1]}") #f #f)))'
        (folder / scope / "pkgs.rktd").write_text(record)


def installation(folder: Path) -> None:
    """A Racket of another version than the user's, with a package of its own."""
    (folder / "r/collects/racket").mkdir(parents=True)
    write_tree(folder / "r/share/pkgs/dice", {"info.rkt": b'#lang info\n(define collection "dice")\n'})
    (folder / "r/share/pkgs/pkgs.rktd").write_text('#hash(("dice" . #s(pkg-info (catalog "dice") #f #f)))')
    (folder / "r/bin").mkdir()
    (folder / "r/bin/racket").write_text("#!/bin/sh\n")
    (folder / "r/bin/racket").chmod(0o755)


def objectionable(folder: Path) -> None:
    """A package that an installer refuses."""
    write_tree(folder / "bad", {"info.rkt": b'#lang info\n(define deps "base")\n'})


def holds(archive: str, present: str, absent: str = "") -> Effect:
    """A package is there, with one file in it and without another."""

    def effect(left: Left) -> bool:
        if left.code or not (left.folder / archive).exists():
            return False
        with zipfile.ZipFile(left.folder / archive) as package:
            names = package.namelist()
        return present in names and absent not in names

    return effect


def timed(left: Left) -> bool:
    """Each file has its own time in the package (zip counts in steps of two seconds)."""
    with zipfile.ZipFile(left.folder / "in/games.zip") as package:
        return package.getinfo("main.rkt").date_time != package.getinfo("info.rkt").date_time


CREATE = "raco-pkg create in/games"
BUILT = f"{CREATE} --built --racket-version 8.7"

ROWS = [
    Row("packages.create", "--from-dir", f"{CREATE} --from-install", "--from-dir", refuses("--from-dir", code=2)),
    Row("packages.create", "--from-install", "raco-pkg create cards", "--from-install", code(0), environment=VERSION),
    Row(
        "packages.create",
        "--scope",
        "raco-pkg create --from-install cards",
        "--scope installation",
        refuses("installation", code=3),
        environment=VERSION,
    ),
    Row(
        "packages.create",
        "--scope-dir",
        "raco-pkg create --from-install cards --dest out",
        "--scope-dir nowhere",
        refuses("nowhere", code=3),
        environment=VERSION,
    ),
    Row("packages.create", "--format", CREATE, "--format tgz", writes("in/games.tgz")),
    Row("packages.create", "--manifest", CREATE, "--manifest", writes("in/games/MANIFEST")),
    Row("packages.create", "--as-is", f"{CREATE} --source", "--as-is", refuses("--as-is", code=2)),
    Row("packages.create", "--source", CREATE, "--source", holds("games.zip", "main.rkt", "compiled/main_rkt.zo")),
    Row("packages.create", "--binary", CREATE, "--binary --racket-version 8.7", holds("games.zip", "info.rkt")),
    Row("packages.create", "--binary-lib", CREATE, "--binary-lib --racket-version 8.7", holds("games.zip", "info.rkt")),
    Row("packages.create", "--built", CREATE, "--built --racket-version 8.7", holds("games.zip", "main.rkt")),
    Row("packages.create", "--dest", CREATE, "--dest out", writes("out/games.zip")),
    Row("packages.create", "--name", CREATE, "--name chess", writes("in/chess.zip")),
    Row("packages.create", "--strict", "raco-pkg create bad", "--strict", code(1), before=objectionable),
    Row("packages.create", "--times", CREATE, "--times keep", timed),
    Row("packages.create", "--dry-run", CREATE, "--dry-run", spares("in/games.zip")),
    Row("packages.create", "--verbose", CREATE, "-v", prints("18  main.rkt")),
    Row("packages.create", "--quiet", CREATE, "-q", silent),
    Row(
        "packages.create",
        "--json",
        CREATE,
        "--json",
        tells(lambda document: (document["schema"], document["version"]) == ("pltpack.create", 1)),
    ),
    Row(
        "packages.create",
        "--racket",
        "raco-pkg create --from-install dice --racket-version 8.7",
        "--racket r",
        code(0),
        before=installation,
    ),
    Row(
        "packages.create",
        "--racket-version",
        f"{CREATE} --built",
        "--racket-version nonsense",
        refuses("--racket-version", code=2),
    ),
    Row("packages.create", "--no-recompile", BUILT, "--no-recompile", says("not asked for")),
    Row("packages.source", "--type", "pltpack source u/games", "--type github", prints("repository: ")),
    Row("packages.source", "--link", "pltpack source ./games/", "--link", prints("type: link")),
    Row(
        "packages.source",
        "--json",
        "pltpack source games",
        "--json",
        tells(lambda document: (document["schema"], document["version"]) == ("pltpack.source", 1)),
    ),
]
