"""Reading an archive: the header first, then entry after entry, from any binary stream in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from pltpack.codec.encoding import CONVERT, MAGIC, EncodingFacts, decode, is_tar
from pltpack.codec.entries import SAME, Directory, File, PathList, display_path
from pltpack.codec.limits import Limits
from pltpack.codec.raw_stream import Digest, RawStream
from pltpack.errors import EncodingError, LimitError, PltError, TruncatedError

if TYPE_CHECKING:
    from pltpack.codec.header import Header, Preamble

_match_entry: Final = re.compile(
    rb"(?:dir|(file(-replace)?))\n"
    rb'\((same(?: |(?=\))))?(?:"([^"\\]*(?:" "[^"\\]*)*)")?\)\n'
    rb"(?(1)([0-9]{1,18})\n\*)"
).match
"""An entry spelled as Racket spells it, names without escapes; everything else goes through the datum reader."""

_NAME: Final = MAGIC + b'\n(lambda (request failure) (case request ((name) "'
_BEHIND_NAME: Final = tuple(
    b'") ((unpacker) (quote mzscheme)) ((requires) (quote ())) ((conflicts) (quote ())) ((plt-relative?) %b) '
    b"((plt-home-relative?) #f) ((test-plt-dirs) #f) (else (failure))))\n"
    b"(unit (import main-collects-parent-dir mzuntar) (export) (mzuntar void) (quote ()))\n" % relative
    for relative in (b"#f", b"#t")
)
"""The header of an archive without requirements and collections, as Racket writes it around the archive's name."""

_is_plain_name: Final = re.compile(rb"[ !#-\[\]-~]*").fullmatch

_PLAIN_DEPTH: Final = 5
"""How deeply its parentheses are nested."""


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
        self._raw = RawStream(decode(stream, self.encoding, limits=limits, strict=strict, ahead=ahead), digest)
        self._finished = False
        self._most_entries = limits.entries
        self._most_bytes = limits.entry_bytes
        self._body: _Body | None = None
        self._count = 0
        self._failure: PltError | None = None
        self.plain_text = b""
        """The two data behind ``PLT`` if Racket has written them around nothing but a name; empty for all others."""
        self.plain_entry = False
        """Whether the last entry is spelled as Racket spells names without escapes."""
        try:
            self._check_magic()
            if not self._skip_plain_preamble():
                self._raw.position = len(MAGIC)
                self.preamble = _read_preamble(self._raw, limits)
                self._see_next()
        except PltError as error:
            raise self._failed(error) from error.__cause__

    @cached_property
    def preamble(self) -> Preamble:
        """The two data before the entries. Most archives have the same ones: they are read when somebody asks."""
        return _read_preamble(RawStream(chunk for chunk in (self.plain_text,)), self.limits)

    @cached_property
    def header(self) -> Header:
        """What the preamble means. Raises :class:`~pltpack.errors.HeaderError` if it has no known shape."""
        try:
            return self.preamble.header()
        except PltError as error:
            raise error.within(file=self.name) from None

    @cached_property
    def plain_header(self) -> Header | None:
        """The header if it says nothing but a name in plain ASCII, and is spelled to the byte as Racket spells it."""
        name = self.plain_text[len(_NAME) - len(MAGIC) : -len(_BEHIND_NAME[0])]
        if not self.plain_text or not _is_plain_name(name):
            return None
        from pltpack.codec.header import Header

        return Header(name.decode(), plt_relative=self.plain_text.endswith(_BEHIND_NAME[1]))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Directory | File:
        if self._failure is not None:
            raise self._failure
        try:
            if (body := self._body) is not None:
                if body.left:
                    self._skip(body)
                self._body = None
            entry = self._next_entry()
            self._count += 1
            if self._count > self._most_entries and entry is not None:
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
        self._raw.close()
        self._finished = True

    @property
    def offset(self) -> int:
        """Where the reader stands in the raw stream, in bytes."""
        return self._raw.offset

    def _failed(self, error: PltError) -> PltError:
        """Say where the error happened, and remember it: a damaged archive must not seem to end in peace."""
        self._failure = error
        body = self._body
        return error.within(file=self.name, entry=display_path(body.path) if body is not None else None)

    def _check_magic(self) -> None:
        raw = self._raw
        while len(raw.data) < len(MAGIC) and raw.fill():
            pass
        if not raw.data.startswith(MAGIC):
            if MAGIC.startswith(raw.data):
                raise TruncatedError("the archive ends before its header", offset=len(raw.data))
            hint = f"it looks like a .tgz file; {CONVERT}" if is_tar(raw.data) else None
            raise EncodingError("not a .plt archive: the data inside does not begin with PLT", offset=0, hint=hint)

    def _skip_plain_preamble(self) -> bool:
        """Pass over the header if it says nothing but a name; ``False`` if it must be read to find its end."""
        raw = self._raw
        start = len(_NAME)
        quote = raw.data.find(b'"', start)
        if quote < 0 or not raw.data.startswith(_NAME) or b"\\" in raw.data[start:quote]:
            return False
        end = quote + len(_BEHIND_NAME[0])
        if end > self.limits.header_bytes or self.limits.depth < _PLAIN_DEPTH:
            return False
        if not raw.data.startswith(_BEHIND_NAME, quote):
            return False
        self.plain_text = raw.data[len(MAGIC) : end]
        raw.position = end
        return True

    # The entries

    def _next_entry(self) -> Directory | File | None:
        if self._finished:
            return None
        raw = self._raw
        if raw.position == len(raw.data) and not raw.fill():
            self._finished = True
            return None
        start = raw.position
        match = _match_entry(raw.data, start)
        self.plain_entry = False
        if match is None or (end := match.end()) - start > self._most_bytes:
            return self._read_entry()
        is_file, replace, same, names, size = match.groups()
        try:
            path: PathList = () if names is None else tuple(names.decode().split('" "'))
        except UnicodeDecodeError:
            return self._read_entry()
        if same:
            path = (SAME, *path)
        raw.position = end
        self.plain_entry = not is_file or size[:1] != b"0" or size == b"0"
        if not is_file:
            return Directory(path, raw.base + start)
        return self._file(path, int(size), replace is not None, raw.base + start)

    def _read_entry(self) -> Directory | File | None:
        """An entry in any spelling; ``None`` at the end of the archive."""
        from pltpack.codec.any_spelling import read_entry

        entry = read_entry(self._raw, self.limits)
        if entry is None:
            self._finished = True
            return None
        if entry.tag == "dir":
            self._see_next()
            return Directory(entry.path, entry.offset)
        return self._file(entry.path, entry.size, entry.tag == "file-replace", entry.offset)

    def _see_next(self) -> None:
        """Have the byte behind what was read, so that who watches the stream has seen the end of the line."""
        if self._raw.position == len(self._raw.data):
            self._raw.fill()

    def _file(self, path: PathList, size: int, replace: bool, offset: int) -> File:
        if size > self.limits.file_bytes:
            raise LimitError(
                f"the file has more than {self.limits.file_bytes} bytes",
                entry=display_path(path),
                hint="--max-file-bytes raises the limit",
            )
        self._body = body = _Body(self, path, size)
        return File(path, size, body, replace, offset)

    # Bodies

    def _skip(self, body: _Body) -> None:
        raw = self._raw
        if body.left <= raw.unused:
            raw.position += body.left
            body.left = 0
        else:
            while body.left:
                self._take(body, body.left)

    def _take(self, body: _Body, most: int) -> bytes:
        """Up to ``most`` bytes of the body, at least one."""
        piece = self._raw.take(most)
        if not piece:
            raise TruncatedError(
                f"the archive ends {body.left} bytes before the end of the file",
                entry=display_path(body.path),
                offset=self.offset,
            )
        body.left -= len(piece)
        return piece


def _read_preamble(raw: RawStream, limits: Limits) -> Preamble:
    from pltpack.codec.any_spelling import read_preamble

    return read_preamble(raw, limits)


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
        raw = self._reader._raw
        start = raw.position
        if wanted <= len(raw.data) - start and self._reader._failure is None:
            raw.position = start + wanted
            self.left -= wanted
            return raw.data[start : start + wanted]
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
