"""The data of one entry of a zip archive, held to the length and the checksum that the archive promises."""

from __future__ import annotations

import zlib
from typing import BinaryIO, Final, cast

from isal import isal_zlib

from pltpack.dataclass import dataclass
from pltpack.errors import FormatError, TruncatedError
from pltpack.formats.entries import CHUNK, Source

_BLOCK: Final = 1 << 16
_InflateError = cast("type[Exception]", isal_zlib.error)  # no subclass of zlib.error


@dataclass(slots=True)
class OpenArchive:
    """The stream that all members of an archive read from; another one with the same in it may take its place."""

    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class ZipMember:
    """Where the data is: ``packed`` bytes of ``source`` from ``start`` on, which are ``size`` bytes if ``deflated``."""

    source: OpenArchive
    start: int
    packed: int
    size: int
    crc: int
    deflated: bool
    file: str | None
    entry: str

    def open(self) -> Source:
        """A stream of the data; several may be open side by side."""
        return _Inflated(self) if self.deflated else _Stored(self)


class _Stored:
    """Reads data as it is in the archive; checks length and checksum at its end."""

    def __init__(self, member: ZipMember) -> None:
        self._member = member
        self._place = member.start
        self._end = member.start + member.packed
        self._left = member.size
        self._crc = 0
        if not member.deflated and member.packed != member.size:
            raise self._damaged("its size is not that of its data")

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes, or all; raises :class:`FormatError` for damaged data."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        data = self._some(min(size, self._left)) if size and self._left else b""
        if size and self._left and not data:
            raise TruncatedError("the data ends too early", file=self._member.file, entry=self._member.entry)
        self._left -= len(data)
        self._crc = zlib.crc32(data, self._crc)
        if not self._left and size:
            self._check_end()
        return data

    def close(self) -> None:
        pass

    def _some(self, most: int) -> bytes:
        return self._packed(most)

    def _packed(self, most: int) -> bytes:
        """Bytes of the archive."""
        source = self._member.source.stream
        source.seek(self._place)
        data = source.read(min(most, self._end - self._place))
        self._place += len(data)
        return data

    def _check_end(self) -> None:
        if self._crc != self._member.crc:
            raise self._damaged("its checksum is wrong")

    def _damaged(self, why: object) -> FormatError:
        return FormatError(f"the data is damaged: {why}", file=self._member.file, entry=self._member.entry)


class _Inflated(_Stored):
    """Reads deflated data, which must end where the directory says, neither earlier nor later."""

    def __init__(self, member: ZipMember) -> None:
        super().__init__(member)
        self._inflater = isal_zlib.decompressobj(-15)
        self._ahead = b""

    def _some(self, most: int) -> bytes:
        while not self._inflater.eof:
            block = self._ahead or self._packed(_BLOCK)
            try:
                data = self._inflater.decompress(block, most)
            except _InflateError as error:
                raise self._damaged(error) from error
            self._ahead = self._inflater.unconsumed_tail
            if data or not block:
                return data
        return b""

    def _check_end(self) -> None:
        if not self._inflater.eof and self._some(1):
            raise self._damaged("there is more of it than its directory says")
        if not self._inflater.eof:
            raise self._damaged("its deflated form has no end")
        if self._inflater.unused_data or self._place != self._end:
            raise self._damaged("something follows its deflated form")
        super()._check_end()
