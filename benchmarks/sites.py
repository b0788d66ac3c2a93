"""Measure making a catalog: a build, builds again with nothing and with one package changed, each ratio in one run.

Prints a table in Markdown. Run it as ``python benchmarks/sites.py [--packages N] [--rounds N] [--quick]``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.installed import install
from benchmarks.measuring import Command, Figures, Meter
from benchmarks.rows import Row, keep


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=int, default=2000, metavar="N", help="how many (default: 2000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often (default: 3)")
    parser.add_argument("--quick", action="store_true", help="few packages, one round: to see that all works")
    options = parser.parse_args()
    number, rounds = (50, 1) if options.quick else (options.packages, options.rounds)
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-") as folder, Meter(dict(os.environ)) as meter:
        scratch = Path(folder)
        programs = install(scratch / "installed")
        _packages(scratch / "packages", number)
        figures = _measure(scratch, programs, meter, rounds)
    _print(figures, number, rounds)
    keep("sites", _rows(figures, number), whole=not options.quick)


def _packages(folder: Path, number: int) -> None:
    """Directories of packages, each of which depends on another one."""
    for each in range(number):
        place = folder / f"p{each:05}"
        place.mkdir(parents=True)
        need = f"p{each * 7 % number:05}"
        (place / "info.rkt").write_text(
            f'#lang info\n(define version "1.{each % 90}")\n(define deps (quote ("base" "{need}")))\n'
            f'(define pkg-desc "Package {each}")\n(define license (quote MIT))\n'
        )
        (place / "main.rkt").write_text(f"#lang racket/base\n(define x{each} {each})\n" * 20)
        (place / "README.md").write_text(f"# Package {each}\n\nIt does *something*.\n")


def _measure(scratch: Path, programs: Path, meter: Meter, rounds: int) -> dict[str, Figures]:
    """Each kind of build in turn, on the clock and in processor time."""
    packages = sorted(map(str, (scratch / "packages").iterdir()))
    changed = Path(packages[len(packages) // 2], "main.rkt")

    def build(name: str, *options: str) -> Command:
        call = (str(programs / "pltpack"), "catalog", "build", "-q", *options, "site", *packages)
        return Command(name, (call,), scratch, scratch / "none", scratch / "out")

    def fresh() -> None:
        shutil.rmtree(scratch / "site", ignore_errors=True)

    def touch() -> None:
        changed.write_text(changed.read_text() + ";\n")

    work: list[tuple[Command, Callable[[], object]]] = [
        (build("build, one process", "--jobs", "1"), fresh),
        (build("build, two processes", "--jobs", "2"), fresh),
        (build("again, nothing changed"), lambda: None),
        (build("again, one package changed"), touch),
    ]
    figures = {command.name: Figures() for command, _ in work}
    for _ in range(rounds):
        for command, prepare in work:
            prepare()
            figures[command.name].runs.append(meter.run(command))
    return figures


def _rows(figures: dict[str, Figures], number: int) -> Iterator[Row]:
    whole = figures["build, two processes"]
    for name, goal in (("again, nothing changed", None), ("again, one package changed", 1 / 20)):
        yield Row(f"{name}, {number:,} packages", "of a build's time", figures[name].ratio(whole), goal)
    yield Row(f"build of {number:,} packages", "MiB", max(its.peak for its in figures.values()) / 2**20, None)


def _print(figures: dict[str, Figures], number: int, rounds: int) -> None:
    whole = figures["build, two processes"]
    print(f"{number:,} packages, {rounds} rounds in turn\n")
    print("| | seconds | of a build | CPU s | of a build's | peak MiB |\n| --- | --: | --: | --: | --: | --: |")
    for name, found in figures.items():
        cpu = median(mine.cpu / theirs.cpu for mine, theirs in zip(found.runs, whole.runs, strict=True))
        print(
            f"| {name} | {found.seconds:.2f} | {found.ratio(whole):.3f} | {found.cpu:.2f} | {cpu:.3f} "
            f"| {found.peak / 2**20:.0f} |"
        )


if __name__ == "__main__":
    main()
