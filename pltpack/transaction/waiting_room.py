"""A room in a destination where archives that are unpacked already wait for their turn to be put in place."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from pltpack.errors import BusyError
from pltpack.signals import Shield, termination_raises
from pltpack.transaction.destination import Root
from pltpack.transaction.folders import OPEN_DIRECTORY, close, create_missing, remove_tree
from pltpack.transaction.lock import await_lock, busy, is_alive, lock_directory, read_process, this_process
from pltpack.transaction.staging import OWNER, area_name
from pltpack.transaction.writing import write_whole


class WaitingRoom:
    """The hidden folder ``.pltpack-UID-waiting`` of a destination, with a numbered place for each archive.

    It is locked while it is in use, and says by whom; one that nobody uses any more the next transaction removes.
    """

    def __init__(self, path: str, folder: int, created: list[str]) -> None:
        self._path = Path(path, os.fsdecode(_name()))
        self._folder = folder
        self._created = created
        self._count = 0

    def place(self) -> Root | None:
        """A place for one more archive, if the disk has one."""
        self._count += 1
        name = str(self._count)
        try:
            os.mkdir(name, dir_fd=self._folder)
            status = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except OSError:
            return None
        return Root(self._path / name, identity=(status.st_dev, status.st_ino))

    @contextlib.contextmanager
    def opened(self, place: Root) -> Iterator[int]:
        """The descriptor of a place; at the end it is removed with what is left in it. Raises ``OSError``."""
        name = os.fsencode(place.path.name)
        descriptor = os.open(name, OPEN_DIRECTORY, dir_fd=self._folder)
        try:
            yield descriptor
        finally:
            close(descriptor)
            remove_tree(self._folder, name)

    def keep_root(self) -> None:
        """Something was unpacked: the directories that were made on the way stay, even if nothing is in them."""
        self._created.clear()


@contextlib.contextmanager
def waiting_room(root: str) -> Iterator[WaitingRoom | None]:
    """Have a room in ``root``, an absolute path, while the block runs; missing directories on the way are made.

    ``None`` where that cannot be: another process is at work there, the disk has no locks, or nothing may be written.
    At the end it is removed, with the directories that were made if nothing is in them.
    """
    created: list[str] = []
    base = folder = -1
    with termination_raises():
        try:
            with Shield(), contextlib.suppress(OSError, BusyError):
                create_missing(root, created)
                base = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                folder = _make(base, root)
            if folder < 0:
                _remove_empty(created)
            yield WaitingRoom(root, folder, created) if folder >= 0 else None
        finally:
            try:
                with contextlib.suppress(OSError):
                    _await_helpers(folder)
            finally:
                with Shield():
                    with contextlib.suppress(OSError):
                        if folder >= 0 and _is_in(base, folder):
                            remove_tree(base, _name())
                    close(folder)
                    close(base)
                    _remove_empty(created)


def remove_abandoned(base: int, path: str) -> None:
    """Remove the room from the open directory ``base`` if nobody uses it; what resists stays for later.

    Raises ``BusyError`` if another process uses it; ``path`` names the directory in it.
    """
    with contextlib.suppress(OSError):
        folder = os.open(_name(), OPEN_DIRECTORY, dir_fd=base)
        try:
            if os.fstat(folder).st_uid != os.geteuid():
                return
            if lock_directory(folder) is False:
                _refuse_others(folder, path)
            elif _is_in(base, folder):
                remove_tree(base, _name())
        finally:
            close(folder)


def _refuse_others(folder: int, path: str) -> None:
    """Raise ``BusyError`` unless the room is this very process's, or its owner is dead and its helpers will soon be."""
    owner = read_process(folder, OWNER)
    if owner is None:
        raise busy(path, None)
    mine = this_process()
    if (owner.get("pid"), owner.get("host")) != (mine["pid"], mine["host"]) and is_alive(owner):
        raise busy(path, owner)


def _make(base: int, path: str) -> int:
    """The room, new and locked: its descriptor, or -1 if it cannot be ours alone. Raises ``OSError``, ``BusyError``."""
    remove_abandoned(base, path)
    os.mkdir(_name(), 0o700, dir_fd=base)
    folder = os.open(_name(), OPEN_DIRECTORY, dir_fd=base)
    try:
        locked = lock_directory(folder)
        if locked and _is_in(base, folder):
            write_whole(folder, OWNER, json.dumps(this_process()).encode())
            return folder
        if locked is None:
            os.rmdir(_name(), dir_fd=base)
    except BaseException:
        close(folder)
        raise
    close(folder)
    return -1  # Somebody has it, or has just taken it for abandoned.


def _await_helpers(folder: int) -> None:
    """Wait until nobody is at work in any place: a helper that was told to end may still take back what it began."""
    if folder < 0:
        return
    with os.scandir(folder) as found:
        places = [os.fsencode(entry.name) for entry in found if entry.is_dir(follow_symlinks=False)]
    for name in places:
        place = os.open(name, OPEN_DIRECTORY, dir_fd=folder)
        try:
            await_lock(place)
        finally:
            close(place)


def _is_in(base: int, folder: int) -> bool:
    """Whether the open ``folder`` is what stands at the name. Raises ``OSError``."""
    return os.path.samestat(os.fstat(folder), os.stat(_name(), dir_fd=base, follow_symlinks=False))


def _remove_empty(created: list[str]) -> None:
    for path in reversed(created):
        with contextlib.suppress(OSError):
            os.rmdir(path)


def _name() -> bytes:
    return area_name() + b"-waiting"
