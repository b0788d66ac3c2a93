"""Several archives at once: in as many processes as there are cores."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from pltpack.errors import PltError
from pltpack.many.each import each as each_in

if TYPE_CHECKING:
    from concurrent.futures import Executor

R = TypeVar("R")

_WORTH_IT: Final = 4 << 20
"""Bytes of archives that take longer to read than processes take to start."""


def in_parallel(names: Sequence[str], jobs: int | None) -> bool:
    """Whether so much is named that several processes have work.

    Standard input and pipes are only there for this one. A directory counts as large: to look into it first would cost
    what is to be saved.
    """
    if len(names) < 2 or "-" in names or (jobs or os.cpu_count() or 1) < 2:
        return False
    size = 0
    for name in names:
        with contextlib.suppress(OSError):
            status = os.stat(name)
            if stat.S_ISDIR(status.st_mode):
                size += _WORTH_IT // 2
            elif stat.S_ISREG(status.st_mode):
                size += status.st_size
            else:
                return False
    return size >= _WORTH_IT


def each(work: Callable[[str], R], names: Sequence[str], *, jobs: int | None) -> Iterator[R]:
    """What ``work`` makes of each name, in their order. It and what it returns can be sent to another process.

    What has been made and not been asked for is bounded.
    """
    if not in_parallel(names, jobs):
        yield from map(work, names)
        return
    with processes(jobs, len(names)) as executor:
        yield from each_in(work, names, executor)


@contextlib.contextmanager
def processes(jobs: int | None, tasks: int) -> Iterator[Executor]:
    """Processes that run functions, ``jobs`` of them or as many as there are cores.

    At the end what has not begun is cancelled. A signal that asks this process to end ends them, too, and raises
    ``KeyboardInterrupt`` or :class:`~pltpack.signals.Terminated`. Raises ``PltError`` if one of them dies.
    """
    from concurrent.futures import BrokenExecutor

    from .pool import Ending, Pool, kill_all

    with Ending() as ending, Pool(min(jobs or os.cpu_count() or 1, tasks)) as executor:
        ending.pool = executor
        try:
            yield executor
        except BrokenExecutor:
            kill_all()
            raise PltError("a process that was at work was killed", hint="--jobs 1 works with this one alone") from None
        finally:
            executor.shutdown(cancel_futures=True)
