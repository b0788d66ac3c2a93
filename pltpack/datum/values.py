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

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias

from pltpack.dataclass import dataclass


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
class Extflonum:
    """A number of extended precision (``1.5t3``); ``text`` is its notation, of which nothing else is known."""

    text: str


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
class FixnumVector:
    """``#fx(1 2)``: integers of at most 61 bits."""

    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FlonumVector:
    """``#fl(1.0 2.0)``."""

    items: tuple[float, ...]


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
    _atoms: dict[object, Datum] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The values of the keys that are atoms, once somebody has asked for one."""

    def get(self, key: Datum) -> Datum | None:
        """The value stored under ``key``, or ``None`` (which no datum is); for atoms in constant time but the first."""
        if _parts(key) is not None:
            return next((value for candidate, value in self.entries if same_datum(candidate, key)), None)
        if not self._atoms:
            for candidate, value in self.entries:
                if _parts(candidate) is None:
                    self._atoms.setdefault(_atom_key(candidate), value)
        return self._atoms.get(_atom_key(key))

    def __iter__(self) -> Iterator[tuple[Datum, Datum]]:
        return iter(self.entries)


Datum: TypeAlias = (
    "str | int | Fraction | float | bool | bytes | list[Datum] | Symbol | Keyword | Char | Complex | Extflonum"
    " | Regexp | Dotted | Vector | FixnumVector | FlonumVector | Box | Prefab | HashTable"
)


def same_datum(left: Datum, right: Datum) -> bool:
    """Racket's ``equal?`` on data, without recursion and in linear time.

    Keys of every kind of table are compared by content.
    """
    identities = Identities()
    return identities.of(left) == identities.of(right)


def hash_table(pairs: Iterable[tuple[Datum, Any]], kind: HashKind, identities: Identities) -> HashTable:
    """The table that Racket's ``read`` makes of keys and values: of keys that are the same to it the last one stays.

    Strings and other values that are fresh for each literal are never the same to ``eq?``, ``eqv?`` and, if mutable, to
    ``equal-always?``. The values may be anything.
    """
    entries: dict[object, tuple[Datum, Any]] = {}
    for key, value in pairs:
        number = identities.of(key)
        if kind == "equal" or (kind == "always" and number not in identities.mutable):
            same: object = number
        else:
            same = number if _is_shared(key, kind) else object()
        entries.pop(same, None)
        entries[same] = (key, value)
    return HashTable(tuple(entries.values()), kind)


def _is_shared(key: Datum, kind: HashKind) -> bool:
    """Whether two literals of this text are the same object to ``eq?`` or ``eqv?``: some constants exist but once."""
    if isinstance(key, Symbol | Keyword | Char | bool) or _is_empty(key):
        return True
    if isinstance(key, float) and (key == 0 or not math.isfinite(key)):
        return True
    if kind == "eqv":
        return isinstance(key, int | Fraction | float | Complex)
    return isinstance(key, int) and -FIXNUM_LIMIT <= key < FIXNUM_LIMIT


def _is_empty(value: object) -> bool:
    match value:
        case str() | bytes() | list():
            return not value
        case Vector() | FixnumVector() | FlonumVector():
            return not value.items
        case HashTable():
            return not value.entries
        case _:
            return False


class Identities:
    """Numbers data so that equal data, and only they, have the same number; neither recursive nor ever quadratic.

    ``mutable`` holds the numbers of data that contain something that ``read`` makes mutable.
    """

    def __init__(self) -> None:
        self.mutable: set[int] = set()
        self._numbers: dict[object, int] = {}
        self._known: dict[int, tuple[int, object]] = {}

    def of(self, datum: Datum) -> int:
        """The number of ``datum``, which must not be changed afterwards."""
        pending: list[object] = [datum]
        while pending:
            value = pending[-1]
            parts = _parts(value)
            unknown = [part for part in parts or () if id(part) not in self._known]
            if id(value) not in self._known and not unknown:
                self._known[id(value)] = (self._number(value, parts), value)
            if unknown:
                pending.extend(unknown)
            else:
                pending.pop()
        return self._known[id(datum)][0]

    def _number(self, value: object, parts: Sequence[object] | None) -> int:
        if parts is None:
            key: object = _atom_key(value)
        else:
            numbers = [self._known[id(part)][0] for part in parts]
            if isinstance(value, HashTable):
                pairs = zip(numbers[::2], numbers[1::2], strict=True)
                key = (HashTable, value.kind, frozenset(Counter(pairs).items()))
            else:
                key = (type(value), *numbers)
        number = self._numbers.setdefault(key, len(self._numbers))
        if (isinstance(value, _MUTABLE) and not _is_empty(value)) or (
            parts and any(n in self.mutable for n in numbers)
        ):
            self.mutable.add(number)
        return number


def _atom_key(atom: object) -> object:
    """What is equal for data that are the same, and only for them."""
    return type(atom), _hashed_well(atom)


def _hashed_well(atom: object) -> object:
    """Something equal for equal atoms of one type; not a number whose hash value is known, for there can be many of one
    hash value (all multiples of 2**61 - 1, for example), which make a dictionary slow."""
    match atom:
        case float() | bool():
            return repr(atom)
        case int():
            return atom if -FIXNUM_LIMIT <= atom < FIXNUM_LIMIT else hex(atom)
        case Fraction():
            return hex(atom.numerator), hex(atom.denominator)
        case _:
            return atom


def _parts(value: object) -> Sequence[object] | None:
    """The data directly inside a compound value, of a table keys and values in turn; ``None`` for atoms."""
    match value:
        case list():
            return value
        case Vector() | FixnumVector() | FlonumVector():
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
            return [part for entry in value.entries for part in entry]
        case _:
            return None


_MUTABLE = (str, bytes, Vector, FixnumVector, FlonumVector, Box)
FIXNUM_LIMIT: Final = 1 << 60
"""Racket CS fixnums are from minus this up to, and without, this."""
