"""Cleaning up after an unpack that was killed: what it had moved goes back, what it had staged goes away."""

from __future__ import annotations

import contextlib
import errno
import os
import time
import warnings
from collections.abc import Mapping
from typing import Final

from pltpack.errors import BusyError, LeftoverWarning
from pltpack.transaction.folders import OPEN_DIRECTORY, close
from pltpack.transaction.journal import Journal
from pltpack.transaction.lock import Lock, busy, is_alive, is_mine, lock_file
from pltpack.transaction.staging import remove_hidden
from pltpack.transaction.state import Claim, Identity, Site, State, identity
from pltpack.transaction.undo import Reached, undo

_LONG: Final = 30 * 24 * 3600
"""Seconds after which nobody will come back to a directory that has been moved elsewhere."""

_GONE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def open_base(
    path: str, state: State, held: dict[Identity, Lock], which: Identity | None = None, *, shared: bool = False
) -> int:
    """Open the directory ``path``, lock it for this process and clean up what an earlier one left in it.

    ``held``: the locks on directories that this process has; the new one joins them. ``which``: what it must be.
    ``shared``: let others work there as well. Raises ``BusyError`` and ``OSError``.
    """
    base = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if which is not None and which != identity(base):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), path)
        take_base(base, path, state, held, shared=shared)
    except BaseException:
        close(base)
        raise
    return base


def take_base(base: int, path: str, state: State, held: dict[Identity, Lock], *, shared: bool = False) -> None:
    """The same for a directory that is open already."""
    here = identity(base)
    if shared:
        with contextlib.suppress(BusyError):  # then the other one cleans up
            lock = state.lock(here, path)
            try:
                clean_up(base, path, state, {here: lock})
            finally:
                lock.release()
        return
    if here not in held:
        held[here] = state.lock(here, path)
    clean_up(base, path, state, held)


def clean_up(base: int, path: str, state: State, held: Mapping[Identity, Lock], *, rooms: bool = False) -> None:
    """Take back and remove what dead processes left in the open directory ``base``, if they left anything.

    Only what they have claimed themselves is touched. ``rooms``: no more than waiting rooms.

    Raises ``BusyError`` if another process has a waiting room there, and ``OSError`` if moves cannot be taken back;
    then all is kept for another try.
    """
    here = identity(base)
    for claim in state.claims():
        concerns = any(site.is_in(here, path, rebooted=claim.rebooted) for site in claim.sites)
        if concerns and (claim.is_room or not rooms):
            with contextlib.ExitStack() as stack:
                _Recovery(stack, claim, base, path, state, held).run()
        elif not concerns and _is_obsolete(claim):
            state.remove_journal(claim.number)
            state.forget(claim.number)


def _is_obsolete(claim: Claim) -> bool:
    """Whether what a dead process has claimed has been gone for long, as with a temporary directory."""
    since = claim.process.get("since")
    if not isinstance(since, int) or time.time() - since < _LONG or is_alive(claim.process):
        return False
    return not any(os.path.lexists(os.path.join(site.path, site.name)) for site in claim.sites)


class _Recovery:
    """One claim that has to do with an open directory, and what becomes of it."""

    def __init__(
        self,
        stack: contextlib.ExitStack,
        claim: Claim,
        base: int,
        path: str,
        state: State,
        held: Mapping[Identity, Lock],
    ) -> None:
        self._stack = stack
        self._claim = claim
        self._base = base
        self._path = path
        self._here = identity(base)
        self._state = state
        self._held = held
        self._locked: set[Identity] = set()

    def run(self) -> None:
        """Do what is to be done, unless the process that made the claim still needs it."""
        unfinished = any(site.area is None for site in self._claim.sites)
        if unfinished and self._claim.is_shared and is_alive(self._claim.process):
            return  # It is about to be made.
        found = [self._reached(site) for site in self._claim.sites]
        if any(self._is_used(reached.area) for reached in found if reached is not None and reached.area >= 0):
            if self._claim.is_room and not is_mine(self._claim.process) and is_alive(self._claim.process):
                raise busy(self._path, self._claim.process)
            return
        for reached in found:
            if reached is not None:
                self._lock(reached)
        self._take_back(found)
        self._remove(found)

    def _take_back(self, found: list[Reached | None]) -> None:
        journal = Journal.of(self._state.read_journal(self._claim.number), len(found))
        if journal is None:
            return
        try:
            undo(journal, found)
        except OSError as error:
            what = (
                f"{error.strerror} (while taking back what an unpack that was killed had moved; "
                f"to keep it as it is, remove {self._state.path_of_journal(self._claim.number)})"
            )
            raise OSError(error.errno, what, error.filename or self._path) from error
        self._state.remove_journal(self._claim.number)

    def _remove(self, found: list[Reached | None]) -> None:
        for site, reached in zip(self._claim.sites, found, strict=True):
            if reached is None:
                continue
            try:
                if reached.area < 0:
                    _remove_unfinished(reached.base, site.name)
                else:
                    remove_hidden(reached.base, site.name.encode(), reached.area)
            except OSError as error:
                place = os.path.join(site.path, site.name)
                warnings.warn(f"{place} cannot be removed: {error.strerror}", LeftoverWarning, stacklevel=2)
                return
        self._state.remove_journal(self._claim.number)
        self._state.forget(self._claim.number)
        self._state.forget_below(self._claim.sites)

    def _reached(self, site: Site) -> Reached | None:
        """The directory of a site and the folder in it (-1: not known which); ``None`` if they are not there."""
        base, area = self._base, -1
        if not site.is_in(self._here, self._path, rebooted=self._claim.rebooted):
            try:
                base = os.open(site.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except (OSError, ValueError):
                return None
            self._stack.callback(close, base)
            if not site.is_in(identity(base), site.path, rebooted=self._claim.rebooted):
                return None
        if site.area is not None:
            try:
                area = os.open(site.name, OPEN_DIRECTORY, dir_fd=base)
            except OSError as error:
                if error.errno in _GONE:
                    return None
                raise
            self._stack.callback(close, area)
            status = os.fstat(area)
            same = site.area[1] == status.st_ino and status.st_dev == identity(base)[0]
            if not same or status.st_uid != os.geteuid():
                return None
        return Reached(base, area)

    def _is_used(self, area: int) -> bool:
        locked = lock_file(area)
        return locked is False or (locked is None and is_alive(self._claim.process))

    def _lock(self, reached: Reached) -> None:
        which = identity(reached.base)
        if which not in self._held and which not in self._locked and not self._claim.is_room:
            lock = self._state.lock(which, self._path)
            self._stack.callback(lock.release)
            self._locked.add(which)


def _remove_unfinished(base: int, name: str) -> None:
    """Remove a folder whose making was begun, if it was made: nobody can tell which one it is, but it is empty."""
    with contextlib.suppress(OSError):
        folder = os.open(name, OPEN_DIRECTORY, dir_fd=base)
        try:
            status = os.fstat(folder)
            is_ours = status.st_uid == os.geteuid() and status.st_mode & 0o777 == 0o700
            if is_ours and lock_file(folder) is not False:
                os.rmdir(name, dir_fd=base)
        finally:
            close(folder)
