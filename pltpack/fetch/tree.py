"""The digest of a directory: of the names, kinds, permissions and contents of all that is in it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pltpack.pkg.checksum import digests


def tree_digest(directory: Path) -> tuple[str, int]:
    """A SHA-256 that is the same for the same content wherever it lies, and the bytes of all files.

    Of the permissions only whether a file may be executed counts. Raises ``OSError``.
    """
    total, size = hashlib.sha256(), 0
    for path in _walk(directory):
        status = path.lstat()
        name = os.fsencode(path.relative_to(directory))
        if stat.S_ISDIR(status.st_mode):
            line = b"directory"
        elif stat.S_ISLNK(status.st_mode):
            line = b"link " + hashlib.sha256(os.fsencode(os.readlink(path))).hexdigest().encode()
        else:
            found = digests(path)
            size += found.size
            line = b"file %c " % (b"x" if status.st_mode & stat.S_IXUSR else b"-") + found.sha256.encode()
        total.update(line + b" " + name + b"\0")
    return total.hexdigest(), size


def _walk(directory: Path) -> Iterator[Path]:
    """All below a directory, in an order that depends on the names alone."""
    for entry in sorted(os.scandir(directory), key=lambda entry: os.fsencode(entry.name)):
        path = Path(entry.path)
        yield path
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path)
