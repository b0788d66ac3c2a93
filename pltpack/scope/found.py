"""Where the content of a source was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pltpack.dataclass import dataclass
from pltpack.scope.state.records import Origin

if TYPE_CHECKING:
    from pltpack.formats.formats import Format


@dataclass(frozen=True, slots=True)
class Found:
    """Where the content of a source lies: an archive of some ``format``, or a directory (``dir``)."""

    place: Path
    format: Format
    checksum: str | None
    origin: Origin
    directory: Path | None = None
    """Where a linked package will be, if it is not there yet."""
