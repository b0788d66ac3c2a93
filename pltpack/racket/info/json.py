"""Values of info fields as JSON. What JSON does not have is an object with one key, which begins with ``$``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from pltpack.datum.values import (
    Box,
    Char,
    Complex,
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
from pltpack.datum.writer import write_datum
from pltpack.errors import LimitError
from pltpack.racket.info.values import PathValue, Procedure, Value

_JSON_BITS: Final = 13_000
"""Larger integers are too long for Python's :mod:`json`, and for others."""

MAX_DEPTH: Final = 250
"""Deeper nesting is more than most readers of JSON take."""


def json_value(value: Value, depth: int = MAX_DEPTH) -> Any:
    """A value for :mod:`json`.

    ======================  ===================================================
    string, integer, #t/#f  the same in JSON
    proper list             array
    symbol, keyword         ``{"$sym": name}``, ``{"$kw": name}``
    improper list           ``{"$dotted": [item, ..., tail]}``
    byte string             ``{"$bytes": hexadecimal}``
    character               ``{"$char": code point}``
    regexp                  ``{"$rx": source}``, ``$px``; ``$rx-bytes``, ``$px-bytes`` with a byte string
    any other number        ``{"$num": text}``, as Racket prints it (also integers of more than 4000 digits)
    vector, box             ``{"$vector": [...]}``, ``{"$box": value}``
    hash table              ``{"$hash": [[key, value], ...]}``
    prefab structure        ``{"$prefab": [key, field, ...]}``
    path, function          ``{"$path": text}``, ``{"$proc": name}``
    anything else           ``{"$other": text}``, as Racket prints it
    ======================  ===================================================

    Raises ``LimitError`` for a value nested deeper than ``depth``.
    """
    if depth < 0:
        raise LimitError(f"a value nested deeper than {MAX_DEPTH}, which JSON readers do not take")
    match value:
        case str() | bool():
            return value
        case int():
            return value if value.bit_length() <= _JSON_BITS else {"$num": write_datum(value)}
        case list():
            return _array(value, depth)
        case Symbol(name):
            return {"$sym": name}
        case Keyword(name):
            return {"$kw": name}
        case bytes():
            return {"$bytes": value.hex()}
        case Char(character):
            return {"$char": ord(character)}
        case Regexp(source, perl):
            kind = "$px" if perl else "$rx"
            return {kind: source} if isinstance(source, str) else {f"{kind}-bytes": {"$bytes": source.hex()}}
        case float() | Fraction() | Complex():
            return {"$num": write_datum(value)}
        case PathValue(text):
            return {"$path": text}
        case Procedure(name):
            return {"$proc": name}
        case Extflonum() | FixnumVector() | FlonumVector():
            return {"$other": write_datum(value)}
        case _:
            return _compound(value, depth)


def _compound(value: Dotted | Vector | Box | Prefab | HashTable, depth: int) -> Any:
    match value:
        case Dotted(items, tail):
            return {"$dotted": _array([*items, tail], depth)}
        case Vector(items):
            return {"$vector": _array(items, depth)}
        case Box(inner):
            return {"$box": json_value(inner, depth - 1)}
        case Prefab(key, fields):
            return {"$prefab": _array([key, *fields], depth)}
        case HashTable(entries):
            return {"$hash": [_array(entry, depth) for entry in entries]}


def _array(items: Any, depth: int) -> list[Any]:
    return [json_value(item, depth - 1) for item in items]
