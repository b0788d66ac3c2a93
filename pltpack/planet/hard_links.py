"""Development links: directories that stand in for packages, in the table ``HARD-LINKS`` of PLaneT's client.

One row a line, the newest first: ``("PKG.plt" ("OWNER") MAJ MIN #"/dir" #f development-link)``. Rows of six, which have
no last field, are old and are read, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pltpack.datum.reader import DatumLimits, read_data
from pltpack.datum.values import Datum, Symbol
from pltpack.datum.writer import write_datum
from pltpack.errors import ConfigError, FormatError, LimitError

_LIMITS: Final = DatumLimits(depth=50, length=16 << 20, count=1_000_000)
_LINK: Final = Symbol("development-link")


@dataclass(frozen=True, slots=True)
class HardLink:
    """A version of a package that is at ``directory``, wherever that is."""

    owner: str
    package: str
    major: int
    minor: int
    directory: Path

    @property
    def version(self) -> tuple[str, str, int, int]:
        """What it stands in for."""
        return self.owner, self.package, self.major, self.minor


def read_links(path: str | os.PathLike[str]) -> list[HardLink]:
    """The rows of a table, none if there is no file. Raises :class:`~pltpack.errors.ConfigError` for a bad one."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return []
    try:
        rows = read_data(data, limits=_LIMITS)
    except (FormatError, LimitError) as error:
        raise ConfigError(f"the table of links cannot be read: {error.message}", file=os.fspath(path)) from None
    return list(_links(rows, os.fspath(path)))


def _links(rows: list[Datum], name: str) -> Iterator[HardLink]:
    for number, row in enumerate(rows, 1):
        match row:
            case [str(package), [str(owner)], int(major), int(minor), bytes(place), _, *_]:
                yield HardLink(owner, package, major, minor, Path(os.fsdecode(place)))
            case _:
                raise ConfigError(f"row {number} is no link of PLaneT", file=name)


def links_text(links: list[HardLink]) -> bytes:
    """The table as the client writes it."""
    rows: list[Datum] = [
        [link.package, [link.owner], link.major, link.minor, os.fsencode(link.directory), False, _LINK]
        for link in links
    ]
    return "".join(f"{write_datum(row)}\n" for row in rows).encode()


def with_link(links: list[HardLink], link: HardLink) -> list[HardLink]:
    """The table with one link more, in front; it takes the place of one for the same version."""
    return [link, *without_link(links, *link.version)]


def without_link(links: list[HardLink], owner: str, package: str, major: int, minor: int) -> list[HardLink]:
    """The table without the link for a version."""
    return [link for link in links if link.version != (owner, package, major, minor)]
