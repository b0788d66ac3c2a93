"""Frames of the data that are not simply lists: vectors, prefab structures, hash tables."""

# ruff: noqa: ARG002  (all frames have one interface; few need all of it)

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pltpack.datum.frames import Frame, List, lone_dot
from pltpack.datum.numbers import NumberError, parse_number
from pltpack.datum.prefabs import PrefabKeyError, normal_prefab_key
from pltpack.datum.source import decode
from pltpack.datum.values import (
    FIXNUM_LIMIT,
    Complex,
    Datum,
    FixnumVector,
    FlonumVector,
    HashKind,
    Prefab,
    Vector,
    hash_table,
)

if TYPE_CHECKING:
    from pltpack.datum.reader import Reader


class VectorFrame(List):
    """``#(`` or ``#3(``; with a size the last item is repeated."""

    __slots__ = ("size",)
    what = "a vector"

    def __init__(self, start: int, closer: int, size: int | None) -> None:
        super().__init__(start, closer)
        self.size = size

    def dot(self, reader: Reader, at: int) -> None:
        raise lone_dot(reader, at)

    def result(self, reader: Reader, end: int) -> Datum:
        return Vector(self.filled(reader, lambda: reader.wrapped(0, self.start, end)))

    def filled(self, reader: Reader, default: Callable[[], Any]) -> tuple[Any, ...]:
        """The items, up to the size that the literal declares."""
        if self.size is None:
            return tuple(self.items)
        missing = self.size - len(self.items)
        if missing < 0:
            raise reader.source.error(f"{len(self.items)} items in a vector of size {self.size}", self.start)
        reader.add(missing, self.start)
        filler = [self.items[-1] if self.items else default()] * missing if missing else []
        return (*self.items, *filler)


class NumberVectorFrame(VectorFrame):
    """``#fx(`` and ``#fl(``: numbers, each read as if ``#e`` or ``#i`` stood before it."""

    __slots__ = ("exact",)
    what = "a vector of numbers"

    def __init__(self, start: int, closer: int, size: int | None, exact: bool) -> None:
        super().__init__(start, closer, size)
        self.exact = exact

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        number: object = None
        if isinstance(raw, int | float | Fraction | Complex):
            text = decode(reader.source.data[start:end])
            try:
                number = parse_number(("#e" if self.exact else "#i") + text)
            except NumberError as error:
                raise reader.source.error(str(error), start) from None
        wanted = int if self.exact else float
        if not isinstance(number, wanted) or (self.exact and not -FIXNUM_LIMIT <= number < FIXNUM_LIMIT):
            raise reader.source.error(f"not a {'fixnum' if self.exact else 'flonum'}", start)
        self.items.append(number)
        return False

    def result(self, reader: Reader, end: int) -> Datum:
        return FixnumVector(self.filled(reader, int)) if self.exact else FlonumVector(self.filled(reader, float))


class PrefabFrame(List):
    """``#s(``: the key, which is never wrapped, and the fields."""

    __slots__ = ("wrap",)
    what = "a prefab structure"

    def __init__(self, start: int, closer: int, reader: Reader) -> None:
        super().__init__(start, closer)
        self.wrap, reader.wrap = reader.wrap, None

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        if not self.items:
            reader.wrap = self.wrap
        self.items.append(value)
        return False

    def result(self, reader: Reader, end: int) -> Datum:
        reader.wrap = self.wrap
        items = super().result(reader, end)
        assert isinstance(items, list)
        if not items:
            raise reader.source.error("a prefab structure without a key", self.start)
        try:
            return Prefab(normal_prefab_key(items[0], len(items) - 1), tuple(items[1:]))
        except PrefabKeyError as error:
            raise reader.source.error(str(error), self.start) from None


class HashFrame(List):
    """``#hash(`` and its kinds: nothing but pairs."""

    __slots__ = ("kind",)
    what = "a hash table"

    def __init__(self, start: int, closer: int, kind: HashKind) -> None:
        super().__init__(start, closer)
        self.kind = kind

    def open(self, reader: Reader, start: int, closer: int) -> Frame:
        return _Pair(start, closer, self, reader)

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        raise reader.source.error("a hash table holds pairs (key . value) only", start)

    def dot(self, reader: Reader, at: int) -> None:
        raise lone_dot(reader, at)

    def result(self, reader: Reader, end: int) -> Datum:
        return hash_table(self.items, self.kind, reader.identities)


class _Pair(Frame):
    """One ``(key . value)`` of a table; the key is never wrapped."""

    __slots__ = ("items", "of", "ready", "wrap")
    what = "a pair of a hash table"

    def __init__(self, start: int, closer: int, of: HashFrame, reader: Reader) -> None:
        super().__init__(start, closer)
        self.of = of
        self.items: list[Any] = []
        self.ready = True
        self.wrap, reader.wrap = reader.wrap, None

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        if not self.ready:
            raise reader.source.error("a hash table holds pairs (key . value) only", start)
        reader.wrap = self.wrap
        self.items.append(value)
        self.ready = False
        return False

    def dot(self, reader: Reader, at: int) -> None:
        if len(self.items) != 1 or self.ready:
            raise lone_dot(reader, at)
        self.ready = True

    def close(self, reader: Reader, end: int) -> None:
        if self.ready or len(self.items) != 2:
            raise reader.source.error("a hash table holds pairs (key . value) only", self.start)
        reader.stack.pop()
        self.of.items.append((self.items[0], self.items[1]))
