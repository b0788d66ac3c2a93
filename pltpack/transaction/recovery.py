"""Cleaning up after an unpack that was killed: what it had moved goes back, what it had staged goes away."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from typing import Any

from pltpack.errors import BlockedError
from pltpack.transaction.folders import OPEN_DIRECTORY, close
from pltpack.transaction.journal import JOURNAL, Journal
from pltpack.transaction.lock import busy, is_alive, lock_directory, read_process
from pltpack.transaction.staging import AREA_PREFIX, OWNER, area_name, remove_area
from pltpack.transaction.undo import Reached, undo
from pltpack.transaction.waiting_room import remove_abandoned

Identity = tuple[int, int]
"""Device and inode of a directory."""


def open_base(path: str, held: set[Identity], identity: Identity | None = None) -> int:
    """Open the directory ``path``, lock it for this process and clean up what an earlier one left in it.

    ``held``: the directories that this process has locked; the new one joins them. ``identity``: what it must be.
    Raises ``BusyError``, ``BlockedError`` and ``OSError``.
    """
    base = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if identity is not None and identity != _identity(base):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), path)
        take_base(base, path, held)
    except BaseException:
        close(base)
        raise
    return base


def take_base(base: int, path: str, held: set[Identity]) -> None:
    """The same for a directory that is open already."""
    locked = lock_directory(base)
    if locked is False:
        raise busy(path, _who_works_in(base))
    if locked is None and (process := _who_works_in(base)) is not None and is_alive(process):
        raise busy(path, process)
    held.add(_identity(base))
    clean_up(base, path, held)
    remove_abandoned(base, path)


def clean_up(base: int, path: str, held: set[Identity], *, is_first: bool = False) -> None:
    """Take back and remove what a dead process left in the locked directory ``base``, if it left anything.

    ``is_first``: here lies the first area of its transaction, the one that may have a journal. Raises ``OSError`` if
    the clean-up does not succeed; then all is kept for another try.
    """
    area = _open_area(base, path)
    if area is None:
        return
    try:
        owner = read_process(area, OWNER) or {}
        first = owner.get("first")
        if isinstance(first, str) and not is_first:
            with _other_area(first, owner, held) as found:
                if found is not None:
                    clean_up(found.base, first, held, is_first=True)
        _undo(base, area, held)
        for other in _strings(owner.get("areas"))[1:]:
            with _other_area(other, owner, held, or_nobodys=True) as found:
                if found is not None:
                    remove_area(found.base)
    finally:
        close(area)
    remove_area(base)


def _undo(base: int, area: int, held: set[Identity]) -> None:
    journal = Journal.read(area)
    if journal is None:
        return
    moment = os.stat(JOURNAL, dir_fd=area, follow_symlinks=False).st_ctime_ns
    with contextlib.ExitStack() as stack:
        owner = {"transaction": journal.transaction}
        others = [stack.enter_context(_other_area(path, owner, held)) for path in journal.areas[1:]]
        undo(journal, [Reached(base, area), *others], moment)
        os.unlink(JOURNAL, dir_fd=area)


@contextlib.contextmanager
def _other_area(
    path: str, owner: dict[str, Any], held: set[Identity], *, or_nobodys: bool = False
) -> Iterator[Reached | None]:
    """Base and area of the same transaction in another directory, locked; ``None`` if it is not there any more.

    ``or_nobodys``: also an area without an owner file, which was about to be made or removed when its process died.
    """
    with contextlib.ExitStack() as stack:
        try:
            base = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a forgery, no path at all
            yield None
            return
        stack.callback(close, base)
        area = _open_area(base, path)
        if area is None:
            yield None
            return
        stack.callback(close, area)
        other = read_process(area, OWNER)
        ours = other is not None and "transaction" in other and other["transaction"] == owner.get("transaction")
        if not ours and (other is not None or not or_nobodys):
            yield None
            return
        if _identity(base) not in held and lock_directory(base) is False:
            if ours:
                raise busy(path, _who_works_in(base))
            yield None
            return
        yield Reached(base, area)


def _open_area(base: int, path: str) -> int | None:
    """The area of this user in an open directory; it must be a directory, and his."""
    name = area_name()
    try:
        area = os.open(name, OPEN_DIRECTORY, dir_fd=base)
    except FileNotFoundError:
        return None
    except OSError:
        area = -1
    if area < 0 or os.fstat(area).st_uid != os.geteuid():
        close(area)
        raise BlockedError(
            f"{path}/{name.decode()} is in the way: the name is kept for unpacking, and it is not a folder of yours",
            hint="remove it or unpack elsewhere",
        )
    return area


def _who_works_in(base: int) -> dict[str, Any] | None:
    """What the owner of any area in a directory says about himself."""
    with contextlib.suppress(OSError):
        with os.scandir(base) as found:
            names = [os.fsencode(entry.name) for entry in found if entry.name.startswith(AREA_PREFIX)]
        for name in names:
            with contextlib.suppress(OSError):
                area = os.open(name, OPEN_DIRECTORY, dir_fd=base)
                try:
                    if (process := read_process(area, OWNER)) is not None:
                        return process
                finally:
                    close(area)
    return None


def _identity(descriptor: int) -> Identity:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _strings(value: object) -> Sequence[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
