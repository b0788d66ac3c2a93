"""Tables for people: drawn by rich where they go to a terminal; elsewhere the lines are those of ``raco pkg``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from pltpack.visible import visible


def for_people(*, plain: bool = False) -> bool:
    """Whether tables are drawn: standard output is a terminal, and nobody asked for what is ``plain``."""
    return not plain and sys.stdout.isatty()


def draw(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None, whole: bool = False
) -> None:
    """Draw a table as wide as the terminal at most: what has no room ends in dots, or with ``whole`` goes on below."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD, title=None if title is None else Text(visible(title)), title_justify="left", pad_edge=False
    )
    for header in headers:
        table.add_column(header, no_wrap=not whole, overflow="fold" if whole else "ellipsis", min_width=len(header))
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    sys.stdout.flush()
    Console(file=sys.stdout, highlight=False).print(table)
