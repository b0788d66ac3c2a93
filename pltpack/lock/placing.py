"""Trees of the cache put among packages: copied, cloned or linked, and checked on the way.

Where files are shared by hard links, nobody may write through one: files of the cache are closed to writing, and what a
compilation may touch (``compiled`` and ``doc`` directories) is copied.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pltpack.errors import ChecksumError
from pltpack.fetch.tree import BLOCK, TreeDigest, walk

LinkMode: TypeAlias = Literal["clone", "hardlink", "copy"]
"""How files come from the cache: as copies on write where the disk can do that (else as copies), as hard links where
the cache is on the same disk (else as copies), or as copies."""

LINK_MODES: Final[tuple[LinkMode, ...]] = ("clone", "hardlink", "copy")
DEFAULT_MODE: Final[LinkMode] = "hardlink"

_FICLONE: Final = 0x40049409
_WRITTEN: Final = frozenset({b"compiled", b"doc"})
_CANNOT: Final = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL)


def put(tree: Path, destination: str, content: str, mode: LinkMode) -> None:
    """Have what is in a tree in a new directory, and see that it is what the digest says.

    Raises :class:`~pltpack.errors.ChecksumError` if it is not (what was put there then is the caller's to remove), and
    ``OSError``.
    """
    placer = _Placer(mode)
    total = TreeDigest()
    os.mkdir(destination)
    times: list[tuple[str, int]] = []
    prefix = destination.rstrip("/") + "/"
    for path, name, status in walk(os.fspath(tree)):
        there = prefix + os.fsdecode(name)
        if stat.S_ISDIR(status.st_mode):
            os.mkdir(there)
            times.append((there, status.st_mtime_ns))
            total.directory(name)
        elif stat.S_ISREG(status.st_mode):
            total.file(name, status.st_mode, placer.file(path, name, there, status))
        else:
            raise damaged(tree)
    if total.hexdigest() != content:
        raise damaged(tree)
    for there, moment in reversed(times):
        os.utime(there, ns=(moment, moment))


def damaged(tree: Path) -> ChecksumError:
    """The error for a tree that is not what its name says."""
    return ChecksumError("the package in the cache is not what it was", file=str(tree), hint="it is fetched again")


class _Placer:
    """Puts files; a way that the disk does not have is tried once."""

    def __init__(self, mode: LinkMode) -> None:
        self._links = mode == "hardlink"
        self._clones = mode == "clone"
        self._umask = umask()

    def file(self, path: str, name: bytes, there: str, status: os.stat_result) -> str:
        """Put one file; returns the SHA-256 of what is in it."""
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if self._links and not _WRITTEN.intersection(name.split(b"/")[:-1]) and self._link(source, path, there):
                return _read(source, None)
            mode = (0o777 if status.st_mode & stat.S_IXUSR else 0o666) & ~self._umask
            target = os.open(there, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            try:
                digest = _read(source, None) if self._clone(source, target) else _read(source, target)
                os.utime(target, ns=(status.st_mtime_ns, status.st_mtime_ns))
            finally:
                os.close(target)
            return digest
        finally:
            os.close(source)

    def _link(self, source: int, path: str, there: str) -> bool:
        try:
            if os.fstat(source).st_mode & 0o222:
                return False  # somebody has opened it to writing
            os.link(path, there, follow_symlinks=False)
            return True
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
            self._links = error.errno == errno.EMLINK
            return False

    def _clone(self, source: int, target: int) -> bool:
        if not self._clones:
            return False
        import fcntl

        try:
            fcntl.ioctl(target, _FICLONE, source)
            return True
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
            self._clones = False
            return False


def _read(source: int, target: int | None) -> str:
    """The SHA-256 of an open file, which is copied to another one on the way."""
    total = hashlib.sha256()
    while data := os.read(source, BLOCK):
        total.update(data)
        while target is not None and data:
            data = data[os.write(target, data) :]
    return total.hexdigest()


def umask() -> int:
    """The umask; a process can only read it by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
