"""Whether an archive is spelled as Racket spells it: its raw stream, compared with what a writer would have written."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Final

from pltpack.codec.entries import Directory, File
from pltpack.codec.header import Preamble
from pltpack.codec.writer import format_path
from pltpack.datum.writer import write_datum

_SPACE: Final = b" \t\r\n\f\v"


class Spelling:
    """Sees the raw stream as it is read (as a :class:`~pltpack.codec.raw_stream.Digest`) and checks it part by part.

    Holds only what may still be needed: the text of an entry and the pieces that it lies in, never file data that has
    been passed. ``sha256`` is the digest of the stream.
    """

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self._pieces: deque[bytes] = deque()
        self._start = 0  # the offset of the first piece
        self._end = 0
        self._needed = 0  # nothing before this offset will be asked for
        self._next: int | None = 0  # where the next part should begin; unknown behind an odd directory

    def update(self, data: bytes, /) -> None:
        """Take the next piece of the raw stream."""
        self.sha256.update(data)
        self._pieces.append(data)
        self._end += len(data)
        while self._pieces and self._start + len(self._pieces[0]) <= self._needed:
            self._start += len(self._pieces.popleft())

    def preamble(self, preamble: Preamble) -> bool:
        """Whether the header is spelled as Racket spells these two data."""
        text = f"PLT\n{write_datum(preamble.info)}\n{write_datum(preamble.unit)}\n".encode()
        return self._is_next(text)

    def plain_header(self, text: bytes) -> bool:
        """Whether the header is this text, of which it is known that Racket spells it so."""
        return self._is_next(b"PLT" + text)

    def plain_entry(self, entry: Directory | File, position: int) -> bool:
        """The same as :meth:`entry` for one of which it is known that its text is spelled so."""
        if self._next != entry.offset:
            return self.entry(entry, position)
        self._next = self._needed = position + entry.size if isinstance(entry, File) else position
        return True

    def entry(self, entry: Directory | File, position: int) -> bool:
        """Whether an entry is spelled so; ``position`` is where its reader stands: for a file, at its data."""
        try:
            text = self._text(entry)
        except UnicodeEncodeError:
            text = b""
        if self._next is None:
            self._next = self._behind_space(entry.offset)
        plain = bool(text) and self._is_next(text)
        if isinstance(entry, File):
            plain = plain and self._next == position
            self._next = position + entry.size
        self._needed = entry.offset if self._next is None else self._next
        return plain

    def end(self) -> bool:
        """Whether nothing stands behind the last entry."""
        return self._next is None or self._next >= self._end

    def _text(self, entry: Directory | File) -> bytes:
        if isinstance(entry, Directory):
            return f"dir\n{format_path(entry.path)}\n".encode()
        tag = "file-replace" if entry.replace else "file"
        return f"{tag}\n{format_path(entry.path)}\n{entry.size}\n*".encode()

    def _is_next(self, text: bytes) -> bool:
        assert self._next is not None
        if self._slice(self._next, self._next + len(text)) != text:
            self._next = None
            return False
        self._next += len(text)
        return True

    def _behind_space(self, offset: int) -> int:
        while (byte := self._slice(offset, offset + 1)) and byte in _SPACE:
            offset += 1
        return offset

    def _slice(self, start: int, stop: int) -> bytes:
        parts = []
        offset = self._start
        for piece in self._pieces:
            if offset >= stop:
                break
            parts.append(piece[max(start - offset, 0) : stop - offset])
            offset += len(piece)
        return b"".join(parts)
