"""Processes that work for the command that started them, and end with it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import active_children, get_all_start_methods, get_context, parent_process
from types import FrameType
from typing import ParamSpec, TypeVar

from pltpack.signals import Terminated

P = ParamSpec("P")
R = TypeVar("R")


class Pool(ProcessPoolExecutor):
    """An executor whose processes stop when they are told to, and end with the first one, however it ends."""

    def __init__(self, most: int) -> None:
        # Nothing runs here yet that a fork could tear apart, and the modules are there already.
        super().__init__(most, get_context("fork" if "fork" in get_all_start_methods() else None), _begin)

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a function called in one of the processes."""
        return super().submit(_work, fn, *args, **kwargs)


def kill_all() -> None:
    """Kill the processes of all pools: those that are left when one of them is gone would be waited for in vain."""
    for process in active_children():
        process.kill()


class _State:
    """Of a process of a pool: whether it is at work, and the signal that told it to end."""

    working = False
    told = 0


def _begin() -> None:
    """What a process does first."""
    # Ctrl-C is for the first process: it lets the others finish what they are at.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _stop(number: int, _frame: FrameType | None) -> None:
    """Take back what was begun, and begin nothing more. To end is for the first process to say, or to do itself."""
    _State.told = number
    if _State.working:
        raise Terminated(number)


def _end_with_parent() -> None:
    """Nobody would take the work of an orphan: it ends, as if it had been killed with the first process."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _work(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    _State.working = True
    try:
        if _State.told:
            raise Terminated(_State.told)
        return function(*args, **kwargs)
    finally:
        _State.working = False
