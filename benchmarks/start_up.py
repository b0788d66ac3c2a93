"""Measure how long the short commands take, beside a Python that only starts and loads the library of command lines.

    .venv/bin/python benchmarks/start_up.py [--rounds N]

All in turn, round by round. Nothing is asserted about time: the goal is at most twice the floor. Writes
results/start-up.json and .md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.measuring import Command, Figures, Meter
from benchmarks.rows import Row, keep

HERE: Final = Path(__file__).resolve().parent
MOST: Final = 2.0
FLOOR: Final = "python, typer"
PROGRAMS: Final = Path(sys.executable).parent

CALLS: Final = (
    "pltpack --version",
    "pltpack --help",
    "raco-pkg --help",
    "pltpack verify --help",
    "raco-unpack -l tiny.plt",
    "pltpack list tiny.plt",
    "pltpack show tiny.plt",
    "raco-pkg catalog-show --catalog catalog tiny",
    "raco-pkg show",
    "raco-pkg sync",
)
"""The last one finds everything as it should be."""


def prepare(meter: Meter, folder: Path) -> None:
    """An archive, a catalog, and a project whose lock holds what is installed."""
    (folder / "tiny").mkdir()
    (folder / "tiny" / "main.rkt").write_text("#lang racket/base\n")
    (folder / "tiny" / "info.rkt").write_text('#lang info\n(define collection "tiny")\n')
    (folder / "catalog" / "pkg").mkdir(parents=True)
    (folder / "catalog" / "pkg" / "tiny").write_text('#hash((source . "../../tiny.zip") (checksum . "0"))')
    for call in ("raco-pack -q tiny.plt tiny", "raco-pkg create -q tiny", "raco-pkg lock ./tiny.zip", "raco-pkg sync"):
        meter.run(command(call, folder))


def command(call: str, folder: Path) -> Command:
    """A call as it is measured."""
    program, *words = call.split()
    return Command(call, ((str(PROGRAMS / program), *words),), folder, folder / "none", folder / "out")


def measure(folder: Path, rounds: int) -> dict[str, Figures]:
    """All figures, by the calls."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    variables = {"HOME": str(folder / "home"), "PLTADDONDIR": str(folder / "addon"), "PLTPACK_RACKET_VERSION": "8.7"}
    figures: dict[str, Figures] = {}
    floor = Command(FLOOR, ((sys.executable, "-c", "import typer"),), folder, folder / "none", folder / "out")
    with Meter({**inherited, **variables}) as meter:
        prepare(meter, folder)
        for _ in range(rounds):
            for each in (floor, *(command(call, folder) for call in CALLS)):
                figures.setdefault(each.name, Figures()).runs.append(meter.run(each))
    return figures


def as_markdown(figures: dict[str, Figures]) -> str:
    """A table."""
    floor = figures[FLOOR]
    lines = ["| command | ms | of the floor | goal |", "| --- | --: | --: | --- |"]
    for name, found in figures.items():
        ratio = found.ratio(floor)
        goal = "the floor" if name == FLOOR else f"{MOST:g}, {'reached' if ratio <= MOST else 'missed'}"
        lines.append(f"| `{name}` | {found.seconds * 1000:.0f} | {ratio:.2f} | {goal} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11, metavar="N")
    parser.add_argument("--quick", action="store_true", help="two rounds, nothing kept: to see that all works")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-") as folder:
        figures = measure(Path(folder), 2 if options.quick else options.rounds)
    print(as_markdown(figures))
    if options.quick:
        return
    floor = figures[FLOOR]
    keep(
        "start_up",
        (
            Row(f"`{name}`", f"of {FLOOR}", its.ratio(floor), MOST, 1.0)
            for name, its in figures.items()
            if its is not floor
        ),
    )
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    rows = {name: [run.seconds for run in found.runs] for name, found in figures.items()}
    (results / "start-up.json").write_text(json.dumps(rows, indent=1) + "\n")
    (results / "start-up.md").write_text(as_markdown(figures))


if __name__ == "__main__":
    main()
