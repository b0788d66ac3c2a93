"""The options of the commands on lock files."""

from __future__ import annotations

import os
from pathlib import Path

from pltpack.lock.make import Ways, make_lock
from pltpack.lock.write import write_lock
from pltpack.racket.installation import Installation
from pltpack.scope.access import Access
from pltpack.scope.plan.asked import wishes_of
from tests.cli.options.row import Row, code, holds, lacks, prints, refuses, silent, spares, tells, writes
from tests.scope.scopes import catalog, make_package
from tests.trees import write_tree

VERSION = {"PLTPACK_RACKET_VERSION": "8.7"}
PKGS = "home/.local/share/racket/8.7/pkgs"


def prepare(folder: Path) -> None:
    """Archives and a catalog of them, a package in a directory."""
    games = make_package(folder / "p/games.zip", "1.0", '"base" "cards" ("win-lib" #:platform windows)')
    others = [make_package(folder / f"p/{name}.zip") for name in ("cards", "dice", "win-lib")]
    catalog(folder / "cat", [games, *others])
    write_tree(folder / "src", {"info.rkt": b"#lang info\n(define deps '())\n", "main.rkt": b"#lang racket/base\n"})


def locked(folder: Path) -> None:
    """A lock of games, and then a newer version of cards."""
    environ = {"HOME": str(folder / "home"), "PATH": ""}
    installation = Installation.discover(version="8.7", environ=environ)
    access = Access(catalogs=(str(folder / "cat"),), cache=folder / "home/.cache/pltpack")
    lock = make_lock(wishes_of(["games"]), folder, Ways(installation, access, platforms=("x86_64-linux",)))
    write_lock(lock, folder / "racket.lock")
    catalog(folder / "cat", [make_package(folder / "p/cards.zip", "2.0")])


def installed(folder: Path) -> None:
    """Packages for the user, and in another scope."""
    for scope, name in ((PKGS, "dice"), ("scope", "cards")):
        record = f'#hash(("{name}" . #s((sc-pkg-info pkg-info 3) (catalog "{name}") #f #f "{name}")))'
        write_tree(folder / scope, {"pkgs.rktd": record.encode(), f"{name}/main.rkt": b"#lang racket/base\n"})


def racket(folder: Path) -> None:
    """A Racket that has cards."""
    for place in ("r/collects/racket", "r/bin", "r/etc", "r/share/pkgs/cards"):
        (folder / place).mkdir(parents=True)
    (folder / "r/share/pkgs/pkgs.rktd").write_text('#hash(("cards" . #s(pkg-info (catalog "cards") #f #t)))')
    (folder / "r/bin/racket").write_text("#!/bin/sh\n")
    os.chmod(folder / "r/bin/racket", 0o755)


LOCK = "raco-pkg lock games --catalog cat"
NOBODY = "http://127.0.0.1:1/x.zip"
HERE = "raco-pkg lock --catalog cat"


def lock_row(option: str, given: str, effect, line: str = LOCK, **more) -> Row:  # type: ignore[no-untyped-def]
    return Row("locks.lock", option, line, given, effect, environment=VERSION, **more)


ROWS = [
    lock_row("--installed", "--installed", prints("added dice"), HERE, before=installed),
    lock_row("--update", "--update cards", prints("changed cards 1.0"), HERE, before=locked),
    lock_row("--upgrade", "--upgrade", prints("changed cards 1.0"), HERE, before=locked),
    lock_row("--check", "--check", code(1)),
    lock_row("--platform", "--platform win32/x86_64", prints("added win-lib")),
    lock_row("--racket-version", "--racket-version 8.10", holds("racket.lock", b'"8.10"')),
    lock_row("--minimal", "--minimal --racket r", prints("added cards"), before=racket, lacking="--racket r"),
    lock_row("--copy", "--copy", holds("racket.lock", b'type = "dir"'), "raco-pkg lock ./src"),
    lock_row("--type", "--type dir", writes("racket.lock"), "raco-pkg lock src --catalog cat"),
    lock_row("--name", "--name chess", prints("added chess"), "raco-pkg lock ./src"),
    lock_row("--file", "--file other.lock", writes("other.lock")),
    lock_row("--catalog", "--catalog cat", prints("added games"), "raco-pkg lock games --catalog p"),
    lock_row("--no-cache", "--no-cache", spares("home/.cache/pltpack/trees")),
    lock_row(
        "--offline", "--offline", refuses("not in the cache", code=6), "raco-pkg lock http://127.0.0.1:1/x.zip -j 1"
    ),
    lock_row("--jobs", "-j 0", refuses("-j", code=2)),
    lock_row("--racket", "--racket r", lacks("added cards"), before=racket),
    lock_row("--scope", "--scope user", prints("added dice"), f"{HERE} --installed", lacking="-i", before=installed),
    lock_row("--installation", "-i", code(6), f"{HERE} --installed", before=installed),
    lock_row("--user", "-u", prints("added dice"), f"{HERE} --installed", lacking="-i", before=installed),
    lock_row("--scope-dir", "--scope-dir scope", prints("added cards"), f"{HERE} --installed", before=installed),
    lock_row("--dry-run", "--dry-run", spares("racket.lock")),
    lock_row("--quiet", "-q", silent),
    lock_row("--json", "--json", tells(lambda one: (one["schema"], one["version"]) == ("pltpack.lock", 1))),
]
