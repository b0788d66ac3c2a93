"""Reading packages in tar and tgz, header by header.

The standard library's ``tarfile`` is no help here: it takes the last of several names in silence, sizes from where
Racket looks for none, and its patterns can be made to run for hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from pltpack.codec.gzip_member import MAGIC, GzipFacts, decode_gzip
from pltpack.codec.limits import Limits
from pltpack.codec.stream_size import stream_size
from pltpack.errors import FormatError, LimitError, PltError, TruncatedError
from pltpack.formats.entries import Entry, EntryReader, Source
from pltpack.formats.judgement import Purpose
from pltpack.formats.paths import Members
from pltpack.formats.tar_extended import EXTENDED, LONGEST, NOT_SPARSE, Extended, ExtendedHeaders
from pltpack.formats.tar_header import BLOCK, TarHeader, parse_header, shown

_READ: Final = 1 << 16
_LATEST: Final = 8**11 - 1
"""The latest time that a plain header can hold."""

_FILE, _OLD_FILE, _HARD_LINK, _LINK, _DIRECTORY = b"0", b"\0", b"1", b"2", b"5"
_DEVICES: Final = {b"3": "a device", b"4": "a device", b"6": "a pipe"}
_SPARSE: Final = b"S"
_OTHERS: Final = "GNU tar, bsdtar and Python's tarfile"


class TarReader(EntryReader):
    """Reads a tar archive, compressed with gzip or not, from any stream, once.

    Hard links, which Racket passes over, are in ``ignored``. Raises :class:`~pltpack.errors.FormatError` for damage,
    :class:`~pltpack.errors.AmbiguityError`, :class:`~pltpack.errors.UnsafePathError` (bad names, devices, pipes; when
    all of the archive has been seen) and :class:`~pltpack.errors.LimitError`; the archive is known to be whole when the
    iteration has ended.
    """

    def __init__(
        self, source: BinaryIO, *, limits: Limits = Limits(), name: str | None = None, purpose: Purpose = Purpose.USE
    ) -> None:
        super().__init__(name=name, purpose=purpose)
        self._name = name
        self._limits = limits
        self._blocks = _Blocks(self._decoded(source))
        self._extended = ExtendedHeaders(self.judgement)

    def __iter__(self) -> Iterator[Entry]:
        judgement = self.judgement
        try:
            for entry in self._entries():
                # Behind a member that may not be unpacked there are only more of them to be told.
                if judgement.looking or not judgement.offenders.count:
                    yield entry
        except PltError as error:
            judgement.check()
            raise error.within(file=self._name) from error.__cause__
        judgement.check()

    def _entries(self) -> Iterator[Entry]:
        members = Members(self._limits, self.judgement)
        while any(block := self._blocks.exactly(BLOCK)):
            header = parse_header(block)
            if header.kind in EXTENDED:
                self._take_extended(header)
                continue
            said = self._extended.take()
            name = header.name if said.path is None else said.path
            entry = self._entry(header, said, shown(name), members)
            if entry is not None and entry.path:
                yield entry
            self._blocks.pass_over()
        self._extended.end()
        self._check_rest()

    def _take_extended(self, header: TarHeader) -> None:
        name = shown(header.name)
        self._tell(header, name)
        if header.size > LONGEST:
            raise LimitError(f"an extended tar header has more than {LONGEST} bytes", entry=name)
        if not header.name or header.name.startswith(b"/") or b".." in header.name.split(b"/"):
            self.judgement.refused("the name of its extended header leads out", name)
        data = self._blocks.exactly(header.size)
        self._extended.add(header, data, self._blocks.exactly(-header.size % BLOCK))

    def _tell(self, header: TarHeader, name: str) -> None:
        for readers, reason, minor in header.differences:
            self.judgement.differs(readers, reason, name, minor=minor)
        for reason in header.refusals:
            self.judgement.refused(f"{reason}, which Racket does not read", name)

    def _entry(self, header: TarHeader, said: Extended, name: str, members: Members) -> Entry | None:
        self._tell(header, name)
        if header.kind == _SPARSE:
            raise FormatError("it is stored as a sparse file", entry=name, hint=NOT_SPARSE)
        size = self._size(header, said, name)
        mode, said_time = header.mode & 0o777, header.mtime if said.mtime is None else said.mtime
        time = min(said_time, _LATEST)
        other = said.other_time or time != said_time or (said.mtime is None and header.before_1970)
        kind = self._kind(header, name)
        if size and kind != _FILE:
            what = "it is no file, and its header says that data follows"
            self.judgement.differs("one or the other program", what, name)
        self._blocks.begin(size)
        if kind == _FILE:
            return Entry(
                members.add(name, "file"), "file", mode, time, size, _Member(self._blocks, size, name), other_time=other
            )
        if kind == _DIRECTORY:
            if not name:
                self.judgement.offends(name, "has no name")
            path = members.add(name, "directory")
            return Entry(path, "directory", mode, time, other_time=other) if path else None
        if kind == _LINK:
            target = shown(header.target if said.target is None else said.target)
            return Entry(members.add_link(name, target), "link", mode, time, target=target)
        if kind in _DEVICES:
            self.judgement.offends(name, f"is {_DEVICES[kind]}")
        else:
            self._pass_over(kind, name)
        return None

    def _kind(self, header: TarHeader, name: str) -> bytes:
        """The kind of a member; the oldest tar writes directories as files whose names end with ``/``."""
        kind = header.kind
        if kind == _OLD_FILE:
            if header.name.endswith(b"/") != name.endswith("/"):
                self.judgement.differs("Python's tarfile", "one of its names ends as that of a directory", name)
            elif name.endswith("/"):
                self.judgement.refused("it is a directory in the manner of the oldest tar", name)
                return _DIRECTORY
            return _FILE
        if kind == _LINK and name.endswith("/"):
            self.judgement.differs("one or the other program", "it is a link with the name of a directory", name)
        return kind

    def _pass_over(self, kind: bytes, name: str) -> None:
        if kind != _HARD_LINK:
            flag = kind.decode("latin-1")
            reason = f"it is of the kind {flag!r}, which Racket passes over and others take for a file"
            self.judgement.differs(_OTHERS, reason, name)
            return
        if name.startswith("/") or not name or ".." in name.split("/"):
            self.judgement.refused("it is a hard link whose name leads out", name)
        self.ignored.append((name, f"read differently by {_OTHERS}: it is a hard link, which Racket passes over"))

    def _size(self, header: TarHeader, said: Extended, name: str) -> int:
        size = header.size
        if said.size is not None and said.size != size:
            reason = f"its header says {size:,} bytes, which Racket goes by, the extended header something else"
            if said.size < 0:
                raise FormatError("the size in an extended header is not a number", entry=name)
            self.judgement.differs(_OTHERS, reason, name)
            size = said.size
        if size > self._limits.file_bytes:
            raise LimitError(
                f"a file has more than {self._limits.file_bytes} bytes",
                entry=name,
                hint="--max-file-bytes raises the limit",
            )
        return size

    def _check_rest(self) -> None:
        """Behind the end there may be zeros only: other readers would find another archive there."""
        for block in self._blocks.rest():
            if block.count(0) != len(block):
                self.judgement.differs("one or the other program", "something follows the end of the tar archive")

    def _decoded(self, source: BinaryIO) -> Iterator[bytes]:
        """The tar stream, unpacked if it is gzip data."""
        size = stream_size(source) or 0
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
            self._check_size(found, max(size, read))
            yield chunk

    def _check_size(self, found: int, size: int) -> None:
        limits = self._limits
        if found > limits.total_bytes:
            raise LimitError(
                f"the archive holds more than {limits.total_bytes} bytes", hint="--max-total-bytes raises the limit"
            )
        if found > limits.ratio_from and found > limits.ratio * size:
            raise LimitError(
                f"the archive expands to more than {limits.ratio} times its size", hint="--max-ratio raises the limit"
            )


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


class _Blocks:
    """A stream of pieces of any size, read by blocks, and the data of the member that stands there."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._piece = memoryview(b"")
        self._left = 0
        self._padding = 0

    def some(self, most: int) -> memoryview:
        """Up to ``most`` bytes; none at the end."""
        while not self._piece:
            piece = next(self._chunks, None)
            if piece is None:
                return self._piece
            self._piece = memoryview(piece)
        found, self._piece = self._piece[:most], self._piece[most:]
        return found

    def exactly(self, size: int) -> bytes:
        """So many bytes. Raises :class:`TruncatedError`."""
        found = bytes(self.some(size)) if size else b""
        while len(found) < size:
            more = self.some(size - len(found))
            if not more:
                raise TruncatedError("the tar archive ends too early", hint="fetch it again")
            found += more
        return found

    def begin(self, size: int) -> None:
        """The data of a member begins here."""
        self._left, self._padding = size, -size % BLOCK

    def data(self, most: int) -> bytes:
        """Up to ``most`` bytes of the member; none at its end."""
        found = bytes(self.some(min(most, self._left))) if most and self._left else b""
        if most and self._left and not found:
            raise TruncatedError("the tar archive ends too early", hint="fetch it again")
        self._left -= len(found)
        return found

    def pass_over(self) -> None:
        """Go on to the next header."""
        self._left, size = 0, self._left + self._padding
        while size:
            passed = len(self.some(size))
            if not passed:
                raise TruncatedError("the tar archive ends too early", hint="fetch it again")
            size -= passed

    def rest(self) -> Iterator[bytes]:
        """All that is left."""
        while piece := self.some(_READ):
            yield bytes(piece)


@dataclass(frozen=True, slots=True)
class _Member:
    """The data of one member; readable, once, while it is the current one."""

    blocks: _Blocks
    size: int
    name: str

    def open(self) -> Source:
        return _MemberStream(self.blocks, self.name)


class _MemberStream:
    def __init__(self, blocks: _Blocks, name: str) -> None:
        self._blocks = blocks
        self._name = name

    def read(self, size: int = -1, /) -> bytes:
        try:
            if size < 0:
                return b"".join(iter(lambda: self._blocks.data(_READ), b""))
            return self._blocks.data(size)
        except TruncatedError as error:
            raise error.within(entry=self._name) from None

    def close(self) -> None:
        pass
