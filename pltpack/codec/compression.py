"""The gzip layer when it is written: which program deflates, and how hard it tries.

The data is deflated in blocks of a fixed size, each primed with the 32 KiB before it, so that several cores can
work at once and the bytes do not depend on how many there are.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pltpack.dataclass import dataclass

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

BLOCK: Final = 1 << 20
_WINDOW: Final = 1 << 15
_MOST_JOBS: Final = 8
"""More threads than this are not started unasked: each holds a block."""


@dataclass(frozen=True, slots=True)
class Compression:
    """How an archive is deflated.

    ``deflater``: ``zlib-ng`` (levels 1 to 9), ``isal`` (0 to 3, very fast, larger files), or ``gzip`` for the
    program of that name on the search path, which is what Racket runs. The raw stream is the same with each.

    The default is the level of zlib-ng that comes within a hundredth of what gzip makes by default, its level 6.
    """

    deflater: Literal["zlib-ng", "isal", "gzip"] = "zlib-ng"
    level: int = 5

    DEFAULT: ClassVar[Compression]
    FAST: ClassVar[Compression]
    BEST: ClassVar[Compression]
    GZIP_PROGRAM: ClassVar[Compression]

    def __post_init__(self) -> None:
        low, high = (0, 3) if self.deflater == "isal" else (1, 9)
        if not low <= self.level <= high:
            raise ValueError(f"level {self.level} is not between {low} and {high} for {self.deflater}")


Compression.DEFAULT = Compression()
Compression.FAST = Compression("isal", 2)
Compression.BEST = Compression("zlib-ng", 9)
Compression.GZIP_PROGRAM = Compression("gzip", 6)


def gzip_header(mtime: int = 0) -> bytes:
    """The ten bytes before the data as Racket writes them: no flags, ``mtime`` in seconds (0: none), Unix."""
    return struct.pack("<4sIBB", b"\x1f\x8b\x08\x00", mtime, 0, 3)


class GzipEncoder:
    """Deflates a stream of bytes into one gzip member; the pieces come back in order, some calls later."""

    def __init__(self, compression: Compression, *, jobs: int | None = None, mtime: int = 0) -> None:
        self._deflate = _deflater(compression)
        self._jobs = max(1, jobs or min(os.cpu_count() or 1, _MOST_JOBS))
        self._pool: ThreadPoolExecutor | None = None
        self._pending: deque[Future[bytes]] = deque()
        self._buffer = bytearray()
        self._window = b""
        self._header = gzip_header(mtime)
        self._crc = 0
        self._size = 0

    def encode(self, data: bytes) -> Iterator[bytes]:
        """Take ``data`` (any size, but whole blocks need no copying); yields what is ready of the member."""
        if len(data) == BLOCK and not self._buffer:
            yield from self._submit(data)
            return
        self._buffer += data
        while len(self._buffer) >= BLOCK:
            yield from self._submit(bytes(self._buffer[:BLOCK]))
            del self._buffer[:BLOCK]

    def finish(self) -> Iterator[bytes]:
        """The rest of the member with its trailer."""
        last = bytes(self._buffer)
        self._buffer.clear()
        self._count(last)
        if self._pool is None:
            yield self._take_header() + self._deflate(last, self._window, True)
        else:
            self._pending.append(self._pool.submit(self._deflate, last, self._window, True))
            while self._pending:
                yield self._take_header() + self._pending.popleft().result()
        yield struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)
        self.close()

    def close(self) -> None:
        """Stop the workers; what was not fetched is lost."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _submit(self, block: bytes) -> Iterator[bytes]:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="deflate")
        self._pending.append(self._pool.submit(self._deflate, block, self._window, False))
        self._count(block)
        self._window = block[-_WINDOW:]
        # One block in hand for each core keeps them busy; more would only fill the memory.
        while len(self._pending) > self._jobs + 1:
            yield self._take_header() + self._pending.popleft().result()

    def _count(self, block: bytes) -> None:
        from isal import isal_zlib

        self._crc = isal_zlib.crc32(block, self._crc)
        self._size += len(block)

    def _take_header(self) -> bytes:
        header, self._header = self._header, b""
        return header


def _deflater(compression: Compression) -> Callable[[bytes, bytes, bool], bytes]:
    """A function of (block, the bytes before it, is it the last) that returns raw deflate data.

    The pool's threads call it: deflating happens with the interpreter's lock released.
    """
    level = compression.level
    if compression.deflater == "isal":
        from isal import isal_zlib

        def deflate(block: bytes, window: bytes, last: bool) -> bytes:
            job = isal_zlib.compressobj(level, isal_zlib.DEFLATED, -15, zdict=window)
            return job.compress(block) + job.flush(isal_zlib.Z_FINISH if last else isal_zlib.Z_SYNC_FLUSH)

    else:
        from zlib_ng import zlib_ng

        def deflate(block: bytes, window: bytes, last: bool) -> bytes:
            job = zlib_ng.compressobj(level, zlib_ng.DEFLATED, -15, zdict=window)
            return job.compress(block) + job.flush(zlib_ng.Z_FINISH if last else zlib_ng.Z_SYNC_FLUSH)

    return deflate
