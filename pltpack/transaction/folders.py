"""Directories held by descriptor: every step goes through an open parent and follows no link."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
import sys
from typing import Final

from pltpack.transaction.destination import Kind

OPEN_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NAMES: Final = "surrogateescape"
"""How names that are no UTF-8 are text, as everywhere in Python."""

_ESCAPED: Final = re.compile(rb"\\([0-7]{3})")
_MOUNTS: Final = "/proc/self/mountinfo"
_DESCRIPTORS: Final = "/dev/fd"
_GET_FLAGS: Final = 0x80086601
_APPEND_ONLY: Final = 0x20

CREATE_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """A directory of a transaction: in place already, or staged to be moved into place with all that is in it."""

    __slots__ = (
        "can_shrink",
        "children",
        "descriptor",
        "folds",
        "goes_to",
        "inside",
        "name",
        "parent",
        "spellings",
        "staged",
        "top",
    )

    def __init__(self, parent: Folder | None, name: bytes, top: Folder | None = None, *, staged: bool) -> None:
        self.parent = parent
        """Where it is opened from; the parent of the top of a staged tree is the staging folder."""
        self.name = name
        self.top = self if top is None else top
        """The directory above that holds what is staged for this one; may be the directory itself."""
        self.staged = staged
        self.goes_to: tuple[Folder, bytes] | None = None
        """Where the top of a staged tree shall be: a directory and a name in it."""
        self.inside: list[int] = []
        """The inodes of the directories in a staged tree; one list for all of them."""
        self.descriptor = -1
        self.children: dict[bytes, Folder] = {}
        self.spellings: dict[str, bytes] = {}
        """Folded name -> name, on disks that fold names."""
        self.can_shrink = staged
        """Known to let things be taken away again."""
        self.folds = False
        """Of a top: whether its disk takes differently spelled names for one."""

    def path_from_top(self) -> list[bytes]:
        """The names that lead from the top to this directory, or to where it will be."""
        names = []
        folder = self
        while folder is not self.top:
            parent, name = folder.goes_to or (folder.parent, folder.name)
            names.append(name)
            assert parent is not None
            folder = parent
        return names[::-1]

    def is_below(self, other: Folder) -> bool:
        """Whether this directory is the other one, or lies in it."""
        folder: Folder | None = self
        while folder is not None and folder is not other:
            folder = folder.goes_to[0] if folder.goes_to else folder.parent
        return folder is other

    def is_placed(self) -> None:
        """Of the top of a staged tree: it has been moved to where it goes."""
        if self.goes_to is not None:
            self.parent, self.name = self.goes_to


class Descriptors:
    """The open descriptors of folders: the most recently used are kept, the others opened again when needed."""

    def __init__(self, most: int = 64) -> None:
        # What others need, and what is pinned, must find room as well.
        self._most = max(2, min(most, _descriptors_left() // 2 - 8))
        self._recent: dict[Folder, None] = {}
        self._pinned: list[Folder] = []

    def of(self, folder: Folder) -> int:
        """The descriptor of a folder; good until the next call or two (``most`` calls, to be exact)."""
        if folder.descriptor >= 0:
            return folder.descriptor
        assert folder.parent is not None
        opened = os.open(folder.name, OPEN_DIRECTORY, dir_fd=self.of(folder.parent))
        self.keep(folder, opened)
        return opened

    def keep(self, folder: Folder, descriptor: int) -> None:
        """Take over an open descriptor; the one that was opened longest ago is closed if they get too many."""
        folder.descriptor = descriptor
        self._recent[folder] = None
        if len(self._recent) > self._most:
            oldest = next(iter(self._recent))
            del self._recent[oldest]
            close(oldest.descriptor)
            oldest.descriptor = -1

    def pin(self, folder: Folder, descriptor: int) -> None:
        """Take over a descriptor that stays open until the end: it has a lock, or could not be opened again."""
        if folder in self._recent:
            del self._recent[folder]
            close(folder.descriptor)
        folder.descriptor = descriptor
        self._pinned.append(folder)

    def forget(self) -> None:
        """Close what can be opened again."""
        for folder in self._recent:
            descriptor, folder.descriptor = folder.descriptor, -1
            close(descriptor)
        self._recent.clear()

    def close(self) -> None:
        for folder in (*self._recent, *self._pinned):
            descriptor, folder.descriptor = folder.descriptor, -1
            close(descriptor)
        self._recent.clear()
        self._pinned.clear()


def _descriptors_left() -> int:
    """How many more descriptors this process may have."""
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return 1 << 16
    try:
        used = sum(int(number) < most for number in os.listdir(_DESCRIPTORS))
    except OSError:  # Not every system, and not every container, has that list.
        probe = os.open(os.sep, os.O_RDONLY | os.O_CLOEXEC)  # gets the lowest free number
        os.close(probe)
        used = probe
    return most - used


def mount_points(path: str) -> frozenset[str]:
    """Where something is mounted below a directory, given by its real path; nothing where the system does not tell."""
    below = os.path.join(path, "").encode(errors=NAMES)
    found = set()
    with contextlib.suppress(OSError), open(_MOUNTS, "rb") as mounts:
        for line in mounts:
            place = _ESCAPED.sub(lambda match: bytes([int(match[1], 8)]), line.split(b" ", 5)[4])
            if place.startswith(below):
                found.add(os.fsdecode(place))
    return frozenset(found)


def refuse_append_only(directory: int) -> None:
    """Raise ``PermissionError`` for an open directory from which nothing can be taken back, as ``chattr +a`` makes it.

    What is put there, also a hidden folder, would be there to stay.
    """
    if sys.platform != "linux":
        return
    try:
        flags = fcntl.ioctl(directory, _GET_FLAGS, bytes(8))
    except OSError:
        return  # This file system has no such attributes.
    if int.from_bytes(flags[:4], sys.byteorder) & _APPEND_ONLY:
        raise PermissionError(errno.EPERM, "things can only be added there (the append-only attribute is set)")


def close(descriptor: int) -> None:
    """Close a directory, where an error means nothing: no data is written through it."""
    with contextlib.suppress(OSError):
        os.close(descriptor)


def kind_at(descriptor: int, name: bytes) -> tuple[Kind, os.stat_result | None]:
    """What stands at ``name`` in an open directory, and its status."""
    try:
        status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return Kind.ABSENT, None
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return Kind.FILE, status
    if stat.S_ISDIR(mode):
        return Kind.DIRECTORY, status
    if stat.S_ISLNK(mode):
        with contextlib.suppress(OSError):
            if stat.S_ISREG(os.stat(name, dir_fd=descriptor).st_mode):
                return Kind.LINK_TO_FILE, status
        return Kind.LINK, status
    return Kind.OTHER, status


def create_missing(path: str, created: list[str]) -> None:
    """Make the directory ``path`` with its parents, as far as they are missing, and add those made to ``created``."""
    missing = []
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)
            created.append(path)


def open_below(descriptor: int, names: list[bytes]) -> int:
    """A new descriptor of the directory that ``names`` lead to, no link followed. Raises ``OSError``."""
    current = os.dup(descriptor)
    for name in names:
        try:
            below = os.open(name, OPEN_DIRECTORY, dir_fd=current)
        finally:
            close(current)
        current = below
    return current
