"""Where an archive would be installed, told without installing it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pltpack.codec.header import Header
from pltpack.errors import PltError
from pltpack.inspection.summary import Summary
from pltpack.racket.installation import Installation
from pltpack.unpacker.locations import HEADS, Locations, Mode, locate


@dataclass(slots=True)
class Places:
    """What the header asks for, what an installation would make of it, and the directories that entries would go to.

    ``directories``: by the first element of their paths, ``""`` for all other elements. ``problem`` says why they are
    not known.
    """

    wanted: Mode
    mode: Mode | None = None
    directories: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def places(summary: Summary, installation: Installation) -> Places | None:
    """The places for an archive; ``None`` for what is no ``.plt`` archive with a header of a known shape."""
    header = None if summary.plt is None else summary.plt.header
    if header is None:
        return None
    found = Places(_wanted(header))
    try:
        locations = locate(header, installation)
        found.mode = locations.mode
        for head in HEADS if header.plt_relative else ():
            if head in summary.heads:
                found.directories[head] = _root(locations, head)
        if not header.plt_relative or "*" in summary.heads:
            found.directories[""] = str(locations.base.path)
    except PltError as error:
        found.problem = str(error)
    return found


def _wanted(header: Header) -> Mode:
    if header.plt_home_relative:
        return Mode.MAIN
    return Mode.USER if header.plt_relative else Mode.LOCAL


def _root(locations: Locations, head: str) -> str:
    placed = locations((head, "x"), file=True)
    assert placed is not None
    return str(placed[0].path)
