"""The system calls of an unpack, counted, so that each can be made to fail or be the last one."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from typing import Any

WRITING = ("mkdir", "write", "close", "rename", "link", "unlink", "rmdir", "fchmod", "fchown", "symlink", "utime")
"""Calls that change something, besides ``open`` for writing."""

READING = ("stat", "fstat", "scandir", "dup")

Act = Callable[[str, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
"""Told the name of a call, the call itself and its arguments; does whatever shall happen instead."""


@contextlib.contextmanager
def wrapped(act: Act, *, reading: bool = False) -> Iterator[None]:
    """Let ``act`` stand for each call while the block runs, with those that only read if ``reading``."""
    names = ("open", *WRITING, *(READING if reading else ()))
    originals = {name: getattr(os, name) for name in names}

    def wrap(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if name == "open" and not reading and not arguments[1] & (os.O_WRONLY | os.O_RDWR):
                return original(*arguments, **options)
            return act(name, original, arguments, options)

        return call

    for name, original in originals.items():
        setattr(os, name, wrap(name, original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(os, name, original)


@contextlib.contextmanager
def closing_what_is_left() -> Iterator[None]:
    """Close what the block has opened. A signal that comes just behind an ``open`` leaves nobody with the number."""
    before = _open_ones()
    try:
        yield
    finally:
        for number in _open_ones() - before:
            os.close(number)


def _open_ones() -> set[int]:
    """The descriptors that are open, without the one that lists them."""
    listed = os.listdir("/proc/self/fd")
    return {int(number) for number in listed if os.path.lexists(f"/proc/self/fd/{number}")}


class Fault:
    """Makes call number ``nth`` fail with ``number``, or with ``lasting`` that call and all later ones."""

    def __init__(self, nth: int, number: int, *, lasting: bool = False) -> None:
        self.nth = nth
        self.number = number
        self.lasting = lasting
        self.count = 0
        self.failed: str | None = None

    def __call__(self, name: str, original: Callable[..., Any], arguments: Any, options: Any) -> Any:
        self.count += 1
        if self.count == self.nth or (self.lasting and self.count > self.nth):
            self.failed = self.failed or name
            if name == "close":
                original(*arguments)  # The descriptor is gone even when close reports an error.
            elif name == "write":
                original(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            raise OSError(self.number, os.strerror(self.number))
        return original(*arguments, **options)


class Kill:
    """Kills the process at call number ``nth``; a write is cut in half first."""

    def __init__(self, nth: int) -> None:
        self.nth = nth
        self.count = 0

    def __call__(self, name: str, original: Callable[..., Any], arguments: Any, options: Any) -> Any:
        self.count += 1
        if self.count == self.nth:
            if name == "write":
                original(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **options)


def fork(work: Callable[[], object]) -> int:
    """Run ``work`` in a child process, which ends with 0, or with 1 after an exception; its process id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Threads of a test runner do not matter to the child.
        child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def in_child(work: Callable[[], object]) -> int:
    """The same, waiting for its end: the exit code, or minus the signal that ended it."""
    _, status = os.waitpid(fork(work), 0)
    return os.waitstatus_to_exitcode(status)


FAULTS = (errno.ENOSPC, errno.EIO)
