"""Writing files through an open directory: new ones, those that replace others, and small ones that appear whole."""

from __future__ import annotations

import contextlib
import os
from typing import Final, NamedTuple

from pltpack.transaction.destination import Data
from pltpack.transaction.folders import CREATE_FILE

_WHOLE: Final = 1 << 20
"""Files up to this many bytes are written with one call."""


class Attributes(NamedTuple):
    """What a new file or directory shall have, where it is not the usual."""

    mode: int | None = None
    """Permissions."""
    mtime_ns: int | None = None
    """Time of change."""

    def give(self, descriptor: int) -> None:
        """Give them to an open file or directory, without the bits that run a program as somebody else."""
        if self.mode is not None:
            os.fchmod(descriptor, self.mode & 0o777)
        if self.mtime_ns is not None:
            os.utime(descriptor, ns=(self.mtime_ns, self.mtime_ns))


USUAL: Final = Attributes()


def create_file(directory: int, name: bytes, size: int, data: Data, attributes: Attributes = USUAL) -> None:
    """Write a file that must not exist; on an error it is gone again. Raises ``OSError``, and what the data raises."""
    descriptor = os.open(name, CREATE_FILE, 0o666, dir_fd=directory)
    try:
        try:
            _fill(descriptor, size, data)
            attributes.give(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        os.unlink(name, dir_fd=directory)
        raise


def create_file_like(
    directory: int,
    name: bytes,
    size: int,
    data: Data,
    like: os.stat_result | None,
    attributes: Attributes = USUAL,
) -> os.stat_result:
    """The same for a file that will replace the one that ``like`` describes, if there is one; returns its own status.

    It takes over the permissions, unless it shall have others, and, where allowed, the owner; never bits that run a
    program as somebody else.
    """
    descriptor = os.open(name, CREATE_FILE, 0o666, dir_fd=directory)
    try:
        try:
            _fill(descriptor, size, data)
            status = os.fstat(descriptor)
            if like is not None:
                take_permissions(descriptor, status, like)
            if attributes != USUAL:
                attributes.give(descriptor)
                status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        os.unlink(name, dir_fd=directory)
        raise
    return status


def take_permissions(descriptor: int, mine: os.stat_result, like: os.stat_result) -> None:
    """Give the open file ``mine`` what it shall have in common with the one that it replaces."""
    owner_differs = (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid)
    if owner_differs:
        # Only root may give files away; otherwise the file is ours, as any new one.
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, like.st_uid, like.st_gid)
    if owner_differs or (mine.st_mode ^ like.st_mode) & 0o777:
        os.fchmod(descriptor, like.st_mode & 0o777)


def write_whole(directory: int, name: bytes, data: bytes) -> None:
    """Write a small file so that it is there with all its data or not at all; only we can read it."""
    temporary = name + b".part"
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=directory
    )
    try:
        _write(descriptor, data)
    finally:
        os.close(descriptor)
    os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)


def _fill(descriptor: int, size: int, data: Data) -> None:
    if size > _WHOLE:
        for chunk in data.chunks():
            _write(descriptor, chunk)
    elif size:
        _write(descriptor, data.read())


def _write(descriptor: int, data: bytes) -> None:
    """Write all of it: a single call may take less, and never more than 2 GiB."""
    written = os.write(descriptor, data)
    if written < len(data):
        rest = memoryview(data)[written:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]
