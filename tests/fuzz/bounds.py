"""The limits that the targets read with."""

from __future__ import annotations

from typing import Final

from pltpack.codec.limits import Limits
from pltpack.datum.limits import DatumLimits
from pltpack.racket.info.info import InfoLimits

LIMITS: Final = Limits(
    entries=2000, total_bytes=1 << 20, file_bytes=1 << 20, header_bytes=1 << 16, entry_bytes=1 << 12, depth=200
)
"""Small, so that an input of some kilobytes can meet each of them."""
DATUM: Final = DatumLimits(depth=200, length=1 << 16, count=20_000)
AMPLE: Final = DatumLimits(depth=2000, length=1 << 30, count=10_000_000)
INFO: Final = InfoLimits(datum=DATUM, work=20_000)
