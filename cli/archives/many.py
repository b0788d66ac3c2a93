"""Listing many archives in parallel processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from pltpack.archive import open_archive
from pltpack.codec.limits import Limits
from pltpack.errors import PltError

from ..console import write_lines
from ..processes import each
from .listing import entry_line


@dataclass(slots=True)
class _Listing:
    lines: list[str] = field(default_factory=list)
    error: PltError | OSError | None = None
    """What ended it."""


def list_in_parallel(archives: Sequence[str], *, config: bool, limits: Limits, jobs: int | None) -> None:
    """Print what is in the archives, in their order, until one cannot be read; that error is raised."""
    for listing in each(partial(_listed, config=config, limits=limits), archives, jobs=jobs):
        write_lines(listing.lines)
        if listing.error is not None:
            raise listing.error


def _listed(name: str, *, config: bool, limits: Limits) -> _Listing:
    listing = _Listing()
    try:
        with open_archive(name, limits=limits) as archive:
            if config:
                from .headers import config_lines

                listing.lines.extend(config_lines(archive.preamble))
            listing.lines.extend(filter(None, map(entry_line, archive)))
    except (PltError, OSError) as error:
        listing.error = error
    return listing
