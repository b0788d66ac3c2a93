"""Archives that are small and become large, deep or many; sizes that lie."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, LimitError, PltError, TruncatedError
from pltpack.unpacker.unpack import extract
from tests.attacks.conftest import Arena
from tests.trees import HEADER, archive, encoded, file, folder

MIB = 1 << 20

BOMBS: dict[str, tuple[bytes, Limits, str]] = {
    "one large file": (archive(file("x", data=bytes(2 * MIB))), Limits(file_bytes=MIB), "--max-file-bytes"),
    "many files": (
        archive(*(file("d", str(number), data=bytes(1 << 10)) for number in range(2_000))),
        Limits(total_bytes=MIB),
        "--max-total-bytes",
    ),
    "zeros": (archive(file("x", data=bytes(8 * MIB))), Limits(ratio=100, ratio_from=MIB), "--max-ratio"),
    "empty members": (archive(*[file(b"same", "x", replace=True)] * 101), Limits(entries=100), "--max-entries"),
    "directories": (archive(*(folder(str(number)) for number in range(101))), Limits(entries=100), "--max-entries"),
    "one directory again and again": (archive(*[folder("old")] * 101), Limits(entries=100), "--max-entries"),
    "deep header": (encoded(b"PLT\n" + b"(" * 2_000 + b")" * 2_000 + b"()"), Limits(depth=1_000), "--max-depth"),
    "deep quotes": (encoded(b"PLT\n" + b"'" * 2_000 + b"x ()"), Limits(depth=1_000), "--max-depth"),
    "deep path": (
        encoded(HEADER + b"dir\n" + b"(" * 2_000 + b")" * 2_000),
        Limits(depth=1_000),
        "nested deeper than 1000",
    ),
    "long header": (
        encoded(b"PLT\n(" + b"x " * MIB + b") ()"),
        Limits(header_bytes=MIB),
        "--max-header-bytes",
    ),
    "long string": (encoded(b'PLT\n"' + b"x" * (2 * MIB) + b'" ()'), Limits(header_bytes=MIB), "--max-header-bytes"),
    "long symbol": (encoded(b"PLT\n" + b"x" * (2 * MIB) + b" ()"), Limits(header_bytes=MIB), "--max-header-bytes"),
    "long comment": (
        encoded(b"PLT\n;" + b"x" * (2 * MIB) + b"\n() ()"),
        Limits(header_bytes=MIB),
        "--max-header-bytes",
    ),
    "long tag": (encoded(HEADER + b"x" * (2 * MIB)), Limits(), "longer than 65536 bytes"),
    "long size": (encoded(HEADER + b'file\n("x")\n' + b"9" * (2 * MIB) + b"\n*"), Limits(), "longer than 65536 bytes"),
    "long path": (archive(folder(*["d" * 200] * 30)), Limits(), "--max-path-bytes"),
    "deep path list": (archive(folder(*["d"] * 300)), Limits(), "--max-path-depth"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb(arena: Arena, name: str) -> None:
    """Each kind is stopped by a limit of its own, and the message names it or the option that raises it."""
    data, limits, says = BOMBS[name]
    assert says in arena.refuses(data, LimitError, limits=limits)


WITHIN = ["one large file", "many files", "zeros", "empty members", "directories", "one directory again and again"]


@pytest.mark.parametrize("name", WITHIN)
def test_the_same_within_the_limits(arena: Arena, name: str) -> None:
    arena.harmless(BOMBS[name][0], force=True)


def test_zeros_of_a_small_archive_are_no_crime(arena: Arena) -> None:
    """A ratio of 1000 is what gzip makes of zeros; only from some size on is it suspicious."""
    data = archive(file("x", data=bytes(5 * MIB)))
    assert len(data) < 10_000
    arena.harmless(data)


def test_a_bomb_of_gzip_behind_a_lying_size(arena: Arena) -> None:
    data = encoded(HEADER + file("x", data=bytes(MIB), size=10))
    arena.refuses(data, PltError)


def test_an_archive_in_an_archive_is_a_file(arena: Arena) -> None:
    inner = archive(file("..", "canary", data=b"evil"))
    _, new = arena.harmless([file("inner.plt", data=inner)])
    assert new == {"inner.plt": inner}


def test_a_bomb_is_never_in_memory_as_a_whole(arena: Arena) -> None:
    """64 MiB of zeros pass through with a fraction of that in memory."""
    data = archive(file("x", data=bytes(64 * MIB)))
    tracemalloc.start()
    try:
        arena_extract(arena, data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MIB
    arena.record("accepted")


def test_many_entries_take_no_memory_each(arena: Arena) -> None:
    """Unless their list is wanted, which takes more than a hundred bytes for each."""
    data = archive(*(file("d", f"{each}", data=b"") for each in range(5_000)))
    peaks = []
    for keep in (True, False):
        tracemalloc.start()
        try:
            extract(io.BytesIO(data), arena.target / str(keep), keep_entries=keep)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[0] - peaks[1] > 100 * 5_000
    assert peaks[1] < 100 * 5_000
    arena.record("accepted")


def arena_extract(arena: Arena, data: bytes) -> None:
    extract(io.BytesIO(data), arena.target / "bomb", limits=Limits(ratio=2000))


# Sizes that are none


@pytest.mark.parametrize(
    "size",
    [
        "-1",
        "-0.0",
        "1.0",
        "3.",
        "1e3",
        "1/2",
        "7/2",
        "+inf.0",
        "+nan.0",
        "3+1i",
        "abc",
        '"3"',
        "#t",
        "()",
        "",
        "3x",
        "#b2",
        "3 3",
    ],
)
def test_no_size(arena: Arena, size: str) -> None:
    arena.refuses([file("x", data=b"abc", size=size)], FormatError)


@pytest.mark.parametrize(
    "size",
    [4, 2**31 - 1, 2**31, 2**32, 2**32 + 3, 2**63, 2**64 + 3, 10**18, 10**21, 10**300],
    ids=lambda size: f"{size:.3g}",
)
def test_size_larger_than_the_data(arena: Arena, size: int) -> None:
    """Nothing of that size is allocated, and what is there is not kept."""
    arena.refuses([file("x", data=b"abc", size=size)], LimitError if size > Limits().file_bytes else TruncatedError)


@pytest.mark.parametrize("size", [0, 1, 2])
def test_size_smaller_than_the_data(arena: Arena, size: int) -> None:
    arena.refuses([file("x", data=b"abc", size=size)], FormatError)


@pytest.mark.parametrize("size", ["3", "+3", "003", "#x3", "#b11", "#e3.0", "6/2", "3+0i", " 3", "\n3 ", "#;x 3"])
def test_sizes_that_racket_takes(arena: Arena, size: str) -> None:
    _, new = arena.harmless([file("x", data=b"abc", size=size)])
    assert new == {"x": b"abc"}


# Time


def calls(work: Any) -> int:
    """How many calls of Python functions and of built-in ones the work takes: a measure that no clock disturbs."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def growing(kind: str, number: int) -> bytes:
    if kind == "entries":
        return archive(*(file("d", f"{index}", data=b"x") for index in range(number)))
    if kind == "one file":
        return archive(file("x", data=bytes(number << 10)))
    if kind == "header":
        return encoded(HEADER.replace(b"(quote ())", b"(quote (" + b'("c") ' * number + b"))"))
    if kind == "odd spelling":
        return archive(*(b"#| c |# " + file("d", f"{index}", data=b"x") for index in range(number)))
    if kind == "offenders":
        return archive(*(file("..", f"{index}") for index in range(number)))
    if kind == "twice":
        return archive(*(file("d", f"{index // 2}") for index in range(number)))
    text = base64.b64encode(gzip.compress(HEADER + file("x", data=bytes(64))))
    assert kind == "foreign bytes"
    return text[:9] + b"\n!" * (number * 100) + text[9:]


@pytest.mark.parametrize(
    "kind", ["entries", "one file", "header", "odd spelling", "offenders", "twice", "foreign bytes"]
)
def test_twice_as_much_takes_twice_as_many_calls(tmp_path: Path, kind: str) -> None:
    def work(number: int, target: Path) -> int:
        data = growing(kind, number)

        def unpack() -> None:
            with contextlib.suppress(PltError):
                extract(io.BytesIO(data), target)

        return calls(unpack)

    work(10, tmp_path / "warm")
    once, double = work(400, tmp_path / "once"), work(800, tmp_path / "double")
    assert double < 2.3 * once + 200


def test_pieces_of_any_size_give_the_same(arena: Arena) -> None:
    class OneByte:
        """A stream that gives a byte at a time."""

        def __init__(self, data: bytes) -> None:
            self.pieces: Iterator[int] = iter(data)

        def read(self, _size: int = -1) -> bytes:
            return bytes([piece for piece in [next(self.pieces, None)] if piece is not None])

    stream: Any = OneByte(archive(file("x", data=b"abc" * 99), folder("d")))
    extract(stream, arena.target / "one")
    assert (arena.target / "one/x").read_bytes() == b"abc" * 99
