"""Passes over an archive: each reads it from its start, and many may share one stream."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self, cast

from pltpack.codec.entries import Body, File
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import FormatError
from pltpack.given import seekable_from, taken
from pltpack.pltinfo import PltInfo

StrPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class OpenedBody:
    """A body, and how the pass over the archive that it belongs to may go on."""

    body: Body
    release: Callable[[], None]


class Pass:
    """One reading of the archive from its start; ``at`` is the offset of the first entry that it has not given."""

    def __init__(self, source: StrPath | BinaryIO, start: int, turn: threading.Lock, limits: Limits) -> None:
        """``start``: where a stream is read from; ``turn`` is held while it is moved and read."""
        if isinstance(source, str | os.PathLike):
            self._stream: BinaryIO = open(source, "rb", buffering=0)  # noqa: SIM115  closed by close
            name: object = os.fspath(source)
        else:
            self._stream = cast("BinaryIO", _Shared(source, start, turn))
            name = getattr(source, "name", None)
        try:
            self.reader = ArchiveReader(self._stream, limits=limits, name=name if isinstance(name, str) else None)
        except BaseException:
            self._stream.close()
            raise
        self.at = 0

    def find(self, info: PltInfo) -> Body:
        """Go on to a member. Raises :class:`~pltpack.errors.FormatError` if it is not there any more."""
        for entry in self.reader:
            self.at = entry.offset + 1
            if isinstance(entry, File) and (entry.offset, entry.size) == (info.offset, info.size):
                return entry.body
        raise FormatError("the archive is not what it was", file=self.reader.name, entry=info.name)

    def close(self) -> None:
        self.reader.close()
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Shared(io.RawIOBase):
    """One of several readers of a stream, each with a position of its own."""

    def __init__(self, stream: BinaryIO, position: int, turn: threading.Lock) -> None:
        super().__init__()
        self._stream = stream
        self._position = position
        self._turn = turn

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        with self._turn:
            self._stream.seek(self._position)
            data = taken("source", self._stream.read(size))
        self._position += len(data)
        return data


def is_pltfile(source: StrPath | BinaryIO) -> bool:
    """Whether ``source`` begins like an archive; a stream stays where it stands, and must be able to seek.

    Raises ``OSError``, ``ValueError`` for a stream that cannot seek.
    """
    if not isinstance(source, str | os.PathLike):
        start = seekable_from("source", source)
        try:
            return _begins_well(source)
        finally:
            source.seek(start)
    with open(source, "rb") as stream:
        return _begins_well(stream)


def _begins_well(stream: BinaryIO) -> bool:
    try:
        ArchiveReader(stream).close()
    except FormatError:
        return False
    return True
