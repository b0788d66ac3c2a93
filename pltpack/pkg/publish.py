"""A package file and its ``CHECKSUM`` put in place together, so that the two never contradict each other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from pltpack.pkg.checksum import SUFFIX, Digests, checksum_path, digests
from pltpack.transaction.file import replacing

_PATIENCE: Final = 60.0
"""Seconds that another process may take to put a package in place."""


def publish(path: Path, write: Callable[[BinaryIO], None]) -> Digests:
    """Have ``write`` fill a package file, which takes the place of ``path`` when it is whole, then its ``CHECKSUM``.

    An error leaves the old package and checksum. The old checksum is put aside before the package changes, and the
    new one appears after it: a process that dies in between leaves a package without a checksum, never one with a
    wrong one. Processes that publish into the same directory take turns.
    """
    checksum = checksum_path(path)
    aside = aside_path(path)
    with contextlib.ExitStack() as turn, replacing(checksum) as checksum_stream:
        try:
            with replacing(path) as stream:
                write(stream)
                stream.flush()
                turn.enter_context(_turn_in(path.parent))
                _put_aside(checksum, aside)
        except BaseException:
            _put_back(aside, checksum, path)
            raise
        aside.unlink(missing_ok=True)
        found = digests(path)
        checksum_stream.write(found.sha1.encode())
    return found


def aside_path(path: Path) -> Path:
    """Where the old checksum of ``path`` waits while it may still be needed."""
    return path.with_name(f".{path.name[:200]}{SUFFIX}.old")


def _put_aside(checksum: Path, aside: Path) -> None:
    # One that a dead process left there is of no use any more.
    aside.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.replace(checksum, aside)


def _put_back(aside: Path, checksum: Path, path: Path) -> None:
    """Undo :func:`_put_aside` where the old package is still there."""
    with contextlib.suppress(OSError):
        if not checksum.exists() and aside.read_text("ascii") == digests(path).sha1:
            os.replace(aside, checksum)


@contextlib.contextmanager
def _turn_in(directory: Path) -> Iterator[None]:
    """Wait until no other process publishes into ``directory``; what was renamed there before is on the disk then.

    Raises ``BusyError`` if that takes too long.
    """
    if os.name != "posix":
        yield
        return
    from pltpack.transaction.state import turn_in

    with turn_in(directory, seconds=_PATIENCE):
        yield
