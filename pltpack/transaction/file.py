"""Output that appears whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from pltpack.signals import Shield, termination_raises

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from pltpack.transaction.state import State

_DIGITS: Final = 8
_SUFFIX: Final = ".part"
_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_OPEN_ALREADY: Final = re.compile("/dev/std(in|out|err)|/(?:dev|proc/self)/fd/([0-9]{1,9})")
"""Names of what this process has open: it goes on where it stands, and is no place where a file could appear."""


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], *, durable: bool = True) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` when the block ends well, and leaves no trace when it does not.

    The data goes to a hidden file beside ``path``, is synced to the disk, and is renamed; so ``path`` is at every
    moment the old file or the new one, whole, and SIGTERM leaves no trace either. What is no regular file, such as a
    pipe or ``/dev/stdout``, is written to as it is. A link at ``path`` is followed, its target replaced. A file that is
    there keeps its permissions; a new one gets the usual ones. What a process of this user that was killed left of the
    same output is removed. Without ``durable`` nothing is synced, for what is checked when it is read: after a power
    failure it may be damaged. Raises ``OSError``.
    """
    if (open_already := _OPEN_ALREADY.fullmatch(os.fspath(path))) is not None:
        number = {"in": 0, "out": 1, "err": 2}.get(open_already[1] or "") if open_already[1] else int(open_already[2])
        assert number is not None
        with io.BufferedWriter(_Output(os.dup(number), path)) as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if Path(path).exists() and not Path(path).is_file():
        # A pipe or a device, such as /dev/null: nothing can be renamed over it.
        with io.BufferedWriter(_Output(os.open(path, os.O_WRONLY), path)) as stream:
            yield stream
        return
    # Names are limited in bytes: 255 on most file systems.
    name = os.fsencode(target.name)[:200].decode(errors="ignore")
    _remove_abandoned(target.parent, f".{name}.")
    with termination_raises(), contextlib.ExitStack() as at_end:
        with Shield():  # one that comes between the making of the file and our knowing of it would leave it there
            temporary, descriptor = _create(target.with_name(f".{name}."), path)
            mark = _Mark(os.fstat(descriptor), temporary.name)
            at_end.callback(mark.remove)
            at_end.callback(_unlink, temporary)  # which has its place by then, if all went well
            stream = at_end.enter_context(io.BufferedWriter(_Output(descriptor, path)))
        mark.set()
        with stream:
            with contextlib.suppress(FileNotFoundError):
                os.chmod(temporary, target.stat().st_mode & 0o777)
            yield stream
            stream.flush()
            if durable:
                os.fsync(descriptor)
        os.replace(temporary, target)
    if durable:
        _sync_directory(target.parent)


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _create(prefix: Path, path: str | os.PathLike[str]) -> tuple[Path, int]:
    """A new hidden file, which is locked as long as it is open."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        temporary = prefix.with_name(f"{prefix.name}{os.urandom(_DIGITS // 2).hex()}{_SUFFIX}")
        try:
            descriptor = os.open(temporary, flags, 0o666)
        except OSError as error:
            error.filename = os.fspath(path)  # the hidden name says nothing to the user
            raise
        _lock(descriptor)
        if os.name != "posix" or os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        # Another process took it for abandoned before it was locked.
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock a file without waiting; the lock goes with the process. ``False`` where that cannot be."""
    if os.name != "posix":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_abandoned(directory: Path, prefix: str) -> None:
    """Remove the hidden files of processes that were killed: those that nobody holds locked."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            digits = name[len(prefix) : -len(_SUFFIX)]
            if name == f"{prefix}{digits}{_SUFFIX}" and len(digits) == _DIGITS and _HEXADECIMAL.issuperset(digits):
                with contextlib.suppress(OSError):
                    _remove_unlocked(directory / name)


def _remove_unlocked(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        mark = _Mark(status, path.name)
        if stat.S_ISREG(status.st_mode) and mark.is_set() and _lock(descriptor):
            if os.path.samestat(path.lstat(), status):
                path.unlink()
            mark.remove()
    finally:
        os.close(descriptor)


class _Mark:
    """Says, where nobody else can write, that a hidden file is ours: a name can be anybody's."""

    def __init__(self, status: os.stat_result, name: str) -> None:
        self._which = status.st_dev, status.st_ino
        self._name = name

    def set(self) -> None:
        """Write it down. Without a place for that nothing is: then what is left after a kill is left."""
        with contextlib.suppress(OSError), _state() as state:
            state.mark(self._which, self._name)

    def is_set(self) -> bool:
        """Whether it was written down. Raises ``OSError``."""
        with _state() as state:
            return bool(state.marked(self._which) == self._name)

    def remove(self) -> None:
        """The file has got its place, or is gone."""
        with contextlib.suppress(OSError), _state() as state:
            state.unmark(self._which)


def _state() -> AbstractContextManager[State]:
    if os.name != "posix":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    from pltpack.transaction.state import State

    return contextlib.closing(State.open())


class _Output(io.FileIO):
    """An open file whose errors name the file that it will become: a full disk is not worth much without a place."""

    def __init__(self, descriptor: int, path: str | os.PathLike[str]) -> None:
        super().__init__(descriptor, "wb")
        self._path = os.fspath(path)

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = self._path
            raise


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable, where directories can be synced."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
