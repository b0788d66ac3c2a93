"""What the reader is in the middle of: one frame for each datum that is begun and not finished.

The frames stand on a list, so that nesting costs no recursion. A frame takes data one by one and says when it is
complete; it knows its closing bracket and what a lone dot means in it. The :class:`Assembly` is what frames deliver to:
the frames that are open, and what has been counted. Neither knows how a text is read.
"""

# ruff: noqa: ARG002  (all frames have one interface; few need all of it)

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pltpack.datum.source import CLOSERS, Source
from pltpack.datum.values import Datum, Dotted, Identities

Wrap: TypeAlias = "Callable[[Datum, int, int], Any]"
"""Makes of a datum, and of the offsets where it starts and ends, what is to stand in its place."""


Extra: TypeAlias = "Mapping[bytes, Callable[[Assembly, int], int]]"
"""Notations that are no data, by their first byte or their first two: each reads what begins at an offset and returns
the offset behind it."""


class Frame:
    """A datum that began at ``start``; ``closer`` is the byte that ends it, ``None`` if one datum completes it."""

    __slots__ = ("closer", "start")
    what = "a datum"
    transparent = False
    """Whether the datum that completes the frame goes on to the next one as it is."""

    def __init__(self, start: int, closer: int | None = None) -> None:
        self.start = start
        self.closer = closer

    def open(self, assembly: Assembly, start: int, closer: int) -> Frame:
        """The frame for a bracket that opens directly in this one."""
        return List(start, closer)

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        """Take a datum (``raw``; ``value`` is what ``wrap`` made of it); true if it completes the frame."""
        return True

    def result(self, assembly: Assembly, end: int) -> Datum:
        """The finished datum."""
        raise NotImplementedError

    def close(self, assembly: Assembly, end: int) -> None:
        """The closing bracket, which ends at ``end``."""
        assembly.stack.pop()
        assembly.deliver(self.result(assembly, end), self.start, end)

    def dot(self, assembly: Assembly, at: int) -> None:
        """A dot that stands alone."""
        raise lone_dot(assembly, at)


def lone_dot(assembly: Assembly, at: int) -> Exception:
    """The error for a dot without a meaning."""
    return assembly.source.error(
        "misplaced . (a lone dot stands before the last item of a list, or around one item)", at
    )


class List(Frame):
    """A bracket, and the data in it so far."""

    __slots__ = ("head", "items")
    what = "a list"

    def __init__(self, start: int, closer: int) -> None:
        super().__init__(start, closer)
        self.items: list[Any] = []
        self.head: list[Any] | None = None

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        self.items.append(value)
        return False

    def result(self, assembly: Assembly, end: int) -> Datum:
        return self.items if self.head is None else self.head + self.items

    def dot(self, assembly: Assembly, at: int) -> None:
        if not self.items or self.head is not None:
            raise lone_dot(assembly, at)
        assembly.stack[-1] = _Tail(self, at)


class _Tail(Frame):
    """What stands behind the dot of a list: its tail or, with a second dot, the item that goes to the front."""

    __slots__ = ("at", "list", "raw", "taken", "value")
    what = "a list"

    def __init__(self, of: List, at: int) -> None:
        super().__init__(of.start, of.closer)
        self.list = of
        self.at = at
        self.taken = False
        self.raw: Datum = False
        self.value: Any = None

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        if self.taken:
            raise lone_dot(assembly, self.at)
        self.taken, self.raw, self.value = True, raw, value
        return False

    def close(self, assembly: Assembly, end: int) -> None:
        if not self.taken:
            raise lone_dot(assembly, self.at)
        super().close(assembly, end)

    def result(self, assembly: Assembly, end: int) -> Datum:
        of, tail = self.list, self.raw
        if isinstance(tail, list | Dotted):  # spliced, which costs time as if it had been read again
            assembly.add(len(tail) if isinstance(tail, list) else len(tail.items), self.at)
        if isinstance(tail, list):
            of.items = of.items + tail
            return of.result(assembly, end)
        if type(of) is not List:
            raise lone_dot(assembly, self.at)
        if isinstance(tail, Dotted):
            return Dotted((*of.items, *tail.items), tail.tail)
        return Dotted(tuple(of.items), self.value)

    def dot(self, assembly: Assembly, at: int) -> None:
        if not self.taken:
            raise lone_dot(assembly, at)
        self.list.head = [self.value]
        assembly.stack[-1] = self.list
        assembly.push(_Rest(at))


class _Rest(Frame):
    """The datum that must follow the second dot."""

    __slots__ = ()
    what = "a list"
    transparent = True


class Mark(Frame):
    """``#1=``: the next datum can be repeated as ``#1#``."""

    __slots__ = ("count", "deepest", "number")
    what = "a marked datum"
    transparent = True

    def __init__(self, start: int, number: int, assembly: Assembly) -> None:
        super().__init__(start)
        self.number = number
        self.count = assembly.count
        self.deepest = assembly.deepest
        assembly.deepest = len(assembly.stack)

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        height = assembly.deepest - len(assembly.stack)
        assembly.marks[self.number] = (raw, assembly.count - self.count, height)
        assembly.deepest = max(assembly.deepest, self.deepest)
        return True


class Assembly:
    """The data that are begun and not finished, innermost last, and what has been counted of them."""

    __slots__ = (
        "_identities", "answer", "count", "deepest", "extra", "fold", "marks", "source", "stack", "syntax", "wrap",
    )  # fmt: skip

    def __init__(self, source: Source, wrap: Wrap | None, extra: Extra | None = None) -> None:
        self.source = source
        self.wrap = wrap
        self.extra = extra
        self.syntax = wrap is not None
        self.stack: list[Frame] = []
        self.answer: tuple[Any, int] | None = None
        self.fold = False
        self.count = 0
        self.deepest = 0
        self.marks: dict[int, tuple[Datum, int, int] | None] = {}
        self._identities: Identities | None = None

    @property
    def identities(self) -> Identities:
        """The numbers of the keys of tables, all tables of a datum having them in common."""
        if self._identities is None:
            self._identities = Identities()
        return self._identities

    def deliver(self, raw: Datum, start: int, end: int) -> None:
        """Give a finished datum to the frame it stands in, and so on as far as frames are completed by it."""
        self.count += 1
        if self.count > self.source.limits.count:
            raise self._too_many(start)
        value = raw if self.wrap is None else self.wrap(raw, start, end)
        stack = self.stack
        while stack:
            frame = stack[-1]
            if type(frame) is List:
                frame.items.append(value)
                return
            if not frame.take(self, raw, value, start, end):
                return
            stack.pop()
            if not frame.transparent:
                self.add(1, start)
                raw, start = frame.result(self, end), frame.start
                value = self.wrapped(raw, start, end)
        self.answer = value, end

    def push(self, frame: Frame) -> None:
        """Begin a datum."""
        self.stack.append(frame)
        if len(self.stack) > self.source.limits.depth:
            raise self.source.limit(f"Racket data nested deeper than {self.source.limits.depth}", frame.start)
        self.deepest = max(self.deepest, len(self.stack))

    def wrapped(self, raw: Datum, start: int, end: int) -> Any:
        """The datum as ``wrap`` makes it."""
        return raw if self.wrap is None else self.wrap(raw, start, end)

    def add(self, number: int, at: int) -> None:
        """Count data that come into being other than by being read."""
        self.count += number
        if self.count > self.source.limits.count:
            raise self._too_many(at)

    def mark(self, number: int, at: int) -> None:
        """``#1=`` at ``at``."""
        if number in self.marks:
            raise self.source.error(f"the graph mark #{number}= stands twice", at)
        self.marks[number] = None
        self.push(Mark(at, number, self))

    def repeat(self, number: int, at: int, end: int) -> None:
        """``#1#`` at ``at``: the marked datum again. It counts as if it had been written out."""
        if number not in self.marks:
            raise self.source.error(f"no graph mark #{number}= precedes #{number}#", at)
        marked = self.marks[number]
        if marked is None:
            raise self.source.error(f"#{number}# stands inside the datum marked #{number}=: a cycle", at)
        raw, count, height = marked
        self.source.expand(count, at)
        self.add(count, at)
        if len(self.stack) + height > self.source.limits.depth:
            raise self.source.limit(f"Racket data nested deeper than {self.source.limits.depth}", at)
        self.deepest = max(self.deepest, len(self.stack) + height)
        self.deliver(raw, at, end)

    def open(self, at: int) -> None:
        """The opening bracket at ``at``."""
        closer = CLOSERS[self.source.data[at]]
        self.push(self.stack[-1].open(self, at, closer) if self.stack else List(at, closer))

    def close(self, at: int) -> None:
        """The closing bracket at ``at``."""
        bracket = self.source.data[at]
        if not self.stack or self.stack[-1].closer is None:
            raise self.source.error(f"unexpected {chr(bracket)}", at)
        frame = self.stack[-1]
        if frame.closer != bracket:
            began = self.source.base + frame.start
            expected = chr(frame.closer or 0)
            raise self.source.error(
                f"{chr(bracket)} does not close {frame.what} that began at byte {began}: expected {expected}",
                at,
            )
        frame.close(self, at + 1)

    def _too_many(self, at: int) -> Exception:
        return self.source.limit(f"more than {self.source.limits.count} data in one", at)
