"""Measure the rescue of packages of PLaneT: processor time for each source file, and memory, for few and many packages.

    python benchmarks/planet.py [--corpus FOLDER] [--packages N] [--quick]

``--corpus`` is a folder of archives laid out as PLaneT's; without one the samples are taken. They are repeated under
other owners until there are enough. Each rescue is a process of its own that works alone; beside it, as a yardstick for
the machine, Python's ``gzip`` packs the same source files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.rows import Row, keep
from pltpack.planet.index import Index, index_planet
from pltpack.planet.release import open_release
from pltpack.planet.rescue.rewrite import is_source

SAMPLES: Final = Path(__file__).resolve().parents[1] / "fixtures" / "planet" / "repository"
GOAL: Final = 3.0
"""Milliseconds of processor time for a source file."""

_RESCUE: Final = """
import json, sys
from pltpack.planet.index import index_planet
from pltpack.planet.rescue.rescue import rescue_each, selected
index = index_planet(sys.argv[1])
chosen, _ = selected(index)
count = sources = 0
for package in rescue_each(chosen, index, sys.argv[2]):
    count += package.error is None
    sources += package.sources
print(json.dumps([count, sources]))
"""


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=SAMPLES, metavar="FOLDER", help="archives (default: samples)")
    parser.add_argument("--packages", type=int, default=1000, metavar="N", help="how many packages (default: 1000)")
    parser.add_argument("--quick", action="store_true", help="few packages: to see that all works")
    options = parser.parse_args()
    most = 20 if options.quick else options.packages
    index = index_planet(options.corpus)
    print("| packages | source files | CPU, ms a source file | goal | gzip of the same, ms | peak memory, MiB |")
    print("| --: | --: | --: | --: | --: | --: |")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-") as scratch:
        for number in sorted({max(1, most // 10), most}):
            folder = Path(scratch, f"in{number}")
            repeat(index, folder, number)
            each, memory, line = row(folder, Path(scratch, f"out{number}"))
            print(line, flush=True)
            rows.append(Row(f"rescue of {number:,} packages", "CPU ms a source file", each, GOAL))
            rows.append(Row(f"rescue of {number:,} packages", "MiB", memory))
    keep("planet", rows, whole=not options.quick)


def repeat(index: Index, folder: Path, number: int) -> None:
    """Lay out archives until there are so many packages, each time round under other owners."""
    made: set[tuple[str, str, int]] = set()
    turn = 0
    while len(made) < number:
        for release in index.releases:
            owner = release.owner if not turn else f"{release.owner}-{turn}"
            key = (owner, release.package, release.major)
            if key not in made and len(made) >= number:
                break
            made.add(key)
            place = folder / owner / release.package / str(release.major) / str(release.minor)
            place.mkdir(parents=True)
            shutil.copy(release.path, place / release.package)
        turn += 1


def row(folder: Path, into: Path) -> tuple[float, float, str]:
    """Rescue a folder in a process: milliseconds a source file, the most memory in MiB, and a row that tells both."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(
        [sys.executable, "-c", _RESCUE, str(folder), str(into)], stdout=subprocess.PIPE, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    packages, sources = json.loads(run.stdout)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    each = 1000 * spent / sources
    memory = after.ru_maxrss / 1024
    verdict = "reached" if each <= GOAL else "missed"
    line = (
        f"| {packages:,} | {sources:,} | {each:.2f} | {GOAL:.0f}: {verdict} | {yardstick(folder):.2f} | {memory:.0f} |"
    )
    return each, memory, line


def yardstick(folder: Path) -> float:
    """Milliseconds of processor time that packing a source file takes."""
    texts = list(_sources(folder))
    began = time.process_time()
    for text in texts:
        gzip.compress(text, 6)
    return 1000 * (time.process_time() - began) / len(texts)


def _sources(folder: Path, most: int = 4000) -> Iterator[bytes]:
    for release in index_planet(folder).releases:
        with open_release(release) as entries:
            for entry in entries:
                if entry.kind == "file" and is_source(entry.path):
                    yield entry.read()
                    most -= 1
                    if not most:
                        return


if __name__ == "__main__":
    main()
