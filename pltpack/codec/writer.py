"""Writing an archive: the header, then entry after entry, to any binary stream in constant memory."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import BinaryIO, Final, Literal, Self, TypeAlias, cast

from pltpack.codec.compression import BLOCK, Compression
from pltpack.codec.entries import PathList, PathSymbol, display_path
from pltpack.codec.header import Header, Preamble
from pltpack.codec.raw_stream import Digest
from pltpack.codec.sinks import EncodingSink, PlainSink, RawSink
from pltpack.datum.writer import write_datum
from pltpack.errors import SourceError

_is_plain: Final = re.compile(r"[ !#-\[\]-~]*").fullmatch
"""Names that are written as they are, between quotes."""

Buffer: TypeAlias = bytes | bytearray | memoryview

Data: TypeAlias = Buffer | BinaryIO | Iterable[bytes]
"""The data of a file: whole, as a stream that is read from where it stands to its end, or in pieces."""

_PIECE: Final = 1 << 18
"""Bytes that are read from a stream at a time."""


class ArchiveWriter:
    """Writes an archive to a binary stream, which stays open.

    The raw stream is, byte for byte, what Racket's ``pack-plt`` writes for the same entries. :meth:`close` completes
    the archive; leaving the context by an exception leaves it incomplete. ``stream`` is the stream written to. Whatever
    is added behind the end, or behind an entry that failed, raises ``ValueError``.
    """

    def __init__(
        self,
        sink: BinaryIO,
        header: Header | Preamble | bytes,
        *,
        encode: bool = True,
        compression: Compression = Compression.DEFAULT,
        jobs: int | None = None,
        mtime: int = 0,
        digest: Digest | None = None,
    ) -> None:
        """Write the header; one that is given as bytes stands as it is, ``PLT`` in front.

        ``encode=False`` writes the raw stream without gzip and base64. ``jobs``: threads that deflate (the bytes do
        not depend on it); ``mtime``: the time in the gzip header, in seconds; ``digest`` is fed the raw stream.
        """
        self.stream = sink
        self._sink: RawSink = (
            EncodingSink(sink, compression=compression, jobs=jobs, mtime=mtime) if encode else PlainSink(sink)
        )
        self._digest = digest
        self._pieces: list[bytes] = []
        self._gathered = 0
        self._raw_bytes = 0
        self._state: Literal["open", "broken", "closed"] = "open"
        self._write(header if isinstance(header, bytes) else format_header(header))

    @property
    def raw_bytes(self) -> int:
        """Length of the raw stream so far."""
        return self._raw_bytes

    def add_directory(self, path: PathList) -> None:
        """Add a ``dir`` entry."""
        self._check_open()
        self._write(f"dir\n{format_path(path)}\n".encode())

    def add_file(self, path: PathList, body: Data, size: int | None = None, *, replace: bool = False) -> None:
        """Add a ``file`` or, with ``replace``, a ``file-replace`` entry of ``size`` bytes.

        ``body`` is the data: whole, in pieces, or a binary stream. Only pieces, and streams that cannot seek, need a
        ``size``: ``ValueError`` without. Raises :class:`SourceError` if the data has another length: the archive cannot
        be completed then.
        """
        self._check_open()
        if size is None:
            size = _length(body)
        if size < 0:
            raise ValueError(f"a file of {size} bytes")
        self._add(format_file(path, size, replace=replace), body, size, path)

    def add_spelled(self, text: bytes, body: Data = b"", size: int = 0, *, path: PathList = ()) -> None:
        """Add an entry, or whatever may stand between entries, as it is spelled in another archive.

        ``text`` is everything in front of the data, ``body`` the data of ``size`` bytes; ``path`` is for errors.
        """
        self._check_open()
        self._add(text, body, size, path)

    def _add(self, text: bytes, body: Data, size: int, path: PathList) -> None:
        self._state = "broken"
        self._write(text)
        left = size
        for piece in _pieces(body):
            left -= len(piece)
            if left < 0:
                break
            self._write(piece)
        if left:
            raise SourceError(
                f"the file changed while it was packed: {size} bytes were announced, "
                f"{'more came' if left < 0 else f'{size - left} came'}",
                entry=display_path(path),
                hint="pack it again when nothing writes to it",
            )
        self._state = "open"

    def close(self) -> None:
        """Complete the archive; the stream below stays open. Once is enough.

        Raises ``ValueError`` if an entry is not whole: the archive is none.
        """
        if self._state == "closed":
            return
        try:
            self._check_open()
            self._flush()
            self._sink.finish()
        finally:
            self._abandon()

    def _abandon(self) -> None:
        self._state = "closed"
        self._sink.close()

    def _check_open(self) -> None:
        if self._state != "open":
            reason = "is closed" if self._state == "closed" else "holds a file that is not whole"
            raise ValueError(f"the archive {reason}: nothing can be added")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._abandon()

    def _write(self, piece: bytes) -> None:
        """Gather whole blocks for the next layer, so that each byte is copied once and few calls are made."""
        self._pieces.append(piece)
        self._gathered += len(piece)
        while self._gathered >= BLOCK:
            surplus = self._gathered - BLOCK
            last = self._pieces[-1]
            cut = len(last) - surplus
            self._pieces[-1] = last[:cut]
            self._flush()
            self._pieces = [last[cut:]]
            self._gathered = surplus

    def _flush(self) -> None:
        data = b"".join(self._pieces)
        self._pieces = []
        self._gathered = 0
        self._raw_bytes += len(data)
        if self._digest is not None:
            self._digest.update(data)
        self._sink.write(data)


def format_header(header: Header | Preamble) -> bytes:
    """The header as Racket writes it, ``PLT`` in front."""
    preamble = header if isinstance(header, Preamble) else header.preamble()
    return f"PLT\n{write_datum(preamble.info)}\n{write_datum(preamble.unit)}\n".encode()


def format_file(path: PathList, size: int, *, replace: bool) -> bytes:
    """What stands in front of the data of a file, as Racket writes it."""
    return f"{'file-replace' if replace else 'file'}\n{format_path(path)}\n{size}\n*".encode()


def _length(body: Data) -> int:
    """The bytes of data that is there, or of a stream that can seek. Raises ``ValueError`` for all else."""
    if isinstance(body, bytes | bytearray | memoryview):
        return memoryview(body).nbytes
    if not hasattr(body, "read") or not (stream := cast("BinaryIO", body)).seekable():
        raise ValueError("the size is needed for data in pieces, and for a stream that cannot seek")
    start = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(start)
    return max(0, end - start)


def _pieces(body: Data) -> Iterator[bytes]:
    if isinstance(body, bytes | bytearray | memoryview):
        yield bytes(body)
    elif hasattr(body, "read"):
        stream = cast("BinaryIO", body)
        while piece := stream.read(_PIECE):
            yield piece
    else:
        yield from body


def format_path(path: PathList) -> str:
    """The path list as Racket writes it: ``("collects" "x")``, ``(same "x")``, ``()``.

    Raises ``ValueError`` for names that are no Unicode text (lone surrogates), ``TypeError`` for a single string.
    """
    if isinstance(path, str):
        raise TypeError(f"a path is a sequence of names, such as ('docs', 'a.txt'), not {path!r}")
    try:
        plain = path and _is_plain("".join(path))  # type: ignore[arg-type]  # most have no symbols in them
    except TypeError:
        plain = None
    if plain:
        return '("' + '" "'.join(path) + '")'  # type: ignore[arg-type]
    return f"({' '.join(map(_format_element, path))})"


def _format_element(element: str | PathSymbol) -> str:
    if isinstance(element, PathSymbol):
        return element.value
    return f'"{element}"' if _is_plain(element) else write_datum(element)
