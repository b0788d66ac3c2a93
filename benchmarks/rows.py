"""One table of all that is measured: each figure beside its goal and its floor, so that a missed goal is seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent / "results" / "rows"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ``measured`` of ``what``, and the most that it is to be.

    The ``floor`` is the same figure of a program that leaves out all that could be left out, where one was measured in
    the same run; ``None`` stands for no goal and for no floor.
    """

    what: str
    unit: str
    measured: float
    goal: float | None = None
    floor: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the goal is reached."""
        if self.goal is None:
            return ""
        return "reached" if self.measured <= self.goal else "**missed**"

    def line(self) -> str:
        """A row of the table."""
        numbers = " | ".join("" if one is None else f"{one:.3g}" for one in (self.measured, self.goal, self.floor))
        return f"| {self.what} | {self.unit} | {numbers} | {self.verdict} |"


def keep(room: str, rows: Iterable[Row], *, whole: bool = True) -> None:
    """Write down what was measured of a room; what was measured of it before is replaced.

    Nothing is written unless it was the ``whole`` measurement: small inputs show that all works, and nothing else.
    """
    if whole:
        FOLDER.mkdir(parents=True, exist_ok=True)
        kept = {"date": date.today().isoformat(), "rows": [asdict(row) for row in rows]}
        (FOLDER / f"{room}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def as_markdown(rooms: Iterable[str]) -> str:
    """The table of the rooms that were measured, in this order."""
    return "\n".join(_lines(rooms)) + "\n"


def _lines(rooms: Iterable[str]) -> Iterator[str]:
    yield "| room, date | figure | unit | measured | at most | floor | |"
    yield "| --- | --- | --- | --: | --: | --: | --- |"
    for room in rooms:
        file = FOLDER / f"{room}.json"
        if file.exists():
            kept = json.loads(file.read_text(encoding="utf-8"))
            for row in kept["rows"]:
                yield f"| {room}, {kept['date']} {Row(**row).line()}"
