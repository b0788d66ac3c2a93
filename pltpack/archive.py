"""Archives in files: the one place where a path becomes a stream."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from pltpack.codec.limits import Limits
from pltpack.codec.raw_stream import Digest
from pltpack.codec.reader import ArchiveReader
from pltpack.given import check_binary

if TYPE_CHECKING:
    from pltpack.codec.compression import Compression
    from pltpack.codec.header import Header, Preamble
    from pltpack.file_writer import FileArchiveWriter

Source: TypeAlias = str | os.PathLike[str] | BinaryIO
"""An archive to read: a path, or an open binary stream (read from where it stands, and left open)."""

Sink: TypeAlias = str | os.PathLike[str] | BinaryIO
"""Where an archive is written: a path (it appears when it is whole), or an open binary stream."""


@contextlib.contextmanager
def open_archive(
    source: Source, *, limits: Limits = Limits(), strict: bool = True, digest: Digest | None = None
) -> Iterator[ArchiveReader]:
    """Read an archive: ``with open_archive("x.plt") as archive: for entry in archive: ...``.

    Recognises base64 of gzip (as Racket writes it), gzip alone, and raw streams. Raises ``OSError`` where the file
    cannot be read, :class:`~pltpack.errors.FormatError` where it is no archive or damaged; damage behind the header
    shows while iterating.
    """
    if isinstance(source, str | os.PathLike):
        with open(source, "rb", buffering=0) as stream:
            name = os.fspath(source)
            ahead = stream.seekable()  # a pipe could keep us waiting
            with ArchiveReader(stream, limits=limits, strict=strict, digest=digest, name=name, ahead=ahead) as reader:
                yield reader
    else:
        check_binary("source", source)
        with ArchiveReader(source, limits=limits, strict=strict, digest=digest, name=stream_name(source)) as reader:
            yield reader


@contextlib.contextmanager
def create_archive(
    sink: Sink,
    header: Header | Preamble | bytes,
    *,
    encode: bool = True,
    compression: Compression | None = None,
    jobs: int | None = None,
    mtime: int = 0,
    digest: Digest | None = None,
) -> Iterator[FileArchiveWriter]:
    """Write an archive: ``with create_archive("x.plt", Header("x")) as archive: archive.add_file(...)``.

    Data is given as bytes, as the path of a file, or as a stream. The parameters are those of
    :class:`~pltpack.codec.writer.ArchiveWriter`. With a path the file appears when the block ends well; an old one
    stays until then.
    """
    from pltpack.codec.compression import Compression
    from pltpack.file_writer import FileArchiveWriter
    from pltpack.transaction.file import replacing

    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(replacing(sink)) if isinstance(sink, str | os.PathLike) else sink
        chosen = compression or Compression.DEFAULT
        yield stack.enter_context(
            FileArchiveWriter(stream, header, encode=encode, compression=chosen, jobs=jobs, mtime=mtime, digest=digest)
        )


def stream_name(stream: BinaryIO) -> str | None:
    """What to call a stream in an error: its file name, if it has one."""
    name = getattr(stream, "name", None)
    return name if isinstance(name, str) else None
