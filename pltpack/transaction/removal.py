"""Removing trees that may be as deep and as wide as they like: neither recursion nor a descriptor for each level."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from pltpack.transaction.folders import OPEN_DIRECTORY, close

Spared: TypeAlias = Callable[[os.stat_result], bool]
"""Whether something is to stay, told its status; a directory that stays keeps all that is in it."""


class _Level(NamedTuple):
    """A directory that is being emptied: which one it is, its name above, and what of its content is to be done."""

    status: os.stat_result
    name: bytes
    directories: list[bytes]


def empty(directory: int, *, spared: Spared | None = None) -> bool:
    """Remove all that is in an open directory but what is ``spared``; ``True`` if nothing is left. No link is followed.

    Directories that are closed to us are opened if they are ours. Raises ``OSError``; what is on another file system
    is left alone (``EXDEV``). Two descriptors are enough.
    """
    current = os.dup(directory)
    try:
        top = os.fstat(current)
        levels = [_Level(top, b"", _remove_files(current, spared))]
        while True:
            level = levels[-1]
            if level.directories:
                name = level.directories.pop()
                current = _into(current, name, top.st_dev)
                levels.append(_Level(os.fstat(current), name, _remove_files(current, spared)))
                continue
            levels.pop()
            if not levels:
                return spared is None or is_empty(directory)
            current = _out(current, levels[-1].status)
            try:
                os.rmdir(level.name, dir_fd=current)
            except OSError as error:
                if spared is None or error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
    finally:
        close(current)


def remove_tree(parent: int, name: bytes, *, spared: Spared | None = None) -> bool:
    """Remove the directory ``name`` of an open one, with all that is in it but what is ``spared``; ``True`` if it is
    gone. Raises as :func:`empty`."""
    try:
        tree = open_own(parent, name)
    except FileNotFoundError:
        return True
    try:
        _make_accessible(tree, os.fstat(tree))
        gone = empty(tree, spared=spared)
    finally:
        close(tree)
    if gone:
        os.rmdir(name, dir_fd=parent)
    return gone


def inodes(directory: int) -> list[int]:
    """The inodes of all directories below an open one. Raises ``OSError``."""
    found: list[int] = []
    current = os.dup(directory)
    try:
        top = os.fstat(current)
        levels = [(top, _directories(current, found))]
        while True:
            if levels[-1][1]:
                current = _into(current, levels[-1][1].pop(), top.st_dev)
                levels.append((os.fstat(current), _directories(current, found)))
                continue
            levels.pop()
            if not levels:
                return found
            current = _out(current, levels[-1][0])
    finally:
        close(current)


def _directories(directory: int, inodes: list[int]) -> list[bytes]:
    """The names of the directories in an open one; their inodes are added to ``inodes``."""
    with os.scandir(directory) as entries:
        found = [(os.fsencode(entry.name), entry.inode()) for entry in entries if entry.is_dir(follow_symlinks=False)]
    inodes.extend(inode for _, inode in found)
    return [name for name, _ in found]


def open_own(parent: int, name: bytes) -> int:
    """Open a directory, made accessible if it is ours and closed to us. Raises ``OSError``."""
    try:
        return os.open(name, OPEN_DIRECTORY, dir_fd=parent)
    except PermissionError:
        if not hasattr(os, "O_PATH"):
            raise
        held = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
        try:
            os.chmod(f"/proc/self/fd/{held}", 0o700)
        finally:
            close(held)
        return os.open(name, OPEN_DIRECTORY, dir_fd=parent)


def _make_accessible(directory: int, status: os.stat_result) -> None:
    if status.st_mode & 0o700 != 0o700 and status.st_uid == os.geteuid():
        os.fchmod(directory, 0o700)


def _into(current: int, name: bytes, device: int) -> int:
    """Go down into a directory; the one above is closed."""
    below = open_own(current, name)
    try:
        status = os.fstat(below)
        if status.st_dev != device:
            raise OSError(errno.EXDEV, "another file system is mounted there", name)
        _make_accessible(below, status)
    except BaseException:
        close(below)
        raise
    close(current)
    return below


def _out(current: int, expected: os.stat_result) -> int:
    """Go back up, to where we came from and nowhere else."""
    above = os.open(b"..", OPEN_DIRECTORY, dir_fd=current)
    if not os.path.samestat(os.fstat(above), expected):
        close(above)
        raise OSError(errno.ESTALE, "a directory was moved away while it was being removed")
    close(current)
    return above


def _remove_files(directory: int, spared: Spared | None) -> list[bytes]:
    """Remove what is no directory; the names of the directories to be removed."""
    directories: list[bytes] = []
    if spared is not None:
        with os.scandir(directory) as found:
            names = [os.fsencode(entry.name) for entry in found]
        for name in names:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if spared(status):
                continue
            if stat.S_ISDIR(status.st_mode):
                directories.append(name)
            else:
                os.unlink(name, dir_fd=directory)
        return directories
    with os.scandir(directory) as found:
        kinds = [(os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in found]
    for name, is_directory in kinds:
        if is_directory:
            directories.append(name)
        else:
            os.unlink(name, dir_fd=directory)
    return directories


def is_empty(directory: int) -> bool:
    """Whether nothing is in an open directory. Raises ``OSError``."""
    with os.scandir(directory) as found:
        return next(found, None) is None


def is_empty_directory(parent: int, name: bytes) -> bool:
    """Whether a directory is at the name, and nothing in it. Raises ``OSError``."""
    try:
        directory = os.open(name, OPEN_DIRECTORY, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            return False
        raise
    try:
        return is_empty(directory)
    finally:
        close(directory)
