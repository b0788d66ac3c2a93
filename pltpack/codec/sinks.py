"""Where the raw stream goes when an archive is written: through gzip and base64, or as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from pltpack.codec.base64_text import Base64Encoder
from pltpack.codec.compression import Compression, GzipEncoder


class RawSink(Protocol):
    """Where the raw stream goes: one of the two below."""

    def write(self, data: bytes) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


class _Encoder(Protocol):
    def encode(self, data: bytes) -> Iterator[bytes]: ...
    def finish(self) -> Iterator[bytes]: ...
    def close(self) -> None: ...


class EncodingSink:
    """Takes the raw stream and writes an archive file to a binary stream: gzip, then base64."""

    def __init__(
        self,
        sink: BinaryIO,
        *,
        compression: Compression = Compression.DEFAULT,
        jobs: int | None = None,
        mtime: int = 0,
    ) -> None:
        """``jobs``: threads that deflate (default: the cores); ``mtime``: the time in the gzip header, seconds."""
        self._sink = sink
        self._base64 = Base64Encoder()
        self._gzip: _Encoder
        if compression.deflater == "gzip":
            from pltpack.codec.gzip_program import GzipProgram

            self._gzip = GzipProgram(level=compression.level, mtime=mtime)
        else:
            self._gzip = GzipEncoder(compression, jobs=jobs, mtime=mtime)

    def write(self, data: bytes) -> None:
        """Take a piece of the raw stream."""
        for block in self._gzip.encode(data):
            self._sink.write(self._base64.encode(block))

    def finish(self) -> None:
        """Write what is left; the sink stays open."""
        for block in self._gzip.finish():
            self._sink.write(self._base64.encode(block))
        self._sink.write(self._base64.finish())

    def close(self) -> None:
        """Let go of threads and processes, finished or not."""
        self._gzip.close()


class PlainSink:
    """The raw stream as it is."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink

    def write(self, data: bytes) -> None:
        self._sink.write(data)

    def finish(self) -> None:
        pass

    def close(self) -> None:
        pass
