"""Racket's ``read`` for data, from bytes.

What Racket's default reader accepts as plain data is accepted, what it refuses is refused, and so is all that
would load or run code: ``#lang``, ``#reader``, compiled code. Cycles are refused too. Everything is bounded, nothing
recurses, and the time is linear in the text. With ``wrap`` the rules of ``read-syntax`` hold, which refuses graph
marks and vectors of fixnums or flonums.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pltpack.datum.compounds import CaseFrame
from pltpack.datum.frames import Assembly, Extra, List, Wrap
from pltpack.datum.limits import DatumLimits
from pltpack.datum.notation import read_other
from pltpack.datum.source import CLOSERS, DELIMITER_BYTES, Implied, MoreInput, Source, decode
from pltpack.datum.values import Datum, Symbol

__all__ = ["END", "DatumLimits", "Implied", "MoreInput", "read_data", "read_datum"]


class _End:
    """The type of :data:`END`."""

    def __repr__(self) -> str:
        return "END"


END: Final = _End()
"""What :func:`read_datum` returns where only white space and comments are left."""

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
    implied: Implied | None = None,
    extra: Extra | None = None,
) -> tuple[Any, int]:
    """Read the one datum at or behind ``start``; returns it (or :data:`END`) and the offset just behind it.

    ``data`` is UTF-8; undecodable bytes read as U+FFFD. ``base`` is added to the byte offsets in errors. With
    ``final=False`` more bytes may follow ``data``: where that could change the result, :class:`MoreInput` is raised.

    With ``wrap`` every datum, inner ones first, is replaced by ``wrap(datum, start, end)``; the symbol that a quote
    mark stands for has the span of the mark. Keys of tables and prefab structures stay bare, and the tail of a dotted
    list that is a list itself becomes part of the outer one. ``extra``: notations that are read besides those of data.

    ``implied``: what data before it in the same text have taken of ``limits.implied``; goes on counting.

    Raises ``DatumError``, ``TruncatedError`` (the data end inside the datum), ``LimitError``.
    """
    source = Source(data, start, base, final, limits, Implied() if implied is None else implied)
    return _read(Assembly(source, wrap, extra), start)


def read_data(data: bytes, *, limits: DatumLimits = DatumLimits()) -> list[Datum]:
    """All data of a text. Raises as :func:`read_datum`."""
    found: list[Datum] = []
    at, implied = 0, Implied()
    while True:
        datum, at = read_datum(data, at, limits=limits, implied=implied)
        if datum is END:
            return found
        found.append(datum)


def _read(assembly: Assembly, at: int) -> tuple[Any, int]:
    """The datum at or behind ``at``, and the offset behind it.

    What is usual, plain atoms and brackets in a plain list, is done right here; all else is for the assembly.
    """
    data, stop, match = assembly.source.data, assembly.source.stop, _TOKEN.match
    stack, most, depth = assembly.stack, assembly.source.limits.count, assembly.source.limits.depth
    symbols: dict[bytes, Symbol] = {}
    datum: Datum
    while assembly.answer is None:
        token = match(data, at, stop)
        if token is None:
            return END, _end(assembly)
        kind, at = token.lastindex, token.end()
        frame = stack[-1] if stack else None
        plain = type(frame) is List
        if kind == 1:
            if plain and len(stack) < depth:
                stack.append(List(at - 1, CLOSERS[data[at - 1]]))
                assembly.deepest = max(assembly.deepest, len(stack))
            else:
                assembly.open(at - 1)
            continue
        if kind == 2:
            if not plain or frame.closer != data[at - 1] or frame.head is not None:  # type: ignore[union-attr]  # a List
                assembly.close(at - 1)
                continue
            assert type(frame) is List
            stack.pop()
            datum, start = frame.items, frame.start
            frame = stack[-1] if stack else None
        elif kind == 6 or assembly.fold:
            at = read_other(assembly, token.start(6) if kind == 6 else token.start(kind or 0) - (kind == 5))
            continue
        elif kind == 3:
            start, name = token.start(3), token[3]
            symbol = symbols.get(name)
            if symbol is None:
                symbols[name] = symbol = Symbol(name.decode("ascii"))
            datum = symbol
        elif kind == 4:
            start, datum = token.start(4), int(token[4])
        else:
            start, datum = token.start(5) - 1, decode(token[5])
        if type(frame) is List and assembly.count < most:
            assembly.count += 1
            wrap = assembly.wrap
            frame.items.append(datum if wrap is None else wrap(datum, start, at))
        else:
            assembly.deliver(datum, start, at)
    return assembly.answer


def _end(assembly: Assembly) -> int:
    """The offset of the end, if the data may end here; raises otherwise."""
    open_frames = [frame for frame in assembly.stack if not isinstance(frame, CaseFrame)]
    if open_frames:
        raise assembly.source.cut(open_frames[-1].what, open_frames[-1].start)
    if not assembly.source.complete:
        raise assembly.source.cut("white space or comments", assembly.source.start)
    return assembly.source.stop
