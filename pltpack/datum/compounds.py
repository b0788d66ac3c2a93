"""Frames of what is not simply a list: quotations, boxes, comments, vectors, prefab structures, hash tables."""

# ruff: noqa: ARG002  (all frames have one interface; few need all of it)

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pltpack.datum.frames import Assembly, Frame, List, lone_dot
from pltpack.datum.numbers import NumberError, parse_number
from pltpack.datum.prefabs import PrefabKeyError, normal_prefab_key
from pltpack.datum.source import decode
from pltpack.datum.values import (
    FIXNUM_LIMIT,
    Box,
    Complex,
    Datum,
    FixnumVector,
    FlonumVector,
    HashKind,
    Prefab,
    Vector,
    hash_table,
)


class Quotation(Frame):
    """A quote mark and its like; ``head`` is the symbol it stands for."""

    __slots__ = ("head", "value")
    what = "a quoted datum"

    def __init__(self, start: int, head: Any) -> None:
        super().__init__(start)
        self.head = head
        self.value: Any = None

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        self.value = value
        return True

    def result(self, assembly: Assembly, end: int) -> Datum:
        return [self.head, self.value]


class BoxFrame(Quotation):
    """``#&``."""

    __slots__ = ()
    what = "a box"

    def result(self, assembly: Assembly, end: int) -> Datum:
        return Box(self.value)


class Comment(Frame):
    """``#;``: the datum behind it is dropped."""

    __slots__ = ()
    what = "a datum comment"

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        assembly.stack.pop()
        return False


class CaseFrame(Frame):
    """``#ci`` and ``#cs``: how the case of the next datum is read."""

    __slots__ = ("before",)
    what = "a datum behind #ci or #cs"
    transparent = True

    def __init__(self, start: int, before: bool) -> None:
        super().__init__(start)
        self.before = before

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        assembly.fold = self.before
        return True


class VectorFrame(List):
    """``#(`` or ``#3(``; with a size the last item is repeated."""

    __slots__ = ("before", "last", "size")
    what = "a vector"

    def __init__(self, start: int, closer: int, size: int | None, assembly: Assembly) -> None:
        super().__init__(start, closer)
        self.size = size
        self.before, self.last = assembly.count, 1

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        self.before, self.last = assembly.count, assembly.count - self.before
        return super().take(assembly, raw, value, start, end)

    def dot(self, assembly: Assembly, at: int) -> None:
        raise lone_dot(assembly, at)

    def result(self, assembly: Assembly, end: int) -> Datum:
        return Vector(self.filled(assembly, lambda: assembly.wrapped(0, self.start, end)))

    def filled(self, assembly: Assembly, default: Callable[[], Any]) -> tuple[Any, ...]:
        """The items, up to the size that the literal declares; each repetition counts as if it were written out."""
        if self.size is None:
            return tuple(self.items)
        missing = self.size - len(self.items)
        if missing < 0:
            raise assembly.source.error(f"{len(self.items)} items in a vector of size {self.size}", self.start)
        assembly.source.expand(missing * self.last, self.start)
        assembly.add(missing * self.last, self.start)
        filler = [self.items[-1] if self.items else default()] * missing if missing else []
        return (*self.items, *filler)


class NumberVectorFrame(VectorFrame):
    """``#fx(`` and ``#fl(``: numbers, each read as if ``#e`` or ``#i`` stood before it."""

    __slots__ = ("exact",)
    what = "a vector of numbers"

    def __init__(self, start: int, closer: int, size: int | None, exact: bool, assembly: Assembly) -> None:
        super().__init__(start, closer, size, assembly)
        self.exact = exact

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        number: object = None
        if isinstance(raw, int | float | Fraction | Complex):
            text = decode(assembly.source.data[start:end])
            try:
                number = parse_number(("#e" if self.exact else "#i") + text)
            except NumberError as error:
                raise assembly.source.error(str(error), start) from None
        wanted = int if self.exact else float
        if not isinstance(number, wanted) or (self.exact and not -FIXNUM_LIMIT <= number < FIXNUM_LIMIT):
            raise assembly.source.error(f"not a {'fixnum' if self.exact else 'flonum'}", start)
        self.items.append(number)
        return False

    def result(self, assembly: Assembly, end: int) -> Datum:
        return FixnumVector(self.filled(assembly, int)) if self.exact else FlonumVector(self.filled(assembly, float))


class PrefabFrame(List):
    """``#s(``: the key, which is never wrapped, and the fields."""

    __slots__ = ("wrap",)
    what = "a prefab structure"

    def __init__(self, start: int, closer: int, assembly: Assembly) -> None:
        super().__init__(start, closer)
        self.wrap, assembly.wrap = assembly.wrap, None

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        if not self.items:
            assembly.wrap = self.wrap
        self.items.append(value)
        return False

    def result(self, assembly: Assembly, end: int) -> Datum:
        assembly.wrap = self.wrap
        items = super().result(assembly, end)
        assert isinstance(items, list)
        if not items:
            raise assembly.source.error("a prefab structure without a key", self.start)
        try:
            return Prefab(normal_prefab_key(items[0], len(items) - 1), tuple(items[1:]))
        except PrefabKeyError as error:
            raise assembly.source.error(str(error), self.start) from None


class HashFrame(List):
    """``#hash(`` and its kinds: nothing but pairs."""

    __slots__ = ("kind",)
    what = "a hash table"

    def __init__(self, start: int, closer: int, kind: HashKind) -> None:
        super().__init__(start, closer)
        self.kind = kind

    def open(self, assembly: Assembly, start: int, closer: int) -> Frame:
        return _Pair(start, closer, self, assembly)

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        raise assembly.source.error("a hash table holds pairs (key . value) only", start)

    def dot(self, assembly: Assembly, at: int) -> None:
        raise lone_dot(assembly, at)

    def result(self, assembly: Assembly, end: int) -> Datum:
        return hash_table(self.items, self.kind, assembly.identities)


class _Pair(Frame):
    """One ``(key . value)`` of a table; the key is never wrapped."""

    __slots__ = ("items", "of", "ready", "wrap")
    what = "a pair of a hash table"

    def __init__(self, start: int, closer: int, of: HashFrame, assembly: Assembly) -> None:
        super().__init__(start, closer)
        self.of = of
        self.items: list[Any] = []
        self.ready = True
        self.wrap, assembly.wrap = assembly.wrap, None

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        if not self.ready:
            raise assembly.source.error("a hash table holds pairs (key . value) only", start)
        assembly.wrap = self.wrap
        self.items.append(value)
        self.ready = False
        return False

    def dot(self, assembly: Assembly, at: int) -> None:
        if len(self.items) != 1 or self.ready:
            raise lone_dot(assembly, at)
        self.ready = True

    def close(self, assembly: Assembly, end: int) -> None:
        if self.ready or len(self.items) != 2:
            raise assembly.source.error("a hash table holds pairs (key . value) only", self.start)
        assembly.stack.pop()
        self.of.items.append((self.items[0], self.items[1]))
