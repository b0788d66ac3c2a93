"""The table of installed packages that ``raco pkg show`` prints, column for column."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.datum.writer import write_datum
from pltpack.scope.state.installed import Installed

_DOTS: Final = "..."
_FIRST: Final = ("Package", "Package[*=auto]")


@dataclass(frozen=True, slots=True)
class Look:
    """How the table is to look: all in full, as data (``long``), with directories, with whole checksums; ``columns`` is
    the width of the terminal."""

    long: bool = False
    directories: bool = False
    full_checksum: bool = False
    columns: int = 80


def columns(environ_value: str | None) -> int:
    """The width that ``COLUMNS`` asks for; 80 if it is no positive number."""
    return (
        int(environ_value)
        if environ_value and environ_value.isascii() and environ_value.isdigit() and int(environ_value)
        else 80
    )


def table(packages: Iterable[Installed], look: Look) -> list[str]:
    """The lines of the table, of which the first names the columns; none if there are no packages."""
    ordered = sorted(packages, key=lambda package: package.name.lower())
    if not ordered:
        return []
    header = [_FIRST[any(package.record.auto for package in ordered)], "Checksum", "Source"]
    if look.directories:
        header.append("Directory")
    rows = [header, *(_row(package, look) for package in ordered)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    separator = 4 if look.long else 2
    if not look.long:
        limits = _limits(widths, look)
        rows = [[_cut(column, text, limits[column]) for column, text in enumerate(row)] for row in rows]
        widths = limits
    return [_line(row, widths, separator) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int], separator: int) -> str:
    *padded, last = row
    return "".join(text.ljust(width + separator) for text, width in zip(padded, widths, strict=False)) + last


def _row(package: Installed, look: Look) -> list[str]:
    record = package.record
    arguments = list(record.origin.arguments)
    directory = str(package.directory)
    if record.origin.linked:
        directory = arguments[0] = arguments[0] if os.path.isabs(arguments[0]) else directory
    if look.long:
        checksum = record.checksum if record.checksum is not None else "#f"
        source = f"({' '.join((record.origin.kind, *map(write_datum, arguments)))})"
    else:
        checksum = record.checksum or ""
        source = " ".join((record.origin.kind, *arguments))
    row = [package.name + ("*" if record.auto else ""), checksum, source]
    if look.directories:
        row.append(write_datum(directory) if look.long else directory)
    return row


def _limits(widths: Sequence[int], look: Look) -> list[int]:
    """How wide each column may be: as it is, or the first, and a share of the rest for each of the others."""
    count = len(widths)
    if sum(widths) < look.columns - 2 * (count - 1):
        return list(widths)
    share = max(3, (look.columns - widths[0] - 2 * (count - 1)) // count)
    limits = [widths[0], *[share] * (count - 1)]
    if look.full_checksum:
        limits[1] = widths[1]
    return limits


def _cut(column: int, text: str, width: int) -> str:
    if len(text) <= width:
        return text
    room = max(width - len(_DOTS), 0)
    if column == 1:
        return text[:room] + _DOTS
    if column == 2:
        space = text.find(" ")
        start = space if 0 <= space < room else room // 2
        return text[:start] + _DOTS + text[len(text) - (room - start) :]
    return _DOTS + text[len(text) - room :]


def hidden(count: int) -> str:
    """The line that tells of packages that are not shown."""
    return f"[{count} auto-installed package{'' if count == 1 else 's'} not shown]"


def environ_columns() -> int:
    """The width that the environment asks for."""
    return columns(os.environ.get("COLUMNS"))
