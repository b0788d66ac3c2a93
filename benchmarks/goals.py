"""What the project wants to reach, and whether it did: ratios of whole processes in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.contests import Contest, Floor
from benchmarks.floor import PARTS
from benchmarks.measuring import Figures
from benchmarks.peers import OURS, RACO, UNIX
from benchmarks.rows import Row
from benchmarks.workloads import MIB

_FAST: Final = "raco-pack --fast"


@dataclass(frozen=True, slots=True)
class Goal:
    """At most ``most`` for the ratio of ``measure`` between two commands that do the same work."""

    workload: str
    work: str
    command: str
    peer: str
    most: float
    measure: str = "time"


GOALS: Final = (
    Goal("racket", "pack", OURS["pack"], RACO["pack"], 1 / 6),
    Goal("racket", "pack", OURS["pack"], RACO["pack"], 1.02, "archive"),
    Goal("racket", "pack", OURS["pack"], UNIX["pack"], 1 / 3),
    Goal("racket", "pack", _FAST, RACO["pack"], 1 / 10),
    Goal("racket", "pack", _FAST, RACO["pack"], 1.18, "archive"),
    Goal("racket", "unpack", OURS["unpack"], RACO["unpack"], 1 / 15),
    Goal("racket", "unpack", OURS["unpack"], UNIX["unpack"], 1.2),
    Goal("racket", "list", OURS["list"], RACO["list"], 1 / 20),
    Goal("racket", "list", OURS["list"], UNIX["list"], 1.0),
    Goal("start-up", "list", OURS["list"], RACO["list"], 0.3),
)

_MEASURES: Final[dict[str, Callable[[Figures, Figures], float]]] = {
    "time": lambda ours, theirs: ours.ratio(theirs),
    "archive": lambda ours, theirs: (ours.size or 0) / (theirs.size or 1),
}

_LEAST: Final[dict[str, tuple[str, ...]]] = {
    command: tuple(PARTS[part][0] for part in ("command-line", *parts))
    for command, parts in {
        OURS["pack"]: ("deflate",),
        _FAST: ("deflate-fast",),
        OURS["unpack"]: ("files",),
        OURS["list"]: ("inflate",),
    }.items()
}
"""The parts of the work that come one after the other whatever else is done beside them."""

MOST_MEMORY: Final = 64 * MIB
"""No process of ours may need more, however large the archive."""


def as_table(contests: Sequence[Contest]) -> Iterator[str]:
    """Each goal with what was measured, as lines of Markdown; goals whose contest was not held are left out."""
    held = {(contest.workload.name, contest.work): contest for contest in contests}
    yield "| command | on | measure | goal | measured | |"
    yield "| --- | --- | --- | --: | --: | --- |"
    for goal in GOALS:
        if (contest := held.get((goal.workload, goal.work))) is not None:
            found = _MEASURES[goal.measure](contest.figures[goal.command], contest.figures[goal.peer])
            what = f"{contest.workload.title} | {goal.measure}, of {goal.peer}"
            yield f"| {goal.command} | {what} | {goal.most:.3f} | {found:.3f} | {_verdict(found <= goal.most)} |"
    peak = _peak(contests)
    verdict = _verdict(peak <= MOST_MEMORY)
    yield f"| all | everything | peak MiB of a process | {MOST_MEMORY / MIB:.0f} | {peak / MIB:.1f} | {verdict} |"


def as_rows(contests: Sequence[Contest], floors: Sequence[Floor]) -> Iterator[Row]:
    """Each goal with what was measured, and what the parts that cannot be left out take alone."""
    held = {(contest.workload.name, contest.work): contest for contest in contests}
    parts = {floor.workload.name: floor.figures for floor in floors}
    for goal in GOALS:
        if (contest := held.get((goal.workload, goal.work))) is not None:
            peer = contest.figures[goal.peer]
            found = _MEASURES[goal.measure](contest.figures[goal.command], peer)
            alone = parts.get(goal.workload)
            least = None
            if alone is not None and goal.measure == "time":
                least = sum(alone[part].seconds for part in _LEAST[goal.command]) / peer.seconds
            what = f"{goal.command}, {contest.workload.title}: {goal.measure}"
            yield Row(what, f"of {goal.peer}", found, goal.most, least)
    yield Row("the largest process", "MiB", _peak(contests) / MIB, MOST_MEMORY / MIB)


def _peak(contests: Sequence[Contest]) -> int:
    ours = {*OURS.values(), _FAST}
    return max((its.peak for contest in contests for name, its in contest.figures.items() if name in ours), default=0)


def _verdict(reached: bool) -> str:
    return "reached" if reached else "missed"
