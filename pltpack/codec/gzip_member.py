"""The gzip layer when it is read: one member, its header skipped in bounded space, its trailer checked."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, cast

from isal import isal_zlib

from pltpack.dataclass import dataclass
from pltpack.errors import EncodingError, LimitError, TruncatedError

MAGIC: Final = b"\x1f\x8b"

_InflateError = cast("type[Exception]", isal_zlib.error)  # no subclass of zlib.error

_FHCRC, _FEXTRA, _FNAME, _FCOMMENT, _ENCRYPTED = 2, 4, 8, 16, 32
_HEADER_LIMIT: Final = 1 << 17
"""FEXTRA is at most 64 KiB; name and comment have no bound of their own."""

_LAYER: Final = "gzip data"

_STEP: Final = 1 << 20
"""Bytes inflated at a time: what a bomb can make us hold."""


@dataclass(slots=True)
class GzipFacts:
    """What the member's header and trailer say. ``mtime`` is in seconds since 1970, 0 for none."""

    seen: bool = False
    """There is a gzip header, whole or cut off behind its first ten bytes."""
    mtime: int = 0
    flags: int = 0
    extra_flags: int = 0
    system: int = 255
    name: bytes | None = None
    comment: bytes | None = None
    crc: int | None = None
    size: int | None = None
    """Length of the data modulo 2**32, as the trailer says."""
    size_found: int = 0
    """Bytes that came out of the member so far."""
    bytes_behind: int = 0
    """Bytes behind the member: other members or junk."""
    trailer_missing: bool = False
    trailer_wrong: bool = False


def decode_gzip(blocks: Iterable[bytes], facts: GzipFacts, *, strict: bool = True) -> Iterator[bytes]:
    """The data of the first gzip member; ``blocks`` may be cut anywhere.

    The data comes first, the checks after it: only when the iteration has ended is the data known to be whole. Raises
    :class:`EncodingError` (not gzip, damaged, wrong CRC or length, bytes behind the member) and
    :class:`TruncatedError`; offsets are those of the gzip data. Not ``strict`` is like Racket, which looks neither at
    the trailer nor at what follows it; ``facts`` tells then.
    """
    source = iter(blocks)
    head = b""
    length = None
    while length is None:
        block = next(source, None)
        if block is None:
            raise TruncatedError("the gzip header ends too early", offset=len(head), layer=_LAYER)
        head += block
        length = _parse_header(head, facts)
        if length is None and len(head) > _HEADER_LIMIT:
            raise LimitError(f"the gzip header is longer than {_HEADER_LIMIT} bytes")
    offset = length
    tail = head[length:]
    inflater = isal_zlib.decompressobj(-15)
    crc = 0
    while not inflater.eof:
        while True:
            try:
                data = inflater.decompress(tail, _STEP)
            except _InflateError as error:
                raise EncodingError(
                    f"the compressed data is damaged ({error})",
                    offset=offset,
                    layer=_LAYER,
                    hint="the archive was altered or badly transferred: fetch it again",
                ) from None
            offset += len(tail) - len(inflater.unconsumed_tail)
            tail = inflater.unconsumed_tail
            if data:
                crc = isal_zlib.crc32(data, crc)
                facts.size_found += len(data)
                yield data
            if inflater.eof or (not tail and len(data) < _STEP):
                break
        if not inflater.eof:
            tail = next(source, b"")
            if not tail:
                raise TruncatedError(
                    "the compressed data ends too early",
                    offset=offset,
                    layer=_LAYER,
                    hint="the file is cut off: fetch it again",
                )
    behind = inflater.unused_data
    _check_trailer(source, behind, offset=offset - len(behind), crc=crc, facts=facts, strict=strict)


def _check_trailer(
    source: Iterator[bytes], behind: bytes, *, offset: int, crc: int, facts: GzipFacts, strict: bool
) -> None:
    while len(behind) < 8 and (block := next(source, b"")):
        behind += block
    if len(behind) < 8:
        facts.trailer_missing = True
        if strict:
            raise TruncatedError("the gzip trailer is missing or cut off", offset=offset + len(behind), layer=_LAYER)
        return
    facts.crc, facts.size = struct.unpack_from("<II", behind)
    found = facts.size_found & 0xFFFFFFFF
    facts.trailer_wrong = (facts.crc, facts.size) != (crc, found)
    if strict and facts.crc != crc:
        raise EncodingError(
            f"wrong checksum: the trailer says {facts.crc:08x}, the data gives {crc:08x}",
            offset=offset,
            layer=_LAYER,
            hint="the archive was altered or badly transferred: fetch it again",
        )
    if strict and facts.size != found:
        raise EncodingError(
            f"wrong length: the trailer says {facts.size} bytes, there are {found}", offset=offset + 4, layer=_LAYER
        )
    facts.bytes_behind = len(behind) - 8
    if strict and facts.bytes_behind:
        raise _followed(behind[8:], source, offset + 8)
    for block in source:
        facts.bytes_behind += len(block)
        if strict and block:
            raise _followed(block, source, offset + 8)


def _followed(behind: bytes, rest: Iterator[bytes], offset: int) -> EncodingError:
    """The error for bytes behind the gzip data, the first of which are ``behind``."""
    hint = None
    if behind[:2] == MAGIC[: len(behind)]:
        what = "another gzip member follows"
    elif all(block.count(0) == len(block) for block in chain((behind,), rest)):
        what = "nothing but zero bytes follows"
        hint = "tapes and dd pad files so: cut it off there"
    else:
        what = "something else follows"
    return EncodingError(f"{what} the end of the gzip data", offset=offset, layer=_LAYER, hint=hint)


def _parse_header(head: bytes, facts: GzipFacts) -> int | None:
    """The length of the header at the start of ``head``; ``None`` if it is not all there yet."""
    if not head.startswith(MAGIC[: len(head)]):
        raise EncodingError("not gzip data", offset=0, layer=_LAYER)
    if len(head) < 10:
        return None
    method, facts.flags, facts.mtime, facts.extra_flags, facts.system = struct.unpack_from("<2xBBIBB", head)
    facts.seen = True
    if method != 8:
        raise EncodingError(f"gzip method {method} is not known", offset=2, layer=_LAYER)
    if facts.flags & _ENCRYPTED:
        raise EncodingError("the gzip data is encrypted", offset=3, layer=_LAYER)
    end = 10
    if facts.flags & _FEXTRA:
        if len(head) < end + 2:
            return None
        end += 2 + int.from_bytes(head[end : end + 2], "little")
    for flag in (_FNAME, _FCOMMENT):
        if facts.flags & flag:
            stop = head.find(b"\0", end)
            if stop < 0:
                return None
            if flag == _FNAME:
                facts.name = head[end:stop]
            else:
                facts.comment = head[end:stop]
            end = stop + 1
    if facts.flags & _FHCRC:
        end += 2
    return end if len(head) >= end else None
