"""The figures as a picture."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.contests import Contest, Growth
from benchmarks.peers import OURS, RACO, UNIX
from benchmarks.workloads import MIB

_COLOURS: Final = {"ours": "#1b6ca8", "fast": "#76b5dd", "raco": "#b03a2e", "unix": "#8a8d91"}


def draw(path: Path, contests: Sequence[Contest], growth: Sequence[Growth]) -> None:
    """Write the picture as PNG. Raises ``ImportError`` without matplotlib."""
    # By name, as it may be missing: it is in an extra.
    importlib.import_module("matplotlib").use("Agg")
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    figure, ((bars, jobs), (sizes, entries), (memory, crowd)) = pyplot.subplots(
        3, 2, figsize=(12, 13), layout="constrained"
    )
    _bars(bars, [contest for contest in contests if contest.workload.name == "racket"])
    _jobs(jobs, [growing for growing in growth if growing.unit == "jobs"])
    _sizes(sizes, memory, [growing for growing in growth if growing.unit == "MiB"], "MiB in one file")
    _sizes(entries, crowd, [growing for growing in growth if growing.unit == "entries"], "tiny files")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _bars(axes: Any, contests: Sequence[Contest]) -> None:
    place = 0.0
    ticks: list[float] = []
    names: list[str] = []
    for contest in contests:
        for name, figures in contest.figures.items():
            axes.barh(place, figures.seconds, color=_COLOURS[_who(name, contest.work)], height=0.8)
            axes.annotate(f" {figures.seconds:.2f} s", (figures.seconds, place), va="center", fontsize=8)
            ticks.append(place)
            names.append(name)
            place += 1
        place += 0.6
    axes.set_yticks(ticks, names)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel("seconds")
    axes.set_title(contests[0].workload.title if contests else "not measured")


def _who(name: str, work: str) -> str:
    return {OURS[work]: "ours", RACO[work]: "raco", UNIX[work]: "unix"}.get(name, "fast")


def _jobs(axes: Any, growth: Sequence[Growth]) -> None:
    for growing in growth:
        points = list(growing.points)
        (line,) = axes.plot(points, [its.seconds for its in growing.points.values()], "o-", label=growing.command)
        cpu = [its.cpu for its in growing.points.values()]
        axes.plot(points, cpu, "o:", color=line.get_color(), label="all cores together")
        axes.set_xticks(points)
        axes.legend()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("--jobs")
    axes.set_ylabel("seconds")
    axes.set_title("Racket's tree by --jobs")


def _sizes(seconds: Any, memory: Any, growth: Sequence[Growth], what: str) -> None:
    for growing in growth:
        points = list(growing.points)
        seconds.plot(points, [its.seconds for its in growing.points.values()], "o-", label=growing.command)
        memory.plot(points, [its.peak / MIB for its in growing.points.values()], "o-", label=growing.command)
    for axes, unit in ((seconds, "seconds"), (memory, "peak MiB of a process")):
        axes.set_ylim(bottom=0)
        axes.set_xlabel(what)
        axes.set_ylabel(unit)
        if growth:
            axes.legend()
    seconds.set_title("Time")
    memory.set_title("Memory")
