"""The header and the entries in any spelling that Racket's reader accepts.

Archives that Racket wrote have one spelling, which :mod:`pltpack.codec.reader` recognises at a glance; this is for all
the others, and for what is wrong.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from pltpack.codec.entries import SAME, UP, PathList, display_path
from pltpack.codec.header import Preamble
from pltpack.codec.limits import Limits
from pltpack.codec.raw_stream import RawStream
from pltpack.datum.reader import END, DatumLimits, MoreInput, read_datum
from pltpack.datum.values import Datum, Symbol
from pltpack.errors import EntryError, LimitError, TruncatedError

_match_space: Final = re.compile(
    rb"(?:[\t-\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)*"
).match
"""White space of Unicode in UTF-8, which is what Racket skips between the size and the star."""

_TAGS: Final = (Symbol("dir"), Symbol("file"), Symbol("file-replace"))
_SYMBOLS: Final = {"same": SAME, "up": UP}
_OPTION: Final = "--max-entry-bytes"


class Spelled(NamedTuple):
    """An entry as it is spelled out: ``offset`` is its first byte, ``size`` 0 for a directory."""

    tag: str
    path: PathList
    size: int
    offset: int


def read_preamble(raw: RawStream, limits: Limits) -> Preamble:
    """The two data of the header."""
    return Preamble(_header_datum(raw, limits, "info procedure"), _header_datum(raw, limits, "unit"))


def _header_datum(raw: RawStream, limits: Limits, what: str) -> Datum:
    datum = _read_datum(raw, limits.header_data, "--max-header-bytes")
    if datum is END:
        raise TruncatedError(f"the archive ends before its {what}", offset=raw.offset)
    return datum  # type: ignore[no-any-return]  # read_datum gives what its wrap gives: data, here


def read_entry(raw: RawStream, limits: Limits) -> Spelled | None:
    """The next entry up to its data; ``None`` at the end of the archive."""
    data_limits = limits.entry_data
    offset = raw.offset
    tag = _read_datum(raw, data_limits, _OPTION)
    if tag is END:
        return None
    if tag not in _TAGS or not isinstance(tag, Symbol):
        raise EntryError(
            "neither dir nor file nor file-replace stands where an entry should begin",
            offset=offset,
            hint="the size of the entry before it may be wrong",
        )
    # The entry begins behind white space and comments, with the tag that was read just now.
    if raw.data.endswith(tag.name.encode(), 0, raw.position):
        offset = raw.offset - len(tag.name)
    path = _read_path(raw, data_limits)
    if tag.name == "dir":
        return Spelled(tag.name, path, 0, offset)
    size_offset = raw.offset
    size = _read_datum(raw, data_limits, _OPTION)
    if size is END:
        raise TruncatedError("the archive ends before a size", entry=display_path(path), offset=raw.offset)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise EntryError("the size is not a whole number", entry=display_path(path), offset=size_offset)
    _skip_to_star(raw, path)
    return Spelled(tag.name, path, size, offset)


def _read_path(raw: RawStream, limits: DatumLimits) -> PathList:
    offset = raw.offset
    datum = _read_datum(raw, limits, _OPTION)
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


def _skip_to_star(raw: RawStream, path: PathList) -> None:
    while True:
        match = _match_space(raw.data, raw.position)
        assert match is not None
        raw.position = match.end()
        # Up to two bytes of white space may be cut off at the end of what is there.
        if raw.unused >= 3 or raw.ended or raw.data[raw.position :] == b"*":
            break
        raw.fill()
    star = raw.data[raw.position : raw.position + 1]
    if star != b"*":
        kind = EntryError if star else TruncatedError
        raise kind("there is no * before the data", entry=display_path(path), offset=raw.offset)
    raw.position += 1


def _read_datum(raw: RawStream, limits: DatumLimits, option: str) -> Any:
    """The next datum, or ``END``. The data is looked at again with twice as much of it, so time stays linear.

    ``option`` is the one that raises the limit of its length.
    """
    hint = f"{option} and --max-depth raise the limits"
    while True:
        try:
            datum, raw.position = read_datum(raw.data, raw.position, final=raw.ended, base=raw.base, limits=limits)
        except MoreInput:
            if raw.unused > limits.length:
                raise LimitError(
                    f"a part of the header or of an entry is longer than {limits.length} bytes",
                    offset=raw.offset,
                    hint=hint,
                ) from None
            raw.fill(max(raw.unused, 1))
        except LimitError as error:
            error.hint = error.hint or hint
            raise
        else:
            return datum
