"""One function for many, in bounded numbers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pltpack.many.each import each


def test_in_their_order() -> None:
    with ThreadPoolExecutor(4) as executor:
        assert list(each(lambda number: number * 2, range(1000), executor)) == [number * 2 for number in range(1000)]
    assert list(each(str, [1, 2], None)) == ["1", "2"]
    with ThreadPoolExecutor(1) as executor:
        assert list(each(str, [], executor)) == []


def test_not_all_of_them_are_taken_at_once() -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(100_000):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(2) as executor:
        made = each(lambda number: number, numbers(), executor)
        assert next(made) == 0
        assert len(taken) < 1000
        made.close()  # type: ignore[attr-defined]  # a generator
    assert len(taken) < 1000


def test_what_is_raised_comes_out() -> None:
    stop = threading.Event()

    def work(number: int) -> int:
        stop.set()
        return 1 // (5 - number)

    with ThreadPoolExecutor(2) as executor, pytest.raises(ZeroDivisionError):
        list(each(work, range(1000), executor))
    assert stop.is_set()
