"""Decoding in a second thread: the same chunks, the same errors, and no thread that stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pltpack.codec.read_ahead import read_ahead


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "read-ahead"]


def counted(made: list[int], count: int, error: Exception | None = None) -> Iterator[bytes]:
    for number in range(1, count + 1):
        made.append(number)
        yield b"%d" % number
    if error is not None:
        raise error


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 100])
def test_the_chunks_come_in_order(count: int) -> None:
    assert list(read_ahead(counted([], count))) == [b"%d" % number for number in range(1, count + 1)]
    assert not threads()


def test_little_to_read_starts_no_thread() -> None:
    for _ in read_ahead(counted([], 2)):
        assert not threads()


def test_much_to_read_starts_one() -> None:
    chunks = read_ahead(counted([], 100))
    assert [len(threads()) for _, _ in zip(range(9), chunks, strict=False)] == [0, 0] + [1] * 7
    chunks.close()


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_an_error_comes_behind_the_chunks_before_it(count: int) -> None:
    chunks = read_ahead(counted([], count, OSError("gone")))
    assert [next(chunks) for _ in range(count)][-1] == b"%d" % count
    with pytest.raises(OSError, match="gone"):
        next(chunks)
    assert not threads()


def test_giving_up_ends_the_thread() -> None:
    made: list[int] = []
    chunks = read_ahead(counted(made, 1_000_000))
    assert [next(chunks) for _ in range(10)][-1] == b"10"
    chunks.close()
    assert not threads()
    assert len(made) < 20
