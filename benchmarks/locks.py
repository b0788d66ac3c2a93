"""Measure locks, syncs and environments against ``raco pkg`` and ``cp -r``, in the same run.

``python benchmarks/locks.py`` makes packages of generated files, serves them with a catalog, and prints a table: many
environments against one installation by raco, a sync from a warm cache against ``cp -r`` of its files, one with nothing
to do against ``raco pkg show``, and checks of a lock over HTTP whose every answer takes 100 ms. Nothing is judged.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.loopback import serving
from benchmarks.rows import Row, keep

OURS: Final = str(Path(sysconfig.get_path("scripts"), "raco-pkg"))

LEAST: Final = """
import hashlib, os, sys, tomllib
from pathlib import Path
import msgspec, typer
tomllib.loads(Path("racket.lock").read_text())
for place, folders, files in os.walk(sys.argv[1]):
    there = sys.argv[2] + place.removeprefix(sys.argv[1])
    os.mkdir(there)
    for name in files:
        with open(os.path.join(place, name), "rb") as stream:
            hashlib.sha256(stream.read()).hexdigest()
        os.link(os.path.join(place, name), os.path.join(there, name))
"""
"""The least that a program with our libraries does for a sync by hard links: the lock read, each file checked and
linked, nothing locked, recorded or ready to be taken back."""


@dataclass(frozen=True)
class Figure:
    """What was measured: seconds or bytes of ours, of a ``peer`` (``theirs``), and the goal and the floor: of the ratio
    of both, or of ours where there is no peer."""

    what: str
    peer: str
    ours: float
    theirs: float | None
    goal: float | None = None
    floor: float | None = None

    @property
    def row(self) -> Row:
        """The same as a row of the table of all rooms."""
        if self.theirs is None:
            return Row(self.what, "seconds", self.ours, self.goal, self.floor)
        return Row(self.what, f"of {self.peer}", self.ours / self.theirs, self.goal, self.floor)

    @property
    def line(self) -> str:
        """A row of this room's table."""
        if self.theirs is None:
            return f"| {self.what} | {_amount(self.ours)} |  |  |"
        return f"| {self.what}; {self.peer} | {_amount(self.ours)} | {_amount(self.theirs)} | {self.row.measured:.2f} |"


def _amount(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:.2f} s"


def publish(folder: Path, count: int, files: int) -> list[str]:
    """Packages that depend on the one before, and a catalog of them; their names."""
    dice = random.Random(1)
    (folder / "packages").mkdir(parents=True)
    (folder / "catalog/pkg").mkdir(parents=True)
    names = [f"package-{number}" for number in range(count)]
    for number, name in enumerate(names):
        archive = folder / f"packages/{name}.zip"
        before = f'"{names[number - 1]}"' if number % 5 else ""
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("info.rkt", f'#lang info\n(define version "1.0")\n(define deps \'("base" {before}))\n')
            for file in range(files):
                text = "".join(dice.choices("abcdefgh ()\n", k=dice.choice([500, 2_000, 8_000, 20_000])))
                package.writestr(f"module-{file}.rkt", f"#lang racket/base\n#|{text.replace('|', '')}|#\n")
        sha1 = hashlib.sha1(archive.read_bytes()).hexdigest()
        record = f'#hash((source . "../packages/{name}.zip") (checksum . "{sha1}"))'
        (folder / "catalog/pkg" / name).write_text(record)
    return names


def timed(environment: dict[str, str], folder: Path, *command: str) -> float:
    """The seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def best(times: int, environment: dict[str, str], folder: Path, *command: str) -> float:
    """The shortest of several times."""
    return min(timed(environment, folder, *command) for _ in range(times))


def on_disk(*folders: Path) -> int:
    """The bytes of all files, each once whatever names it has."""
    found: dict[tuple[int, int], int] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                found[status.st_dev, status.st_ino] = status.st_size
    return sum(found.values())


def measure(folder: Path, environments: int, packages: int, large: int, files: int) -> Iterator[Figure]:
    """What is measured, one after the other."""
    home = {"HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state")}
    (folder / "home").mkdir()
    names = publish(folder / "few", packages, files)
    project = folder / "project"
    project.mkdir()
    catalog = ("--catalog", str(folder / "few/catalog"))
    timed(home, project, OURS, "lock", "-q", *catalog, *names)
    rooms = [f"env-{number}" for number in range(environments)]
    ours = timed(home, project, OURS, "env", "-q", *rooms)
    addon = {**home, "PLTADDONDIR": str(folder / "raco")}
    theirs = timed(addon, project, "raco", "pkg", "install", "--batch", "--no-setup", "--auto", *catalog, *names)
    what = f"{environments} environments of {packages} packages"
    yield Figure(f"{what}: time", "one `raco pkg install`", ours, theirs, 1.0)
    own, other = on_disk(*(project / room for room in rooms)), on_disk(folder / "raco")
    yield Figure(f"{what}: bytes of files", "one `raco pkg install`", own, other, 1.2)

    least = best(5, home, project, sys.executable, "-c", "import typer")
    names = publish(folder / "many", large, files)
    project = folder / "large"
    project.mkdir()
    catalog = ("--catalog", str(folder / "many/catalog"))
    timed(home, project, OURS, "lock", "-q", *catalog, *names)
    for mode in ("hardlink", "copy"):
        seconds = []
        for _ in range(3):
            shutil.rmtree(project / ".racket", ignore_errors=True)
            timed(home, project, OURS, "env", "-q", "--no-sync")
            seconds.append(timed(home, project, OURS, "sync", "-q", "--link-mode", mode))
        source = project / ".racket/8.7/pkgs"
        copies = []
        for number in range(3):
            copies.append(timed(home, folder, "cp", "-r", str(source), f"copy-{mode}-{number}"))
        ours, theirs = min(seconds), min(copies)
        floor = None
        if mode == "hardlink":
            made = (str(folder / f"least-{number}") for number in range(3))
            floor = (
                min(timed(home, project, sys.executable, "-c", LEAST, str(source), place) for place in made) / theirs
            )
        yield Figure(f"sync of {large} packages, {mode}", "`cp -r`", ours, theirs, 2.0, floor)
    ours = best(5, home, project, OURS, "sync", "-q")
    theirs = best(5, {**home, "PLTADDONDIR": str(project / ".racket")}, project, "raco", "pkg", "show", "-u")
    yield Figure("sync with nothing to do", "`raco pkg show`", ours, theirs, 0.25, least / theirs)

    with serving(folder / "many") as url:
        lock = ("--file", "served.lock", "-q")
        timed(home, project, OURS, "lock", *lock, "--catalog", f"{url}slow/catalog/", *names)
        for more in ((), ("--upgrade",)):
            ours = best(3, home, project, OURS, "lock", *lock, "--check", *more)
            what = f"lock --check {' '.join(more)}".strip()
            yield Figure(f"{what} of {large}, answers after 100 ms", "", ours, None, 2.0 if not more else None, least)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=int, default=30)
    parser.add_argument("--packages", type=int, default=60)
    parser.add_argument("--large", type=int, default=200)
    parser.add_argument("--files", type=int, default=10, help="modules in each package")
    parser.add_argument("--quick", action="store_true", help="few packages, nothing kept: to see that all works")
    given = parser.parse_args()
    if given.quick:
        given.environments, given.packages, given.large, given.files = 2, 4, 6, 2
    print("| what | ours | theirs | ratio |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        figures = []
        for figure in measure(Path(folder), given.environments, given.packages, given.large, given.files):
            print(figure.line, flush=True)
            figures.append(figure)
    keep("locks", (figure.row for figure in figures), whole=not given.quick)


if __name__ == "__main__":
    main()
