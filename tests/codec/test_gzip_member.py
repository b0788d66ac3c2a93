"""The gzip layer when it is read: headers of every kind, checks of the trailer, damage, bounded steps."""

from __future__ import annotations

import gzip
import itertools
import random
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.codec.gzip_member import GzipFacts, decode_gzip
from pltpack.errors import EncodingError, LimitError, PltError, TruncatedError
from tests.differences import differs

DATA = b'dir\n()\nfile\n("a")\n5\n*hello' * 3


def member(data: bytes = DATA, *, flags: int = 0, fields: bytes = b"", level: int = 6, wbits: int = -15) -> bytes:
    job = zlib.compressobj(level, zlib.DEFLATED, wbits)
    body = job.compress(data) + job.flush()
    header = struct.pack("<BBBBIBB", 0x1F, 0x8B, 8, flags, 77, 2, 3)
    return header + fields + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def decoded(*blocks: bytes, strict: bool = True) -> tuple[bytes, GzipFacts]:
    facts = GzipFacts()
    return b"".join(decode_gzip(blocks, facts, strict=strict)), facts


HEADERS = {
    "plain": (0, b""),
    "text": (1, b""),
    "checksum": (2, b"\x12\x34"),
    "extra": (4, b"\x03\0abc"),
    "name": (8, b"x.raw\0"),
    "comment": (16, b"made by hand\0"),
    "all": (1 | 2 | 4 | 8 | 16, b"\x02\0ab" + b"x.raw\0" + b"made by hand\0" + b"\x12\x34"),
    "reserved": (0x40 | 0x80, b""),
}


@pytest.mark.parametrize(("flags", "fields"), HEADERS.values(), ids=HEADERS)
def test_headers(flags: int, fields: bytes) -> None:
    file = member(flags=flags, fields=fields)
    for blocks in ([file], [file[i : i + 1] for i in range(len(file))]):
        data, facts = decoded(*blocks)
        assert data == DATA
        assert (facts.seen, facts.mtime, facts.flags, facts.extra_flags, facts.system) == (True, 77, flags, 2, 3)
        assert facts.name == (b"x.raw" if flags & 8 else None)
        assert facts.comment == (b"made by hand" if flags & 16 else None)
        assert (facts.crc, facts.size, facts.size_found) == (zlib.crc32(DATA), len(DATA), len(DATA))
        assert (facts.trailer_wrong, facts.trailer_missing, facts.bytes_behind) == (False, False, 0)


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("size", [0, 1, 70_000])
def test_blocks_of_every_kind(level: int, size: int) -> None:
    data = random.Random(level).randbytes(size // 2) + bytes(size - size // 2)
    assert decoded(member(data, level=level))[0] == data


def changed(at: int, new: bytes) -> Callable[[bytes], bytes]:
    """Overwrites bytes; negative offsets count from the end."""
    return lambda file: file[:at] + new + file[len(file[:at]) + len(new) :]


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], type[PltError], str]] = {
    "nothing": (lambda file: file[:0], TruncatedError, "header ends too early"),
    "half a header": (lambda file: file[:7], TruncatedError, "header ends too early"),
    "no gzip": (changed(0, b"PK"), EncodingError, "not gzip data"),
    "half a magic": (changed(1, b"\x8c"), EncodingError, "not gzip data"),
    "method": (changed(2, b"\7"), EncodingError, "method 7"),
    "encrypted": (changed(3, b"\x20"), EncodingError, "encrypted"),
    "bad block": (changed(10, b"\7"), EncodingError, "damaged"),
    "cut data": (lambda file: file[:15], TruncatedError, "ends too early"),
    "no trailer": (lambda file: file[:-8], TruncatedError, "trailer is missing"),
    "half a trailer": (lambda file: file[:-3], TruncatedError, "trailer is missing"),
    "checksum": (changed(-8, b"\0\0\0\0"), EncodingError, "wrong checksum"),
    "length": (changed(-4, b"\0\0\0\0"), EncodingError, "wrong length"),
    "second member": (lambda file: file + file, EncodingError, "follows the end of the gzip data"),
    "junk": (lambda file: file + b"junk", EncodingError, "something else follows"),
    "zeros": (lambda file: file + bytes(30), EncodingError, "nothing but zero bytes follows"),
    "zeros and more": (lambda file: file + bytes(30) + b"junk", EncodingError, "something else follows"),
}


@differs(
    racket="never looks at the CRC and the length of the gzip data",
    here="checks both",
)
@pytest.mark.parametrize(("damage", "kind", "message"), DAMAGE.values(), ids=DAMAGE)
def test_damage(damage: Callable[[bytes], bytes], kind: type[PltError], message: str) -> None:
    file = damage(member())
    for blocks in ([file], [file[i : i + 1] for i in range(len(file))], [file[:20], file[20:]]):
        with pytest.raises(kind, match=message) as caught:
            decoded(*blocks)
        assert type(caught.value) is kind
        assert caught.value.offset is not None
        assert caught.value.layer == "gzip data"


@differs(
    racket="passes over whatever follows the gzip data",
    here="an error that says what is there",
)
def test_a_second_member_is_called_so() -> None:
    with pytest.raises(EncodingError, match="another gzip member follows"):
        decoded(member() + member())


@pytest.mark.parametrize("case", ["no trailer", "half a trailer", "checksum", "length", "second member", "junk"])
def test_not_strict_looks_away_and_says_so(case: str) -> None:
    file = DAMAGE[case][0](member())
    data, facts = decoded(file, strict=False)
    assert data == DATA
    assert facts.trailer_missing == case.endswith("trailer")
    assert facts.trailer_wrong == (case in ("checksum", "length"))
    assert facts.bytes_behind == {"second member": len(member()), "junk": 4}.get(case, 0)


@settings(max_examples=100)
@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=5), st.sampled_from(sorted(HEADERS)))
def test_any_pieces(data: bytes, cuts: list[int], header: str) -> None:
    flags, fields = HEADERS[header]
    file = member(data, flags=flags, fields=fields)
    edges = [0, *sorted(min(cut, len(file)) for cut in cuts), len(file)]
    assert decoded(*(file[a:b] for a, b in itertools.pairwise(edges) if a < b))[0] == data


def test_endless_name_is_refused() -> None:
    with pytest.raises(LimitError, match="header is longer"):
        decoded(*itertools.repeat(b"\x1f\x8b\x08\x08" + b"n" * 4096, 100))


def test_a_bomb_comes_in_bounded_steps() -> None:
    pieces = decode_gzip([gzip.compress(bytes(1 << 26), mtime=0)], GzipFacts())
    sizes = [len(piece) for piece in pieces]
    assert sum(sizes) == 1 << 26
    assert max(sizes) <= 1 << 20


def test_a_first_piece_that_is_larger_than_any_header() -> None:
    data = random.Random(7).randbytes(400_000)
    assert b"".join(decode_gzip([gzip.compress(data)], GzipFacts())) == data
