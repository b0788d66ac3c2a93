r"""Racket's ``write``, byte for byte.

The text is that of Racket 8.7 with default printer parameters: quotations as ``(quote x)``, round brackets, the keys of
a hash table in order where Racket has an order for them. What is written reads back as the same datum.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from pltpack.datum.numbers import NumberError, TooManyDigitsError, format_integer, format_number, parse_number
from pltpack.datum.prefabs import normal_prefab_key
from pltpack.datum.unicode import is_blank, is_graphic
from pltpack.datum.values import (
    Box,
    Char,
    Complex,
    Datum,
    Dotted,
    Extflonum,
    FixnumVector,
    FlonumVector,
    HashTable,
    Keyword,
    Prefab,
    Regexp,
    Symbol,
    Vector,
)

_LETTERS: Final = {
    "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r", "\x1b": "\\e",
    '"': '\\"', "\\": "\\\\",
}  # fmt: skip
_UNPLAIN: Final = re.compile(r"[^ !#-\[\]-~]")
_BYTE_TEXT: Final = [
    _LETTERS.get(chr(byte), chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:o}") for byte in range(256)
]
_UNPLAIN_BYTES: Final = re.compile(rb"[^ !#-\[\]-~]([0-7]?)")
_CHARACTER_NAMES: Final = {
    "\0": "nul", "\b": "backspace", "\t": "tab", "\n": "newline", "\v": "vtab", "\f": "page", "\r": "return",
    " ": "space", "\x7f": "rubout",
}  # fmt: skip
_PLAIN_SYMBOL: Final = re.compile(r"[!$%&*/:<=>?^_~@a-zA-Z][!#$%&*+\-./:<=>?^_~@a-zA-Z0-9]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_QUOTED: Final = re.compile(
    "[()\\[\\]{}\"\\\\',;`|\\t-\\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]|\\A#(?!%)"
)
"""What a symbol cannot have without quoting: delimiters, white space, a leading ``#`` except ``#%``."""
_HASH_NAMES: Final = {"equal": "#hash(", "eq": "#hasheq(", "eqv": "#hasheqv(", "always": "#hashalw("}


def write_datum(datum: Datum) -> str:
    """The text that Racket's ``write`` prints for ``datum``.

    Raises ``TypeError`` for a value that is no datum, ``ValueError`` for text with a surrogate code point.
    """
    return "".join(datum_pieces(datum))


def encode_datum(datum: Datum) -> bytes:
    """The same in UTF-8."""
    return write_datum(datum).encode()


def datum_pieces(datum: Datum) -> Iterator[str]:
    """The same piece by piece, for output that need not be in memory at once; nesting costs no recursion."""
    pending: list[Any] = [datum]
    pop, writers = pending.pop, _WRITERS
    while pending:
        value = pop()
        write = writers.get(type(value))
        if write is not None:
            yield write(value)
            continue
        opening, parts = _compound(value)
        yield opening
        parts.reverse()
        pending += parts


class _Text(str):
    """Text between data, to be written as it is."""

    __slots__ = ()


_SPACE: Final = _Text(" ")
_CLOSE: Final = _Text(")")
_DOT: Final = _Text(" . ")


def _compound(value: object) -> tuple[str, list[Any]]:
    """What opens a compound datum, and all that follows, closing bracket included."""
    match value:
        case list():
            return "(", _row(value)
        case Dotted():
            return "(", [*_row(value.items)[:-1], _DOT, value.tail, _CLOSE]
        case Vector():
            return "#(", _row(value.items)
        case FixnumVector():
            return "#fx(", _row(value.items)
        case FlonumVector():
            return "#fl(", _row(value.items)
        case Box():
            return "#&", [value.value]
        case Prefab():
            return "#s(", _row([normal_prefab_key(value.key, len(value.fields)), *value.fields])
        case HashTable():
            parts: list[Any] = []
            for key, content in ordered_entries(value.entries):
                parts += [_Text(" (" if parts else "("), key, _DOT, content, _CLOSE]
            return _HASH_NAMES[value.kind], [*parts, _CLOSE]
        case _ if (kind := next((kind for kind in _WRITERS if isinstance(value, kind)), None)) is not None:
            return _WRITERS[kind](value), []  # of a subclass, an enumeration for example
        case _:
            raise TypeError(f"not Racket data: {type(value).__name__}")


def _row(items: Sequence[Datum]) -> list[Any]:
    """The items with spaces between them and a closing bracket."""
    row: list[Any] = [_SPACE] * (2 * len(items))
    row[::2] = items
    if row:
        row[-1] = _CLOSE
        return row
    return [_CLOSE]


def ordered_entries(entries: Sequence[tuple[Datum, Datum]]) -> Sequence[tuple[Datum, Datum]]:
    """The entries in Racket's order if it has one: all keys real numbers, or all symbols, keywords, characters, strings
    or byte strings.

    For other keys Racket's order depends on its hash function; here the entries stay as they are.
    """
    keys = [key for key, _ in entries]
    if all(isinstance(key, int | float | Fraction) and not isinstance(key, bool) for key in keys):
        return sorted(entries, key=_key)
    if all(type(key) is Symbol for key in keys) or all(type(key) is Keyword for key in keys):
        return sorted(entries, key=_name)
    if all(type(key) is Char for key in keys):
        return sorted(entries, key=_name)
    if all(type(key) is str for key in keys) or all(type(key) is bytes for key in keys):
        return sorted(entries, key=_key)
    return entries


def _key(entry: tuple[Any, Datum]) -> Any:
    return entry[0]


def _name(entry: tuple[Any, Datum]) -> str:
    key = entry[0]
    return str(key.value if isinstance(key, Char) else key.name)


def write_string(text: str) -> str:
    r"""A string with its quotes: graphic and blank characters as they are, others as ``\n`` or ``\u00AD``."""
    if _UNPLAIN.search(text) is None:
        return '"' + text + '"'
    return '"' + _UNPLAIN.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    return _escaped(match[0])


@lru_cache(maxsize=4096)
def _escaped(character: str) -> str:
    letter = _LETTERS.get(character)
    if letter is not None:
        return letter
    return character if is_graphic(character) or is_blank(character) else "\\" + _code(character)


def _code(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"U+{code:04X} is a surrogate, not a character: Racket has no string with it")
    return f"u{code:04X}" if code <= 0xFFFF else f"U{code:08X}"


def write_bytes(data: bytes) -> str:
    r"""A byte string: ASCII as in strings, other bytes in octal, with three digits if an octal digit follows."""
    if _UNPLAIN_BYTES.search(data) is None:
        return f'#"{data.decode("ascii")}"'
    return '#"' + _UNPLAIN_BYTES.sub(_escape_byte, data).decode("ascii") + '"'


def _escape_byte(match: re.Match[bytes]) -> bytes:
    byte, digit = match[0][0], match[1]
    text = _BYTE_TEXT[byte]
    if digit and text[1].isdigit():
        text = f"\\{byte:03o}"
    return text.encode() + digit


def write_character(character: str) -> str:
    r"""A character: ``#\a``, ``#\newline``, ``#\u00AD``."""
    name = _CHARACTER_NAMES.get(character)
    if name is None:
        name = character if is_graphic(character) else _code(character)
    return "#\\" + name


@lru_cache(maxsize=1024)
def write_symbol(name: str) -> str:
    """A symbol, with bars or backslashes where its text would read as something else."""
    if _PLAIN_SYMBOL.fullmatch(name):
        return name
    return _barred(name, plain=name != "" and not _reads_as_number(name))


def _barred(name: str, *, plain: bool = True) -> str:
    """The text of a symbol or keyword; without ``plain`` it needs bars though each of its characters is harmless."""
    if not name.isascii() and (surrogate := _SURROGATE.search(name)):
        _code(surrogate[0])
    if plain and name != "." and not _QUOTED.search(name):
        return name
    return _QUOTED.sub(r"\\\g<0>", name) if "|" in name else f"|{name}|"


def _reads_as_number(name: str) -> bool:
    if name.startswith("#"):
        return False  # "#%..." is all that comes here, and a symbol
    try:
        return parse_number(name, digits=0) is not None
    except (NumberError, TooManyDigitsError):
        return True


def _write_keyword(keyword: Keyword) -> str:
    return "#:" + _barred(keyword.name)


def _write_regexp(regexp: Regexp) -> str:
    text = write_bytes(regexp.source) if isinstance(regexp.source, bytes) else write_string(regexp.source)
    return ("#px" if regexp.perl else "#rx") + text


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {
    _Text: str,
    str: write_string,
    Symbol: lambda symbol: write_symbol(symbol.name),
    bool: lambda value: "#t" if value else "#f",
    int: format_integer,
    float: format_number,
    Fraction: format_number,
    Complex: format_number,
    Extflonum: format_number,
    bytes: write_bytes,
    Keyword: _write_keyword,
    Char: lambda character: write_character(character.value),
    Regexp: _write_regexp,
}
