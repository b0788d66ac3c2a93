"""Every cut and every flipped bit of a small archive: refused, or without any effect."""

from __future__ import annotations

import base64
import io

import pytest

from pltpack.codec.entries import Directory
from pltpack.codec.header import Header
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import FormatError, PltError
from tests.streams import Content, content, raw_stream, written

ENTRIES: Content = [
    (("d",), None, False),
    (("d", "a.rkt"), b"#lang racket/base\n(define x 1)\n" * 3, False),
    (("d", 'q"\n'), bytes(range(200, 256)), True),
    (("e",), b"", False),
]
PREAMBLE = Header("n", collections=(("d",),)).preamble()
TEXT = written(PREAMBLE, ENTRIES)
MEMBER = base64.b64decode(TEXT)
RAW = raw_stream(TEXT)


def outcome(data: bytes, **options: bool) -> tuple[bytes, Content] | None:
    """What the archive holds, with its header; ``None`` if it is refused. Anything but a ``PltError`` is a bug."""
    try:
        archive = ArchiveReader(io.BytesIO(data), **options)  # type: ignore[arg-type]
        return raw_stream(data, strict=options.get("strict", True)), [
            (entry.path, entry.body.read() if hasattr(entry, "body") else None, getattr(entry, "replace", False))
            for entry in archive
        ]
    except PltError:
        return None


def test_cut_text() -> None:
    whole = content(TEXT)
    last = len(TEXT.rstrip(b"=\n"))
    for length in range(len(TEXT)):
        if length >= last:
            assert content(TEXT[:length]) == whole, length
        else:
            with pytest.raises(FormatError):
                content(TEXT[:length])


def test_cut_gzip() -> None:
    for length in range(len(MEMBER)):
        with pytest.raises(FormatError):
            content(MEMBER[:length])


def test_cut_raw_stream() -> None:
    """Without gzip nothing tells where the end is: between two entries a cut is an end."""
    entries = list(ArchiveReader(io.BytesIO(RAW)))
    starts = [entry.offset for entry in entries]
    # The line end behind a directory may be lost too.
    ends = {
        *starts,
        *(end - 1 for entry, end in zip(entries, starts[1:], strict=False) if isinstance(entry, Directory)),
    }
    ends.add(starts[0] - 1)
    for length in range(len(RAW)):
        if length in ends:
            assert content(RAW[:length]) == ENTRIES[: sum(start < length for start in starts)]
        else:
            with pytest.raises(FormatError):
                content(RAW[:length])


@pytest.mark.parametrize("data", [TEXT, MEMBER], ids=["text", "gzip"])
def test_flipped_bits(data: bytes) -> None:
    """The data are those of the original, or the archive is refused."""
    refused = 0
    for index in range(len(data) * 8):
        changed = bytearray(data)
        changed[index // 8] ^= 1 << index % 8
        found = outcome(bytes(changed))
        refused += found is None
        assert found is None or found == (RAW, ENTRIES), index
    assert refused > len(data) * 6


@pytest.mark.parametrize("data", [TEXT, MEMBER, RAW], ids=["text", "gzip", "raw"])
def test_flipped_bits_unchecked(data: bytes) -> None:
    """Without the checks, and without gzip, nothing but a ``PltError`` may come of it."""
    for index in range(0, len(data) * 8, 3):
        changed = bytearray(data)
        changed[index // 8] ^= 1 << index % 8
        outcome(bytes(changed), strict=False)


def test_bytes_taken_away_and_put_in() -> None:
    for index in range(len(MEMBER)):
        for changed in (MEMBER[:index] + MEMBER[index + 1 :], MEMBER[:index] + b"\0" + MEMBER[index:]):
            found = outcome(changed)
            assert found is None or found == (RAW, ENTRIES)


def test_lines_exchanged() -> None:
    lines = TEXT.splitlines(keepends=True)
    for index in range(len(lines) - 1):
        mixed = [*lines]
        mixed[index], mixed[index + 1] = mixed[index + 1], mixed[index]
        assert outcome(b"".join(mixed)) is None
        assert outcome(b"".join(lines[:index] + lines[index + 1 :])) is None
