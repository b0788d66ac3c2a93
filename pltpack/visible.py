"""Text from strangers, made harmless to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    """The text with everything escaped that could steer a terminal or a page, or hide in it: control and format
    characters, surrogates, line separators, unassigned ones.

    >>> visible("a\\x1b[31mb\\u202e")
    'a\\\\x1b[31mb\\\\u202e'
    """
    if text.isascii() and text.isprintable():
        return text
    import unicodedata

    return "".join(
        character
        if unicodedata.category(character) not in _HIDDEN
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


MOST_ROWS: Final = 100
"""Rows that are shown; of the others it is only told that there are more."""


def html_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], count: int) -> str:
    """A table below its title; ``count`` is how many rows there are. Names are strangers': all text is escaped."""
    shown = [_row("td", row) for row in islice(rows, MOST_ROWS)]
    more = f"<p>… {count - len(shown):,} more</p>" if count > len(shown) else ""
    table = f"<table>{_row('th', columns)}{''.join(shown)}</table>" if shown else ""
    return f"<p>{_text(title)}</p>{table}{more}"


def _row(tag: str, cells: Iterable[object]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_text(cell)}</{tag}>' for cell in cells)}</tr>"


def _text(cell: object) -> str:
    import html

    return "" if cell is None else html.escape(visible(str(cell)))
