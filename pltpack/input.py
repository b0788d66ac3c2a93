"""Input that is watched while it is read: its digests taken, the progress told."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

if TYPE_CHECKING:
    import hashlib

from pltpack.given import can_seek, check_binary, taken

Progress: TypeAlias = Callable[[int, int | None], object]
"""Called with the bytes of the file that have been read, and how many it has (``None``: unknown)."""

StrPath: TypeAlias = str | os.PathLike[str]


class Watched(io.RawIOBase):
    """A stream that passes on what another gives, and watches it: digests of all bytes from the start, and progress.

    Digests are those of the whole file once :meth:`finish` has been called. A stream that has been sought on has
    none of its own making: then they are taken by :meth:`finish` alone.
    """

    def __init__(self, stream: BinaryIO, *, progress: Progress | None = None, digests: bool = True) -> None:
        super().__init__()
        self._stream = stream
        self._progress = progress
        self._digests = _new_digests() if digests else ()
        self._straight = True
        self._done = 0
        self.total = _size(stream)
        self.name = getattr(stream, "name", None)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return can_seek(self._stream)

    def read(self, size: int = -1, /) -> bytes:
        data = taken("source", self._stream.read(size))
        if self._straight:
            for digest in self._digests:
                digest.update(data)
        self._done += len(data)
        if self._progress is not None and data:
            self._progress(self._done if self.total is None else min(self._done, self.total), self.total)
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._straight = False
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def finish(self) -> tuple[int, str | None, str | None]:
        """Read what is left; the size of the file in bytes, its SHA-256 and its SHA-1 (``None``: not asked for)."""
        if not self._digests:
            return self.total or self._done, None, None
        if not self._straight:
            self._stream.seek(0)
            self._digests = _new_digests()
            self._straight, self._done, self._progress = True, 0, None
        while self.read(1 << 20):
            pass
        sha256, sha1 = self._digests
        return self._done, sha256.hexdigest(), sha1.hexdigest()


def _new_digests() -> tuple[hashlib._Hash, hashlib._Hash]:
    """For SHA-256 and SHA-1."""
    import hashlib

    return hashlib.sha256(), hashlib.sha1(usedforsecurity=False)


@contextlib.contextmanager
def watched(
    source: StrPath | BinaryIO, *, progress: Progress | None = None, digests: bool = True
) -> Iterator[BinaryIO]:
    """Open a file, or take an open stream (which stays open), as a :class:`Watched` stream."""
    with contextlib.ExitStack() as stack:
        if isinstance(source, str | os.PathLike):
            source = stack.enter_context(open(source, "rb"))
        check_binary("source", source)
        yield cast("BinaryIO", Watched(source, progress=progress, digests=digests))


def _size(stream: BinaryIO) -> int | None:
    try:
        if not stream.seekable():
            return None
        here = stream.tell()
        size = stream.seek(0, io.SEEK_END)
        stream.seek(here)
    except (AttributeError, OSError, ValueError):
        return None
    return size
