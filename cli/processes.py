"""Several archives at once: in as many processes as there are cores."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

R = TypeVar("R")

_WORTH_IT: Final = 4 << 20
"""Bytes of archives that take longer to read than processes take to start."""


def in_parallel(names: Sequence[str], jobs: int | None) -> bool:
    """Whether so much is named that several processes have work; standard input is only there for this one."""
    if len(names) < 2 or "-" in names or (jobs or os.cpu_count() or 1) < 2:
        return False
    size = 0
    for name in names:
        with contextlib.suppress(OSError):
            size += os.path.getsize(name)
    return size >= _WORTH_IT


def each(work: Callable[[str], R], names: Sequence[str], *, jobs: int | None) -> Iterator[R]:
    """What ``work`` makes of each name, in their order. It and what it returns can be sent to another process."""
    if not in_parallel(names, jobs):
        yield from map(work, names)
        return
    import signal
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_all_start_methods, get_context

    # Nothing runs here yet that a fork could tear apart, and the modules are there already.
    context = get_context("fork" if "fork" in get_all_start_methods() else None)
    most = min(jobs or os.cpu_count() or 1, len(names))
    # Ctrl-C is for this process: it lets the others finish what they are at.
    with ProcessPoolExecutor(most, context, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as executor:
        try:
            yield from executor.map(work, names)
        finally:
            executor.shutdown(cancel_futures=True)
