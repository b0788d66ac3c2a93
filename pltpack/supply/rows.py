"""A lock file as a table: for a spreadsheet, or for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from pltpack.lock.values import Lock, Target
from pltpack.supply.parts import Part, parts_of

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a cell."""

COLUMNS: Final = (
    "name", "version", "explicit", "license", "type", "source", "url", "revision", "directory", "checksum", "sha256",
    "content", "size", "racket", "platforms", "needs", "build-needs", "provided",
)  # fmt: skip
_SHOWN: Final = ("name", "version", "explicit", "license", "size", "source")
_NUMBERS: Final = ("size",)


def csv_text(lock: Lock, target: Target | None = None) -> bytes:
    """Comma-separated values, one row for each package, with a row of titles (RFC 4180, UTF-8)."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for part in parts_of(lock, target):
        row = _row(part)
        writer.writerow([row[name] if name in _NUMBERS else _harmless(row[name]) for name in COLUMNS])
    return stream.getvalue().encode()


def table_text(lock: Lock, target: Target | None = None) -> bytes:
    """The columns that people look at first, in line."""
    rows = [_row(part) for part in parts_of(lock, target)]
    lines = [list(_SHOWN), *([row[name] for name in _SHOWN] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_SHOWN))]
    return "".join(_line(line, widths) for line in lines).encode()


def _line(cells: list[str], widths: list[int]) -> str:
    padded: Iterator[str] = (
        cell.rjust(width) if name in _NUMBERS else cell.ljust(width)
        for name, cell, width in zip(_SHOWN, cells, widths, strict=True)
    )
    return "  ".join(padded).rstrip() + "\n"


def _row(part: Part) -> dict[str, str]:
    block = part.block
    return {
        "name": block.name,
        "version": block.version,
        "explicit": "yes" if part.explicit else "no",
        "license": block.license or "",
        "type": block.type,
        "source": block.source,
        "url": part.url or "",
        "revision": part.revision or "",
        "directory": part.directory,
        "checksum": block.checksum or "",
        "sha256": block.sha256 or "",
        "content": block.content or "",
        "size": str(block.size),
        "racket": " ".join(block.racket),
        "platforms": " ".join(block.platforms),
        "needs": " ".join(part.needs),
        "build-needs": " ".join(part.build_needs),
        "provided": " ".join(part.provided),
    }


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
