"""Archives cut at every byte, with every bit flipped, and with more than they should have."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import zlib
from pathlib import Path

import pytest

from pltpack.errors import (
    BlockedError,
    EncodingError,
    FormatError,
    LimitError,
    PltError,
    TruncatedError,
    UnsafePathError,
)
from pltpack.unpacker.unpack import extract
from tests.attacks.conftest import Arena
from tests.differences import differs
from tests.trees import encoded, file, files_in, folder

HEADER = b"PLT\nh\nu\n"
"""A header that means nothing is enough here, and makes the archives short."""

RAW = HEADER + folder("d") + file("d", "x", data=b"some data") + file("old", "x", data=b"new x", replace=True)
CONTENT = {"d/x": b"some data", "old/x": b"new x", "keep": b"kept"}

FORMS = {"text": encoded(RAW), "gzip": gzip.compress(RAW, mtime=0), "raw": RAW}


def verdict(arena: Arena, data: bytes) -> dict[str, bytes] | PltError:
    """What unpacking gives: the files, or the error, which leaves everything as it was."""
    before = arena.state()
    try:
        extract(io.BytesIO(data), arena.target)
    except PltError as error:
        assert arena.state() == before
        arena.record("refused")
        return error
    found = files_in(arena.target)
    arena.reset()
    arena.record("accepted")
    return found


@differs(
    racket="writes a short file and exits with 0 when the archive is cut off",
    here="an error that says where; nothing is written",
)
@pytest.mark.parametrize("form", FORMS)
def test_cut_at_every_byte(arena: Arena, form: str) -> None:
    """An archive that is cut is damaged; the raw stream alone cannot know when it ends between two entries."""
    data = FORMS[form]
    whole = len(data.rstrip(b"=\n")) if form == "text" else len(data)
    tags = [RAW.index(tag) for tag in (b"dir\n", b"file\n", b"file-replace\n")]
    between = {*tags, tags[0] - 1, tags[1] - 1}  # a line break before a tag need not be there
    for cut in range(len(data) + 1):
        found = verdict(arena, data[:cut])
        if cut >= whole:
            assert found == CONTENT
        elif form == "raw" and cut in between:
            assert isinstance(found, dict)
        else:
            assert isinstance(found, FormatError), f"cut at {cut}"


def test_the_error_of_a_cut_says_where(arena: Arena) -> None:
    cut = RAW.index(b"some data") + 4
    error = verdict(arena, encoded(RAW[:cut]))
    assert isinstance(error, TruncatedError)
    assert (error.entry, error.offset) == ("d/x", cut)


@pytest.mark.parametrize("form", ["text", "gzip"])
def test_every_bit_flipped(arena: Arena, form: str) -> None:
    """Refused with an error of ours, or it makes no difference to the content."""
    data = FORMS[form]
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            found = verdict(arena, bytes(flipped))
            if isinstance(found, PltError):
                assert isinstance(found, FormatError), f"bit {bit} of byte {place}: {found!r}"
            else:
                assert found == CONTENT, f"bit {bit} of byte {place} makes a difference that goes unnoticed"


def test_every_bit_of_the_raw_stream_flipped(arena: Arena) -> None:
    """Nothing guards a raw stream; still only errors of ours, and never anything outside."""
    for place in range(RAW.index(b"dir\n"), len(RAW)):
        for bit in range(8):
            flipped = bytearray(RAW)
            flipped[place] ^= 1 << bit
            found = verdict(arena, bytes(flipped))
            allowed = FormatError | LimitError | UnsafePathError | BlockedError
            assert isinstance(found, allowed | dict), f"bit {bit} of byte {place}: {found!r}"


def member(
    raw: bytes,
    *,
    crc: int | None = None,
    size: int | None = None,
    flags: int = 0,
    extra: bytes = b"",
    trailer: bool = True,
) -> bytes:
    """A gzip member made by hand."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeezer.compress(raw) + squeezer.flush()
    end = struct.pack("<II", zlib.crc32(raw) if crc is None else crc, len(raw) & 0xFFFFFFFF if size is None else size)
    return b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\0\x03" + extra + body + (end if trailer else b"")


GOOD = member(RAW)

DAMAGED = {
    "wrong CRC": member(RAW, crc=1),
    "CRC of zero": member(RAW, crc=0),
    "wrong ISIZE": member(RAW, size=len(RAW) + 1),
    "ISIZE of zero": member(RAW, size=0),
    "no trailer": member(RAW, trailer=False),
    "half a trailer": GOOD[:-3],
    "a second member": GOOD + member(file("evil")),
    "an empty second member": GOOD + member(b""),
    "the entries in a second member": member(HEADER) + member(RAW[len(HEADER) :]),
    "bytes after the member": GOOD + b"evil",
    "NUL bytes after the member": GOOD + bytes(512),
    "unknown method": GOOD[:2] + b"\x07" + GOOD[3:],
    "FEXTRA that never ends": member(RAW, flags=4, extra=b"\xff\xff"),
    "FNAME that never ends": member(RAW, flags=8, extra=b"")[:10] + b"x" * 1000,
    "stored block with wrong complement": GOOD[:10] + b"\x01\x05\x00\x00\x00hello" + GOOD[-8:],
    "distance too far back": GOOD[:10] + b"\x63\x00\x02\x00\x00" + GOOD[-8:],
}


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("text", [True, False], ids=["text", "gzip"])
def test_damaged_gzip(arena: Arena, name: str, text: bool) -> None:
    data = base64.b64encode(DAMAGED[name]) if text else DAMAGED[name]
    assert isinstance(verdict(arena, data), EncodingError | TruncatedError)


HARMLESS = {
    "as it should be": GOOD,
    "FEXTRA": member(RAW, flags=4, extra=b"\x04\x00evil"),
    "FNAME": member(RAW, flags=8, extra=b"../../canary\0"),
    "FNAME absolute": member(RAW, flags=8, extra=b"/etc/passwd\0"),
    "FCOMMENT": member(RAW, flags=16, extra=b"\x1b[2J evil\0"),
    "all of them": member(RAW, flags=28, extra=b"\x02\x00xx../y\0z\0"),
    "FTEXT": member(RAW, flags=1),
    "reserved flags": member(RAW, flags=0x80),
    "a header CRC, even a wrong one": member(RAW, flags=2, extra=b"\0\1"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_gzip_headers_mean_nothing(arena: Arena, name: str) -> None:
    """A name in the gzip header is not used as a path, and nothing of it is written."""
    assert verdict(arena, base64.b64encode(HARMLESS[name])) == CONTENT


TEXT = encoded(RAW)

LENIENCIES = {
    "CR LF": TEXT.replace(b"\n", b"\r\n"),
    "one line": TEXT.replace(b"\n", b""),
    "short lines": b"\n".join(TEXT[start : start + 5] for start in range(0, len(TEXT), 5)),
    "foreign bytes": TEXT.replace(b"A", b"A!\xff "),
    "no padding": TEXT.rstrip(b"=\n"),
    "text after the padding": TEXT.rstrip(b"=\n") + b"====\nmore text",
}


@pytest.mark.parametrize("name", LENIENCIES)
def test_odd_text_that_racket_reads(arena: Arena, name: str) -> None:
    assert verdict(arena, LENIENCIES[name]) == CONTENT


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"=",
        b"PLT",
        b"PL",
        b"plt\n",
        b"hello world\n",
        b"\x1f\x8b",
        b"PK\x03\x04" + bytes(99),
        b"\xff\xd8\xff\xe0" + bytes(99),
        b"#!/bin/sh\nrm -rf /\n",
        gzip.compress(b"hello", mtime=0),
        base64.b64encode(b"hello"),
        base64.b64encode(gzip.compress(b"hello", mtime=0)),
        base64.b64encode(gzip.compress(b"", mtime=0)),
        b"=" + TEXT,
        TEXT[:10] + b"=" + TEXT[10:],
        bytes(1000),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_no_archive(arena: Arena, data: bytes) -> None:
    assert isinstance(verdict(arena, data), FormatError)


CRAFTED = sorted((Path(__file__).parents[2] / "fixtures/crafted").glob("*.plt"))

REFUSED = {
    *("e04", "e06", "e07", "e08", "e09", "e10", "e11", "h10", "u01", "u02", "u03", "u04", "u05", "u06", "u09", "u10"),
    *("u11", "u12", "u14", "u15", "u16", "u18", "u19"),
}


@pytest.mark.parametrize("path", CRAFTED, ids=lambda path: path.stem)
def test_crafted(arena: Arena, path: Path) -> None:
    """Every hand-made archive: odd ones are read, damaged and hostile ones refused."""
    found = verdict(arena, path.read_bytes())
    assert isinstance(found, PltError) == (path.stem[:3] in REFUSED), repr(found)


def test_crafted_ones_are_there() -> None:
    assert len(CRAFTED) == 44
