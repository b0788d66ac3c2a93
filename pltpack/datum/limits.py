"""How large a datum may be."""

from __future__ import annotations

from pltpack.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class DatumLimits:
    """How large a datum may be: nesting ``depth``, ``length`` in bytes, ``count`` of data, ``digits`` of a number.

    ``implied`` bounds what a few characters can ask for, over all data of a text: data that a vector with a size or a
    graph mark repeats, and digits that an exponent stands for, each as if they had been written out.
    """

    depth: int = 10_000
    length: int = 64 << 20
    count: int = 5_000_000
    digits: int = 100_000
    implied: int = 200_000
