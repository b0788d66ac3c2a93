"""The text of an ``info.rkt``, and errors that say where in it something is wrong."""

from __future__ import annotations

from pltpack.dataclass import dataclass
from pltpack.datum.source import decode
from pltpack.errors import FormatError, InfoError

_TAB = 8


@dataclass(frozen=True, slots=True)
class Text:
    """The bytes of an ``info.rkt``; ``file`` is what errors call it."""

    data: bytes
    file: str | None = None

    def error(self, category: str, message: str, at: int, hint: str | None = None) -> InfoError:
        """An error about what stands at the byte offset ``at``."""
        line, column = position(self.data, at)
        return InfoError(message, category=category, line=line, column=column, file=self.file, hint=hint)

    def read_error(self, error: FormatError) -> InfoError:
        """What the reader of data says, as an error about this text."""
        return self.error("read", error.message, error.offset or 0)


def position(data: bytes, at: int) -> tuple[int, int]:
    """Line (from 1) and column (from 0, in characters) of a byte offset, as Racket counts them.

    Line feed, carriage return and the two together end a line; a tab goes to the next multiple of eight.

    >>> position(b"a\\r\\n\\tb", 4)
    (2, 8)
    """
    before = decode(data[:at]).replace("\r\n", "\n").replace("\r", "\n")
    line = before.rpartition("\n")[2]
    first, *behind_tabs = line.split("\t")
    column = len(first)
    for part in behind_tabs:
        column += _TAB - column % _TAB + len(part)
    return before.count("\n") + 1, column
