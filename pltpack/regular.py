"""Files that are found first and opened later, when something else may stand in their place."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.errors import SourceError

Identity: TypeAlias = tuple[int, int]
"""A file on this machine, whatever it is called: device and inode."""

# Not blocking: a pipe that nobody writes to would be waited for without end.
_OPEN: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


def identity_of(status: os.stat_result) -> Identity | None:
    """Which file it is; ``None`` where the system does not say."""
    return (status.st_dev, status.st_ino) if status.st_ino else None


def open_regular(path: str | bytes | os.PathLike[str], identity: Identity | None = None) -> int:
    """A descriptor to read a file from, which is one still, and the one that was found if its ``identity`` is given.

    So neither a pipe, a device nor a link that has taken its place, or that of a directory above it, is read. Raises
    :class:`~pltpack.errors.SourceError`, ``OSError``.
    """
    descriptor = os.open(path, _OPEN)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SourceError("something that is no file has taken its place meanwhile", file=os.fsdecode(path))
        if identity is not None and identity_of(status) not in (identity, None):
            raise SourceError("another file has taken its place meanwhile", file=os.fsdecode(path))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def regular_stream(path: str | os.PathLike[str], identity: Identity | None = None) -> BinaryIO:
    """What :func:`open_regular` opens, as a stream."""
    return open(open_regular(path, identity), "rb")


@dataclass(frozen=True, slots=True)
class FileContent:
    """Data in a file of the disk; with an ``identity`` only in the one that was found there."""

    path: Path
    identity: Identity | None = None

    def open(self) -> BinaryIO:
        """The data as a stream that can seek. Raises :class:`~pltpack.errors.SourceError`, ``OSError``."""
        return regular_stream(self.path, self.identity)
