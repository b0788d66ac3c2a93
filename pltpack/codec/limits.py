"""How large an archive may be before reading it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pltpack.dataclass import dataclass

if TYPE_CHECKING:
    from pltpack.datum.limits import DatumLimits

_MIB = 1 << 20
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what an archive may hold; whatever exceeds one is refused with a ``LimitError``.

    Sizes are bytes of the decoded stream. The defaults let every archive pass that was made for use, and stop
    those that were made to fill a disk or a memory.
    """

    entries: int = 1_000_000
    """Entries of the archive, directories included."""
    total_bytes: int = 64 * _GIB
    """The whole raw stream."""
    file_bytes: int = 64 * _GIB
    """The data of one file."""
    ratio: int = 200
    """Decoded bytes for each byte of the archive file; looked at from ``ratio_from`` bytes on."""
    ratio_from: int = 16 * _MIB
    """How many decoded bytes are free of the ratio: runs of zeros are no crime in a small archive. Of some four hundred
    real ones none reached a ratio of 70, and none of more than a megabyte a ratio of 8."""
    header_bytes: int = 16 * _MIB
    """The info procedure and the unpacking unit, each. Each may hold one datum for 160 bytes of this limit (and always
    1,000): what stands in a header is not only read, but shown, sorted and compared."""
    entry_bytes: int = 64 * 1024
    """The tag, the path list and the size of an entry, each."""
    depth: int = 1000
    """Nesting of parentheses."""
    path_bytes: int = 4096
    """A path list, as UTF-8 with separators."""
    path_depth: int = 256
    """Elements of a path list."""

    @property
    def header_data(self) -> DatumLimits:
        """The limits of the header's data."""
        from pltpack.datum.limits import DatumLimits

        most = max(1000, self.header_bytes // 160)
        return DatumLimits(depth=self.depth, length=self.header_bytes, count=most, implied=most)

    @property
    def entry_data(self) -> DatumLimits:
        """The limits of the data in an entry."""
        from pltpack.datum.limits import DatumLimits

        return DatumLimits(depth=self.depth, length=self.entry_bytes, implied=self.entry_bytes)
