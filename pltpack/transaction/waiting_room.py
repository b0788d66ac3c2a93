"""A room in a destination where archives that are unpacked already wait for their turn to be put in place."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pltpack.errors import BusyError
from pltpack.signals import Shield, termination_raises
from pltpack.transaction.destination import Root
from pltpack.transaction.folders import OPEN_DIRECTORY, close, create_missing, refuse_append_only
from pltpack.transaction.lock import this_process
from pltpack.transaction.recovery import clean_up
from pltpack.transaction.removal import remove_tree
from pltpack.transaction.staging import area_name, make_hidden, remove_hidden
from pltpack.transaction.state import Claim, Site, State

_PATIENCE: Final = 60.0
"""Seconds that helpers have to take back what they began."""


class WaitingRoom:
    """The hidden folder ``.pltpack-UID-waiting`` of a destination, with a numbered place for each archive.

    It is locked while it is in use, and claimed as areas are; one that nobody uses any more the next transaction
    removes.
    """

    def __init__(self, base: int, path: str, state: State, created: list[str]) -> None:
        """Make it in the open directory ``base``. Raises ``OSError``, and ``BusyError`` if another process has one."""
        self._base = base
        self._state = state
        self._created = created
        self._number = os.urandom(8).hex()
        self._count = 0
        refuse_append_only(base)
        clean_up(base, path, state, {}, rooms=True)
        self._site, self._folder = make_hidden(base, path, f"{area_name().decode()}-waiting", state, self._claim)
        self._path = Path(path, self._site.name)

    def _claim(self, site: Site) -> None:
        self._state.claim(Claim(self._number, {**this_process(), "room": True}, (site,)))

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

    def await_helpers(self) -> None:
        """Wait until nobody is at work in any place: a helper that was told to end may still take back what it began.

        Raises ``BusyError`` if one does not come to an end, and ``OSError``.
        """
        with os.scandir(self._folder) as found:
            places = [(entry.inode(), entry.name) for entry in found if entry.is_dir(follow_symlinks=False)]
        for inode, name in places:
            place = str(self._path / name)
            self._state.lock((self._site.base[0], inode), place, seconds=_PATIENCE).release()

    def remove(self) -> None:
        """Remove it with all that is in it. Raises ``OSError``."""
        remove_hidden(self._base, self._site.name.encode(), self._folder)
        self._state.forget(self._number)
        self._state.forget_below([self._site])

    def close(self) -> None:
        """Let go of it."""
        close(self._folder)


@contextlib.contextmanager
def waiting_room(root: str) -> Iterator[WaitingRoom | None]:
    """Have a room in ``root``, an absolute path, while the block runs; missing directories on the way are made.

    ``None`` where that cannot be: another process is at work there, or nothing may be written. At the end it is
    removed, with the directories that were made if nothing is in them.
    """
    created: list[str] = []
    room: WaitingRoom | None = None
    with termination_raises(), contextlib.ExitStack() as held:
        try:
            with Shield(), contextlib.suppress(OSError, BusyError):
                create_missing(root, created)
                base = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                held.callback(close, base)
                state = State.open()
                held.callback(state.close)
                room = WaitingRoom(base, root, state, created)
                held.callback(room.close)
            if room is None:
                _remove_empty(created)
            yield room
        finally:
            is_left = False
            try:
                with contextlib.suppress(OSError):
                    if room is not None:
                        room.await_helpers()
            except BusyError:
                is_left = True  # The next transaction removes it.
            finally:
                with Shield():
                    with contextlib.suppress(OSError):
                        if room is not None and not is_left:
                            room.remove()
                    _remove_empty(created)


def _remove_empty(created: list[str]) -> None:
    for path in reversed(created):
        with contextlib.suppress(OSError):
            os.rmdir(path)
