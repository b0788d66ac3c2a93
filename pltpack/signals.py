"""Signals during a transaction: what asks the process to end becomes an exception, and never at a bad moment."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

_ENDING: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_ASKING: Final = (signal.SIGINT, *_ENDING)


class Terminated(SystemExit):
    """The process was asked to end by ``signal``; unless caught it ends with 128 plus its number, as shells count."""

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signal = signum

    def __reduce__(self) -> tuple[type[Terminated], tuple[int]]:
        return Terminated, (self.signal,)


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """Make SIGTERM and SIGHUP raise :class:`Terminated` inside the block, so that what was begun is undone.

    Only in the main thread, and only where the program has no handler of its own; afterwards all is as before, unless
    the program has set one meanwhile.
    """
    taken = []
    if _can_handle():
        taken = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
        for number in taken:
            signal.signal(number, _terminate)
    try:
        yield
    finally:
        for number in taken:
            if _can_handle() and signal.getsignal(number) is _terminate:
                signal.signal(number, signal.SIG_DFL)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


class Shield:
    """Holds back Ctrl-C and its like inside a ``with`` block; only :meth:`check` lets them through.

    What is still held back at the end is delivered then. Does nothing outside the main thread, where Python
    delivers no signals.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._waiting: list[int] = []

    def __enter__(self) -> Shield:
        if _can_handle():
            for number in _ASKING:
                # None: the handler was not installed from Python, so it could not be put back.
                if (handler := signal.getsignal(number)) is not None:
                    self._handlers[number] = handler
                    signal.signal(number, self._hold)
        return self

    def _hold(self, number: int, _frame: FrameType | None) -> None:
        self._waiting.append(number)

    def check(self) -> None:
        """Let a waiting signal act now, if its handler is a Python one: usually that raises an exception."""
        for number in self._waiting[:]:
            if callable(handler := self._handlers[number]):
                self._waiting.remove(number)
                handler(number, None)

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        for number in self._waiting:
            signal.raise_signal(number)


def _can_handle() -> bool:
    return threading.current_thread() is threading.main_thread()
