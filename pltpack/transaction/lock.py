"""One process at a time in a destination: locks on files that nobody else can open, and who holds them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import time
from functools import cache
from typing import Any, Final, Self

from pltpack.errors import BusyError

_UNSUPPORTED: Final = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
_PAUSE: Final = 0.02
"""Seconds between two looks at a lock that is waited for."""


def lock_file(descriptor: int) -> bool | None:
    """Lock an open file or directory for this process: ``True`` if that worked, ``False`` if another process has it.

    The lock belongs to the descriptor and ends when it is closed or the process dies, however it dies, so it cannot go
    stale. ``None``: this file system has no locks (some network file systems).
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return None
        raise
    return True


class Lock:
    """A lock on ``name`` in an open directory that nobody else can write in; a file there as long as it is held."""

    def __init__(self, directory: int, name: str, where: str) -> None:
        """Take it. ``where``: what is locked, for messages. Raises ``BusyError`` and ``OSError``."""
        self._directory = directory
        self._name = name
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        while True:
            self._file = os.open(name, flags, 0o600, dir_fd=directory)
            try:
                locked = lock_file(self._file)
                if locked is False or (locked is None and self._is_used()):
                    raise busy(where, read_process(directory, name.encode()))
                if self._is_in_place():
                    return
            except BaseException:
                _close(self._file)
                raise
            _close(self._file)  # The one who had it has removed it: it is another file now.

    @classmethod
    def within(cls, seconds: float, directory: int, name: str, where: str) -> Self:
        """Take it, waiting for another process at most so long."""
        end = time.monotonic() + seconds
        while True:
            try:
                return cls(directory, name, where)
            except BusyError:
                if time.monotonic() >= end:
                    raise
            time.sleep(_PAUSE)

    def tell(self) -> None:
        """Let others know who holds it."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(this_process()).encode(), 0)

    def release(self) -> None:
        """Give it back."""
        try:
            with contextlib.suppress(OSError):
                if self._is_in_place():
                    os.unlink(self._name, dir_fd=self._directory)
        finally:
            _close(self._file)

    def _is_used(self) -> bool:
        """Without locks: whether the process that is named in it may be alive."""
        process = read_process(self._directory, self._name.encode())
        return process is not None and is_alive(process)

    def _is_in_place(self) -> bool:
        try:
            found = os.stat(self._name, dir_fd=self._directory, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(os.fstat(self._file), found)


def this_process() -> dict[str, Any]:
    """What others are told about this process; to be written where it works."""
    return {"pid": os.getpid(), "host": os.uname().nodename, "boot": _boot(), "since": round(time.time())}


@cache
def _boot() -> str | None:
    """Which start of the machine this is, where the system says so."""
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id") as file:
        return file.read(64).strip()
    return None


def is_alive(process: dict[str, Any]) -> bool:
    """Whether the process may still run: only one on this host is known not to."""
    pid = process.get("pid")
    if process.get("host") != os.uname().nodename or not isinstance(pid, int) or pid <= 0:
        return True
    if _boot() is not None and process.get("boot", _boot()) != _boot():
        return False
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
    return True


def is_mine(process: dict[str, Any]) -> bool:
    """Whether it is this very process."""
    return (process.get("pid"), process.get("host")) == (os.getpid(), os.uname().nodename)


def busy(directory: str, process: dict[str, Any] | None) -> BusyError:
    """The error that names the process at work, as far as it is known."""
    who = "another process"
    if process and isinstance(process.get("pid"), int):
        who = f"process {process['pid']}"
        if process.get("host") != os.uname().nodename:
            who += f" on {process.get('host')}"
        since = process.get("since")
        if isinstance(since, int) and 0 < since < 1 << 40:
            who += time.strftime(" (since %H:%M:%S)", time.localtime(since))
    return BusyError(f"{who} is unpacking into {directory}", hint="wait until it has finished, then try again")


def read_process(descriptor: int, path: bytes) -> dict[str, Any] | None:
    """What :func:`this_process` wrote, with anything the writer added; ``None`` if it is missing or was cut short."""
    found = read_json(descriptor, path, most=1 << 16)
    return found if isinstance(found, dict) else None


def read_json(descriptor: int, name: bytes, *, most: int | None = None) -> Any:
    """The value in a JSON file of an open directory; ``None`` if it is missing, no regular file, or no JSON.

    ``most``: also if it has more bytes.
    """
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None
        raise
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or (most is not None and status.st_size > most):
        os.close(file)
        return None
    with os.fdopen(file, "rb") as stream:
        try:
            return json.load(stream)
        except (ValueError, RecursionError):
            return None


def _close(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.close(descriptor)
