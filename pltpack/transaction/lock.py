"""One process at a time in a destination."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import time
from typing import Any, Final

from pltpack.errors import BusyError

_UNSUPPORTED: Final = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


def lock_directory(descriptor: int) -> bool | None:
    """Lock an open directory for this process: ``True`` if that worked, ``False`` if another process has it.

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


def await_lock(descriptor: int) -> None:
    """Lock an open directory for this process, however long another one has it. Raises ``OSError``."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def this_process() -> dict[str, Any]:
    """What others are told about this process; to be written where it works."""
    return {"pid": os.getpid(), "host": os.uname().nodename, "since": round(time.time())}


def is_alive(process: dict[str, Any]) -> bool:
    """Whether the process may still run: only one on this host is known not to."""
    pid = process.get("pid")
    if process.get("host") != os.uname().nodename or not isinstance(pid, int) or pid <= 0:
        return True
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
    return True


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
    found = read_json(descriptor, path)
    return found if isinstance(found, dict) else None


def read_json(descriptor: int, name: bytes) -> Any:
    """The value in a JSON file of an open directory; ``None`` if it is missing, no regular file, or no JSON."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        return None
    with os.fdopen(file, "rb") as stream:
        try:
            return json.load(stream)
        except (ValueError, RecursionError):
            return None
