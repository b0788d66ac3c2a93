"""Output that appears whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pltpack.signals import termination_raises

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` when the block ends well, and leaves no trace when it does not.

    The data goes to a hidden file beside ``path``, is synced to the disk, and is renamed; so ``path`` is at every
    moment the old file or the new one, whole, and SIGTERM leaves no trace either. A link at ``path`` is followed, its
    target replaced. A file that is there keeps its permissions; a new one gets the usual ones. Raises ``OSError``.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if target.exists() and not target.is_file():
        # A pipe or a device, such as /dev/null: nothing can be renamed over it.
        with io.BufferedWriter(_Output(os.open(target, os.O_WRONLY), path)) as stream:
            yield stream
        return
    # Names are limited in bytes: 255 on most file systems.
    name = os.fsencode(target.name)[:200].decode(errors="ignore")
    temporary = target.with_name(f".{name}.{os.urandom(4).hex()}.part")
    with termination_raises():
        descriptor = _create(temporary, path)
        try:
            with io.BufferedWriter(_Output(descriptor, path)) as stream:
                with contextlib.suppress(FileNotFoundError):
                    os.chmod(temporary, target.stat().st_mode & 0o777)
                yield stream
                stream.flush()
                os.fsync(descriptor)
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    _sync_directory(target.parent)


def _create(temporary: Path, path: str | os.PathLike[str]) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        return os.open(temporary, flags, 0o666)
    except OSError as error:
        error.filename = os.fspath(path)  # the hidden name says nothing to the user
        raise


class _Output(io.FileIO):
    """An open file whose errors name the file that it will become: a full disk is not worth much without a place."""

    def __init__(self, descriptor: int, path: str | os.PathLike[str]) -> None:
        super().__init__(descriptor, "wb")
        self._path = os.fspath(path)

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = self._path
            raise


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable, where directories can be synced."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
