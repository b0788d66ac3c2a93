"""The headers of a tar archive, block by block, and what readers make of each field.

Racket's reader (``file/untar``) knows octal numbers, the prefix of exact ``ustar`` headers, pax and GNU names, and
looks at no checksum; GNU tar, libarchive and Python's ``tarfile`` each know more, and not the same. So a field is taken
only if it means the same to all of them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.errors import FormatError

BLOCK: Final = 512

_FIELDS: Final = struct.Struct("100s8s8s8s12s12s8sc100s8s32x32x8s8s155s12x")
_CHECKSUM: Final = slice(148, 156)
_USTAR: Final = b"ustar\00000"
_OCTAL: Final = re.compile(rb" *+([0-7]++)[ \0]*+")
_BLANK: Final = re.compile(rb"[ \0]*+")
_LARGE: Final = 0x80
"""The first byte of a number in base 256."""
_NEGATIVE: Final = 0xFF
_MOST_MODE: Final = 0xFFFF


@dataclass(slots=True)
class TarHeader:
    """One block: ``name`` and ``target`` are bytes as they stand there, ``kind`` is the type flag.

    ``differences`` holds readers and reason of what is read differently, and whether that is of no weight for the
    content; ``refusals`` what Racket refuses.
    """

    name: bytes
    kind: bytes
    size: int
    mode: int
    mtime: int
    target: bytes
    before_1970: bool = False
    differences: list[tuple[str, str, bool]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def parse_header(block: bytes) -> TarHeader:
    """Read a block that is not empty. Raises :class:`FormatError` for a wrong checksum and numbers that are none."""
    name, mode, uid, gid, size, mtime, _, kind, target, magic, major, minor, prefix = _FIELDS.unpack(block)
    if not has_checksum(block):
        raise FormatError("a tar header is damaged: its checksum is wrong")
    header = TarHeader(_text(name), kind, 0, 0, 0, _text(target))
    header.size = _size(size, header)
    header.mode = _number(mode, "permissions", header) or 0
    if header.mode > _MOST_MODE:
        header.refusals.append("its permissions are more than a file can have")
    header.mtime = _number(mtime, "time", header) or 0
    header.before_1970 = mtime[0] == _NEGATIVE
    for owner in (uid, gid):
        if any(owner):
            _number(owner, "owner", header)
    for device in (major, minor):
        if not _BLANK.fullmatch(device) and not _OCTAL.fullmatch(device) and device[0] != _LARGE:
            readers = "bsdtar and Python's tarfile"
            header.differences.append((readers, "the number of a device in its header is not a number", False))
    above = _text(prefix)
    if above and magic == _USTAR:
        header.name = above + b"/" + header.name
    elif above:
        header.differences.append(
            ("Python's tarfile, and in part by others", "there is a prefix in a header that is not ustar", False)
        )
    return header


_ASCII: Final = bytes(range(128))


def _text(data: bytes) -> bytes:
    return data.partition(b"\0")[0]


def has_checksum(block: bytes) -> bool:
    """Whether the checksum of a header stands in a block; that alone tells tar archives of before ``ustar``."""
    if len(block) != BLOCK:
        return False
    said = _OCTAL.fullmatch(block[_CHECKSUM].lstrip(b" \0"))
    rest = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    total = sum(rest)
    # Some old programs took bytes for signed ones.
    return said is not None and int(said[1], 8) in (total, total - 256 * len(rest.translate(None, _ASCII)))


def _number(data: bytes, what: str, header: TarHeader) -> int | None:
    """A number of no weight for the content; ``None`` where there is none."""
    if match := _OCTAL.fullmatch(data):
        return int(match[1], 8)
    if data[0] == _LARGE:
        return int.from_bytes(data[1:], "big")
    if data[0] == _NEGATIVE:
        header.differences.append(("GNU tar", f"its {what} is negative", True))
        return 0
    if _BLANK.fullmatch(data) is None:
        raise FormatError(f"a tar header is damaged: {what} {data!r} is not a number", entry=shown(header.name))
    header.refusals.append(f"its header has no {what}")
    return None


def _size(data: bytes, header: TarHeader) -> int:
    if match := _OCTAL.fullmatch(data):
        return int(match[1], 8)
    if data[0] == _LARGE:
        header.differences.append(("Racket", "its size is in base 256, which Racket takes for 0", False))
        return int.from_bytes(data[1:], "big")
    if _BLANK.fullmatch(data) is None:
        raise FormatError(f"a tar header is damaged: size {data!r} is not a number", entry=shown(header.name))
    header.refusals.append("its header has no size")
    return 0


def shown(name: bytes) -> str:
    """A name as text; what is no UTF-8 as lone surrogates."""
    return name.decode("utf-8", "surrogateescape")


class MalformedRecordsError(ValueError):
    """The content of a pax header is no sequence of records."""


_LONGEST_NUMBER: Final = 10
_ONCE: Final = frozenset((b"path", b"linkpath", b"size"))


def pax_records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The records ``LENGTH KEY=VALUE`` of a pax header, each of which ends with a line feed.

    Raises :class:`MalformedRecordsError` where that is not so, and for what counts being said twice.
    """
    place = 0
    seen: set[bytes] = set()
    while place < len(data):
        space = data.find(b" ", place, place + _LONGEST_NUMBER)
        digits = data[place : max(space, place)]
        if not digits.isdigit() or digits.startswith(b"0"):
            raise MalformedRecordsError("a record does not begin with its length")
        end = place + int(digits)
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if end > len(data) or end <= space + 1 or data[end - 1 : end] != b"\n":
            raise MalformedRecordsError("a record does not end with a line feed")
        if not equals or not key or key[:1].isspace():
            raise MalformedRecordsError("a record has no name")
        if key in seen and key in _ONCE:
            raise MalformedRecordsError(f"{shown(key)} is there twice")
        seen.add(key)
        yield key, value
        place = end
