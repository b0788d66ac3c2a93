"""Reading an archive: the header first, then entry after entry, from any binary stream in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self

from pltpack.codec.encoding import MAGIC, EncodingFacts, decode
from pltpack.codec.entries import SAME, UP, Directory, File, PathList, display_path
from pltpack.codec.header import Header, Preamble
from pltpack.codec.limits import Limits
from pltpack.datum.reader import END, DatumLimits, MoreInput, read_datum
from pltpack.datum.values import Datum, Symbol
from pltpack.errors import EncodingError, EntryError, LimitError, PltError, TruncatedError

_match_entry: Final = re.compile(
    rb"(?:dir|(file(-replace)?))\n"
    rb'\((same(?: |(?=\))))?(?:"([^"\\]*(?:" "[^"\\]*)*)")?\)\n'
    rb"(?(1)([0-9]{1,18})\n\*)"
).match
"""An entry spelled as Racket spells it, names without escapes; everything else goes through the datum reader."""

_match_space: Final = re.compile(
    rb"(?:[\t-\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)*"
).match
"""White space of Unicode in UTF-8, which is what Racket skips between the size and the star."""

_SYMBOLS: Final = {"same": SAME, "up": UP}


class Digest(Protocol):
    """What can be fed bytes, such as ``hashlib.sha256()``."""

    def update(self, data: bytes, /) -> None: ...


class ArchiveReader:
    """The entries of an archive, in order; iterate once.

    ``preamble`` holds the two data before the entries, ``encoding`` what was found around the raw stream. A body that
    was not read is skipped. When the iteration has ended, the whole stream has been checked; before that, nothing is
    known to be undamaged. Errors are :class:`~pltpack.errors.FormatError` (``offset``: in the raw stream unless the
    message names another layer), :class:`~pltpack.errors.LimitError`, and what the stream itself raises.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        limits: Limits = Limits(),
        strict: bool = True,
        digest: Digest | None = None,
        name: str | None = None,
        ahead: bool = False,
    ) -> None:
        """Read the header. The stream needs nothing but ``read``; it stays open.

        Not ``strict``: the checks that Racket leaves out (checksum, length, what follows the gzip data) are left
        out. ``digest`` is fed the raw stream. ``name`` is the archive's name in errors. ``ahead``: a second thread
        reads and decodes ahead of what is asked for, if there is much to read; for streams that never keep it waiting.
        """
        self.encoding = EncodingFacts()
        self.limits = limits
        self.name = name
        self._chunks = decode(stream, self.encoding, limits=limits, strict=strict, ahead=ahead)
        self._digest = digest
        self._buffer = b""
        self._position = 0
        self._base = 0
        self._ended = False
        self._finished = False
        self._body: _Body | None = None
        self._count = 0
        self._failure: PltError | None = None
        try:
            self._check_magic()
            self.preamble = Preamble(self._read_header_datum("info procedure"), self._read_header_datum("unit"))
        except PltError as error:
            raise self._failed(error) from error.__cause__

    @cached_property
    def header(self) -> Header:
        """What the preamble means. Raises :class:`~pltpack.errors.HeaderError` if it has no known shape."""
        try:
            return self.preamble.header()
        except PltError as error:
            raise error.within(file=self.name) from None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Directory | File:
        if self._failure is not None:
            raise self._failure
        try:
            if self._body is not None:
                self._skip_body()
            entry = self._next_entry()
            self._count += 1
            if entry is not None and self._count > self.limits.entries:
                raise LimitError(
                    f"the archive has more than {self.limits.entries} entries", hint="--max-entries raises the limit"
                )
        except PltError as error:
            raise self._failed(error) from error.__cause__
        if entry is None:
            raise StopIteration
        return entry

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the stream; nothing more can be read."""
        self._chunks.close()
        self._buffer = b""
        self._finished = True

    # The buffer: bytes of the raw stream from offset ``_base`` on, consumed up to ``_position``.

    @property
    def offset(self) -> int:
        """Where the reader stands in the raw stream, in bytes."""
        return self._base + self._position

    def _fill(self, wanted: int = 1) -> bool:
        """Get at least ``wanted`` more bytes, keeping the unread ones; ``False`` if there was not one."""
        parts = [self._buffer[self._position :]]
        self._base += self._position
        self._position = 0
        while wanted > 0 and (chunk := self._next_chunk()):
            parts.append(chunk)
            wanted -= len(chunk)
        self._buffer = parts[0] if len(parts) == 1 else b"".join(parts)
        return len(parts) > 1

    def _next_chunk(self) -> bytes:
        chunk = next(self._chunks, b"")
        if not chunk:
            self._ended = True
        elif self._digest is not None:
            self._digest.update(chunk)
        return chunk

    def _failed(self, error: PltError) -> PltError:
        """Say where the error happened, and remember it: a damaged archive must not seem to end in peace."""
        self._failure = error
        body = self._body
        return error.within(file=self.name, entry=display_path(body.path) if body is not None else None)

    # The header

    def _check_magic(self) -> None:
        while len(self._buffer) < len(MAGIC) and self._fill():
            pass
        if not self._buffer.startswith(MAGIC):
            if MAGIC.startswith(self._buffer):
                raise TruncatedError("the archive ends before its header", offset=len(self._buffer))
            raise EncodingError("not a .plt archive: the data inside does not begin with PLT", offset=0)
        self._position = len(MAGIC)

    def _read_header_datum(self, what: str) -> Datum:
        try:
            datum = self._read_datum(self.limits.header_data)
        except LimitError as error:
            error.hint = error.hint or "--max-header-bytes and --max-depth raise the limits"
            raise
        if datum is END:
            raise TruncatedError(f"the archive ends before its {what}", offset=self.offset)
        return datum  # type: ignore[no-any-return]  # read_datum gives what its wrap gives: data, here

    def _read_datum(self, limits: DatumLimits) -> Any:
        """The next datum, or ``END``. The data is looked at again with twice as much of it, so time stays linear."""
        while True:
            try:
                datum, self._position = read_datum(
                    self._buffer, self._position, final=self._ended, base=self._base, limits=limits
                )
            except MoreInput:
                unread = len(self._buffer) - self._position
                if unread > limits.length:
                    raise LimitError(
                        f"a part of the header or of an entry at byte {self.offset} is longer than "
                        f"{limits.length} bytes",
                        hint="--max-header-bytes raises the limit",
                    ) from None
                self._fill(max(unread, 1))
            else:
                return datum

    # The entries

    def _next_entry(self) -> Directory | File | None:
        if self._finished:
            return None
        match = _match_entry(self._buffer, self._position)
        if match is None or match.end() - self._position > self.limits.entry_bytes:
            return self._read_entry()
        is_file, replace, same, names, size = match.groups()
        try:
            path: PathList = () if names is None else tuple(names.decode().split('" "'))
        except UnicodeDecodeError:
            return self._read_entry()
        if same:
            path = (SAME, *path)
        offset = self._base + self._position
        self._position = match.end()
        if not is_file:
            return Directory(path, offset)
        return self._file(path, int(size), replace is not None, offset)

    def _read_entry(self) -> Directory | File | None:
        """An entry in any spelling; ``None`` at the end of the archive."""
        limits = self.limits.entry_data
        offset = self.offset
        tag = self._read_datum(limits)
        if tag is END:
            self._finished = True
            return None
        if tag not in (Symbol("dir"), Symbol("file"), Symbol("file-replace")) or not isinstance(tag, Symbol):
            raise EntryError(
                "neither dir nor file nor file-replace stands where an entry should begin",
                offset=offset,
                hint="the size of the entry before it may be wrong",
            )
        # The entry begins behind white space and comments, with the tag that was read just now.
        if self._buffer.endswith(tag.name.encode(), 0, self._position):
            offset = self.offset - len(tag.name)
        path = self._read_path(limits)
        if tag.name == "dir":
            return Directory(path, offset)
        size_offset = self.offset
        size = self._read_datum(limits)
        if size is END:
            raise TruncatedError("the archive ends before a size", entry=display_path(path), offset=self.offset)
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise EntryError("the size is not a whole number", entry=display_path(path), offset=size_offset)
        self._skip_to_star(path)
        return self._file(path, size, tag.name == "file-replace", offset)

    def _read_path(self, limits: DatumLimits) -> PathList:
        offset = self.offset
        datum = self._read_datum(limits)
        if datum is END:
            raise TruncatedError("the archive ends before a path", offset=offset)
        if not isinstance(datum, list):
            raise EntryError("the path is not a list", offset=offset)
        path: list[Any] = []
        for element in datum:
            name = _SYMBOLS.get(element.name) if isinstance(element, Symbol) else element
            if name not in (SAME, UP) and not isinstance(name, str):
                raise EntryError("an element of a path is neither a string nor same nor up", offset=offset)
            path.append(name)
        return tuple(path)

    def _skip_to_star(self, path: PathList) -> None:
        while True:
            match = _match_space(self._buffer, self._position)
            assert match is not None
            self._position = match.end()
            # Up to two bytes of white space may be cut off at the end of the buffer.
            if self._position + 3 <= len(self._buffer) or self._ended or self._buffer[self._position :] == b"*":
                break
            self._fill()
        star = self._buffer[self._position : self._position + 1]
        if star != b"*":
            kind = EntryError if star else TruncatedError
            raise kind("there is no * before the data", entry=display_path(path), offset=self.offset)
        self._position += 1

    def _file(self, path: PathList, size: int, replace: bool, offset: int) -> File:
        if size > self.limits.file_bytes:
            raise LimitError(
                f"the file has more than {self.limits.file_bytes} bytes",
                entry=display_path(path),
                hint="--max-file-bytes raises the limit",
            )
        self._body = _Body(self, path, size)
        return File(path, size, self._body, replace, offset)

    # Bodies

    def _skip_body(self) -> None:
        body = self._body
        assert body is not None
        left = body.left
        if left <= len(self._buffer) - self._position:
            self._position += left
            body.left = 0
        else:
            while body.left:
                self._take(body, body.left)
        self._body = None

    def _take(self, body: _Body, most: int) -> bytes:
        """Up to ``most`` bytes of the body, at least one; whole chunks are handed on without a copy."""
        if self._position == len(self._buffer):
            self._base += self._position
            self._position = 0
            self._buffer = self._next_chunk()
            if not self._buffer:
                raise TruncatedError(
                    f"the archive ends {body.left} bytes before the end of the file",
                    entry=display_path(body.path),
                    offset=self.offset,
                )
        start = self._position
        piece = self._buffer if not start and most >= len(self._buffer) else self._buffer[start : start + most]
        self._position = start + len(piece)
        body.left -= len(piece)
        return piece


class _Body:
    """The data of one file, straight from the reader's buffer; see :class:`~pltpack.codec.entries.Body`."""

    __slots__ = ("_reader", "left", "path")

    def __init__(self, reader: ArchiveReader, path: PathList, size: int) -> None:
        self._reader = reader
        self.path = path
        self.left = size

    def read(self, size: int = -1, /) -> bytes:
        self._check_turn()
        wanted = self.left if size < 0 else min(size, self.left)
        pieces = []
        while wanted:
            piece = self._piece(wanted)
            wanted -= len(piece)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def chunks(self) -> Iterator[bytes]:
        self._check_turn()
        while self.left:
            yield self._piece(self.left)

    def _piece(self, most: int) -> bytes:
        self._check_turn()
        reader = self._reader
        if reader._failure is not None:
            raise reader._failure
        try:
            return reader._take(self, most)
        except PltError as error:
            raise reader._failed(error) from error.__cause__

    def _check_turn(self) -> None:
        if self._reader._body is not self:
            raise ValueError("the body of an earlier entry can no longer be read")
