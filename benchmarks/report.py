"""The figures as people and programs read them: Markdown and JSON."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, Final

from benchmarks.contests import Contest, Floor, Growth
from benchmarks.goals import as_table
from benchmarks.measuring import Figures
from benchmarks.peers import RACO, UNIX
from benchmarks.workloads import MIB

_LIBRARIES: Final = ("isal", "zlib-ng", "pybase64", "typer")


def machine() -> dict[str, str]:
    """What the figures were measured on and with."""
    racket = subprocess.run(["racket", "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "processor": _processor(),
        "python": platform.python_version(),
        "racket": racket.partition(" v")[2].strip(" .\n"),
        **{name: version(name) for name in _LIBRARIES},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(": ")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def as_json(contests: Sequence[Contest], floors: Sequence[Floor], growth: Sequence[Growth]) -> dict[str, Any]:
    """Everything: medians, and every run they come from."""
    return {
        "machine": machine(),
        "contests": [
            {
                "workload": contest.workload.name,
                "title": contest.workload.title,
                "files": contest.workload.files,
                "bytes": contest.workload.size,
                "work": contest.work,
                "commands": {name: _figures(figures) for name, figures in contest.figures.items()},
            }
            for contest in contests
        ],
        "floors": [
            {
                "workload": floor.workload.name,
                "parts": {name: _figures(figures) for name, figures in floor.figures.items()},
            }
            for floor in floors
        ],
        "growth": [
            {
                "command": growing.command,
                "unit": growing.unit,
                "points": {str(point): _figures(figures) for point, figures in growing.points.items()},
            }
            for growing in growth
        ],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "seconds": figures.seconds,
        "cpuSeconds": figures.cpu,
        "peakBytes": figures.peak,
        "productBytes": figures.size,
        "runs": [asdict(run) for run in figures.runs],
    }


def as_markdown(contests: Sequence[Contest], floors: Sequence[Floor], growth: Sequence[Growth]) -> str:
    """The tables."""
    facts = machine()
    lines = [
        f"{facts['system']} ({facts['processor']}); Python {facts['python']}, Racket {facts['racket']}, "
        + ", ".join(f"{name} {facts[name]}" for name in _LIBRARIES)
        + ".",
        "",
    ]
    if contests:
        lines += ["**Goals**", "", *as_table(contests), ""]
    for floor in floors:
        lines += [*_floor(floor), ""]
    for contest in contests:
        lines += [*_contest(contest), ""]
    for growing in growth:
        lines += [*_growth(growing), ""]
    return "\n".join(lines)


def _contest(contest: Contest) -> Iterator[str]:
    workload, figures = contest.workload, contest.figures
    rounds = len(next(iter(figures.values())).runs)
    yield (
        f"**{contest.work.capitalize()}: {workload.title}** "
        f"({workload.files:,} files, {workload.size / MIB:,.1f} MiB; {rounds} rounds)"
    )
    yield ""
    raco, unix = RACO[contest.work], UNIX[contest.work]
    packs = contest.work == "pack"
    yield f"| command | seconds | CPU s | peak MiB |{' archive MiB |' if packs else ''} of {raco} | of {unix} |"
    yield f"| --- | --: | --: | --: |{' --: |' if packs else ''} --: | --: |"
    for name, its in figures.items():
        size = f" {(its.size or 0) / MIB:.3f} |" if packs else ""
        yield (
            f"| {name} | {its.seconds:.3f} | {its.cpu:.3f} | {its.peak / MIB:.1f} |{size} "
            f"{its.ratio(figures[raco]):.3f} | {its.ratio(figures[unix]):.3f} |"
        )


def _floor(floor: Floor) -> Iterator[str]:
    rounds = len(next(iter(floor.figures.values())).runs)
    yield f"**The floor: parts of the work alone, {floor.workload.title}** ({rounds} rounds)"
    yield ""
    yield "| part | seconds | CPU s |"
    yield "| --- | --: | --: |"
    for name, its in floor.figures.items():
        yield f"| {name} | {its.seconds:.3f} | {its.cpu:.3f} |"


def _growth(growing: Growth) -> Iterator[str]:
    rounds = len(next(iter(growing.points.values())).runs)
    yield f"**{growing.command}, {growing.unit}** ({rounds} rounds)"
    yield ""
    if growing.unit == "jobs":
        yield "| jobs | seconds | CPU s | peak MiB |"
        yield "| --: | --: | --: | --: |"
        for point, its in growing.points.items():
            yield f"| {point} | {its.seconds:.3f} | {its.cpu:.3f} | {its.peak / MIB:.1f} |"
        return
    each = "ms per MiB" if growing.unit == "MiB" else "µs per entry"
    scale = 1e3 if growing.unit == "MiB" else 1e6
    yield f"| {growing.unit} | seconds | {each} | peak MiB |"
    yield "| --: | --: | --: | --: |"
    for point, its in growing.points.items():
        yield f"| {point:,} | {its.seconds:.3f} | {its.seconds / point * scale:.2f} | {its.peak / MIB:.1f} |"
