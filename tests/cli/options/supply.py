"""The options of the commands on what lock files tell others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec

from pltpack.lock.values import LockedPackage
from pltpack.lock.write import write_lock
from tests.cli.options.locks import locked
from tests.cli.options.locks import prepare as prepare_locks
from tests.cli.options.row import Left, Row, code, lacks, prints, says, silent, spares, tells, writes
from tests.scope.scopes import make_package
from tests.supply.locks import LOCK, TWICE

VERSION = {"PLTPACK_RACKET_VERSION": "8.7"}


def prepare(folder: Path) -> None:
    """Lock files, and advisories."""
    two = msgspec.structs.replace(TWICE, platforms=("x86_64-linux", "aarch64-macosx"))
    for name, lock in (("racket.lock", LOCK), ("twice.lock", TWICE), ("two.lock", two)):
        write_lock(lock, folder / name)
    write_lock(msgspec.structs.replace(LOCK, packages=LOCK.packages[:2]), folder / "less.lock")
    affected = [{"package": {"ecosystem": "Racket", "name": "games"}}]
    (folder / "osv.json").write_text(json.dumps({"id": "OSV-1", "affected": affected}))
    (folder / "newer.json").write_text(json.dumps({"id": "OSV-2", "affected": [{**affected[0], "versions": ["2.0"]}]}))


def for_macs(folder: Path) -> None:
    """A lock with a package that only macs need."""
    games: LockedPackage = msgspec.structs.replace(LOCK.packages[0], platforms=("aarch64-macosx",))
    write_lock(
        msgspec.structs.replace(LOCK, racket=("8.7",), platforms=("x86_64-linux", "aarch64-macosx"), packages=(games,)),
        folder / "racket.lock",
    )


def elsewhere(folder: Path) -> None:
    """A lock whose packages are not in the cache, and one of nothing."""
    prepare_locks(folder)
    locked(folder)
    make_package(folder / "p/cards.zip")  # as it was locked
    shutil.rmtree(folder / "home/.cache")
    write_lock(msgspec.structs.replace(LOCK, packages=()), folder / "less.lock")


def nowhere(folder: Path) -> None:
    """A lock whose one package nobody has."""
    games = msgspec.structs.replace(LOCK.packages[0], source="http://127.0.0.1:1/games.zip")
    write_lock(msgspec.structs.replace(LOCK, packages=(games,)), folder / "racket.lock")
    write_lock(msgspec.structs.replace(LOCK, packages=()), folder / "less.lock")


EXPORT = "raco-pkg export"
NIX = f"{EXPORT} --format nix"
AUDIT = "raco-pkg audit osv.json"
DIFF = "raco-pkg diff less.lock racket.lock"


def _row(command: str, option: str, given: str, effect, line: str, **more) -> Row:  # type: ignore[no-untyped-def]
    return Row(f"supply.{command}", option, line, given, effect, environment=VERSION, **more)


def _of_macs(left: Left) -> bool:
    return left.code in (0, 1) and "games" not in left.out


ROWS = [
    _row("export", "--format", "--format csv", prints("name,version,explicit"), EXPORT),
    _row("export", "--output", "-o x.txt", writes("x.txt"), EXPORT),
    _row("export", "--file", "--file less.lock", lacks("tests"), EXPORT),
    _row("export", "--name", "--name mine", prints('"name": "mine"'), f"{EXPORT} --format cyclonedx"),
    _row("export", "--racket-version", "--racket-version 8.7", lacks('"2.0"'), f"{NIX} --file twice.lock"),
    _row("export", "--platform", "--platform x86_64-linux", _of_macs, f"{EXPORT} --racket-version 8.7",
         before=for_macs, lacking="--platform aarch64-macosx"),
    _row("export", "--dry-run", "--dry-run", spares("x.txt"), f"{EXPORT} -o x.txt"),
    _row("export", "--quiet", "--quiet", silent, f"{EXPORT} -o x.txt"),
    _row("export", "--json", "--json", tells(lambda found: found["schema"] == "pltpack.export"), f"{EXPORT} -o x.txt"),
    _row("audit", "--file", "--file twice.lock", prints("OSV-2"), "raco-pkg audit newer.json"),
    _row("audit", "--ignore", "--ignore OSV-1", code(0), AUDIT),
    _row("audit", "--racket-version", "--racket-version 8.7", code(0), "raco-pkg audit newer.json --file twice.lock"),
    _row("audit", "--platform", "--platform x86_64-linux", code(0), AUDIT, before=for_macs),
    _row("audit", "--quiet", "--quiet", silent, AUDIT),
    _row("audit", "--json", "--json", tells(lambda found: found["findings"][0]["certain"]), AUDIT),
    _row("diff", "--fetch", "--fetch", prints("+ games/main"), DIFF, before=elsewhere),
    _row("diff", "--from", "--from p", prints("+ games/main"), DIFF, before=elsewhere),
    _row("diff", "--racket", "--racket nowhere", code(6), DIFF),
    _row("diff", "--racket-version", "--racket-version x", code(2), DIFF),
    _row("diff", "--offline", "--offline", says("not in the cache"), f"{DIFF} --fetch", before=nowhere),
    _row("diff", "--quiet", "--quiet", silent, DIFF),
    _row("diff", "--json", "--json", tells(lambda found: found["schema"] == "pltpack.lock-diff"), DIFF),
]  # fmt: skip
