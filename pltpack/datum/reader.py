"""Racket's ``read`` for data, from bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pltpack.datum.values import Datum


class _End:
    """The type of :data:`END`."""

    def __repr__(self) -> str:
        return "END"


END: Final = _End()
"""What :func:`read_datum` returns where only white space and comments are left."""


class MoreInput(Exception):
    """Raised with ``final=False`` when the datum may go on behind the bytes that are there."""


@dataclass(frozen=True, slots=True)
class DatumLimits:
    """How large a datum may be: nesting ``depth``, ``length`` in bytes, ``count`` of data, ``digits`` of a number."""

    depth: int = 10_000
    length: int = 64 << 20
    count: int = 5_000_000
    digits: int = 100_000


def read_datum(
    data: bytes,
    start: int = 0,
    *,
    final: bool = True,
    base: int = 0,
    limits: DatumLimits = DatumLimits(),  # noqa: B008  (frozen)
    wrap: Callable[[Datum, int, int], Any] | None = None,
) -> tuple[Any, int]:
    """Read the one datum that starts at or behind ``start``; returns it and the offset just behind it.

    With ``wrap`` every datum, inner ones first, is replaced by ``wrap(datum, start, end)``.
    """
    raise NotImplementedError


def read_data(data: bytes, *, limits: DatumLimits = DatumLimits()) -> list[Datum]:  # noqa: B008
    """All data of a text."""
    raise NotImplementedError
