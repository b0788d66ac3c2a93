"""Unpacking ahead: while one archive is put in place, others are unpacked beside it, each in a folder of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pltpack.signals import Shield, termination_raises
from pltpack.unpacker.destination import Root
from pltpack.unpacker.folders import OPEN_DIRECTORY, close, create_missing, remove_tree
from pltpack.unpacker.lock import lock_directory
from pltpack.unpacker.staging import area_name


class Ahead:
    """The hidden folder ``.pltpack-UID-ahead`` of a destination, where unpacked archives wait for their turn.

    It is locked while it is in use; the next transaction in the destination removes one that nobody uses any more.
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
def ahead(root: str) -> Iterator[Ahead | None]:
    """Have the folder in ``root``, an absolute path, while the block runs; missing directories on the way are made.

    ``None`` where that cannot be: another process has one there, the disk has no locks, or nothing may be written.
    At the end it is removed, with the directories that were made if nothing is in them.
    """
    created: list[str] = []
    base = folder = -1
    with termination_raises():
        try:
            with Shield(), contextlib.suppress(OSError):
                create_missing(root, created)
                base = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                folder = _make(base)
            yield Ahead(root, folder, created) if folder >= 0 else None
        finally:
            with Shield():
                if folder >= 0:
                    with contextlib.suppress(OSError):
                        remove_tree(base, _name())
                close(folder)
                close(base)
                for path in reversed(created):
                    with contextlib.suppress(OSError):
                        os.rmdir(path)


def remove_abandoned(base: int) -> None:
    """Remove the folder from an open directory if it is there and nobody uses it; what resists stays for later."""
    with contextlib.suppress(OSError):
        folder = os.open(_name(), OPEN_DIRECTORY, dir_fd=base)
        try:
            if os.fstat(folder).st_uid == os.geteuid() and lock_directory(folder):
                remove_tree(base, _name())
        finally:
            close(folder)


def _make(base: int) -> int:
    """The folder, new and locked: its descriptor, or -1 if it cannot be ours alone. Raises ``OSError``."""
    remove_abandoned(base)
    os.mkdir(_name(), 0o700, dir_fd=base)
    folder = os.open(_name(), OPEN_DIRECTORY, dir_fd=base)
    locked = lock_directory(folder)
    if locked and os.path.samestat(os.fstat(folder), os.stat(_name(), dir_fd=base, follow_symlinks=False)):
        return folder
    close(folder)
    if locked is None:
        os.rmdir(_name(), dir_fd=base)
    return -1  # Somebody has it, or has just taken it for abandoned.


def _name() -> bytes:
    return area_name() + b"-ahead"
