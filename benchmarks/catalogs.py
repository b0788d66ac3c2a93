"""Measure catalogs and mirrors against ``raco pkg``, in turn, from a server on loopback.

``python benchmarks/catalogs.py`` makes packages of those of the installed Racket, serves them with a catalog, and has
both mirror them: with one connection and with sixteen, and a second time with ``--state``. Then both show and copy a
catalog of 3,000 records. What both make is compared before a figure counts. Nothing is judged: the ratios do.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from pltpack.catalog.locations import catalog_writer, open_catalog
from pltpack.catalog.record import Record
from pltpack.datum.values import Keyword, Symbol
from pltpack.pkg.create import create_package
from pltpack.racket.installation import Installation
from pltpack.racket.packages import installed_packages

OURS: Final = str(Path(sysconfig.get_path("scripts"), "raco-pkg"))


@dataclass(frozen=True)
class Figure:
    """The seconds that both took for the same."""

    what: str
    ours: float
    theirs: float

    def line(self) -> str:
        """A row of the table."""
        return f"| {self.what} | {self.ours:.2f} s | {self.theirs:.2f} s | 1/{self.theirs / self.ours:.1f} |"


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder; its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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


def seconds(command: Sequence[str], folder: Path, home: Path) -> float:
    """How long a command takes that ends well."""
    environment = {**os.environ, "HOME": str(home), "PLTADDONDIR": str(home), "PLTPACK_CACHE": str(home / "cache")}
    began = time.perf_counter()
    with (folder / "printed.txt").open("wb") as printed:
        subprocess.run(command, cwd=folder, env=environment, stdout=printed, stderr=subprocess.PIPE, check=True)
    return time.perf_counter() - began


def in_turn(what: str, ours: Sequence[str], theirs: Sequence[str], folder: Path, *, rounds: int, clear: bool) -> Figure:
    """The best of some rounds of each; ``clear``: every round starts without what the one before has left."""
    best = []
    for name, command in (("ours", ours), ("theirs", theirs)):
        times = []
        for _ in range(rounds):
            place = folder / name
            if clear:
                shutil.rmtree(place, ignore_errors=True)
            (place / "home").mkdir(parents=True, exist_ok=True)
            times.append(seconds(command, place, place / "home"))
        best.append(min(times))
    return Figure(what, *best)


def mirrors(folder: Path, most: int) -> Iterator[Figure]:
    """Mirrors of the installed packages."""
    number = site(folder / "site", most)
    with serving(folder / "site") as url:
        archive = ("catalog-archive", "--relative", "--state", "s.sqlite", "mirror", f"{url}catalog/")
        theirs = ["raco", "pkg", *archive]
        for jobs in ("1", "16"):
            what = f"a mirror of {number} packages, {jobs} at once"
            yield in_turn(what, [OURS, *archive, "--jobs", jobs], theirs, folder, rounds=1, clear=True)
        yield in_turn("the same again, nothing changed", [OURS, *archive], theirs, folder, rounds=2, clear=False)
    found = [open_catalog(folder / name / "mirror" / "catalog") for name in ("ours", "theirs")]
    assert list(found[0]) == list(found[1])


def catalogs(folder: Path) -> Iterator[Figure]:
    """Showing and copying a large catalog."""
    folder.mkdir()
    large_catalog(folder / "large")
    for what, command in (
        ("show 3,000 records", ["catalog-show", "--all", "--catalog", str(folder / "large")]),
        ("copy 3,000 records to SQLite", ["catalog-copy", str(folder / "large"), "copy.sqlite"]),
        ("copy 3,000 records to a directory", ["catalog-copy", str(folder / "large"), "copy"]),
    ):
        yield in_turn(what, [OURS, *command], ["raco", "pkg", *command], folder, rounds=3, clear=True)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=int, default=10_000, metavar="N", help="mirror at most N packages")
    options = parser.parse_args()
    print("| what | ours | raco | ratio |\n| --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-") as scratch:
        for figure in itertools.chain(mirrors(Path(scratch) / "m", options.packages), catalogs(Path(scratch) / "c")):
            print(figure.line(), flush=True)


if __name__ == "__main__":
    main()
