"""The data of a member as a stream that can seek, though the archive can only be read forwards."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from pltpack.pltpass import OpenedBody

IN_MEMORY: Final = 1 << 20
"""Bytes of a member up to which it is held in memory while it is open."""


class MemberStream(io.RawIOBase):
    """The data of a large member. Read forwards it comes straight from the archive; from the first step backwards on it
    comes from a temporary file, for which the member is read once more.
    """

    def __init__(self, reopen: Callable[[], OpenedBody], size: int) -> None:
        super().__init__()
        self._reopen = reopen
        self._size = size
        self._opened: OpenedBody | None = reopen()
        self._at = 0
        """How much of the body has been read."""
        self._position = 0
        self._kept: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._check_open()
        position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if position < 0:
            raise ValueError(f"negative seek value {position}")
        self._position = position
        return position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        self._check_open()
        wanted = max(0, min(len(buffer), self._size - self._position))
        if not wanted:
            return 0
        data = self._read(wanted)
        self._position += len(data)
        buffer[: len(data)] = data
        return len(data)

    def _read(self, wanted: int) -> bytes:
        if self._kept is None and self._position < self._at:
            self._keep()
        if self._kept is not None:
            self._kept.seek(self._position)
            return self._kept.read(wanted)
        assert self._opened is not None
        while self._at < self._position:  # what lies before it is passed over
            self._at += len(self._opened.body.read(min(self._position - self._at, IN_MEMORY)))
        data = self._opened.body.read(wanted)
        self._at += len(data)
        return data

    def _keep(self) -> None:
        self._let_go()
        again = self._reopen()
        try:
            kept = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  closed by close
            self._kept = kept
            for piece in again.body.chunks():
                kept.write(piece)
        finally:
            again.release()

    def _let_go(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.release()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._let_go()
            if self._kept is not None:
                self._kept.close()
