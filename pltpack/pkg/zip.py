"""Packages in zip: the standard library's ``zipfile``, with attributes as Racket writes them and our own checks."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, BinaryIO, Final

from zlib_ng import zlib_ng

from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, LimitError, PackageError, TruncatedError
from pltpack.pkg.entries import CHUNK, Entry, EntryReader, EntryWriter, ExactReader, Source
from pltpack.pkg.paths import Members

EARLIEST: Final = int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
LATEST: Final = int(datetime(2107, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
"""The times that a zip entry can have, in seconds since 1970."""

_LEVEL: Final = 5
"""Of zlib-ng: within 0.5 % of the size that Racket's deflate reaches, and faster than level 6."""
_SMALL: Final = 1 << 20
_MOST_AHEAD: Final = 4 << 20
"""Bytes of files that may wait in memory to be written, each counted with its overhead."""
_OVERHEAD: Final = 1 << 15
_MOST_JOBS: Final = 8

_LOCAL_HEADER: Final = struct.Struct("<4s2xHH16xHH")
_ENCRYPTED: Final = 1 | 1 << 6
_PATCH: Final = 1 << 5
_DESCRIPTOR: Final = 8
_LONGEST_TARGET: Final = 4096


class ZipWriter(EntryWriter):
    """Writes a zip archive to a seekable stream.

    Times are UTC, attributes Unix modes, which ``file/unzip``, Info-ZIP and ``zipfile`` read alike. Small files are
    deflated on all cores, a few ahead of the one that is being written; the bytes do not depend on it.
    """

    def __init__(self, sink: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED)
        self._pool: ThreadPoolExecutor | None = None
        self._ahead: deque[tuple[zipfile.ZipInfo, bytes, Future[bytes]]] = deque()
        self._bytes_ahead = 0

    def add(self, entry: Entry) -> None:
        info = _info(entry)
        if entry.size <= _SMALL:
            self._deflate(info, entry.read() if entry.kind == "file" else b"")
            while self._bytes_ahead > _MOST_AHEAD:
                self._write_next()
            return
        self._catch_up()
        with self._zip.open(info, "w") as sink, ExactReader(entry) as source:
            _set_compressor(sink, _compressor())
            shutil.copyfileobj(source, sink, CHUNK)

    def close(self) -> None:
        self._catch_up()
        self._stop()
        self._zip.close()

    def abandon(self) -> None:
        self._stop()
        # Closing would write a central directory.
        self._zip.fp = None

    def _deflate(self, info: zipfile.ZipInfo, data: bytes) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_JOBS), thread_name_prefix="deflate")
        self._ahead.append((info, data, self._pool.submit(_deflated, data)))
        self._bytes_ahead += len(data) + _OVERHEAD

    def _write_next(self) -> None:
        info, data, deflated = self._ahead.popleft()
        self._bytes_ahead -= len(data) + _OVERHEAD
        with self._zip.open(info, "w") as sink:
            if not info.is_dir():
                _set_compressor(sink, _Deflated(deflated.result()))
                sink.write(data)

    def _catch_up(self) -> None:
        while self._ahead:
            self._write_next()

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _compressor() -> zlib_ng._Compress:
    return zlib_ng.compressobj(_LEVEL, zlib_ng.DEFLATED, -zlib_ng.MAX_WBITS)


def _deflated(data: bytes) -> bytes:
    job = _compressor()
    return job.compress(data) + job.flush()


class _Deflated:
    """A compressor whose result is there already."""

    def __init__(self, result: bytes) -> None:
        self._result = result

    def compress(self, _: bytes) -> bytes:
        return b""

    def flush(self) -> bytes:
        return self._result


def _set_compressor(sink: IO[bytes], compressor: zlib_ng._Compress | _Deflated) -> None:
    """Have an entry deflated by another program than ``zlib``, which zipfile knows only.

    In a Python whose zipfile has no such attribute the entry is deflated by ``zlib``, and all is well, too.
    """
    if hasattr(sink, "_compressor"):
        sink._compressor = compressor


def _info(entry: Entry) -> zipfile.ZipInfo:
    if entry.kind == "link":
        raise PackageError("zip packages hold no links", entry=entry.path)
    try:
        entry.path.encode()
    except UnicodeEncodeError:
        raise PackageError("the name is not UTF-8, which zip cannot hold", entry=entry.path, hint="use tgz") from None
    if not EARLIEST <= entry.mtime <= LATEST:
        raise PackageError("the time is before 1980 or after 2107, which zip cannot hold", entry=entry.path)
    directory = entry.kind == "directory"
    date = datetime.fromtimestamp(entry.mtime, UTC)
    name = entry.path + "/" * directory
    info = zipfile.ZipInfo(name, (date.year, date.month, date.day, date.hour, date.minute, date.second))
    info.create_system = 3
    info.external_attr = ((stat.S_IFDIR if directory else stat.S_IFREG) | entry.mode) << 16 | 0x10 * directory
    info.compress_type = zipfile.ZIP_STORED if directory else zipfile.ZIP_DEFLATED
    info.file_size = entry.size
    return info


class ZipReader(EntryReader):
    """Reads a zip archive from a seekable stream. All of its directory is checked before the first entry.

    Raises :class:`~pltpack.errors.FormatError` (no zip, damaged, local headers and directory disagree, entries share
    data, encrypted, unknown method), :class:`~pltpack.errors.UnsafePathError` and :class:`~pltpack.errors.LimitError`.
    """

    def __init__(self, source: BinaryIO, *, limits: Limits = Limits(), name: str | None = None) -> None:
        super().__init__()
        self._name = name
        self._source = source
        self._size = source.seek(0, 2)
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as error:
            raise FormatError(f"not a zip archive, or a damaged one: {error}", file=name) from error
        try:
            self._check_extents()
            self._check_sizes(limits)
            self._entries = list(self._read_directory(limits))
        except BaseException:
            self._zip.close()
            raise

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def close(self) -> None:
        self._zip.close()

    def _read_directory(self, limits: Limits) -> Iterator[Entry]:
        members = Members(limits, name=self._name)
        for info in self._zip.infolist():
            name = _decoded_name(info)
            mode = info.external_attr >> 16 if info.create_system == 3 else 0
            time = _seconds(info)
            if name.endswith("/"):
                if path := members.add(name, "directory"):
                    yield Entry(path, "directory", mode & 0o777 or 0o755, time)
            elif stat.S_ISLNK(mode):
                target = self._link_target(info)
                yield Entry(members.add_link(name, target), "link", mode & 0o777, time, target=target)
            else:
                content = _Member(self._zip, info, self._name)
                yield Entry(members.add(name, "file"), "file", mode & 0o777 or 0o644, time, info.file_size, content)
        members.check()

    def _link_target(self, info: zipfile.ZipInfo) -> str:
        if info.file_size > _LONGEST_TARGET:
            raise FormatError("the target of a link is too long", file=self._name, entry=info.filename)
        stream = _Member(self._zip, info, self._name).open()
        return stream.read().decode("utf-8", "surrogateescape")

    def _check_sizes(self, limits: Limits) -> None:
        total = 0
        for info in self._zip.infolist():
            if info.file_size > limits.file_bytes:
                raise LimitError(
                    f"a file has more than {limits.file_bytes} bytes",
                    file=self._name,
                    entry=info.filename,
                    hint="--max-file-bytes raises the limit",
                )
            total += info.file_size
        if total > limits.total_bytes:
            raise LimitError(
                f"the archive holds more than {limits.total_bytes} bytes",
                file=self._name,
                hint="--max-total-bytes raises the limit",
            )
        if total > limits.ratio_from and total > limits.ratio * self._size:
            raise LimitError(
                f"the archive expands to more than {limits.ratio} times its size",
                file=self._name,
                hint="--max-ratio raises the limit",
            )

    def _check_extents(self) -> None:
        """Each entry has a local header of its own that says the same, and data that no other entry uses."""
        free = 0
        for info in sorted(self._zip.infolist(), key=lambda info: info.header_offset):
            problem = None
            self._source.seek(min(max(info.header_offset, 0), self._size))
            header = self._source.read(_LOCAL_HEADER.size)
            if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\3\4"):
                raise FormatError("there is no local header", file=self._name, entry=info.filename)
            _, flags, method, name_length, extra_length = _LOCAL_HEADER.unpack(header)
            name = self._source.read(name_length)
            start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
            end = start + info.compress_size
            if info.flag_bits & _ENCRYPTED or flags & _ENCRYPTED:
                problem = "it is encrypted"
            elif info.flag_bits & _PATCH:
                problem = "it is a patch for another file"
            elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                problem = f"compression method {info.compress_type} is neither stored nor deflated"
            elif name != _raw_name(info) or method != info.compress_type or (flags ^ info.flag_bits) & _ENCRYPTED:
                problem = "local header and central directory disagree"
            elif info.header_offset < free:
                problem = "its data overlaps that of another entry"
            elif end > self._zip.start_dir:
                problem = "its data overlaps the central directory"
            if problem:
                raise FormatError(problem, file=self._name, entry=info.filename)
            free = end


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    """The bytes of the name in the central directory, which zipfile has decoded as UTF-8 or as code page 437."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")


def _decoded_name(info: zipfile.ZipInfo) -> str:
    # Racket writes UTF-8 without the flag that says so, and reads bytes.
    return _raw_name(info).decode("utf-8", "surrogateescape")


def _seconds(info: zipfile.ZipInfo) -> int:
    """The time in seconds since 1970, taken as UTC; 1980 if it is no date."""
    try:
        return int(datetime(*info.date_time, tzinfo=UTC).timestamp())
    except ValueError:
        return EARLIEST


@dataclass(frozen=True, slots=True)
class _Member:
    """The data of one entry."""

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    name: str | None

    def open(self) -> Source:
        try:
            stream = self.archive.open(self.info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
            raise FormatError(f"the data cannot be read: {error}", file=self.name, entry=self.info.filename) from error
        return _MemberStream(stream, self.info, self.name)


class _MemberStream:
    """Reads the data of an entry; damage is told as ours. zipfile checks length and checksum at the end."""

    def __init__(self, stream: IO[bytes], info: zipfile.ZipInfo, name: str | None) -> None:
        self._stream = stream
        self._left = info.file_size
        self._file, self._entry = name, info.filename

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = self._stream.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise FormatError(f"the data is damaged: {error}", file=self._file, entry=self._entry) from error
        self._left -= len(data)
        if not data and size and self._left:
            raise TruncatedError("the data ends too early", file=self._file, entry=self._entry)
        return data

    def close(self) -> None:
        self._stream.close()
