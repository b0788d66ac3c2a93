"""Streams that callers bring: whatever has ``read`` and gives bytes is taken, and what gives text is told."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Iterator
from typing import BinaryIO, Final, TypeAlias, cast

from pltpack.errors import LimitError

StrPath: TypeAlias = str | os.PathLike[str]

_WELL_BEHAVED: Final = (io.BytesIO, io.BufferedReader, io.BufferedRandom)
_PIECE: Final = 1 << 18


def check_binary(argument: str, stream: object) -> None:
    """Raises ``TypeError`` that names the ``argument`` for what is no stream, or one of text."""
    if isinstance(stream, io.TextIOBase):
        raise TypeError(f"{argument} is a stream of text; a binary one is wanted: open(..., 'rb'), or its .buffer")
    if not callable(getattr(stream, "read", None)):
        raise TypeError(f"{argument} takes a path or a binary stream, not {type(stream).__name__}")


def taken(argument: str, data: object) -> bytes:
    """What a stream has given, as bytes.

    Raises ``TypeError`` that names the ``argument`` for text, ``BlockingIOError`` where there is nothing yet.
    """
    if isinstance(data, bytes):
        return data
    if data is None:  # what a stream says that must not wait and has nothing: this is not the end
        message = "the stream has nothing yet and may not wait; read it in blocking mode"
        raise BlockingIOError(errno.EAGAIN, message)
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    raise TypeError(f"{argument} gives {type(data).__name__}; a binary stream is wanted, which gives bytes")


def can_seek(stream: BinaryIO) -> bool:
    """Whether a stream can seek, by what it says, or else by what it has."""
    says = getattr(stream, "seekable", None)
    return bool(says()) if callable(says) else callable(getattr(stream, "seek", None))


def position(stream: BinaryIO) -> int:
    """Where a stream that can seek stands."""
    return stream.tell() if hasattr(stream, "tell") else stream.seek(0, io.SEEK_CUR)


def seekable_from(argument: str, stream: BinaryIO) -> int:
    """Where a stream stands that must be able to seek.

    Raises ``ValueError`` if it cannot, ``TypeError`` for what is no binary stream.
    """
    check_binary(argument, stream)
    if not can_seek(stream):
        raise ValueError(f"{argument} must be a stream that can seek; open_archive takes any")
    return position(stream)


class Given(io.RawIOBase):
    """A stream of a caller, of which nothing but ``read`` is asked, as a raw stream of the library.

    The stream below stays open.
    """

    def __init__(self, argument: str, stream: BinaryIO, name: object = None) -> None:
        """``argument`` is what to call it in errors; ``name`` the file it stands for."""
        super().__init__()
        check_binary(argument, stream)
        self._argument = argument
        self._stream = stream
        self.name = getattr(stream, "name", None) if name is None else name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return can_seek(self._stream)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        data = taken(self._argument, self._stream.read(len(buffer)))
        if len(data) > len(buffer):
            raise OSError(errno.EIO, f"{self._argument} gives more than it is asked for")
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if not self.seekable():
            raise io.UnsupportedOperation(f"{self._argument} is a stream that cannot seek")
        self._stream.seek(offset, whence)
        return position(self._stream)

    def tell(self) -> int:
        if not self.seekable():
            raise io.UnsupportedOperation(f"{self._argument} is a stream that cannot seek")
        return position(self._stream)


def well_behaved(argument: str, stream: BinaryIO) -> BinaryIO:
    """A stream of a caller as one that gives as many bytes as it is asked for; it stays open.

    Raises ``TypeError`` that names the ``argument`` for what is no binary stream.
    """
    if type(stream) in _WELL_BEHAVED:
        return stream
    return cast("BinaryIO", io.BufferedReader(Given(argument, stream)))


@contextlib.contextmanager
def seekable(argument: str, source: StrPath | BinaryIO, *, most: int) -> Iterator[StrPath | BinaryIO]:
    """A path as it is, a stream as one that can seek: what cannot is read into a temporary file.

    Raises :class:`~pltpack.errors.LimitError` for one that gives more than ``most`` bytes then, ``OSError``, and as
    :func:`well_behaved` does.
    """
    if isinstance(source, str | os.PathLike):
        yield source
        return
    stream = well_behaved(argument, source)
    if stream.seekable():
        yield stream
        return
    import tempfile

    with tempfile.TemporaryFile() as kept:
        left = most
        while piece := stream.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise LimitError(f"the stream gives more than {most} bytes", hint="--max-total-bytes raises the limit")
            kept.write(piece)
        kept.seek(0)
        yield cast(
            "BinaryIO", io.BufferedReader(Given(argument, cast("BinaryIO", kept), getattr(source, "name", None)))
        )
