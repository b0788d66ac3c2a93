"""The options of the commands on lock files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from pltpack.lock.make import Ways, make_lock
from pltpack.lock.write import write_lock
from pltpack.racket.installation import Installation
from pltpack.scope.access import Access
from pltpack.scope.plan.asked import Asking, wishes_of
from tests.cli.options.row import (
    Effect,
    Left,
    Row,
    code,
    holds,
    lacks,
    prints,
    refuses,
    says,
    silent,
    spares,
    tells,
    writes,
)
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


def kept(folder: Path) -> None:
    """A lock whose archives are as they were."""
    locked(folder)
    catalog(folder / "cat", [make_package(folder / "p/cards.zip")])


def locked_tree(folder: Path) -> None:
    """A lock of a directory that has changed since; the cache has it as it was."""
    environ = {"HOME": str(folder / "home"), "PATH": ""}
    access = Access(cache=folder / "home/.cache/pltpack")
    ways = Ways(Installation.discover(version="8.7", environ=environ), access, platforms=("x86_64-linux",))
    wishes = wishes_of([str(folder / "src")], Asking(placing="copy", name="cards"))
    write_lock(make_lock(wishes, folder, ways), folder / "racket.lock")
    (folder / "src/main.rkt").write_text("#lang racket/base\n1\n")


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


def ready(folder: Path) -> None:
    """A lock, and an environment with what it says."""
    locked(folder)
    environment(folder, ".racket")


def environment(folder: Path, name: str = "env") -> None:
    """An environment with nothing in it."""
    write_tree(folder / name, {"racket-env.toml": b'racket-version = "8.7"\n', "8.7/pkgs/pkgs.rktd": b"#hash()\n"})


def beside(folder: Path) -> None:
    """A lock, and an environment of another name."""
    locked(folder)
    environment(folder)


def strange(folder: Path) -> None:
    """A lock, and packages that are not in it."""
    locked(folder)
    installed(folder)


def disagreeing(folder: Path) -> None:
    """A lock, and an info.rkt that needs more."""
    locked(folder)
    (folder / "info.rkt").write_text('#lang info\n(define deps \'("dice"))\n')


def shelved(folder: Path) -> None:
    """A lock, and its archives in another place than it says."""
    locked(folder)
    (folder / "p/games.zip").rename(folder / "games.zip")
    make_package(folder / "shelf/cards.zip")
    (folder / "games.zip").rename(folder / "shelf/games.zip")
    shutil.rmtree(folder / "home/.cache")


def changed(folder: Path) -> None:
    """A lock, a scope with what it says and with a package of another version."""
    locked(folder)
    record = '#hash(("games" . #s((sc-pkg-info pkg-info 3) (catalog "games") "old" #f "games")))'
    write_tree(folder / PKGS, {"pkgs.rktd": record.encode(), "games/main.rkt": b"#lang racket/base\n"})


def elsewhere(folder: Path) -> None:
    """A lock of something on a server that nobody has."""
    locked(folder)
    shutil.rmtree(folder / "home/.cache")
    text = (folder / "racket.lock").read_text()
    for name in ("games", "cards"):
        text = text.replace(f'"./p/{name}.zip"', f'"http://127.0.0.1:1/{name}.zip"')
    (folder / "racket.lock").write_text(text.replace('type = "file"', 'type = "file-url"'))


def elsewhere_ready(folder: Path) -> None:
    """The same with an environment."""
    elsewhere(folder)
    environment(folder, ".racket")


def imaged(folder: Path) -> None:
    """A lock, and a place for an image."""
    locked(folder)
    (folder / "image").mkdir()


def spares_there(left: Left) -> bool:
    """Nothing was put into the environment."""
    return left.code == 2 and not (left.folder / ".racket/8.7/pkgs/games").exists()


SHARED = f"{PKGS}/games/main.rkt"


def shares(links: int) -> Effect:
    """A file of a package has so many names."""
    return lambda left: (left.folder / SHARED).exists() and (left.folder / SHARED).stat().st_nlink == links


LOCK = "raco-pkg lock games --catalog cat"
NOBODY = "http://127.0.0.1:1/x.zip"
HERE = "raco-pkg lock --catalog cat"


SYNC = "raco-pkg sync"
ROOTED = f"{SYNC} --racket-version 8.7"
LAYER = "image/root/.local/share/racket/8.7/pkgs/games"


def sync_row(option: str, given: str, effect: Effect, line: str = SYNC, **more: Any) -> Row:
    return Row("locks.sync", option, line, given, effect, **{"before": locked, "environment": VERSION, **more})


def env_row(option: str, given: str, effect: Effect, line: str = "raco-pkg env", **more: Any) -> Row:
    return Row("locks.env", option, line, given, effect, **{"before": locked, "environment": VERSION, **more})


def run_row(option: str, given: str, effect: Effect, line: str = "raco-pkg run", **more: Any) -> Row:
    return Row("locks.run", option, line, given, effect, **{"before": ready, "environment": VERSION, **more})


def vendor_row(option: str, given: str, effect: Effect, line: str = "raco-pkg vendor v", **more: Any) -> Row:
    return Row("locks.vendor", option, line, given, effect, **{"before": kept, "environment": VERSION, **more})


def is_a(schema: str) -> Effect:
    return tells(lambda one: (one["schema"], one["version"]) == (f"pltpack.{schema}", 1))


def lock_row(option: str, given: str, effect: Effect, line: str = LOCK, **more: Any) -> Row:
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
    sync_row("--offline", "--offline", refuses("not in the cache", code=6), before=elsewhere),
    sync_row("--frozen", "--frozen", code(1), before=disagreeing),
    sync_row("--from", "--from shelf", prints("installed games"), before=shelved),
    sync_row("--link-mode", "--link-mode copy", shares(1)),
    sync_row("--env", "--env env", writes("env/8.7/pkgs/games"), before=beside),
    sync_row("--file", "--file racket.lock", prints("installed games"), lacking="--file other.lock"),
    sync_row("--force", "--force", prints("removed dice"), before=strange),
    sync_row("--no-trash", "--no-trash", spares(f"{PKGS}/.trash"), before=changed),
    sync_row("--no-cache", "--no-cache", code(3)),
    sync_row("--dry-run", "--dry-run", prints("would install games")),
    sync_row("--quiet", "-q", silent),
    sync_row("--json", "--json", is_a("sync")),
    sync_row("--scope", "--scope installation", code(6)),
    sync_row("--installation", "-i", code(6)),
    sync_row("--user", "-u", writes(f"{PKGS}/games"), before=ready),
    sync_row("--scope-dir", "--scope-dir scope", writes("scope/games")),
    sync_row("--racket", "--racket nowhere", code(6)),
    sync_row("--racket-version", "--racket-version 8.6", writes("home/.local/share/racket/8.6/pkgs/games")),
    sync_row("--root", "--root image", writes(LAYER), ROOTED, before=imaged),
    sync_row("--lock-timeout", "--lock-timeout -1", code(2)),
    sync_row("--setup", "--setup", says("there is no Racket here")),
    sync_row("--jobs", "-j 0", refuses("-j", code=2)),
    env_row("--file", "--file other.lock", spares(".racket/8.7/pkgs/games")),
    env_row("--no-sync", "--no-sync", spares(".racket/8.7/pkgs/games")),
    env_row("--catalog", "--catalog cat", holds(".racket/8.7/pkgs/config.rktd", b"/cat")),
    env_row("--from", "--from shelf", writes(".racket/8.7/pkgs/games"), before=shelved),
    env_row("--link-mode", "--link-mode fast", refuses("--link-mode", code=2)),
    env_row("--offline", "--offline", refuses("not in the cache", code=6), before=elsewhere),
    env_row("--jobs", "-j 0", refuses("-j", code=2)),
    env_row("--racket", "--racket nowhere", code(6)),
    env_row("--racket-version", "--racket-version 8.6", writes(".racket/8.6/pkgs")),
    env_row("--dry-run", "--dry-run", spares(".racket")),
    env_row("--quiet", "-q", silent),
    env_row("--json", "--json", is_a("env")),
    run_row("--env", "--env nowhere nonesuch", says("no environment in nowhere"), lacking="nonesuch"),
    run_row("--file", "--file nowhere.lock nonesuch", spares_there, lacking="nonesuch"),
    run_row("--no-sync", "--no-sync nonesuch", spares_there, lacking="nonesuch"),
    run_row("--offline", "--offline nonesuch", says("not in the cache"), lacking="nonesuch", before=elsewhere_ready),
    Row("locks.activate", "--shell", "raco-pkg activate", "--shell fish", prints("set -gx PLTADDONDIR"), before=ready),
    Row("locks.activate", "--env", "raco-pkg activate", "--env env", prints("/env"), before=environment),
    vendor_row("--file", "--file nowhere.lock", code(6)),
    vendor_row("--from", "--from shelf", writes("v/pkgs/games.zip"), before=shelved),
    vendor_row("--offline", "--offline", refuses("not in the cache", code=6), before=elsewhere),
    vendor_row("--no-cache", "--no-cache", refuses("cards", code=3), before=locked_tree),
    vendor_row("--jobs", "-j 0", refuses("-j", code=2)),
    vendor_row("--racket", "--racket nowhere", code(6)),
    vendor_row("--racket-version", "--racket-version nonsense", code(2)),
    vendor_row("--dry-run", "--dry-run", spares("v")),
    vendor_row("--quiet", "-q", silent),
    vendor_row("--json", "--json", is_a("vendor")),
]
