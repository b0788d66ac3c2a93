"""One function, many archives: in this process, or in whatever runs functions."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

T = TypeVar("T")
R = TypeVar("R")

_TOGETHER: Final = 8
"""How many archives are sent to another process at a time: most are small, and each sending costs."""

_AHEAD: Final = 32
"""How many such parcels are under way: what is made of them waits in memory."""


def each(work: Callable[[T], R], items: Iterable[T], executor: Executor | None) -> Iterator[R]:
    """What ``work`` makes of each item, in their order; with an ``executor`` of many at once, never of all of them.

    It and what it returns can be sent to another process then. What has not begun is cancelled when nobody asks for
    more.
    """
    if executor is None:
        yield from map(work, items)
        return
    remaining = iter(items)
    under_way: deque[Future[list[R]]] = deque()
    try:
        while True:
            while len(under_way) < _AHEAD and (parcel := list(itertools.islice(remaining, _TOGETHER))):
                under_way.append(executor.submit(_all, work, parcel))
            if not under_way:
                return
            yield from under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


def _all(work: Callable[[T], R], items: list[T]) -> list[R]:
    return [work(item) for item in items]
