"""Records as the text that a catalog has of them: told apart at once, and read only where somebody asks.

Catalogs of thousands of packages come as one datum, ``pkgs-all``. What ``write`` makes of records with the usual keys
has so plain a shape that a regular expression holds all of it: strings of ASCII, symbols, keywords, integers, and lists
of them. A text of this shape can be no error later, and but for the order of its keys it is what ``write`` would make
of it again. Every other record is read by the reader of data, at once.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from itertools import pairwise
from typing import Final

from pltpack.datum.reader import END, read_datum
from pltpack.datum.source import DatumLimits
from pltpack.datum.values import Datum, Dotted, HashTable, Symbol
from pltpack.errors import FormatError

_DEPTH: Final = 4
_STRING: Final = rb'"[ !#-\[\]-~]*+(?:\\["\\][ !#-\[\]-~]*+)*+"'
_SYMBOL: Final = rb"[a-zA-Z!$%&*/:<=>?^_~][a-zA-Z0-9!$%&*/:<=>?^_~.+-]*+"
_ATOM: Final = _STRING + rb"|" + _SYMBOL + rb"|#:[a-z][a-z-]*+|0(?=[ )])|-?[1-9][0-9]{0,17}+(?=[ )])|#[tf](?=[ )])"


_GAP: Final = rb"(?: (?!\))|(?=\)))"
"""What stands behind each part of a list: one blank, and behind the last nothing."""


def _nested(value: bytes, _: int) -> bytes:
    """Values, and lists of them."""
    return _ATOM + rb"|\((?:(?:" + value + rb")" + _GAP + rb")*+\)"


_VALUE: Final = reduce(_nested, range(_DEPTH), _ATOM)
_FIELD: Final = rb"\((%b) \. (%b)\)" % (_SYMBOL, _VALUE)
_ENTRY: Final = rb'\("([a-zA-Z0-9_-]++)" \. (#hash\((?:\((?:%b) \. (?:%b)\)%b)++\))\) ?' % (_SYMBOL, _VALUE, _GAP)
_START: Final = b"#hash("


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    """A pattern, compiled when it is needed: that takes longer than reading a single record."""
    return re.compile(pattern)


class WrittenTable:
    """The text of a table in the plain shape."""

    __slots__ = ("_fields", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._fields: dict[str, bytes] | None = None

    def get(self, key: str) -> Datum | None:
        """The value under the symbol ``key``; ``None`` if there is none."""
        text = self._found().get(key)
        if text is None:
            return None
        if text.startswith(b'"') and b"\\" not in text:
            return text[1:-1].decode("ascii")
        if text.isdigit():
            return int(text)
        return _read(text)

    def table(self) -> HashTable:
        """All of it."""
        table = _read(self.text)
        assert isinstance(table, HashTable)
        return table

    def ordered(self) -> bool:
        """Whether the keys are in the order of ``write``, so that it would write this very text."""
        keys = [match[1] for match in _compiled(_FIELD).finditer(self.text)]
        return all(left < right for left, right in pairwise(keys))

    def _found(self) -> dict[str, bytes]:
        if self._fields is None:
            self._fields = {key.decode("ascii"): value for key, value in _compiled(_FIELD).findall(self.text)}
        return self._fields


def split_records(text: bytes, *, limits: DatumLimits) -> dict[str, WrittenTable | HashTable] | None:
    """The tables in a ``pkgs-all``, by name; ``None`` if it is not as ``write`` writes one, or not right.

    Then reading all of it as one datum tells what it is, or what is wrong.
    """
    if not text.startswith(_START) or len(text) > limits.length:
        return None
    found: dict[str, WrittenTable | HashTable] = {}
    at, match_entry = len(_START), _compiled(_ENTRY).match
    while not text.startswith(b")", at):
        match = match_entry(text, at)
        table: WrittenTable | HashTable
        if match is not None:
            name, table, at = match[1].decode("ascii"), WrittenTable(match[2]), match.end()
        else:
            entry, at = _entry(text, at, limits)
            if entry is None:
                return None
            name, table = entry
        if name in found:
            return None
        found[name] = table
    return found


def _entry(text: bytes, at: int, limits: DatumLimits) -> tuple[tuple[str, HashTable] | None, int]:
    """A name and a table in another shape, and the offset behind them."""
    if not text.startswith(b"(", at):
        return None, at
    try:
        datum, end = read_datum(text, at, limits=limits)
    except FormatError:
        return None, at
    match datum:
        case Dotted([str(name)], HashTable() as table) if all(isinstance(key, Symbol) for key, _ in table):
            return (name, table), end + text.startswith(b" ", end)
        case _:
            return None, at


def _read(text: bytes) -> Datum:
    datum, _ = read_datum(text)
    assert datum is not END
    found: Datum = datum
    return found
