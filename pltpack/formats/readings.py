"""Bytes that are sound archives of two formats: one reading is ours, and the other is told."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from pltpack.codec.base64_text import Base64Facts, decode_base64
from pltpack.codec.gzip_member import MAGIC as GZIP
from pltpack.codec.gzip_member import GzipFacts, decode_gzip
from pltpack.errors import AmbiguityError, FormatError
from pltpack.formats.formats import Format
from pltpack.formats.tar_header import BLOCK, parse_header

_HEAD: Final = 1 << 20
"""Bytes in which an archive must show what it is: the fields in front of gzip data can be as long as this."""
_END: Final = struct.Struct("<4s4H2IH")
_END_MARK: Final = b"PK\5\6"
_TAIL: Final = _END.size + 0xFFFF
_ZIP: Final = b"PK\3\4"
_PLT: Final = b"PLT"


def other_readings(source: str | os.PathLike[str] | BinaryIO, format: Format) -> list[Format]:
    """The formats, other than ``format``, of which a file or a seekable stream is an archive as well, by its beginning
    and its end. The stream is left where it stood. Raises ``OSError``."""
    if format == "dir":
        return []
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(open(source, "rb")) if isinstance(source, str | os.PathLike) else source
        start = stream.tell()
        head = stream.read(_HEAD)
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(start, size - _TAIL))
        tail = stream.read(_TAIL)
        stream.seek(start)
    if format in ("tar", "tgz"):
        format = "tgz" if head.startswith(GZIP) else "tar"  # all readers look for themselves
    others: list[Format] = [other for other in ("zip", "tar", "tgz", "plt") if other != format]
    return [other for other in others if _is_sound(other, head, tail, size - start)]


def _is_sound(format: Format, head: bytes, tail: bytes, size: int) -> bool:
    """Whether a file of this size is an archive of a format, by its beginning and its end."""
    if format == "zip":
        return head.startswith(_ZIP) or _ends_as_zip(tail, size)
    if format == "tar":
        return _is_tar(head)
    inside = _inflated([head], strict=True) if head.startswith(GZIP) else b""
    if format == "tgz":
        return _is_tar(inside)
    return inside.startswith(_PLT) or _inflated(decode_base64([head], Base64Facts()), strict=False).startswith(_PLT)


def check_one_reading(source: str | os.PathLike[str] | BinaryIO, format: Format, name: str | None = None) -> None:
    """Raise :class:`AmbiguityError` if a file or a seekable stream is an archive of another format, too."""
    if others := other_readings(source, format):
        raise AmbiguityError(two_readings(format, others), file=name)


def two_readings(format: Format, others: list[Format]) -> str:
    """The message about an archive of two formats."""
    other = " or ".join(others)
    return f"read differently by whoever takes it for {other}: it is read as {format}, and is a sound archive of both"


def _inflated(blocks: Iterator[bytes] | list[bytes], *, strict: bool) -> bytes:
    """The first bytes of what gzip data holds; none if it is none."""
    found = b""
    try:
        for piece in decode_gzip(blocks, GzipFacts(), strict=strict):
            found += piece
            if len(found) >= BLOCK:
                break
    except (FormatError, zlib.error):
        pass  # cut off, or no gzip data
    return found


def _is_tar(data: bytes) -> bool:
    block = data[:BLOCK]
    if len(block) < BLOCK or not any(block):
        return False
    try:
        parse_header(block)
    except FormatError:
        return False
    return True


def _ends_as_zip(tail: bytes, size: int) -> bool:
    """Whether an end record reaches to the end exactly, and there is room for what it says in front of it."""
    place = tail.find(_END_MARK)
    while place >= 0:
        if place + _END.size <= len(tail):
            *_, length, offset, comment = _END.unpack_from(tail, place)
            if place + _END.size + comment == len(tail) and length and offset + length <= size:
                return True
        place = tail.find(_END_MARK, place + 1)
    return False
