"""Packages in zip: the standard library's ``zipfile``, with attributes as Racket writes them and our own checks."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import IO, BinaryIO, Final

from zlib_ng import zlib_ng

from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, LimitError, PackageError, PltError
from pltpack.formats.entries import CHUNK, Entry, EntryReader, EntryWriter, ExactReader
from pltpack.formats.judgement import Purpose
from pltpack.formats.paths import Members
from pltpack.formats.zip_layout import find_directory
from pltpack.formats.zip_local import check_entries, raw_name
from pltpack.formats.zip_member import OpenArchive, ZipMember
from pltpack.formats.zip_names import InfoZipNames, check_name

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

_UNIX: Final = 3
_LONGEST_TARGET: Final = 4096
_DEVICES: Final = {
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


class ZipWriter(EntryWriter):
    """Writes a zip archive to a seekable stream.

    Times are UTC, attributes Unix modes, which ``file/unzip``, Info-ZIP and ``zipfile`` read alike. Small files are
    deflated on all cores, or by ``jobs`` threads, a few ahead of the one that is being written; the bytes do not
    depend on it.
    """

    def __init__(self, sink: BinaryIO, *, jobs: int | None = None) -> None:
        self._jobs = jobs or min(os.cpu_count() or 1, _MOST_JOBS)
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
        with self._zip.open(info, "w") as sink, ExactReader.of(entry) as source:
            _set_compressor(sink, _compressor())
            shutil.copyfileobj(source, sink, CHUNK)

    def close(self) -> None:
        self._catch_up()
        self._stop()
        self._zip.close()

    def abandon(self) -> None:
        self._stop()
        # Closing would write a central directory; so would Python, when nobody holds the archive any more.
        self._zip.fp = None

    def _deflate(self, info: zipfile.ZipInfo, data: bytes) -> None:
        if self._jobs == 1:
            self._write(info, data, _deflated(data))
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="deflate")
        self._ahead.append((info, data, self._pool.submit(_deflated, data)))
        self._bytes_ahead += len(data) + _OVERHEAD

    def _write_next(self) -> None:
        info, data, deflated = self._ahead.popleft()
        self._bytes_ahead -= len(data) + _OVERHEAD
        self._write(info, data, deflated.result())

    def _write(self, info: zipfile.ZipInfo, data: bytes, deflated: bytes) -> None:
        with self._zip.open(info, "w") as sink:
            if not info.is_dir():
                _set_compressor(sink, _Deflated(deflated))
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
    info.create_system = _UNIX
    info.external_attr = ((stat.S_IFDIR if directory else stat.S_IFREG) | entry.mode) << 16 | 0x10 * directory
    info.compress_type = zipfile.ZIP_STORED if directory else zipfile.ZIP_DEFLATED
    info.file_size = entry.size
    return info


class ZipReader(EntryReader):
    """Reads a zip archive from a seekable stream. All of its directory is checked before the first entry, and the
    entries can be iterated again, their data be read in any order.

    Raises :class:`~pltpack.errors.FormatError` (no zip, damaged, local headers and directory disagree, entries share
    data, bytes of no entry: these are :class:`~pltpack.errors.AmbiguityError`; encrypted, unknown method),
    :class:`~pltpack.errors.UnsafePathError` (bad names, devices) and :class:`~pltpack.errors.LimitError`.
    """

    def __init__(
        self, source: BinaryIO, *, limits: Limits = Limits(), name: str | None = None, purpose: Purpose = Purpose.USE
    ) -> None:
        super().__init__(name=name, purpose=purpose)
        self._name = name
        self._archive = OpenArchive(source)
        self._identity = _identity(source)
        self._limits = limits
        self._links: list[str] = []
        try:
            self._entries = list(self._read_directory())
        except PltError as error:
            raise error.within(file=name) from error.__cause__

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def reopen(self, source: BinaryIO) -> bool:
        """Read the data of the entries from another open file, if it is the one that was read, and unchanged."""
        if _identity(source) != self._identity:
            return False
        self._archive.stream = source
        return True

    def _read_directory(self) -> Iterator[Entry]:
        source = self._archive.stream
        size = source.seek(0, 2)
        directory = find_directory(source, size, self._limits)
        try:
            infos = zipfile.ZipFile(source).infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as error:
            raise FormatError(f"not a zip archive, or a damaged one: {error}") from error
        data = check_entries(source, infos, directory, self.judgement)
        self._check_sizes(infos, size)
        members = Members(self._limits, self.judgement)
        called = InfoZipNames(self.judgement)
        for info in infos:
            entry = self._entry(info, data[info.header_offset], members)
            if entry is not None:
                called.add(entry.path)
                yield entry
        self.judgement.check()
        called.check()
        for link in self._links:
            reason = "it is a symbolic link, of which Racket makes a file that holds its target"
            self.judgement.differs("Info-ZIP and bsdtar", reason, link, as_racket=True)

    def _entry(self, info: zipfile.ZipInfo, start: int, members: Members) -> Entry | None:
        # Racket writes UTF-8 without the flag that says so, and reads bytes.
        name = raw_name(info).decode("utf-8", "surrogateescape")
        mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
        kind, permissions, time = stat.S_IFMT(mode), mode & 0o777, _seconds(info)
        check_name(info, name, self.judgement)
        if kind in _DEVICES:
            self.judgement.offends(name, f"is {_DEVICES[kind]}")
            return None
        if name.endswith("/"):
            if info.file_size:
                self.judgement.differs("one or the other program", "it is a directory that holds data", name)
            path = members.add(name, "directory")
            return Entry(path, "directory", permissions or 0o755, time) if path else None
        content = ZipMember(
            self._archive,
            start,
            info.compress_size,
            info.file_size,
            info.CRC,
            info.compress_type == zipfile.ZIP_DEFLATED,
            self._name,
            name,
        )
        if kind == stat.S_IFLNK:
            self._links.append(name)
            target = _link_target(content)
            return Entry(members.add_link(name, target), "link", permissions, time, target=target)
        return Entry(members.add(name, "file"), "file", permissions or 0o644, time, info.file_size, content)

    def _check_sizes(self, infos: list[zipfile.ZipInfo], size: int) -> None:
        limits = self._limits
        total = 0
        for info in infos:
            if info.file_size > limits.file_bytes:
                raise LimitError(
                    f"a file has more than {limits.file_bytes} bytes",
                    entry=info.filename,
                    hint="--max-file-bytes raises the limit",
                )
            total += info.file_size
        if total > limits.total_bytes:
            raise LimitError(
                f"the archive holds more than {limits.total_bytes} bytes", hint="--max-total-bytes raises the limit"
            )
        if total > limits.ratio_from and total > limits.ratio * size:
            raise LimitError(
                f"the archive expands to more than {limits.ratio} times its size", hint="--max-ratio raises the limit"
            )


def _identity(stream: BinaryIO) -> tuple[int, ...] | object:
    """What tells an open file, as it is now, from all others; a stream that is no file is like no other."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:
        return object()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _link_target(member: ZipMember) -> str:
    if member.size > _LONGEST_TARGET:
        raise FormatError("the target of a link is too long", entry=member.entry)
    return member.open().read().decode("utf-8", "surrogateescape")


def _seconds(info: zipfile.ZipInfo) -> int:
    """The time in seconds since 1970, taken as UTC; 1980 if it is no date."""
    try:
        return int(datetime(*info.date_time, tzinfo=UTC).timestamp())
    except ValueError:
        return EARLIEST
