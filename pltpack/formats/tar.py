"""Packages in tar and tgz: the standard library's ``tarfile`` as a stream, with our own checks around it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, ClassVar, Final, Self

from pltpack.codec.compression import Compression, GzipEncoder
from pltpack.codec.gzip_member import MAGIC, GzipFacts, decode_gzip
from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, LimitError, PltError, TruncatedError, UnsafePathError
from pltpack.formats.entries import Entry, EntryReader, EntryWriter, ExactReader, Source
from pltpack.formats.paths import Members

_BLOCK: Final = 512
_LEVEL: Final = 5
"""Of zlib-ng: as for zip."""
_READ: Final = 1 << 16
_LONGEST_HEADER: Final = 1 << 18
"""Bytes of the extended header of one member: names and the like."""
_MOST_GLOBALS: Final = 100
"""Fields of all extended headers that are for the whole archive."""
_OWN: Final = frozenset(("path", "linkpath", "size"))
"""Fields that only a header for one member may have: Racket and others pass over those for the whole archive."""
_LARGE: Final = 8**11
"""Bytes of the first file whose size does not fit into a plain header."""
_LATEST: Final = 8**11 - 1
"""The latest time that a plain header can hold."""

_PREFIX: Final = slice(345, 500)
_MAGIC: Final = slice(257, 265)
_USTAR: Final = b"ustar\00000"
_NOT_SPARSE: Final = "make the archive without --sparse"

_HEADERS: Final = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME)
_EXTENDED: Final = (*_HEADERS, tarfile.GNUTYPE_LONGLINK)
_DEVICES: Final = {tarfile.CHRTYPE: "a device", tarfile.BLKTYPE: "a device", tarfile.FIFOTYPE: "a pipe"}


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
            with ExactReader(entry) as source:
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


class TarReader(EntryReader):
    """Reads a tar archive, compressed with gzip or not, from any stream, once.

    Hard links and other kinds that Racket passes over are in ``ignored``. Raises :class:`~pltpack.errors.FormatError`
    for damage, :class:`~pltpack.errors.UnsafePathError` (bad names, devices, pipes) and
    :class:`~pltpack.errors.LimitError`; the archive is known to be whole when the iteration has ended.
    """

    def __init__(self, source: BinaryIO, *, limits: Limits = Limits(), name: str | None = None) -> None:
        super().__init__()
        self._name = name
        self._limits = limits
        self._chunks = self._decoded(source)

    def __iter__(self) -> Iterator[Entry]:
        try:
            yield from self._entries()
        except PltError as error:
            raise error.within(file=self._name) from error.__cause__

    def _entries(self) -> Iterator[Entry]:
        members = Members(self._limits, name=self._name)
        try:
            with tarfile.open(
                fileobj=_ChunkStream(self._chunks),
                mode="r|",
                bufsize=20 * _BLOCK,
                tarinfo=_CheckedHeader,
                encoding="utf-8",
                errors="surrogateescape",
            ) as archive:
                while (info := archive.next()) is not None:
                    # It would grow with every member and its extended headers.
                    archive.members.clear()  # type: ignore[attr-defined]  # not in typeshed
                    _check_fields(info, archive)
                    entry = self._entry(info, archive, members)
                    members.check()
                    if entry is not None:
                        yield entry
                _check_rest(archive)
        except PltError:
            raise
        except (tarfile.TarError, ValueError, OverflowError) as error:
            raise FormatError(f"the tar archive is damaged: {error}") from error
        except RecursionError:
            # tarfile reads an extended header inside the one before it.
            raise FormatError("the tar archive is damaged: too many extended headers in a row") from None
        for _ in self._chunks:
            pass  # to the end, where the checksum of the gzip data is

    def _entry(self, info: tarfile.TarInfo, archive: tarfile.TarFile, members: Members) -> Entry | None:
        if info.type in _DEVICES:
            reason = f"is {_DEVICES[info.type]}"
            raise UnsafePathError("a member may not be unpacked", paths=[(info.name, reason)])
        if info.size > self._limits.file_bytes:
            raise LimitError(
                f"a file has more than {self._limits.file_bytes} bytes",
                entry=info.name,
                hint="--max-file-bytes raises the limit",
            )
        mode, time = info.mode & 0o777, min(max(0, int(info.mtime)), _LATEST)
        if info.isdir():
            path = members.add(info.name, "directory")
            return Entry(path, "directory", mode, time) if path else None
        if info.issym():
            return Entry(members.add_link(info.name, info.linkname), "link", mode, time, target=info.linkname)
        if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE):
            path = members.add(info.name, "file")
            return Entry(path, "file", mode, time, info.size, _Member(archive, info))
        kind = "a hard link" if info.islnk() else "of a kind that Racket does not know"
        self.ignored.append((info.name, f"it is {kind}, which Racket passes over"))
        return None

    def _decoded(self, source: BinaryIO) -> Iterator[bytes]:
        """The tar stream, unpacked if it is gzip data."""
        read = 0
        found = 0

        def blocks() -> Iterator[bytes]:
            nonlocal read
            while block := source.read(_READ):
                read += len(block)
                yield block

        raw = blocks()
        first = next(raw, b"")
        stream = _chain(first, raw)
        for chunk in decode_gzip(stream, GzipFacts()) if first.startswith(MAGIC) else stream:
            found += len(chunk)
            self._check_size(found, read)
            yield chunk

    def _check_size(self, found: int, read: int) -> None:
        limits = self._limits
        if found > limits.total_bytes:
            raise LimitError(
                f"the archive holds more than {limits.total_bytes} bytes", hint="--max-total-bytes raises the limit"
            )
        if found > limits.ratio_from and found > limits.ratio * read:
            raise LimitError(
                f"the archive expands to more than {limits.ratio} times its size", hint="--max-ratio raises the limit"
            )


def _check_fields(info: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
    """Refuse what readers take for different things: Racket knows of extended headers the names only."""
    if len(archive.pax_headers) > _MOST_GLOBALS:
        raise LimitError(f"the headers for the whole archive have more than {_MOST_GLOBALS} fields")
    if fields := _OWN.intersection(archive.pax_headers):
        raise FormatError(f"a header for the whole archive has the field {min(fields)}, which one for a member has")
    if info.issparse():
        raise FormatError("it is stored as a sparse file", entry=info.name, hint=_NOT_SPARSE)
    stored = info.stored_size if isinstance(info, _CheckedHeader) else info.size
    if info.size != stored and not (stored == 0 and info.size >= _LARGE):
        raise FormatError(f"its header says {stored} bytes, the extended header {info.size}", entry=info.name)


def _check_rest(archive: tarfile.TarFile) -> None:
    """Behind the end there may be zeros only: other readers would find another archive there."""
    stream = archive.fileobj
    while stream is not None and (block := stream.read(_READ)):
        if block.count(0) != len(block):
            raise FormatError("there is something behind the end of the tar archive")


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


class _ChunkStream(io.RawIOBase):
    """Pieces of any size as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        parts: list[memoryview] = []
        while size:
            if not self._rest:
                self._rest = memoryview(next(self._chunks, b""))
                if not self._rest:
                    break
            piece = self._rest if size < 0 else self._rest[:size]
            self._rest = self._rest[len(piece) :]
            size -= len(piece) if size > 0 else 0
            parts.append(piece)
        return b"".join(parts)


class _CheckedHeader(tarfile.TarInfo):
    """Reads headers as ``tarfile`` does, but takes neither a damaged header nor a missing end for the end."""

    _too_short: ClassVar[str] = "the tar archive ends too early"
    stored_size = 0
    """The size in the header itself, which an extended one may have replaced."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if len(buf) < _BLOCK:
            raise TruncatedError(cls._too_short, hint="fetch it again")
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not any(buf):
                raise
            raise FormatError(f"a tar header is damaged: {error}") from error
        if info.size < 0:
            raise FormatError("a tar header has a negative size", entry=info.name)
        if info.type in _EXTENDED and info.size > _LONGEST_HEADER:
            raise LimitError(f"an extended tar header has more than {_LONGEST_HEADER} bytes", entry=info.name)
        if info.type == tarfile.GNUTYPE_SPARSE:
            raise FormatError("it is stored as a sparse file", entry=info.name, hint=_NOT_SPARSE)
        prefix = tarfile.nts(buf[_PREFIX], encoding, errors)  # type: ignore[attr-defined]  # not in typeshed
        if prefix and buf[_MAGIC] != _USTAR:
            # Such headers have other things at that place, which tarfile takes for a part of the name.
            info.name = info.name.removeprefix(f"{prefix}/")
        info.stored_size = info.size
        return info

    def _proc_gnusparse_10(self, next: tarfile.TarInfo, *_: object) -> None:
        # tarfile would read any number of extents into memory.
        raise FormatError("it is stored as a sparse file", entry=next.name, hint=_NOT_SPARSE)


@dataclass(frozen=True, slots=True)
class _Member:
    """The data of one member; readable while it is the current one."""

    archive: tarfile.TarFile
    info: tarfile.TarInfo

    def open(self) -> Source:
        stream = self.archive.extractfile(self.info)
        assert stream is not None
        return _MemberStream(stream, self.info.name)


class _MemberStream:
    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._stream.read(size)
        except tarfile.TarError as error:
            raise TruncatedError(f"the data ends too early: {error}", entry=self._name) from error

    def close(self) -> None:
        self._stream.close()
