"""Putting files of a site on the disk: only what differs, in the order in which they come, all or nothing."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from pltpack.errors import BusyError, PltError
from pltpack.site.layout import ARCHIVES, CATALOG, STATE
from pltpack.transaction.destination import BytesData, Existing, Root
from pltpack.transaction.directory import DirectoryDestination, recover

Files: TypeAlias = Iterator[tuple[str, bytes]]
"""Files of a site: paths in it with ``/``, and contents."""


@dataclass(slots=True)
class Written:
    """What was written: paths in the site, and bytes of them in all (archives not counted)."""

    paths: list[str] = field(default_factory=list)
    size: int = 0


def change_time() -> int:
    """The time of a change, in seconds since 1970: that of ``SOURCE_DATE_EPOCH``, or now. Raises ``PltError``."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if not given:
        return int(time.time())
    if not given.isascii() or not given.isdecimal():
        raise PltError(f"SOURCE_DATE_EPOCH is {given!r}", hint="it is a number of seconds since 1970")
    return int(given)


@contextlib.contextmanager
def locked(site: Path, *, make: bool = False) -> Iterator[None]:
    """Keep other processes from changing a site, which is whole at the beginning; ``make``: it need not be there.

    Raises :class:`~pltpack.errors.BusyError`, and ``PltError`` where no site can be.
    """
    import fcntl

    if site.exists() and not site.is_dir():
        raise PltError("a site is a directory", file=os.fspath(site))
    if not make and not (site / STATE).is_dir() and not (site / CATALOG).is_dir():
        raise PltError("there is no catalog", file=os.fspath(site), hint="pltpack catalog build makes one")
    (site / STATE).mkdir(parents=True, exist_ok=True)
    with (site / STATE / "lock").open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                "another process is changing the site", file=os.fspath(site), hint="wait until it is done"
            ) from None
        # What a killed process has left must be put right before anything is read.
        recover(Root(site, "site"))
        yield


def put_files(
    site: Path,
    files: Files,
    *,
    archives: Path | None = None,
    gone: Iterable[str] = (),
    dry_run: bool = False,
    durable: bool = False,
) -> Written:
    """Have the files in the site: archives that stand ready below ``archives`` first, then ``files`` in their order.

    Archives are there for good before anything names them: whatever becomes of the rest, a client that has read a
    record finds what it names. Files that are right already are not touched. At the end the paths ``gone`` (files or
    whole directories) are removed. Raises what :class:`~pltpack.transaction.directory.DirectoryDestination` raises.
    """
    written = Written()
    if dry_run:
        for path, content in _differing(site, files):
            written.paths.append(path)
            written.size += len(content)
        return written
    root = Root(site, "site")
    if archives is not None and (archives / ARCHIVES).is_dir():
        _put_archives(root, archives, durable=durable)
    with DirectoryDestination(durable=durable) as transaction:
        for path, content in _differing(site, files):
            transaction.write_file(root, tuple(path.split("/")), len(content), BytesData(content), Existing.REPLACE)
            written.paths.append(path)
            written.size += len(content)
        for path in gone:
            transaction.remove(root, tuple(path.split("/")))
        transaction.commit()
    return written


def _put_archives(root: Root, archives: Path, *, durable: bool) -> None:
    with DirectoryDestination(durable=durable) as transaction:
        folder = os.open(archives, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            transaction.graft(root, folder, Existing.REPLACE)
        finally:
            os.close(folder)
        transaction.commit()


def _differing(site: Path, files: Files) -> Files:
    """The files that are not on the disk as they should be."""
    for path, content in files:
        if _content(f"{site}/{path}", len(content)) != content:
            yield path, content


def _content(path: str, size: int) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as stream:
            return stream.read() if os.fstat(stream.fileno()).st_size == size else None
    except OSError:
        return None
