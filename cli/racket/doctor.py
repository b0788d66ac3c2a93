"""``pltpack doctor``: what is found on this machine, to paste into a report of a fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import typer

from .. import options, racket_options
from ..console import print_json, write_lines
from ..documents import document

if TYPE_CHECKING:
    from pltpack.doctor import Diagnosis, Part

_WIDTH: Final = 24


def doctor(
    racket: racket_options.Racket = None,
    racket_version: racket_options.RacketVersion = None,
    json: options.Json = False,
) -> None:
    """Tell versions, which Racket was found and why, what can be written to, and what is missing for which command.

    Nothing is run or fetched, and nothing is said of other packages or files of yours. Exits with 1 if something keeps
    commands from working.
    """
    from pltpack.doctor import diagnose

    found = diagnose(racket=racket, racket_version=racket_version)
    if json:
        fields = asdict(found)
        fields |= {
            "pltpack": fields.pop("version"),
            "racket": dict(found.racket),
            "places": [asdict(place) | {"path": str(place.path)} for place in found.places],
        }
        print_json(document("doctor", **fields))
    else:
        write_lines(_lines(found))
    if found.problems:
        raise typer.Exit(1)


def _lines(found: Diagnosis) -> Iterator[str]:
    yield f"pltpack {found.version}"
    yield f"{'Python':<{_WIDTH}}{found.python}"
    yield f"{'system':<{_WIDTH}}{found.system}"
    yield "\nRacket"
    for name, value in found.racket:
        yield f"  {name:<{_WIDTH - 2}}{value}"
    yield "\nDirectories"
    for place in found.places:
        state = place.error or ("can be written to" if place.exists else "will be made when it is needed")
        free = "" if place.free is None else f", {place.free >> 20:,} MiB free"
        yield f"  {place.name:<{_WIDTH - 2}}{place.path}: {state}{free}"
    yield "\nLibraries"
    yield from map(_part, found.libraries)
    yield "\nFor some commands"
    yield from map(_part, found.parts)
    yield "\nPrograms"
    yield from map(_part, found.programs)
    if found.problems:
        yield "\nWhat keeps commands from working"
        yield from (f"  {problem}" for problem in found.problems)


def _part(part: Part) -> str:
    purpose = f"  ({part.purpose})" if part.purpose else ""
    missing = f"missing: pip install 'pltpack[{part.extra}]'" if part.extra else "missing"
    return f"  {part.name:<{_WIDTH - 2}}{part.found or missing}{purpose}"
