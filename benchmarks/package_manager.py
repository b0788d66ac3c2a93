"""Measure raco-pkg against raco pkg: installing, updating, showing and removing 60 packages with dependencies.

    .venv/bin/python benchmarks/package_manager.py [--rounds N]

The packages lie on the loopback, no setup is run, both in turn on one machine; beside them the floor: what Python with
the same libraries needs for the requests and files alone. Nothing is asserted about time. Writes
results/package-manager.json and .md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it also runs as a script

from benchmarks.installed import install
from benchmarks.loopback import serving
from benchmarks.measuring import Command, Figures, Meter
from benchmarks.rows import Row, keep

PACKAGES: Final = 60
FILES: Final = 10
GOALS: Final = {
    "install": 1 / 12,
    "install, 100 ms": 1 / 15,
    "update --all": 1 / 10,
    "show -a": 1 / 4,
    "remove --auto": 1 / 10,
}
HERE: Final = Path(__file__).resolve().parent


def make(folder: Path) -> None:
    """A catalog that says what packages need, as Racket's does, and packages of which each needs two others."""
    (folder / "pkg").mkdir(parents=True)
    for number in range(PACKAGES):
        needed = [child for child in (2 * number + 1, 2 * number + 2) if child < PACKAGES]
        deps = " ".join(['"base"', *(f'"p{child}"' for child in needed)])
        archive = folder / f"p{number}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("info.rkt", f'#lang info\n(define version "1.0")\n(define deps \'({deps}))\n')
            for file in range(FILES):
                package.writestr(f"m{file}.rkt", "#lang racket/base\n(provide x)\n(define x 1)\n" * 5)
        sha1 = hashlib.sha1(archive.read_bytes()).hexdigest()
        record = f'#hash((checksum . "{sha1}") (dependencies . ({deps})) (source . "../p{number}.zip"))'
        (folder / "pkg" / f"p{number}").write_text(record)


def commands(scratch: Path, programs: Path, who: str, url: str, turn: int) -> Iterator[tuple[str, Command]]:
    """What is measured, in this order: each works on what the one before it left."""
    ours = who == "raco-pkg"
    program = [str(programs / "raco-pkg")] if ours else [shutil.which("raco") or "raco", "pkg"]
    quiet = [] if ours else ["--no-setup"]

    def command(addon: str, *words: str) -> Command:
        home = scratch / f"{who}-{turn}-{addon}"
        home.mkdir(exist_ok=True)
        variables = [f"PLTADDONDIR={home}/addon", f"HOME={home}", f"XDG_CACHE_HOME={home}/cache"]
        pipeline = (("env", *variables, *program, *words),)
        return Command(f"{who} {words[0]}", pipeline, scratch, scratch / "none", scratch / "out")

    install = ("install", "--auto", "--batch", *quiet)
    yield "install", command("a", *install, "--catalog", url, "p0")
    yield "install, 100 ms", command("b", *install, "--catalog", f"{url}slow/", "p0")
    yield "update --all", command("a", "update", "--all", "--batch", *quiet, "--catalog", url)
    yield "show -a", command("a", "show", "-a")
    yield "remove --auto", command("a", "remove", "--auto", "--batch", *quiet, "p0")


def measure(scratch: Path, rounds: int) -> dict[str, dict[str, Figures]]:
    """All figures: by what is done, and by whom."""
    programs = install(scratch / "installed")
    made = scratch / "catalog"
    make(made)
    figures: dict[str, dict[str, Figures]] = {}
    # Installed programs have their bytecode: raco always, ours unless this is set.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with serving(made) as url, Meter(environment) as meter:
        for turn in range(rounds):
            for who in ("raco-pkg", "raco"):
                for name, command in commands(scratch, programs, who, url, turn):
                    figures.setdefault(name, {}).setdefault(who, Figures()).runs.append(meter.run(command))
            for name, words in floors(url, scratch / f"floor-{turn}").items():
                command = Command(
                    name, ((str(programs / "python"), *words),), scratch, scratch / "none", scratch / "out"
                )
                figures[name].setdefault("floor", Figures()).runs.append(meter.run(command))
    return figures


def floors(url: str, folder: Path) -> dict[str, tuple[str, ...]]:
    """What Python does at least: the libraries loaded, all requests answered, all files written."""
    least = (str(HERE / "least.py"),)
    return {
        "install": (*least, url, str(PACKAGES), str(folder / "a")),
        "install, 100 ms": (*least, f"{url}slow/", str(PACKAGES), str(folder / "b")),
        "update --all": (*least, url, str(PACKAGES)),
        "show -a": ("-c", "import typer"),
        "remove --auto": ("-c", "import typer"),
    }


def as_markdown(figures: dict[str, dict[str, Figures]]) -> str:
    """A table."""
    lines = [
        "| 60 packages | raco-pkg | raco pkg | ratio | goal | the floor's | of the processor | the floor's | memory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, goal in GOALS.items():
        ours, theirs, floor = (figures[name][who] for who in ("raco-pkg", "raco", "floor"))
        ratio = ours.ratio(theirs)
        met = "reached" if ratio <= goal else "missed"
        lines.append(
            f"| {name} | {ours.seconds:.2f} s | {theirs.seconds:.2f} s | 1/{1 / ratio:.1f} | 1/{1 / goal:.0f}, {met} "
            f"| 1/{1 / floor.ratio(theirs):.1f} | {ours.cpu:.2f} of {theirs.cpu:.2f} s: 1/{theirs.cpu / ours.cpu:.1f} "
            f"| 1/{theirs.cpu / floor.cpu:.1f} | {ours.peak >> 20} MiB |"
        )
    return "\n".join(lines) + "\n"


def rows(figures: dict[str, dict[str, Figures]]) -> Iterator[Row]:
    """Each goal with its floor."""
    for name, goal in GOALS.items():
        ours, theirs, floor = (figures[name][who] for who in ("raco-pkg", "raco", "floor"))
        what = f"{name}, {PACKAGES} packages"
        yield Row(what, "of `raco pkg`'s time", ours.ratio(theirs), goal, floor.ratio(theirs))
    peak = max(figures[name]["raco-pkg"].peak for name in GOALS)
    yield Row("the largest process", "MiB", peak / 2**20, 64.0)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--quick", action="store_true", help="one round, nothing kept: to see that all works")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pltpack-bench-") as scratch:
        figures = measure(Path(scratch), 1 if options.quick else options.rounds)
    print(as_markdown(figures))
    if options.quick:
        return
    keep("package_manager", rows(figures))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "package-manager.md").write_text(as_markdown(figures), "utf-8")
    plain = {
        name: {who: [run.seconds for run in one.runs] for who, one in each.items()} for name, each in figures.items()
    }
    (results / "package-manager.json").write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
