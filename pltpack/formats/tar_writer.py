"""Writing packages as tar and tgz: the standard library's ``tarfile``, deflated on all cores."""

from __future__ import annotations

import io
import tarfile
from typing import BinaryIO, Final

from pltpack.codec.compression import Compression, GzipEncoder
from pltpack.formats.entries import Entry, EntryWriter, ExactReader

_LEVEL: Final = 5
"""Of zlib-ng: as for zip."""


class TarWriter(EntryWriter):
    """Writes a tar archive (pax where names are long or not ASCII) to a stream, with ``gzip`` as a tgz.

    Owner is root, as Racket writes it; the gzip header holds neither time nor name.
    """

    def __init__(self, sink: BinaryIO, *, gzip: bool = False) -> None:
        self._sink = _GzipSink(sink) if gzip else _Sink(sink)
        self._tar = tarfile.TarFile(
            fileobj=self._sink, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8", errors="surrogateescape"
        )

    def add(self, entry: Entry) -> None:
        info = tarfile.TarInfo(entry.path)
        info.mode, info.mtime, info.uname, info.gname = entry.mode, entry.mtime, "root", "root"
        if entry.kind == "file":
            info.size = entry.size
            with ExactReader.of(entry) as source:
                self._tar.addfile(info, source)
            return
        info.type = tarfile.DIRTYPE if entry.kind == "directory" else tarfile.SYMTYPE
        info.linkname = entry.target
        self._tar.addfile(info)

    def close(self) -> None:
        self._tar.close()
        self._sink.finish()

    def abandon(self) -> None:
        self._sink.abandon()


class _Sink(io.RawIOBase):
    """The stream below, which stays open."""

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__()
        self._sink = sink

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return 0  # where the archive begins; tarfile counts on from there

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # tarfile writes bytes only
        self._sink.write(data)
        return len(data)

    def finish(self) -> None:
        pass

    def abandon(self) -> None:
        pass


class _GzipSink(_Sink):
    """Deflates what is written, on all cores."""

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__(sink)
        self._encoder = GzipEncoder(Compression("zlib-ng", _LEVEL))

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        for block in self._encoder.encode(data):
            self._sink.write(block)
        return len(data)

    def finish(self) -> None:
        for block in self._encoder.finish():
            self._sink.write(block)

    def abandon(self) -> None:
        self._encoder.close()
