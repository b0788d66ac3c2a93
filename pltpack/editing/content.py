"""The data that comes into an archive: from where, how much of it, and through which filters."""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from pltpack.codec.entries import Body
from pltpack.editing.changes import Content, FilterFiles
from pltpack.regular import FileContent

_IN_MEMORY = 1 << 20
"""Bytes up to which data waits in memory, and not in a temporary file."""


_PIECE = 1 << 18


class BodyStream(io.RawIOBase):
    """The data of an entry as a stream; what has been read of it is digested."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self._body = body
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        data = self._body.read(len(buffer))
        self.sha256.update(data)
        buffer[: len(data)] = data
        return len(data)

    def rest(self) -> str:
        """Read what is left; the digest of everything."""
        for piece in self._body.chunks():
            self.sha256.update(piece)
        return self.sha256.hexdigest()


@contextlib.contextmanager
def opened(content: Content) -> Iterator[BinaryIO]:
    """Data as a stream that can seek; one that is given and cannot is read first. Raises ``OSError``."""
    with contextlib.ExitStack() as stack:
        if isinstance(content, bytes):
            stream: BinaryIO = io.BytesIO(content)
        elif isinstance(content, Path):
            stream = stack.enter_context(content.open("rb"))
        elif isinstance(content, FileContent):
            stream = stack.enter_context(content.open())
        else:
            stream = content
        if stream.seekable():
            yield stream
        else:
            kept = cast("BinaryIO", stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY)))
            shutil.copyfileobj(stream, kept)
            kept.seek(0)
            yield kept


@contextlib.contextmanager
def filtered(path: str, source: BinaryIO, filters: Sequence[FilterFiles]) -> Iterator[BinaryIO]:
    """What filters make of the data of ``path``, one after the other, as a stream that can seek."""
    with contextlib.ExitStack() as stack:
        stream = source
        for one in filters:
            made = one.function(path, stream)
            stream = stack.enter_context(opened(bytes(made)) if isinstance(made, bytes | bytearray) else opened(made))
            if stream is made:
                stack.callback(stream.close)
        yield stream


def same_data(stream: BinaryIO, sha256: str) -> bool:
    """Whether a stream holds, from where it stands, what has this digest; it stands there again afterwards."""
    start = stream.tell()
    digest = hashlib.sha256()
    while piece := stream.read(_PIECE):
        digest.update(piece)
    stream.seek(start)
    return digest.hexdigest() == sha256
