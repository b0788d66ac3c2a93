"""Processes that work for the command that started them, and end with it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_all_start_methods, get_context, parent_process
from typing import ParamSpec, TypeVar

from pltpack.signals import Terminated

P = ParamSpec("P")
R = TypeVar("R")


class Pool(ProcessPoolExecutor):
    """An executor whose processes end when they are told to and when the first one dies, at work or not."""

    def __init__(self, most: int) -> None:
        # Nothing runs here yet that a fork could tear apart, and the modules are there already.
        super().__init__(most, get_context("fork" if "fork" in get_all_start_methods() else None), _begin)

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a function called in one of the processes."""
        return super().submit(_work, fn, *args, **kwargs)


def _begin() -> None:
    """What a process does first."""
    # Ctrl-C is for the first process: it lets the others finish what they are at.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Nobody would take the work of an orphan: it ends, as if it had been killed with the first process."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _work(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return function(*args, **kwargs)
    except Terminated as end:
        # What was begun is taken back. As an exception it would only be the result, and the process go on.
        os._exit(128 + end.signal)
