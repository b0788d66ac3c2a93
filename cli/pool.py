"""Processes that work for the command that started them, and end with it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import active_children, get_all_start_methods, get_context, parent_process
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, Final, ParamSpec, Self, TypeVar

from pltpack.signals import Terminated

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE: Final = 1.0
"""Seconds that a process has to take back what it is at."""

_ENDING: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_ASKING: Final = (signal.SIGINT, *_ENDING)


class Pool(ProcessPoolExecutor):
    """An executor whose processes stop when they are told to, and end with the first one, however it ends."""

    def __init__(self, most: int) -> None:
        # Nothing runs here yet that a fork could tear apart, and the modules are there already.
        super().__init__(most, get_context("fork" if "fork" in get_all_start_methods() else None), _begin)

        self._workers: list[BaseProcess] = []
        self._over = threading.Event()
        self._watcher: threading.Thread | None = None

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a function called in one of the processes. They are started with the first one, all signals waiting."""
        with _signals_waiting():
            future = super().submit(_work, fn, *args, **kwargs)
            self._workers = active_children()
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._kill_the_slow, daemon=True)
                self._watcher.start()
        return future

    def end(self) -> None:
        """Tell the processes to take back what they are at and to begin nothing more; kill those that take long."""
        self._over.set()
        for worker in self._workers:
            with contextlib.suppress(OSError):
                worker.terminate()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Have the processes end when their work is done, and with them the thread that watches them."""
        super().shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            self._workers = []
            self._over.set()

    def _kill_the_slow(self) -> None:
        self._over.wait()
        until = time.monotonic() + PATIENCE
        for worker in self._workers:
            worker.join(max(0.0, until - time.monotonic()))
            if worker.is_alive():
                worker.kill()


class Ending:
    """Ends a pool when this process is asked to end, however often it is asked; the first time raises.

    In a ``with`` block around that of the pool. Behind it the signals are as they were, or ignored if one came: the
    process is at its end then, and says so once.
    """

    def __init__(self) -> None:
        self.pool: Pool | None = None
        self._told = False
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _ASKING:
                # None: the handler was not installed from Python, so it could not be put back.
                if (handler := signal.getsignal(number)) not in (None, signal.SIG_IGN):
                    self._handlers[number] = handler
                    signal.signal(number, self._tell)
        return self

    def _tell(self, number: int, _frame: FrameType | None) -> None:
        if self._told:
            return
        self._told = True
        if self.pool is not None:
            self.pool.end()
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, signal.SIG_IGN if self._told else handler)


@contextlib.contextmanager
def _signals_waiting() -> Iterator[None]:
    """Have signals wait until the block is over. What is started in it begins with them waiting, too."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
    for number in _ENDING:
        signal.signal(number, _stop)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKING)
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
