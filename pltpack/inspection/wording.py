"""Numbers and times in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pltpack.inspection.summary import Summary


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "file"), counted(1200, "file"), counted(0, "directory", "directories")
    ('1 file', '1,200 files', '0 directories')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def amounts(files: int, directories: int, links: int, size: int) -> str:
    """How much an archive holds."""
    parts = [counted(files, "file"), counted(directories, "directory", "directories")]
    if links:
        parts.append(counted(links, "link"))
    return f"{', '.join(parts)}, {counted(size, 'byte')}"


def totals(summary: Summary) -> str:
    """How much an archive or directory holds in all."""
    return amounts(summary.count("file"), summary.count("directory"), summary.count("link"), summary.content_bytes)


def moment(seconds: int) -> str:
    """A time in seconds since 1970, to the minute, UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "beyond all dates"
