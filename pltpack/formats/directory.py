"""Packages as directories: read where they are, written beside their place and moved there when they are whole."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pltpack.errors import EntryExistsError
from pltpack.formats.entries import CHUNK, Entry, EntryReader, EntryWriter, ExactReader
from pltpack.formats.tree import Links, scan
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.paths import SafePath

_OTHERS_WRITE: Final = stat.S_IWOTH
_NS: Final = 10**9


class DirectoryWriter(EntryWriter):
    """Writes entries into a new directory, with their permissions, times and links.

    It is one transaction: the directory appears when it is whole, and what a process that was killed has left is
    removed by the next one. Nothing is writable by everybody; the owner can always read, and change the directories.

    ``path`` may be an empty directory, too; anything else there raises :class:`~pltpack.errors.EntryExistsError`.
    Its parent must exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        real = Path(os.path.realpath(path))
        if os.path.islink(path) or (os.path.exists(path) and not _is_empty_directory(Path(path))):
            raise EntryExistsError("it is there already, and not an empty directory", file=os.fspath(path))
        real.parent.stat()  # it is not made here
        self._root, self._top = Root(real.parent), (real.name,)
        self._links: list[Entry] = []
        # Others may write other directories beside this one.
        self._destination = DirectoryDestination(shared=True)
        self._destination.__enter__()
        try:
            self._destination.replace_directory(self._root, self._top, mode=0o755, only_empty=True)
        except BaseException:
            self.abandon()
            raise

    def add(self, entry: Entry) -> None:
        if entry.kind == "link":
            # Made at the end, so that nothing can be written through one.
            self._links.append(entry)
            return
        path = self._path(entry)
        if entry.kind == "directory":
            mode = entry.mode & ~_OTHERS_WRITE
            self._destination.make_directory(self._root, path, mode=mode, mtime_ns=entry.mtime * _NS)
            return
        with ExactReader.of(entry) as source:
            if not entry.size:
                source.read()  # nothing is asked of an empty file, so that it has grown would not be seen
            self._destination.write_file(
                self._root,
                path,
                entry.size,
                _Data(source),
                Existing.ERROR,
                mode=entry.mode & ~_OTHERS_WRITE | stat.S_IRUSR,
                mtime_ns=entry.mtime * _NS,
            )

    def close(self) -> None:
        try:
            for entry in self._links:
                self._destination.make_link(self._root, self._path(entry), entry.target)
            self._destination.commit()
        finally:
            self.abandon()

    def abandon(self) -> None:
        self._destination.__exit__(None, None, None)

    def _path(self, entry: Entry) -> SafePath:
        return *self._top, *entry.path.split("/")


class _Data:
    """The data of an entry as a transaction takes it."""

    def __init__(self, source: ExactReader) -> None:
        self._source = source

    def read(self, size: int = -1, /) -> bytes:
        return self._source.read(size)

    def chunks(self) -> Iterator[bytes]:
        while data := self._source.read(CHUNK):
            yield data


class DirectoryReader(EntryReader):
    """The content of a directory, links as links."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self._path = Path(path)

    def __iter__(self) -> Iterator[Entry]:
        return scan(self._path, Links.KEEP)


def _is_empty_directory(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
