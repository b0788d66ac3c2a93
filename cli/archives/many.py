"""Listing many archives in parallel processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from pltpack.archive import open_archive
from pltpack.codec.limits import Limits
from pltpack.errors import PltError

from ..console import DONE, write_lines
from ..processes import each
from ..progress import counted, seen_on_terminal
from .choosing import Choice
from .listing import entry_line


@dataclass(slots=True)
class _Listing:
    lines: list[str] = field(default_factory=list)
    found: bool = False
    """Whether an entry is among the lines."""
    error: PltError | OSError | None = None
    """What ended it."""


def list_in_parallel(archives: Sequence[str], *, config: bool, choice: Choice, limits: Limits, jobs: int | None) -> int:
    """Print what is in the archives, in their order, until one cannot be read; that error is raised.

    Returns the exit code.
    """
    code = DONE
    work = partial(_listed, config=config, choice=choice, limits=limits)
    listings = counted("Listing", archives, each(work, archives, jobs=jobs), quiet=seen_on_terminal(streaming=True))
    for name, listing in zip(archives, listings, strict=True):
        write_lines(listing.lines)
        if listing.error is not None:
            raise listing.error
        code = choice.report(name, listing.found) or code
    return code


def _listed(name: str, *, config: bool, choice: Choice, limits: Limits) -> _Listing:
    listing = _Listing()
    try:
        with open_archive(name, limits=limits) as archive:
            if config:
                from .headers import config_lines

                listing.lines.extend(config_lines(archive.preamble))
            before = len(listing.lines)
            listing.lines.extend(filter(None, map(entry_line, choice.of(archive))))
            listing.found = len(listing.lines) > before
    except (PltError, OSError) as error:
        listing.error = error
    return listing
