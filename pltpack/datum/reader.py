"""Racket's ``read`` for data, from bytes.

What Racket's default reader accepts as plain data is accepted, what it refuses is refused, and so is all that
would load or run code: ``#lang``, ``#reader``, compiled code. Cycles are refused too. Everything is bounded, nothing
recurses, and the time is linear in the text. With ``wrap`` the rules of ``read-syntax`` hold, which refuses graph
marks and vectors of fixnums or flonums.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from pltpack.datum.frames import CaseFrame, Frame, List, Mark
from pltpack.datum.notation import CLOSERS, read_other
from pltpack.datum.source import DELIMITER_BYTES, DatumLimits, MoreInput, Source, decode
from pltpack.datum.values import Datum, Identities, Symbol

__all__ = ["END", "DatumLimits", "MoreInput", "read_data", "read_datum"]


class _End:
    """The type of :data:`END`."""

    def __repr__(self) -> str:
        return "END"


END: Final = _End()
"""What :func:`read_datum` returns where only white space and comments are left."""

Wrap = Callable[[Datum, int, int], Any]

_TOKEN: Final = re.compile(
    rb"[\t-\r ]*+(?:([(\[{])|([)\]}])|([!$%&*/:<=>?^_~a-zA-Z][^" + DELIMITER_BYTES + rb"|\\\x80-\xff]*+)(?=["
    rb"\t-\r ()\[\]{}])|([+-]?[0-9]{1,18}+)(?=[\t-\r ()\[\]{}])" + rb'|"([^"\\]*+)"|([\x00-\xff]))'
)
"""Blanks, then the common shapes: 1 open, 2 close, 3 symbol, 4 integer, 5 string; 6 is any other byte."""


def read_datum(
    data: bytes,
    start: int = 0,
    *,
    final: bool = True,
    base: int = 0,
    limits: DatumLimits = DatumLimits(),
    wrap: Wrap | None = None,
) -> tuple[Any, int]:
    """Read the one datum at or behind ``start``; returns it (or :data:`END`) and the offset just behind it.

    ``data`` is UTF-8; undecodable bytes read as U+FFFD. ``base`` is added to the byte offsets in errors. With
    ``final=False`` more bytes may follow ``data``: where that could change the result, :class:`MoreInput` is raised.

    With ``wrap`` every datum, inner ones first, is replaced by ``wrap(datum, start, end)``; the symbol that a quote
    mark stands for has the span of the mark. Keys of tables and prefab structures stay bare, and the tail of a dotted
    list that is a list itself becomes part of the outer one.

    Raises ``DatumError``, ``TruncatedError`` (the data end inside the datum), ``LimitError``.
    """
    return Reader(Source(data, start, base, final, limits), wrap).read(start)


def read_data(data: bytes, *, limits: DatumLimits = DatumLimits()) -> list[Datum]:
    """All data of a text. Raises as :func:`read_datum`."""
    found: list[Datum] = []
    at = 0
    while True:
        datum, at = read_datum(data, at, limits=limits)
        if datum is END:
            return found
        found.append(datum)


class Reader:
    """The state of reading one datum: the frames that are open, and what has been counted."""

    def __init__(self, source: Source, wrap: Wrap | None) -> None:
        self.source = source
        self.wrap = wrap
        self.syntax = wrap is not None
        self.stack: list[Frame] = []
        self.answer: tuple[Any, int] | None = None
        self.fold = False
        self.count = 0
        self.deepest = 0
        self.marks: dict[int, tuple[Datum, int, int] | None] = {}
        self.identities = Identities()
        self._symbols: dict[bytes, Symbol] = {}

    def read(self, at: int) -> tuple[Any, int]:
        """The datum at or behind ``at``, and the offset behind it."""
        data, stop, match, symbols = self.source.data, self.source.stop, _TOKEN.match, self._symbols
        while self.answer is None:
            token = match(data, at, stop)
            if token is None:
                return END, self._end()
            kind, at = token.lastindex, token.end()
            if kind == 1:
                self._open(at - 1)
            elif kind == 2:
                self._close(at - 1)
            elif kind == 6 or self.fold:
                at = read_other(self, token.start(6) if kind == 6 else token.start(kind or 0) - (kind == 5))
            elif kind == 3:
                name = token[3]
                symbol = symbols.get(name)
                if symbol is None:
                    symbols[name] = symbol = Symbol(name.decode("ascii"))
                self.deliver(symbol, token.start(3), at)
            elif kind == 4:
                self.deliver(int(token[4]), token.start(4), at)
            else:
                self.deliver(decode(token[5]), token.start(5) - 1, at)
        return self.answer

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
        self.add(count, at)
        if len(self.stack) + height > self.source.limits.depth:
            raise self.source.limit(f"Racket data nested deeper than {self.source.limits.depth}", at)
        self.deepest = max(self.deepest, len(self.stack) + height)
        self.deliver(raw, at, end)

    def _open(self, at: int) -> None:
        closer = CLOSERS[self.source.data[at]]
        self.push(self.stack[-1].open(self, at, closer) if self.stack else List(at, closer))

    def _close(self, at: int) -> None:
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

    def _end(self) -> int:
        """The offset of the end, if the data may end here; raises otherwise."""
        open_frames = [frame for frame in self.stack if not isinstance(frame, CaseFrame)]
        if open_frames:
            raise self.source.cut(open_frames[-1].what, open_frames[-1].start)
        if not self.source.complete:
            raise self.source.cut("white space or comments", self.source.start)
        return self.source.stop

    def _too_many(self, at: int) -> Exception:
        return self.source.limit(f"more than {self.source.limits.count} data in one", at)
