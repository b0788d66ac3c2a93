"""Measure catalogs and mirrors against ``raco pkg``, in turn, from a server on loopback.

``python benchmarks/catalogs.py`` makes packages of those of the installed Racket, serves them with a catalog, and has
both mirror them: with one connection and with sixteen, and a second time with ``--state``. Then both show and copy a
catalog of 3,000 records. What both make is compared before a figure counts. Nothing is judged: the ratios do.

Ours is an installed copy with its bytecode, as Racket has its own. Beside the time that passed stands that of the
processor, which other work on the machine disturbs less, and the memory; the floor is a Python that loads typer.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.installed import install
from benchmarks.loopback import serving
from benchmarks.rows import Row, keep
from pltpack.catalog.locations import catalog_writer, open_catalog
from pltpack.catalog.record import Record
from pltpack.datum.values import Keyword, Symbol
from pltpack.pkg.create import create_package
from pltpack.racket.installation import Installation
from pltpack.racket.packages import installed_packages

MAKING: Final = "for n in range(3000): open(str(n), 'w').write('x' * 600)"
MAKING_IN_RACKET: Final = (
    "(for ([n 3000]) (with-output-to-file (number->string n) (lambda () (void (write-string (make-string 600 #\\x))))))"
)


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds in all and of the processor, and the most memory in bytes."""

    seconds: float
    cpu: float
    peak: int


@dataclass(frozen=True)
class Figure:
    """What both took for the same."""

    what: str
    ours: Cost
    theirs: Cost
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """Our seconds for one of theirs."""
        return self.ours.seconds / self.theirs.seconds

    def line(self) -> str:
        """A row of the table."""
        ours, theirs = self.ours, self.theirs
        times = " | ".join(f"{one.seconds:.2f} s, {one.cpu:.2f} s" for one in (ours, theirs))
        ratios = f"1/{theirs.seconds / ours.seconds:.1f} | 1/{theirs.cpu / ours.cpu:.1f}"
        memory = f"{ours.peak / 2**20:.0f} MiB | {theirs.peak / 2**20:.0f} MiB"
        return f"| {self.what} | {times} | {ratios} | {memory} |"


def site(folder: Path, most: int) -> int:
    """Packages of the installed ones, and a catalog of them; how many there are."""
    records: list[Record] = []
    (folder / "pkgs").mkdir(parents=True)
    for name, package in sorted(installed_packages(Installation.discover(), "installation").items()):
        if len(records) == most or name == "racket" or not package.directory.is_dir():
            continue
        made = create_package(package.directory, name=name, dest=folder / "pkgs")
        records.append(Record.of(name, {"checksum": made.checksum or "", "source": f"../pkgs/{name}.zip"}))
    catalog_writer(folder / "catalog").write(records)
    return len(records)


def large_catalog(place: Path) -> None:
    """A catalog of 3,000 records with all the usual fields."""
    names = [f"package-{number}" for number in range(3000)]
    records = [
        Record.of(
            name,
            {
                "author": "ann@example.org",
                "checksum": f"{number:040x}",
                "dependencies": [["base"], [names[number * 7 % 3000], Keyword("version"), "1.0"]],
                "description": "A few words on what the package is for",
                "modules": [[Symbol("lib"), f"{name}/m{module}.rkt"] for module in range(8)],
                "name": name,
                "ring": number % 3,
                "source": f"https://example.org/{name}.zip",
                "tags": ["a", "b"],
            },
        )
        for number, name in enumerate(names)
    ]
    catalog_writer(place).write(records)


def cost(command: Sequence[str], folder: Path) -> Cost:
    """What a command takes that ends well, in a folder that is its home, too."""
    folder.mkdir(parents=True, exist_ok=True)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    own = {"HOME": str(home), "PLTADDONDIR": str(home), "PLTPACK_CACHE": str(home / "cache")}
    # Installed programs have their bytecode, and buffer what they print: ours unless these are set.
    left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    environment = {name: value for name, value in os.environ.items() if name not in left_out} | own
    began = time.perf_counter()
    with (folder / "printed.txt").open("wb") as printed, (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=printed, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=(folder / "errors.txt").read_bytes())
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def best(command: Sequence[str], folder: Path, *, rounds: int, clear: bool) -> Cost:
    """The best of some rounds; ``clear``: every round starts without what the one before has left."""
    found = []
    for _ in range(rounds):
        if clear:
            shutil.rmtree(folder, ignore_errors=True)
        found.append(cost(command, folder))
    return min(found, key=lambda one: one.seconds)


def mirrors(folder: Path, ours: str, most: int) -> Iterator[Figure]:
    """Mirrors of the installed packages."""
    number = site(folder / "site", most)
    with serving(folder / "site") as url:
        archive = ("catalog-archive", "--relative", "--state", "s.sqlite", "mirror", f"{url}catalog/")
        theirs = best(["raco", "pkg", *archive], folder / "theirs", rounds=1, clear=True)
        for jobs in ("1", "16"):
            mine = best([ours, *archive, "--jobs", jobs], folder / "ours", rounds=2, clear=True)
            goal = 1 / 10 if jobs == "16" else None
            yield Figure(f"a mirror of {number} packages, {jobs} at once", mine, theirs, goal)
        yield Figure(
            "the same again with `--state`, nothing changed",
            best([ours, *archive], folder / "ours", rounds=3, clear=False),
            best(["raco", "pkg", *archive], folder / "theirs", rounds=2, clear=False),
            1 / 20,
        )
    found = [open_catalog(folder / name / "mirror" / "catalog") for name in ("ours", "theirs")]
    assert list(found[0]) == list(found[1])


def catalogs(folder: Path, ours: str) -> Iterator[Figure]:
    """Showing and copying a large catalog."""
    folder.mkdir()
    large_catalog(folder / "large")
    for what, command in (
        ("show 3,000 records", ["catalog-show", "--all", "--catalog", str(folder / "large")]),
        ("show 3,000 names", ["catalog-show", "--all", "--only-names", "--catalog", str(folder / "large")]),
        ("copy 3,000 records to SQLite", ["catalog-copy", str(folder / "large"), "copy.sqlite"]),
        ("copy 3,000 records to a directory", ["catalog-copy", str(folder / "large"), "copy"]),
    ):
        yield Figure(
            what,
            best([ours, *command], folder / "ours", rounds=4, clear=True),
            best(["raco", "pkg", *command], folder / "theirs", rounds=3, clear=True),
            1 / 5,
        )
        if "show" in what:
            printed = [(folder / name / "printed.txt").read_bytes() for name in ("ours", "theirs")]
            assert printed[0] == printed[1]


def floor(folder: Path) -> Iterator[Figure]:
    """What nobody goes below: starting with nothing to do, and files that are made and no more."""
    yield Figure(
        "nothing: Python with typer, and `raco pkg`",
        best([sys.executable, "-c", "import typer"], folder / "ours", rounds=4, clear=True),
        best(["raco", "pkg", "help"], folder / "theirs", rounds=3, clear=True),
    )
    yield Figure(
        "nothing: Python with typer and what speaks HTTP, and `raco pkg`",
        best([sys.executable, "-c", "import typer, urllib3"], folder / "ours", rounds=4, clear=True),
        best(["raco", "pkg", "help"], folder / "theirs", rounds=3, clear=True),
    )
    yield Figure(
        "3,000 files made, and no more",
        best([sys.executable, "-c", MAKING], folder / "ours", rounds=4, clear=True),
        best(["racket", "-l", "racket/base", "-e", MAKING_IN_RACKET], folder / "theirs", rounds=3, clear=True),
    )


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-mirrors", action="store_true", help="only the catalog of 3,000 records")
    parser.add_argument("--packages", type=int, default=10_000, metavar="N", help="mirror at most N packages")
    parser.add_argument("--quick", action="store_true", help="few packages: to see that all works")
    options = parser.parse_args()
    if options.quick:
        options.packages = 8
    head = ["what", "ours: in all, processor", "raco", "ratio", "of the processor", "our memory", "raco's"]
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-") as name:
        scratch = Path(name)
        ours = str(install(scratch / "installed") / "raco-pkg")
        figures = (
            floor(scratch / "f"),
            catalogs(scratch / "c", ours),
            () if options.no_mirrors else mirrors(scratch / "m", ours, options.packages),
        )
        measured = []
        for figure in itertools.chain(*figures):
            print(figure.line(), flush=True)
            measured.append(figure)
    # Starting Python with typer is what nobody goes below.
    least = measured[0].ours.seconds
    rows = (
        Row(each.what, "of `raco pkg`'s time", each.ratio, each.goal, least / each.theirs.seconds)
        for each in measured
        if each.goal is not None
    )
    keep("catalogs", rows, whole=not options.quick and not options.no_mirrors)


if __name__ == "__main__":
    main()
