"""Packages as directories: read where they are, written beside their place and moved there when they are whole."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pltpack.errors import EntryExistsError
from pltpack.formats.entries import CHUNK, Entry, EntryReader, EntryWriter, ExactReader
from pltpack.formats.tree import Links, scan

_OTHERS_WRITE = stat.S_IWOTH


class DirectoryWriter(EntryWriter):
    """Writes entries into a new directory, with their permissions, times and links.

    Nothing is writable by everybody; the owner can always read, and change the directories.

    ``path`` may be an empty directory, too; anything else there raises :class:`~pltpack.errors.EntryExistsError`.
    Its parent must exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        if self._path.is_symlink() or (self._path.exists() and not _is_empty_directory(self._path)):
            raise EntryExistsError("it is there already, and not an empty directory", file=str(self._path))
        parent = Path(os.path.realpath(self._path)).parent
        self._staged = Path(tempfile.mkdtemp(prefix=f".{self._path.name[:200]}.", suffix=".part", dir=parent))
        self._directories = [Entry("", "directory", 0o755, 0)]
        self._links: list[Entry] = []

    def add(self, entry: Entry) -> None:
        place = self._staged / entry.path
        if entry.kind == "link":
            # Made at the end, so that nothing can be written through one.
            self._links.append(entry)
        elif entry.kind == "directory":
            place.mkdir(parents=True, exist_ok=True)
            self._directories.append(entry)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            with ExactReader(entry) as source, place.open("xb") as sink:
                shutil.copyfileobj(source, sink, CHUNK)
            place.chmod(entry.mode & ~_OTHERS_WRITE | stat.S_IRUSR)
            os.utime(place, (entry.mtime, entry.mtime))

    def close(self) -> None:
        try:
            for entry in self._links:
                place = self._staged / entry.path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(entry.target)
            for entry in reversed(self._directories):
                place = self._staged / entry.path
                place.chmod(entry.mode & ~_OTHERS_WRITE | stat.S_IRWXU)
                if entry.path:  # nothing is known of the time of the package as a whole
                    os.utime(place, (entry.mtime, entry.mtime))
            self._staged.rename(self._path)
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        shutil.rmtree(self._staged, ignore_errors=True)


class DirectoryReader(EntryReader):
    """The content of a directory, links as links."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self._path = Path(path)

    def __iter__(self) -> Iterator[Entry]:
        return scan(self._path, Links.KEEP)


def _is_empty_directory(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
