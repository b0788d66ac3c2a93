"""The digest of a directory: of the names, kinds, permissions and contents of all that is in it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

BLOCK: Final = 1 << 18


def tree_digest(directory: Path) -> tuple[str, int]:
    """A SHA-256 that is the same for the same content wherever it lies, and the bytes of all files.

    Of the permissions only whether a file may be executed counts. Raises ``OSError``.
    """
    total, size = TreeDigest(), 0
    for path, name, status in walk(os.fspath(directory)):
        if stat.S_ISDIR(status.st_mode):
            total.directory(name)
        elif stat.S_ISLNK(status.st_mode):
            total.link(name, os.fsencode(os.readlink(path)))
        else:
            digest, length = _digest(path)
            size += length
            total.file(name, status.st_mode, digest)
    return total.hexdigest(), size


class TreeDigest:
    """The digest of a tree, told of what is in it in the order of :func:`walk`. Names are relative, in bytes."""

    def __init__(self) -> None:
        self._total = hashlib.sha256()

    def directory(self, name: bytes) -> None:
        """A directory."""
        self._total.update(b"directory %b\0" % name)

    def link(self, name: bytes, target: bytes) -> None:
        """A symbolic link."""
        self._total.update(b"link %b %b\0" % (hashlib.sha256(target).hexdigest().encode(), name))

    def file(self, name: bytes, mode: int, sha256: str) -> None:
        """A file with its permissions, and the SHA-256 of what is in it."""
        runs = b"x" if mode & stat.S_IXUSR else b"-"
        self._total.update(b"file %b %b %b\0" % (runs, sha256.encode(), name))

    def hexdigest(self) -> str:
        """The digest of all that was told."""
        return self._total.hexdigest()


def walk(directory: str) -> Iterator[tuple[str, bytes, os.stat_result]]:
    """All below a directory: the path, the name from there in bytes, and the status, links not followed; in an order
    that depends on the names alone, a directory before what is in it."""
    pending = [_listed(directory, b"")]
    while pending:
        for entry, name in pending[-1]:
            status = entry.stat(follow_symlinks=False)
            yield entry.path, name, status
            if stat.S_ISDIR(status.st_mode):
                pending.append(_listed(entry.path, name + b"/"))
                break
        else:
            pending.pop()


def _listed(directory: str, prefix: bytes) -> Iterator[tuple[os.DirEntry[str], bytes]]:
    with os.scandir(directory) as found:
        entries = sorted((os.fsencode(entry.name), entry) for entry in found)
    return iter([(entry, prefix + name) for name, entry in entries])


def _digest(path: str) -> tuple[str, int]:
    """The SHA-256 of a file, and its size."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        data = os.read(descriptor, BLOCK)
        total, size = hashlib.sha256(data), len(data)
        while len(data) == BLOCK or (data and size < os.fstat(descriptor).st_size):
            data = os.read(descriptor, BLOCK)
            total.update(data)
            size += len(data)
        return total.hexdigest(), size
    finally:
        os.close(descriptor)
