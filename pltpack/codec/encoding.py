"""The layers around the raw stream, when it is read: file -> base64 -> gzip -> raw stream.

Archives without base64 and raw streams are recognised too, which no Racket reader does.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import field
from typing import BinaryIO, Final, Literal

from pltpack.codec.base64_text import Base64Facts, decode_base64
from pltpack.codec.gzip_member import MAGIC as GZIP_MAGIC
from pltpack.codec.gzip_member import GzipFacts, decode_gzip
from pltpack.codec.limits import Limits
from pltpack.codec.read_ahead import read_ahead
from pltpack.codec.stream_size import stream_size
from pltpack.dataclass import dataclass
from pltpack.errors import EncodingError, FormatError, LimitError, TruncatedError
from pltpack.given import taken

MAGIC: Final = b"PLT"

_BLOCK: Final = 73 * 1024 * 8
"""Bytes read at a time: whole lines of base64, and enough of them that threads need not meet often."""

CONVERT: Final = "pltpack convert FILE DIR unpacks packages of all formats"

_NOT_AN_ARCHIVE: Final = (
    (b"PK", f"it looks like a zip file; {CONVERT}"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"%PDF", "it is a PDF document"),
    (b"BZh", "it is bzip2 data"),
    (b"\xfd7zXZ", "it is xz data"),
    (b"<", "it looks like a web page, as a failed download leaves it"),
    (b"version https://git-lfs", "it is a pointer to a file that was not fetched"),
    (b"#lang", "it is a Racket program"),
)
_CHECKSUM: Final = re.compile(rb"\s*[0-9a-fA-F]{40}\s*")


@dataclass(slots=True)
class EncodingFacts:
    """What was found around the raw stream; complete when the stream has been read to its end."""

    layers: Literal["base64+gzip", "gzip", "raw"] = "base64+gzip"
    file_bytes: int = 0
    raw_bytes: int = 0
    base64: Base64Facts = field(default_factory=Base64Facts)
    gzip: GzipFacts = field(default_factory=GzipFacts)


def decode(
    stream: BinaryIO, facts: EncodingFacts, *, limits: Limits, strict: bool = True, ahead: bool = False
) -> Generator[bytes, None, None]:
    """The raw stream of an archive, in pieces of any size; checked when the iteration has ended.

    ``ahead``: a second thread reads and decodes what will be asked for next; ``facts`` run ahead with it. Raises
    :class:`EncodingError` and :class:`TruncatedError` for damage (not ``strict``: only where Racket cannot read on
    either), :class:`LimitError`; errors of ``stream`` pass through.
    """
    chunks = _decoded(stream, facts, limits=limits, strict=strict)
    return read_ahead(chunks) if ahead else chunks


def _decoded(stream: BinaryIO, facts: EncodingFacts, *, limits: Limits, strict: bool) -> Generator[bytes, None, None]:
    size = stream_size(stream) or 0
    blocks = _read(stream, facts)
    first = _first_block(blocks)
    if not first:
        raise TruncatedError("the file is empty", hint="fetch it again" if not facts.file_bytes else None)
    source = _chain(first, blocks)
    if first.startswith(GZIP_MAGIC):
        facts.layers = "gzip"
        raw = decode_gzip(source, facts.gzip, strict=strict)
    elif first.startswith(MAGIC):
        facts.layers = "raw"
        raw = source
    else:
        raw = _recognised(first, decode_gzip(decode_base64(source, facts.base64), facts.gzip, strict=strict), facts)
    for chunk in raw:
        facts.raw_bytes += len(chunk)
        _check_size(facts, limits, max(size, facts.file_bytes))
        yield chunk


def _check_size(facts: EncodingFacts, limits: Limits, size: int) -> None:
    """Hold the raw stream against ``size``, the bytes of the file as far as they are known."""
    if facts.raw_bytes > limits.total_bytes:
        raise LimitError(
            f"the archive holds more than {limits.total_bytes} bytes",
            hint="--max-total-bytes raises the limit",
        )
    if facts.raw_bytes > limits.ratio_from and facts.raw_bytes > limits.ratio * size:
        raise LimitError(
            f"the archive expands to more than {limits.ratio} times its size",
            hint="--max-ratio raises the limit",
        )


def _recognised(first: bytes, raw: Iterator[bytes], facts: EncodingFacts) -> Iterator[bytes]:
    """The raw stream of a base64 text; what is no gzip data was no base64 either."""
    try:
        yield from raw
    except FormatError as error:
        if not facts.gzip.seen and (isinstance(error, EncodingError) or not error.offset):
            hint = next((hint for start, hint in _NOT_AN_ARCHIVE if first.lstrip().startswith(start)), None)
            if is_tar(first):
                hint = f"it looks like a tar file; {CONVERT}"
            elif _CHECKSUM.fullmatch(first):
                hint = "it looks like a checksum file: give the archive beside it, and verify compares the two"
            raise EncodingError(
                "not a .plt archive: neither base64 of gzip data, nor gzip data, nor a raw stream", hint=hint
            ) from error
        raise


def is_tar(head: bytes) -> bool:
    """Whether data begins as a tar file does."""
    return head[257:262] == b"ustar"


def _read(stream: BinaryIO, facts: EncodingFacts) -> Iterator[bytes]:
    while block := taken("stream", stream.read(_BLOCK)):
        facts.file_bytes += len(block)
        yield block


def _first_block(blocks: Iterator[bytes]) -> bytes:
    """Enough bytes, if there are as many, to tell the layers, or what the file is instead."""
    first = b""
    while len(first) < 64 and (block := next(blocks, b"")):
        first += block
    return first


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
