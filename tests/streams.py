"""Shared by tests of the codec: streams that behave badly, and archives as lists of values."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias

from pltpack.codec.compression import Compression
from pltpack.codec.encoding import EncodingFacts, decode
from pltpack.codec.entries import Directory, PathList
from pltpack.codec.header import Preamble
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.codec.writer import ArchiveWriter

Content: TypeAlias = list[tuple[PathList, bytes | None, bool]]
"""The entries of an archive: path, data (``None`` for a directory), replacing."""


class ShortReads(io.BytesIO):
    """Bytes that come in pieces of at most ``most``, as from a pipe or a socket."""

    def __init__(self, data: bytes, most: int = 1) -> None:
        super().__init__(data)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._most if size is None or size < 0 else min(size, self._most))


class Collected(bytearray):
    """Takes the place of a digest and keeps all that it is fed."""

    def update(self, data: bytes, /) -> None:
        self.extend(data)


def raw_stream(data: bytes, *, strict: bool = True) -> bytes:
    """The raw stream inside an archive, decoded whole."""
    return b"".join(decode(io.BytesIO(data), EncodingFacts(), limits=Limits(), strict=strict))


def content(source: bytes | BinaryIO, **options: object) -> Content:
    """All entries of an archive."""
    return list(read_entries(source, **options))


def read_entries(source: bytes | BinaryIO, **options: object) -> Iterator[tuple[PathList, bytes | None, bool]]:
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    for entry in ArchiveReader(stream, **options):  # type: ignore[arg-type]
        if isinstance(entry, Directory):
            yield entry.path, None, False
        else:
            yield entry.path, entry.body.read(), entry.replace


def written(
    preamble: Preamble,
    entries: Iterable[tuple[PathList, bytes | None, bool]] = (),
    *,
    encode: bool = True,
    compression: Compression = Compression.DEFAULT,
    mtime: int = 0,
) -> bytes:
    """An archive of the given entries."""
    sink = io.BytesIO()
    with ArchiveWriter(sink, preamble, encode=encode, compression=compression, mtime=mtime, jobs=1) as archive:
        for path, data, replace in entries:
            if data is None:
                archive.add_directory(path)
            else:
                archive.add_file(path, data, len(data), replace=replace)
    return sink.getvalue()


FIXTURES = Path(__file__).parents[1] / "fixtures"
SAMPLES = sorted((FIXTURES / "samples").glob("*.plt"))
CRAFTED = sorted((FIXTURES / "crafted").glob("*.plt"))
