"""The bytes that the reader works on: characters, white space, delimiters, and what their end means."""

from __future__ import annotations

import codecs
import re
from typing import Final

from pltpack.datum.limits import DatumLimits
from pltpack.errors import DatumError, LimitError, TruncatedError

_WIDE_SPACE: Final = (
    rb"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf"
)
"""Unicode's White_Space above ASCII, and the byte-order mark. A lead byte never stands inside another character, so
that these sequences can be looked for in undecoded, even undecodable, bytes."""

CLOSERS: Final = {0x28: 0x29, 0x5B: 0x5D, 0x7B: 0x7D}
"""Each opening bracket and the one that closes it."""

DELIMITER_BYTES: Final = rb"\t-\r ()\[\]{}'`,;" + rb'"'

SPACE: Final = re.compile(rb"(?:[\t-\r ]|" + _WIDE_SPACE + rb")*+")

DELIMITER: Final = re.compile(rb"[" + DELIMITER_BYTES + rb"]|" + _WIDE_SPACE)

ATOM: Final = re.compile(
    rb"(?:[^"
    + DELIMITER_BYTES
    + rb"|\\\x80-\xff]|(?!"
    + _WIDE_SPACE
    + rb")[\x80-\xff]|\\(?:"
    + _WIDE_SPACE
    + rb"|[\x00-\xff])|\|[^|]*+\|)*+"
)
"""The text of a symbol, number or keyword, with its bars and backslashes, up to a delimiter."""

_CHARACTER: Final = re.compile(
    rb"[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]"
)
_PARTIAL: Final = re.compile(rb"[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}")


def _one_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd", error.start + 1


codecs.register_error("pltpack.one-byte", _one_byte)


def decode(data: bytes) -> str:
    """UTF-8 as a Racket port decodes it: each undecodable *byte* becomes U+FFFD (Python's ``replace`` merges some)."""
    return data.decode("utf-8", "pltpack.one-byte")


class MoreInput(Exception):
    """Raised with ``final=False`` when the datum may go on behind the bytes that are there."""


class Implied:
    """How many data and digits a text has asked for without writing them out."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Source:
    """``data`` from ``start`` to ``stop``, and the errors about it.

    ``stop`` is the end of the data or, if that is nearer, the length limit: nothing behind it is looked at.
    """

    __slots__ = ("base", "data", "final", "implied", "limits", "start", "stop")

    def __init__(self, data: bytes, start: int, base: int, final: bool, limits: DatumLimits, implied: Implied) -> None:
        self.data = data
        self.start = start
        self.stop = min(len(data), start + limits.length)
        self.final = final
        self.base = base
        self.limits = limits
        self.implied = implied

    @property
    def complete(self) -> bool:
        """Whether ``stop`` is the true end of the text, so that it ends a symbol as a delimiter does."""
        return self.final and self.stop == len(self.data)

    def error(self, message: str, at: int) -> DatumError:
        """The error for what stands at ``at``."""
        return DatumError(message, offset=self.base + at)

    def limit(self, message: str, at: int) -> LimitError:
        """The error for a datum larger than the limits."""
        return LimitError(message, offset=self.base + at)

    def expand(self, number: int, at: int) -> None:
        """Count data or digits that what stands at ``at`` asks for and does not write out."""
        self.implied.count += number
        if self.implied.count > self.limits.implied:
            raise self.limit(f"more than {self.limits.implied} data and digits that are only implied", at)

    def cut(self, what: str, began: int) -> Exception:
        """The error for ``what``, which began at ``began`` and is not over at ``stop``."""
        if self.stop < len(self.data):
            return self.limit(f"Racket data longer than {self.limits.length} bytes", self.stop)
        if not self.final:
            return MoreInput()
        return TruncatedError(
            f"the data ends inside {what} that began at byte {self.base + began}", offset=self.base + self.stop
        )

    def ends(self, at: int, what: str, began: int) -> bool:
        """Whether a delimiter or the end of the text is at ``at``; raises if that cannot be known yet."""
        if at >= self.stop:
            if self.complete:
                return True
            raise self.cut(what, began)
        return DELIMITER.match(self.data, at, self.stop) is not None

    def may_become(self, at: int, *words: bytes) -> bool:
        """Whether the text breaks off at ``stop`` inside one of ``words`` (lower case; the text in any case)."""
        rest = self.data[at : min(self.stop, at + 12)].lower()
        return any(len(rest) < len(word) and word.startswith(rest) for word in words)

    def character(self, at: int, what: str, began: int) -> tuple[str, int]:
        """The character at ``at`` (less than ``stop``) and the offset behind it; raises if it is cut off."""
        match = _CHARACTER.match(self.data, at, self.stop)
        assert match is not None
        if not self.complete and _PARTIAL.fullmatch(self.data, at, self.stop):
            raise self.cut(what, began)
        return decode(match[0]), match.end()

    def show(self, at: int, size: int = 12) -> str:
        """What stands at ``at``, short and printable, for messages."""
        text = decode(self.data[at : min(self.stop, at + size)])
        return ascii(text)[1:-1] + ("..." if self.stop > at + size else "")
