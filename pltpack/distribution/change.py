"""One change of a distribution site: files, tables and links of it, all or nothing, alone.

The original's programs lock a table by a file beside it; they and we exclude each other.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from pltpack.errors import BusyError, PltError
from pltpack.site.layout import STATE
from pltpack.site.write import Written, locked
from pltpack.transaction.destination import BytesData, Existing, Root
from pltpack.transaction.directory import DirectoryDestination

_BLOCK: Final = 1 << 20
_PATIENCE: Final = 60.0
"""Seconds that are waited for a program of the original's that has a table locked."""
_PAUSE: Final = 0.02


class Change:
    """What shall be in a site, put down step by step; :meth:`commit` makes it so.

    Files that are taken from elsewhere come first, then contents in the order of the calls, then links; what is removed
    goes last. With ``dry_run`` nothing but ``written`` comes of it. Paths are those in the site, with ``/``.
    """

    def __init__(self, site: Path, folder: Path | None) -> None:
        self.site = site
        self.written = Written()
        self._folder = folder
        self._contents: dict[str, bytes] = {}
        self._links: dict[str, str] = {}
        self._gone: list[str] = []

    @property
    def dry_run(self) -> bool:
        """Whether nothing shall come of it."""
        return self._folder is None

    def put(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Have files with these contents; those that are so already are not touched."""
        for path, content in files:
            if _content(self.site / path, len(content)) != content:
                self._contents[path] = content
                self._count(path, len(content))

    def take(self, path: str, file: Path, *, link: bool = False) -> None:
        """Have a copy of a file, or with ``link`` the very same one where the disk can do that. Raises ``OSError``."""
        self._count(path, file.stat().st_size)
        if self._folder is None:
            return
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if link:
            with contextlib.suppress(OSError):
                os.link(file, place)
                return
        shutil.copyfile(file, place)

    def make(self, path: str) -> Path | None:
        """Where a new file is to be written, whole, before the commit; ``None`` on a dry run."""
        self.written.paths.append(path)
        if self._folder is None:
            return None
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def taken(self, path: str) -> Path:
        """Where a file is that was taken, or the one in the site."""
        waiting = None if self._folder is None else self._folder / path
        return waiting if waiting is not None and waiting.exists() else self.site / path

    def link(self, path: str, target: str) -> None:
        """Have a symbolic link; whatever else is there gives way."""
        with contextlib.suppress(OSError):
            if os.readlink(self.site / path) == target:
                return
        self._count(path, 0)
        if self._folder is None or os.path.lexists(self.site / path):
            self._links[path] = target
            return
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    def remove(self, path: str) -> None:
        """Have nothing there."""
        if os.path.lexists(self.site / path):
            self._gone.append(path)

    def _count(self, path: str, size: int) -> None:
        self.written.paths.append(path)
        self.written.size += size

    def commit(self) -> None:
        """Make it so. Raises what :class:`~pltpack.transaction.directory.DirectoryDestination` raises."""
        if self._folder is None:
            return
        root = Root(self.site, "site")
        contents = dict(self._contents)
        for path in self._contents:
            # What is in a directory that comes as a whole comes with it.
            if self._comes_whole(path):
                place = self._folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(contents.pop(path))
        with DirectoryDestination() as transaction:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                transaction.graft(root, folder, Existing.REPLACE)
            finally:
                os.close(folder)
            for path, content in contents.items():
                body = BytesData(content)
                transaction.write_file(root, _names(path), len(content), body, Existing.REPLACE)
            for path, target in self._links.items():
                transaction.remove(root, _names(path))
                transaction.make_link(root, _names(path), target)
            for path in self._gone:
                transaction.remove(root, _names(path))
            transaction.commit()

    def _comes_whole(self, path: str) -> bool:
        """Whether a directory above ``path`` is taken that is not in the site yet."""
        assert self._folder is not None
        above = path.rpartition("/")[0]
        while above:
            if (self._folder / above).is_dir() and not os.path.lexists(self.site / above):
                return True
            above = above.rpartition("/")[0]
        return False


def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


@contextlib.contextmanager
def changing(site: Path, *, tables: Iterable[str] = (), dry_run: bool = False) -> Iterator[Change]:
    """Work on a site, alone; it is made if it is not there. What was put down is to be committed inside the block.

    ``tables`` are those that may be changed, without suffixes. Raises :class:`~pltpack.errors.BusyError` if another
    process works on it, and ``OSError``.
    """
    if dry_run:
        if site.exists() and not site.is_dir():
            raise PltError("a site is a directory", file=os.fspath(site))
        yield Change(site, None)
        return
    with contextlib.ExitStack() as around:
        around.enter_context(locked(site, make=True))
        for table in tables:
            if not (site / table).parent.exists():
                (site / table).parent.mkdir()
                around.callback(_forget_empty, site / table)
            around.enter_context(table_lock(site / f"{table}.rktd"))
        for left in (site / STATE).glob("distribution-*"):
            # Of a process that was killed: this one has the lock now.
            shutil.rmtree(left, ignore_errors=True)
        folder = tempfile.mkdtemp(prefix="distribution-", dir=site / STATE)
        around.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Change(site, Path(folder))


def _forget_empty(table: Path) -> None:
    """Remove a directory that was made for a lock, if nothing came of it."""
    with contextlib.suppress(OSError):
        if {entry.name for entry in os.scandir(table.parent)} <= {f".LOCK{table.name}.rktd"}:
            table.with_name(f".LOCK{table.name}.rktd").unlink()
            table.parent.rmdir()


@contextlib.contextmanager
def table_lock(
    table: Path,
    *,
    patience: float = _PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """The lock that *distro-build* takes on a table: ``flock`` on ``.LOCK`` and its name, a file that stays.

    Raises :class:`~pltpack.errors.BusyError` when ``patience`` (seconds) is at its end, and ``OSError``.
    """
    path = table.with_name(f".LOCK{table.name}")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        end = clock() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if clock() >= end:
                    raise BusyError("another program is changing the table", file=os.fspath(table)) from None
            pause(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _content(path: Path, size: int) -> bytes | None:
    """What a file holds, if it has this size."""
    try:
        with path.open("rb", buffering=0) as stream:
            return stream.read() if os.fstat(stream.fileno()).st_size == size else None
    except OSError:
        return None
