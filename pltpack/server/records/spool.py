"""Archives on their way into the site: on the disk, synced, before anybody is told that they are there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pltpack.server.records.package import Archive
from pltpack.server.room import Room
from pltpack.site.layout import archive_path

_INCOMING = "incoming-"


def spooled_path(room: Room, archive: Archive) -> Path:
    """Where an archive is until the site has it."""
    return room.places.spool / archive.sha256 / archive.file


def content_path(room: Room, archive: Archive) -> Path | None:
    """Where an archive can be read: on its way, or in the site; ``None`` if it is not there any more."""
    for path in (spooled_path(room, archive), room.places.site / archive_path(archive.sha1, archive.file)):
        if path.is_file():
            return path
    return None


@contextmanager
def incoming(room: Room) -> Iterator[Path]:
    """A folder for one upload, which is gone at the end."""
    room.places.spool.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_INCOMING, dir=room.places.spool, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def put_in_spool(room: Room, made: Path, archive: Archive) -> None:
    """Take an archive over from a folder of :func:`incoming`. It is on the disk when this returns."""
    place = spooled_path(room, archive)
    if place.is_file():
        return  # the name is that of the content
    _sync(made)
    place.parent.mkdir(parents=True, exist_ok=True)
    made.replace(place)
    _sync(place.parent)
    _sync(room.places.spool)


def clear_spool(room: Room, archives: Iterable[Archive]) -> None:
    """Remove archives that the site has, or that nobody needs."""
    for archive in archives:
        path = spooled_path(room, archive)
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # another package has the same bytes
            path.parent.rmdir()


def forget_leftovers(room: Room, *, older: float) -> int:
    """Remove what uploads left that were cut off by the end of their process; how many.

    Archives themselves stay until they are published.
    """
    count = 0
    if room.places.spool.is_dir():
        for folder in room.places.spool.glob(f"{_INCOMING}*"):
            if folder.stat().st_mtime < older:
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
    return count


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
