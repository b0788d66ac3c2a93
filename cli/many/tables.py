"""Tables, in the spelling that was asked for: for people, as CSV, as one JSON document, as lines of JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Final

import typer

from pltpack.many.columns import Cell, Column, Row
from pltpack.many.discover import discover
from pltpack.visible import visible

from ..console import (
    DIFFERENT,
    complain,
    escape,
    exit_code_of,
    print_json,
    print_json_line,
    usage_error,
    write_lines,
)
from ..documents import Json, document

_FORMULA: Final = ("=", "+", "-", "@")
"""What spreadsheets take for a formula if it stands at the front of a cell: a stranger's name must not be one."""


class Spelling(Enum):
    """How a table is printed."""

    TABLE = "--table"
    CSV = "--csv"
    JSON = "--json"
    JSONL = "--jsonl"


def spelling(*, table: bool, csv: bool, json: bool, jsonl: bool) -> Spelling | None:
    """The spelling that the options ask for; more than one of them is a wrong call."""
    asked = zip(Spelling, (table, csv, json, jsonl), strict=True)
    chosen = [spelling for spelling, wanted in asked if wanted]
    if len(chosen) > 1:
        usage_error(f"{' and '.join(one.value for one in chosen)} exclude each other")
    return chosen[0] if chosen else None


def archives(names: Sequence[str], *, recursive: bool) -> list[str]:
    """The archives that are meant by what was named; it is a failed check if there are none."""
    found = list(discover(names, recursive=recursive))
    if not found:
        complain(f"no archives in {' '.join(names)}")
        raise typer.Exit(DIFFERENT)
    return found


def code_of(rows: Iterable[Row], codes: set[int]) -> Iterator[Row]:
    """The rows; the exit codes of those that tell an error are put into ``codes``."""
    for row in rows:
        if isinstance(code := row["error"], str):
            codes.add(exit_code_of(code))
            complain(f"{row['archive']}: {row['message']}")
        yield row


def print_table(kind: str, columns: Sequence[Column], rows: Iterable[Row], spelling: Spelling) -> None:
    """Print rows, all but tables for people and JSON documents as they come. ``kind`` is what the documents are called.

    Every row has all columns; a table for people shows the short ones.
    """
    match spelling:
        case Spelling.TABLE:
            short = [column for column in columns if column.short]
            write_lines(_aligned(short, list(rows)))
        case Spelling.CSV:
            write_lines(_csv_lines(columns, rows))
        case Spelling.JSON:
            given: list[Json] = [_json_row(row) for row in rows]
            names: list[Json] = [column.name for column in columns]
            print_json(document(f"{kind}-table", columns=names, rows=given))
        case Spelling.JSONL:
            for row in rows:
                print_json_line(document(f"{kind}-row", **_json_row(row)))
                sys.stdout.flush()


def _json_row(row: Row) -> dict[str, Json]:
    return {name: [*value] if isinstance(value, list) else value for name, value in row.items()}


def _csv_lines(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[str]:
    import csv
    import io

    names = [column.name for column in columns]
    for cells in _chain(names, ([_csv_cell(row[name]) for name in names] for row in rows)):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(cells)
        yield line.getvalue()


def _chain(first: list[str], rest: Iterable[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rest


def _csv_cell(cell: Cell) -> str:
    """A cell as text, with everything made visible; what would be a formula gets an apostrophe in front."""
    text = visible(_text(cell))
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(cell, int) else text


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case list():
            return "; ".join(cell)
        case _:
            return str(cell)


def _aligned(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[str]:
    """Lines with the columns below each other, numbers to the right."""
    cells = [[column.name for column in columns]]
    cells += [[escape(_shown(row[column.name])) for column in columns] for row in rows]
    from rich.cells import cell_len

    widths = [max(map(cell_len, texts)) for texts in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(
            " " * (width - cell_len(text)) + text if column.type == "number" else text + " " * (width - cell_len(text))
            for text, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()


def _shown(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else _text(cell)
