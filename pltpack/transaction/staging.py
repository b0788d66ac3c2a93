"""The staging area: a hidden folder in the destination for what is not yet in place, and for what that replaces."""

from __future__ import annotations

import contextlib
import errno
import os
import unicodedata
import warnings
from collections.abc import Callable
from typing import Final, TypeAlias

from pltpack.errors import LeftoverWarning
from pltpack.transaction.folders import (
    CREATE_FILE,
    OPEN_DIRECTORY,
    Descriptors,
    Folder,
    close,
    mount_points,
    refuse_append_only,
)
from pltpack.transaction.lock import lock_file
from pltpack.transaction.paths import AREA_PREFIX
from pltpack.transaction.removal import empty, is_empty, open_own
from pltpack.transaction.state import Site, State, identity

NEW: Final = b"new"
OLD: Final = b"old"

_PROBE: Final = "Probe-\u00e9"

Announce: TypeAlias = Callable[[Site], None]
"""Writes down what is claimed: told before a folder is made, and again when it is known which one it is."""


def area_name() -> bytes:
    """What this user's area is called, unless something else stands there already."""
    return f"{AREA_PREFIX}{os.geteuid()}".encode()


class Area:
    """The place in one directory (``base``) where a transaction stages what goes to the same file system.

    It holds ``new`` and ``old`` with numbered files and trees. That it is ours is written down elsewhere.
    """

    def __init__(self, base: Folder, path: str, device: int, descriptors: Descriptors) -> None:
        self.base = base
        self.path = path
        """The absolute path of the base, for messages and for finding one area from another."""
        self.device = device
        self.mounts = mount_points(path)
        self.made = False
        self.folder = Folder(base, area_name(), base, staged=True)
        self.new = Folder(self.folder, NEW, base, staged=True)
        self.old = Folder(self.folder, OLD, base, staged=True)
        self._descriptors = descriptors
        self._number = 0

    def make(self, state: State, announce: Announce) -> None:
        """Create the area. Raises ``OSError``."""
        base = self._descriptors.of(self.base)
        refuse_append_only(base)
        site, descriptor = make_hidden(base, self.path, self.folder.name.decode(), state, announce)
        self.made = True
        self.folder.name = site.name.encode()
        self._descriptors.pin(self.folder, descriptor)
        for part in (self.new, self.old):
            os.mkdir(part.name, 0o700, dir_fd=descriptor)
            self._descriptors.pin(part, open_own(descriptor, part.name))
        self.base.folds = _folds(descriptor)

    def number(self) -> int:
        """A number that nothing in the area has yet."""
        self._number += 1
        return self._number

    def moment(self) -> int:
        """Now, by the clock of this file system (ns): what changes later has a later time."""
        os.utime(self.folder.descriptor)
        return os.fstat(self.folder.descriptor).st_ctime_ns

    def remove(self) -> None:
        """Remove the area with all that is left in it. Raises ``OSError``."""
        if self.made:
            remove_hidden(self._descriptors.of(self.base), self.folder.name, self.folder.descriptor)
            self.made = False


def make_hidden(base: int, path: str, name: str, state: State, announce: Announce) -> tuple[Site, int]:
    """Make a hidden folder that is ours alone in an open directory, whose path is ``path``; open and locked.

    If something is at the ``name`` already, it is left alone, and another name taken. Raises ``OSError``.
    """
    plain = name
    with contextlib.suppress(FileNotFoundError):
        os.stat(name, dir_fd=base, follow_symlinks=False)
        _tell(base, path, name, state)
        name = _another(plain)
    while True:
        site = Site(path, identity(base), name, None)
        announce(site)
        with contextlib.suppress(FileExistsError):  # somebody else is beginning, too
            os.mkdir(name, 0o700, dir_fd=base)
            folder = _open_new(base, name)
            if folder >= 0:
                break
        name = _another(plain)
    try:
        site = site._replace(area=identity(folder))
        announce(site)
    except BaseException:
        with contextlib.suppress(OSError):
            remove_hidden(base, name.encode(), folder)
        close(folder)
        raise
    return site, folder


def _open_new(base: int, name: str) -> int:
    """Open and lock a folder that was just made, and see that it is ours; -1 if somebody has cleared it away."""
    folder = -1
    try:
        folder = open_own(base, name.encode())
        _check_ours(folder)
        locked = lock_file(folder)
        is_there = os.path.samestat(os.fstat(folder), os.stat(name, dir_fd=base, follow_symlinks=False))
    except FileNotFoundError:
        close(folder)
        return -1
    except BaseException:
        close(folder)
        with contextlib.suppress(OSError):
            os.rmdir(name, dir_fd=base)  # it is empty, or not ours and stays
        raise
    if locked is not False and is_there:
        return folder
    close(folder)
    if is_there:
        # Somebody is looking at it, and took it for nobody's; it is empty.
        with contextlib.suppress(OSError):
            os.rmdir(name, dir_fd=base)
    return -1


def remove_hidden(base: int, name: bytes, folder: int) -> None:
    """Empty an open folder, and remove it if it is still what stands at the name. Raises ``OSError``."""
    empty(folder)
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(folder), os.stat(name, dir_fd=base, follow_symlinks=False)):
            os.rmdir(name, dir_fd=base)


def _check_ours(folder: int) -> None:
    """See that an open folder is the one that was just made: somebody could have put another one in its place."""
    status = os.fstat(folder)
    if status.st_mode & 0o777 != 0o700:
        # The umask, or a file system without permissions, where everybody can do everything anyhow.
        os.fchmod(folder, 0o700)
    if status.st_uid != os.geteuid() and os.fstat(folder).st_mode & 0o777 == 0o700:
        raise OSError(errno.ESTALE, "the folder that was made is not ours")
    if not is_empty(folder):
        raise OSError(errno.ESTALE, "the folder that was made is not empty")


def _another(name: str) -> str:
    return f"{name}-{os.urandom(4).hex()}"


def _tell(base: int, path: str, name: str, state: State) -> None:
    """Say that something unknown stands where a hidden folder would be, unless it is in use."""
    if _is_claimed(base, name, state):
        return
    try:
        found = os.open(name, OPEN_DIRECTORY, dir_fd=base)
    except FileNotFoundError:
        return  # whoever had it has just ended
    except OSError:
        found = -1  # a file, a link, a directory of somebody else
    try:
        if found >= 0 and lock_file(found) is False:
            return
        # It may have come, or gone, between the first look and this one.
        if _is_claimed(base, name, state) or (found >= 0 and not _is_at(base, name, found)):
            return
    finally:
        if found >= 0:
            close(found)
    import shlex

    place = os.path.join(path, name)
    warnings.warn(
        f"{place} is not known to be ours, and left alone; if nothing is being unpacked there, remove it with: "
        f"rm -r {shlex.quote(place)}",
        LeftoverWarning,
        stacklevel=2,
    )


def _is_claimed(base: int, name: str, state: State) -> bool:
    """Whether somebody of ours says that what stands at a name is his."""
    here = identity(base)
    return any((site.base, site.name) == (here, name) for claim in state.claims() for site in claim.sites)


def _is_at(base: int, name: str, folder: int) -> bool:
    """Whether an open folder is what stands at the name."""
    try:
        return os.path.samestat(os.fstat(folder), os.stat(name, dir_fd=base, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _folds(directory: int) -> bool:
    """Try whether another spelling of a name leads to the same file."""
    os.close(os.open(_PROBE.encode(), CREATE_FILE, 0o600, dir_fd=directory))
    for spelling in (_PROBE.swapcase(), unicodedata.normalize("NFD", _PROBE)):
        try:
            os.stat(spelling.encode(), dir_fd=directory, follow_symlinks=False)
        except OSError:
            continue
        return True
    return False
