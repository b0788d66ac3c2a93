"""The lock that Racket's package manager takes on a scope: we and a running ``raco pkg`` exclude each other.

It is ``flock`` on a file among the packages, which stays. Racket tries for 0.31 seconds and gives up, so it is held
only while files are moved; here one waits. Reading takes no lock: tables are replaced by renaming, never rewritten.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from pltpack.errors import BusyError

LOCK: Final = "_LOCKpkgs.rktd" if os.name == "nt" else ".LOCKpkgs.rktd"

DEFAULT_TIMEOUT: Final = 60.0
"""Seconds; a large update of another process takes about that long."""

_PAUSE: Final = 0.02

T = TypeVar("T")


def patiently(
    work: Callable[[], T],
    *,
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """Do something again and again, for ``timeout`` seconds at most, while another process of ours is at work there.

    ``work`` raises :class:`~pltpack.errors.BusyError` then, and has done nothing.
    """
    end = clock() + timeout
    while True:
        try:
            return work()
        except BusyError:
            if clock() >= end:
                raise
        pause(_PAUSE)


class ScopeLock:
    """Racket's lock on a directory of packages, as a context manager.

    ``timeout`` says how many seconds to wait for another process (0: not at all), ``waiting`` is called once, with the
    file, before that begins. The directory is made if it is missing. Raises :class:`~pltpack.errors.BusyError` and
    ``OSError``.
    """

    def __init__(
        self,
        packages: Path,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        waiting: Callable[[Path], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.file = packages / LOCK
        self._timeout = timeout
        self._waiting = waiting
        self._clock = clock
        self._pause = pause
        self._descriptor = -1

    def __enter__(self) -> Self:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            self._take(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def _take(self, descriptor: int) -> None:
        end = self._clock() + self._timeout
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if self._clock() >= end:
                    raise BusyError(
                        "could not acquire package lock",
                        file=str(self.file),
                        hint="another package manager is at work there; --lock-timeout says how long to wait",
                    ) from None
                if not told and self._waiting is not None:
                    self._waiting(self.file)
                told = True
                self._pause(_PAUSE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # it is given up even then, and nothing that was done depends on it
            os.close(self._descriptor)
        self._descriptor = -1
