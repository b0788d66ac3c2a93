"""Racket data as Python values.

=====================  =======================================================================
Racket                 Python
=====================  =======================================================================
string                 ``str``
exact integer          ``int``
exact fraction         ``fractions.Fraction`` (never of denominator 1)
flonum                 ``float``
other complex number   :class:`Complex`
``#t`` ``#f``          ``bool``
proper list            ``list`` (also the empty one)
byte string            ``bytes``
everything else        the small frozen classes below
=====================  =======================================================================

Python's ``1 == True == 1.0`` does not hold in Racket: compare data with :func:`same_datum`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol; ``name`` is its text without bars and backslashes."""

    name: str


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword; ``name`` is its text without ``#:``."""

    name: str


@dataclass(frozen=True, slots=True)
class Char:
    """A character; ``value`` is a string of one code point."""

    value: str


@dataclass(frozen=True, slots=True)
class Complex:
    """A number that is not real: both parts exact (``int``, ``Fraction``) or both ``float``."""

    real: int | Fraction | float
    imag: int | Fraction | float


@dataclass(frozen=True, slots=True)
class Regexp:
    """``#rx"..."`` or, with ``perl``, ``#px"..."``; a byte regexp (``#rx#"..."``) has a ``bytes`` source."""

    source: str | bytes
    perl: bool = False


@dataclass(frozen=True, slots=True)
class Dotted:
    """An improper list: ``(a b . tail)``; ``items`` has one element or more, ``tail`` is no list."""

    items: tuple[Datum, ...]
    tail: Datum


@dataclass(frozen=True, slots=True)
class Vector:
    """``#(a b)``."""

    items: tuple[Datum, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """``#&a``."""

    value: Datum


@dataclass(frozen=True, slots=True)
class Prefab:
    """``#s(key field ...)``; ``key`` is a symbol or a list, as it was read."""

    key: Datum
    fields: tuple[Datum, ...]


HashKind: TypeAlias = Literal["equal", "eqv", "eq", "always"]


@dataclass(frozen=True, slots=True)
class HashTable:
    """``#hash((k . v) ...)`` and its kinds; ``entries`` in reading order, of equal keys the last one only."""

    entries: tuple[tuple[Datum, Datum], ...]
    kind: HashKind = "equal"

    def get(self, key: Datum) -> Datum | None:
        """The value stored under ``key``, or ``None`` (which no datum is)."""
        for candidate, value in self.entries:
            if same_datum(candidate, key):
                return value
        return None

    def __iter__(self) -> Iterator[tuple[Datum, Datum]]:
        return iter(self.entries)


Datum: TypeAlias = (
    "str | int | Fraction | float | bool | bytes | list[Datum] | Symbol | Keyword | Char | Complex | Regexp"
    " | Dotted | Vector | Box | Prefab | HashTable"
)


def same_datum(left: Datum, right: Datum) -> bool:
    """Racket's ``equal?`` on data, without recursion: no data that can be read is too deep for it."""
    pending: list[tuple[object, object]] = [(left, right)]
    while pending:
        a, b = pending.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, float) and isinstance(b, float):
            # eqv? on flonums: +nan.0 equals itself, -0.0 does not equal 0.0
            if a.hex() != b.hex():
                return False
            continue
        parts_a, parts_b = _parts(a), _parts(b)
        if parts_a is None or parts_b is None:
            if a != b:
                return False
            continue
        if isinstance(a, HashTable) and isinstance(b, HashTable):
            if a.kind != b.kind or len(a.entries) != len(b.entries):
                return False
            for key, value in a.entries:
                other = b.get(key)
                if other is None:
                    return False
                pending.append((value, other))
            continue
        if len(parts_a) != len(parts_b):
            return False
        pending.extend(zip(parts_a, parts_b, strict=True))
    return True


def _parts(value: object) -> tuple[object, ...] | list[object] | None:
    """The data directly inside a compound value; ``None`` for atoms."""
    match value:
        case list():
            return value
        case Vector():
            return value.items
        case Dotted():
            return (*value.items, value.tail)
        case Box():
            return (value.value,)
        case Prefab():
            return (value.key, *value.fields)
        case Complex():
            return (value.real, value.imag)
        case HashTable():
            return ()
        case _:
            return None
