"""Regular expression literals."""

from __future__ import annotations

from pltpack.datum.source import Source
from pltpack.datum.strings import read_byte_string, read_string
from pltpack.datum.values import Regexp


def read_regexp(source: Source, at: int) -> tuple[Regexp, int]:
    """The literal whose ``#rx`` or ``#px`` is at ``at``, and the offset behind it."""
    perl = source.data[at + 1] == 0x70
    quote = at + 3
    if source.data.startswith(b'#"', quote):
        pattern: str | bytes
        pattern, end = read_byte_string(source, quote + 1, at)
    elif source.data.startswith(b'"', quote):
        pattern, end = read_string(source, quote, at)
    elif source.stop - quote < 2 and b'#"'.startswith(source.data[quote : source.stop]):
        raise source.cut("a regular expression", at)
    else:
        raise source.error("a string must follow #rx and #px", at)
    return Regexp(pattern, perl), end
