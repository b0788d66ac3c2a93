"""Records as the text that a catalog has of them: told apart at once, and read only where somebody asks.

Catalogs of thousands of packages come as one datum, ``pkgs-all``. What ``write`` makes of records with the usual keys
has so plain a shape that a regular expression holds all of it: strings of ASCII, symbols, keywords, integers, and lists
of them. A text of this shape can be no error later, and but for the order of its keys it is what ``write`` would make
of it again. Every other record is read by the reader of data, at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache, reduce
from typing import Final

from pltpack.datum.limits import DatumLimits
from pltpack.datum.values import Datum, Dotted, HashTable, Keyword, Symbol
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
_INSIDE: Final = rb'[^()"]++|' + _STRING
_LIST: Final = reduce(lambda inside, _: _INSIDE + rb"|\((?:" + inside + rb")*+\)", range(_DEPTH), _INSIDE)
_FIELD: Final = rb"\((%b) \. (%b)\)" % (_SYMBOL, _LIST)
"""A key and its value, in a text that is known to be of the plain shape."""
_ENTRY: Final = rb'\("([a-zA-Z0-9_-]++)" \. (#hash\((?:\((?:%b) \. (?:%b)\)%b)++\))\) ?' % (_SYMBOL, _VALUE, _GAP)
_START: Final = b"#hash("
_PLAIN: Final = rb"[ !#-\[\]-~]*+"
_QUOTE: Final = ord('"')
_HASH: Final = ord("#")
_MINUS: Final = ord("-")
_ESCAPED: Final = rb'\\(["\\])'
_TOKEN: Final = rb'(\()|(\))|"(' + _PLAIN + rb')"|(' + _STRING + rb')|#:([a-z-]++)|([^ ()"]++)'
"""1 opens, 2 closes, 3 is a string, 4 one with escapes, 5 a keyword, 6 a symbol, an integer or a truth value."""


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    """A pattern, compiled when it is needed: that takes longer than reading a single record."""
    return re.compile(pattern)


class WrittenTable:
    """The text of a table in the plain shape."""

    __slots__ = ("_fields", "_is_ordered", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._fields: dict[bytes, bytes] | None = None
        self._is_ordered = False

    def get(self, key: str) -> Datum | None:
        """The value under the symbol ``key``; ``None`` if there is none."""
        text = self._found().get(key.encode())
        if text is None:
            return None
        if text[0] == _QUOTE and b"\\" not in text:
            return text[1:-1].decode("ascii")
        return _value(text)

    def table(self) -> HashTable:
        """All of it."""
        fields = _compiled(_FIELD).findall(self.text)
        if len(dict(fields)) != len(fields):
            table = _read(self.text)
            assert isinstance(table, HashTable)
            return table
        return HashTable(tuple((Symbol(key.decode("ascii")), _value(text)) for key, text in fields))

    def updated(self, fields: Mapping[str, Datum]) -> WrittenTable | None:
        """The table with other values of fields that are there, by plain strings; ``None`` for other changes."""
        pieces, end, left = [], 0, dict(fields)
        for match in _compiled(_FIELD).finditer(self.text):
            key = match[1].decode("ascii")
            if key in fields:
                value = left.pop(key, None)
                if not isinstance(value, str) or not _compiled(_PLAIN).fullmatch(text := value.encode()):
                    return None
                pieces += [self.text[end : match.start(2)], b'"%b"' % text]
                end = match.end(2)
        return None if left else WrittenTable(b"".join([*pieces, self.text[end:]]))

    def ordered(self) -> bool:
        """Whether the keys are in the order of ``write``, so that it would write this very text."""
        self._found()
        return self._is_ordered

    def _found(self) -> dict[bytes, bytes]:
        if self._fields is None:
            found = _compiled(_FIELD).findall(self.text)
            self._fields = dict(found)
            keys = list(self._fields)
            self._is_ordered = len(keys) == len(found) and keys == sorted(keys)
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
    from pltpack.datum.reader import read_datum

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


def _value(text: bytes) -> Datum:
    """A value of the plain shape, as the reader reads it."""
    found: list[Datum] = []
    above: list[list[Datum]] = []
    for opens, closes, string, escaped, keyword, word in _compiled(_TOKEN).findall(text):
        if opens:
            above.append(found)
            found = []
        elif closes:
            done, found = found, above.pop()
            found.append(done)
        elif keyword:
            found.append(Keyword(keyword.decode("ascii")))
        elif word:
            found.append(_word(word))
        elif escaped:
            found.append(_compiled(_ESCAPED).sub(rb"\1", escaped[1:-1]).decode("ascii"))
        else:
            found.append(string.decode("ascii"))
    (value,) = found
    return value


def _word(text: bytes) -> Datum:
    if text[0] == _HASH:
        return text == b"#t"
    first = text[1:2] if text[0] == _MINUS else text[:1]
    return int(text) if first.isdigit() else _symbol(text.decode("ascii"))


@lru_cache(maxsize=256)
def _symbol(name: str) -> Symbol:
    return Symbol(name)


def _read(text: bytes) -> Datum:
    from pltpack.datum.reader import END, read_datum

    datum, _ = read_datum(text)
    assert datum is not END
    found: Datum = datum
    return found
