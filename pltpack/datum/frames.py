"""What the reader is in the middle of: one frame for each datum that is begun and not finished.

The reader keeps its frames on a list, so that nesting costs no recursion. A frame takes data one by one and says when
it is complete; it knows its closing bracket and what a lone dot means in it.
"""

# ruff: noqa: ARG002  (all frames have one interface; few need all of it)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pltpack.datum.values import Box, Datum, Dotted

if TYPE_CHECKING:
    from pltpack.datum.reader import Reader


class Frame:
    """A datum that began at ``start``; ``closer`` is the byte that ends it, ``None`` if one datum completes it."""

    __slots__ = ("closer", "start")
    what = "a datum"
    transparent = False
    """Whether the datum that completes the frame goes on to the next one as it is."""

    def __init__(self, start: int, closer: int | None = None) -> None:
        self.start = start
        self.closer = closer

    def open(self, reader: Reader, start: int, closer: int) -> Frame:
        """The frame for a bracket that opens directly in this one."""
        return List(start, closer)

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        """Take a datum (``raw``; ``value`` is what ``wrap`` made of it); true if it completes the frame."""
        return True

    def result(self, reader: Reader, end: int) -> Datum:
        """The finished datum."""
        raise NotImplementedError

    def close(self, reader: Reader, end: int) -> None:
        """The closing bracket, which ends at ``end``."""
        reader.stack.pop()
        reader.deliver(self.result(reader, end), self.start, end)

    def dot(self, reader: Reader, at: int) -> None:
        """A dot that stands alone."""
        raise lone_dot(reader, at)


def lone_dot(reader: Reader, at: int) -> Exception:
    """The error for a dot without a meaning."""
    return reader.source.error("misplaced . (a lone dot stands before the last item of a list, or around one item)", at)


class List(Frame):
    """A bracket, and the data in it so far."""

    __slots__ = ("head", "items")
    what = "a list"

    def __init__(self, start: int, closer: int) -> None:
        super().__init__(start, closer)
        self.items: list[Any] = []
        self.head: list[Any] | None = None

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        self.items.append(value)
        return False

    def result(self, reader: Reader, end: int) -> Datum:
        return self.items if self.head is None else self.head + self.items

    def dot(self, reader: Reader, at: int) -> None:
        if not self.items or self.head is not None:
            raise lone_dot(reader, at)
        reader.stack[-1] = _Tail(self, at)


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

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        if self.taken:
            raise lone_dot(reader, self.at)
        self.taken, self.raw, self.value = True, raw, value
        return False

    def close(self, reader: Reader, end: int) -> None:
        if not self.taken:
            raise lone_dot(reader, self.at)
        super().close(reader, end)

    def result(self, reader: Reader, end: int) -> Datum:
        of, tail = self.list, self.raw
        if isinstance(tail, list | Dotted):  # spliced, which costs time as if it had been read again
            reader.add(len(tail) if isinstance(tail, list) else len(tail.items), self.at)
        if isinstance(tail, list):
            of.items = of.items + tail
            return of.result(reader, end)
        if type(of) is not List:
            raise lone_dot(reader, self.at)
        if isinstance(tail, Dotted):
            return Dotted((*of.items, *tail.items), tail.tail)
        return Dotted(tuple(of.items), self.value)

    def dot(self, reader: Reader, at: int) -> None:
        if not self.taken:
            raise lone_dot(reader, at)
        self.list.head = [self.value]
        reader.stack[-1] = self.list
        reader.push(_Rest(at))


class _Rest(Frame):
    """The datum that must follow the second dot."""

    __slots__ = ()
    what = "a list"
    transparent = True


class Quotation(Frame):
    """A quote mark and its like; ``head`` is the symbol it stands for."""

    __slots__ = ("head", "value")
    what = "a quoted datum"

    def __init__(self, start: int, head: Any) -> None:
        super().__init__(start)
        self.head = head
        self.value: Any = None

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        self.value = value
        return True

    def result(self, reader: Reader, end: int) -> Datum:
        return [self.head, self.value]


class BoxFrame(Quotation):
    """``#&``."""

    __slots__ = ()
    what = "a box"

    def result(self, reader: Reader, end: int) -> Datum:
        return Box(self.value)


class Comment(Frame):
    """``#;``: the datum behind it is dropped."""

    __slots__ = ()
    what = "a datum comment"

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        reader.stack.pop()
        return False


class CaseFrame(Frame):
    """``#ci`` and ``#cs``: how the case of the next datum is read."""

    __slots__ = ("before",)
    what = "a datum behind #ci or #cs"
    transparent = True

    def __init__(self, start: int, before: bool) -> None:
        super().__init__(start)
        self.before = before

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        reader.fold = self.before
        return True


class Mark(Frame):
    """``#1=``: the next datum can be repeated as ``#1#``."""

    __slots__ = ("count", "deepest", "number")
    what = "a marked datum"
    transparent = True

    def __init__(self, start: int, number: int, reader: Reader) -> None:
        super().__init__(start)
        self.number = number
        self.count = reader.count
        self.deepest = reader.deepest
        reader.deepest = len(reader.stack)

    def take(self, reader: Reader, raw: Datum, value: Any, start: int, end: int) -> bool:
        height = reader.deepest - len(reader.stack)
        reader.marks[self.number] = (raw, reader.count - self.count, height)
        reader.deepest = max(reader.deepest, self.deepest)
        return True
