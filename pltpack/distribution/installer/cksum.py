"""The checksum of POSIX ``cksum``, which self-extracting installers hold.

It is the CRC of Ethernet with the bits in the other order, so that what is fast can be used: zlib's, on bytes whose
bits are turned round.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

_TURNED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Cksum:
    """A checksum under way.

    >>> check = Cksum(); check.update(b"123456789"); check.value
    930766865
    """

    def __init__(self) -> None:
        # zlib turns its state over at both ends; this one begins with 0.
        self._state = 0xFFFFFFFF
        self.size = 0

    def update(self, data: bytes) -> None:
        """Take more data."""
        self._state = crc32(data.translate(_TURNED), self._state)
        self.size += len(data)

    @property
    def value(self) -> int:
        """The checksum of all that was taken: the size counts, too, its lowest byte first."""
        length = self.size.to_bytes((self.size.bit_length() + 7) // 8, "little")
        state = crc32(length.translate(_TURNED), self._state)
        return int(f"{state:032b}"[::-1], 2)
