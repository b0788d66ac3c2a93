"""Walking a tree in Racket's order, and giving its entries to an archive."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from pltpack.codec.entries import NO_BODY, SAME, UP, Directory, File, PathList, PathSymbol
from pltpack.codec.writer import ArchiveWriter
from pltpack.errors import SourceError
from pltpack.packer.filters import FileFilter, FileMode
from pltpack.regular import Identity, identity_of, open_regular

_BLOCK: Final = 1 << 18

Report: TypeAlias = Callable[[str], None]
"""Called with a line for each path argument and each directory below it, as Racket prints them."""


@dataclass(frozen=True, slots=True)
class CleanPath:
    """A path argument, cleaned without a look at the file system, as ``simplify-path`` cleans it.

    Doubled and trailing slashes, ``.`` and ``x/..`` go away. ``elements`` is never empty: the current directory is
    ``(SAME,)``. ``text`` is the path to open and to show, ``directory`` whether it can only be a directory.
    """

    elements: PathList
    text: str
    directory: bool

    @classmethod
    def parse(cls, path: str) -> CleanPath:
        """Raises ``ValueError`` for an empty or absolute path or one with NUL, which no archive can hold."""
        if not path or "\0" in path:
            raise ValueError(f"{path!r} is not a path")
        if path.startswith("/"):
            raise ValueError(f"{path!r} is absolute: archives hold relative paths only")
        return cls._clean(path, "")

    @classmethod
    def source(cls, path: str) -> CleanPath:
        """Like :meth:`parse`, for the path on the disk, which may be absolute when it is stored as another."""
        if not path or "\0" in path:
            raise ValueError(f"{path!r} is not a path")
        return cls._clean(path, "/" if path.startswith("/") else "")

    @classmethod
    def _clean(cls, path: str, root: str) -> CleanPath:
        names = path.split("/")
        elements: list[str | PathSymbol] = []
        for name in names:
            if name in ("", "."):
                continue
            if name != "..":
                elements.append(name)
            elif elements and elements[-1] is not UP:
                elements.pop()
            elif not root:
                elements.append(UP)
        directory = names[-1] in ("", ".", "..")
        text = root + "/".join(".." if element is UP else str(element) for element in elements)
        if not elements and not root:
            return cls((SAME,), "./", True)
        return cls(tuple(elements), text + "/" if directory and elements else text, directory)


@dataclass(frozen=True, slots=True)
class SourceDirectory:
    """A directory to store as ``path``; ``source`` is its path on the disk."""

    path: PathList
    source: bytes

    def entry(self) -> Directory:
        """The entry as it will be in the archive."""
        return Directory(self.path)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to store as ``path`` with ``size`` bytes; ``source`` is its path on the disk, ``identity`` which it is."""

    path: PathList
    source: bytes
    size: int
    replace: bool
    identity: Identity | None = None

    def entry(self) -> File:
        """The entry as it will be in the archive, without its data."""
        return File(self.path, self.size, NO_BODY, self.replace)


def walk(
    path: str,
    file_filter: FileFilter,
    file_mode: FileMode = "file",
    *,
    as_path: str | None = None,
    directory: str = "",
    report: Report | None = None,
    skip: frozenset[Identity] = frozenset(),
) -> Iterator[SourceDirectory | SourceFile]:
    """The entries that Racket's ``mztar`` makes of ``path``, in its order.

    A directory comes before its children, which are sorted by code points; a file given as the argument comes behind
    its parent directory. ``as_path`` is the path to store it under. Links are followed. ``path`` is relative to
    ``directory`` (``""``: the current one). Files in ``skip`` are left out: the archive that is being written.

    Raises :class:`SourceError` for what cannot be packed (pipes, devices, sockets, link cycles, names that are not
    UTF-8), ``OSError``, and ``ValueError`` for paths that no archive can hold.
    """
    source = CleanPath.source(path) if as_path is not None else CleanPath.parse(path)
    stored = source if as_path is None else CleanPath.parse(as_path)
    walker = _Walker(file_filter, file_mode, os.path.join(directory, ""), report, skip)
    if not source.directory and os.path.isfile(walker.on_disk(source.text)):
        return walker.file_argument(source, stored)
    return walker.directory_argument(source, stored)


@dataclass(slots=True)
class _Level:
    """A directory that is being walked: the names that are left, and where it stands."""

    names: Iterator[str]
    source: str
    stored: PathList
    shown: str
    identity: Identity


class _Walker:
    def __init__(
        self,
        file_filter: FileFilter,
        file_mode: FileMode,
        directory: str,
        report: Report | None,
        skip: frozenset[Identity],
    ) -> None:
        self._filter = file_filter
        self._mode = file_mode
        self._directory = os.fsencode(directory)
        self._report = report
        self._skip = skip

    def on_disk(self, path: str) -> bytes:
        """The path as the operating system takes it: UTF-8, whatever the locale says."""
        return self._directory + path.encode()

    def file_argument(self, source: CleanPath, stored: CleanPath) -> Iterator[SourceDirectory | SourceFile]:
        name = stored.elements[-1]
        if isinstance(name, PathSymbol):
            raise SourceError(
                f"a file cannot be stored as {stored.text}", file=source.text, hint="give a file name to store it as"
            )
        path, shown = (text if "/" in text else f"./{text}" for text in (source.text, stored.text))
        self._say(path, shown if source != stored else None)
        yield SourceDirectory(stored.elements[:-1], os.path.dirname(self.on_disk(path)))
        decision = self._filter(path)
        if decision:
            status = os.stat(self.on_disk(path))
            if (status.st_dev, status.st_ino) not in self._skip:
                yield self._file(path, stored.elements, status, decision)

    def directory_argument(self, source: CleanPath, stored: CleanPath) -> Iterator[SourceDirectory | SourceFile]:
        status = os.stat(self.on_disk(source.text))
        if not stat.S_ISDIR(status.st_mode):
            if source.directory:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), source.text)
            raise _special(source.text)
        renamed = source != stored
        level = self._enter(source.text, stored.elements, stored.text, status)
        levels = [level]
        self._say(level.source, level.shown if renamed else None)
        yield SourceDirectory(level.stored, self.on_disk(level.source))
        while levels:
            level = levels[-1]
            name = next(level.names, None)
            if name is None:
                levels.pop()
                continue
            path = f"{level.source.removesuffix('/')}/{name}"
            decision = self._filter(path)
            if not decision:
                continue
            status = os.stat(self.on_disk(path))
            if stat.S_ISDIR(status.st_mode):
                below = self._enter(path, (*level.stored, name), f"{level.shown.removesuffix('/')}/{name}", status)
                if any(below.identity == above.identity for above in levels):
                    raise SourceError("the link leads back to a directory that it is in", file=path)
                self._say(below.source, below.shown if renamed else None)
                yield SourceDirectory(below.stored, self.on_disk(below.source))
                levels.append(below)
            elif not stat.S_ISREG(status.st_mode):
                raise _special(path)
            elif (status.st_dev, status.st_ino) not in self._skip:
                yield self._file(path, (*level.stored, name), status, decision)

    def _enter(self, source: str, stored: PathList, shown: str, status: os.stat_result) -> _Level:
        names = iter(sorted(_names(source, self.on_disk(source))))
        return _Level(names, source, stored, shown, (status.st_dev, status.st_ino))

    def _file(self, source: str, path: PathList, status: os.stat_result, decision: bool | FileMode) -> SourceFile:
        # As in Racket, any other true value means the mode of the whole archive.
        mode = decision if decision in ("file", "file-replace") else self._mode
        return SourceFile(path, self.on_disk(source), status.st_size, mode == "file-replace", identity_of(status))

    def _say(self, source: str, stored: str | None) -> None:
        if self._report is not None:
            self._report(f"MzTarring {source}..." if stored is None else f"MzTarring {source} as {stored}...")


def _names(directory: str, on_disk: bytes) -> list[str]:
    """The names in a directory as Unicode text, whatever the locale. Raises :class:`SourceError` if one is not."""
    names = []
    for name in os.listdir(on_disk):
        try:
            names.append(name.decode())
        except UnicodeDecodeError:
            raise SourceError(
                "the name is not UTF-8, and archives hold Unicode names only",
                file=f"{directory.removesuffix('/')}/{name.decode(errors='backslashreplace')}",
                hint="rename the file",
            ) from None
    return names


def _special(path: str) -> SourceError:
    return SourceError("neither a file nor a directory: pipes, sockets and devices cannot be packed", file=path)


def mztar(
    path: str,
    output: ArchiveWriter,
    file_filter: FileFilter,
    file_mode: FileMode = "file",
    *,
    as_path: str | None = None,
    directory: str = "",
    report: Report | None = None,
    skip: frozenset[Identity] = frozenset(),
) -> None:
    """Add ``path`` and all below it to an archive, as ``mztar`` of ``setup/pack`` does; see :func:`walk`.

    A file whose size changes meanwhile raises :class:`SourceError`.
    """
    for entry in walk(path, file_filter, file_mode, as_path=as_path, directory=directory, report=report, skip=skip):
        add(entry, output)


def add(
    entry: SourceDirectory | SourceFile, output: ArchiveWriter, on_data: Callable[[int], object] | None = None
) -> None:
    """Write one entry of the walk; ``on_data`` is called with the size of each block that was read, in bytes.

    Raises :class:`SourceError` if the file is not what it was, ``OSError``.
    """
    if isinstance(entry, SourceDirectory):
        output.add_directory(entry.path)
    else:
        try:
            data = _read(entry) if on_data is None else _told(_read(entry), on_data)
            output.add_file(entry.path, data, entry.size, replace=entry.replace)
        except SourceError as error:
            raise error.within(file=os.fsdecode(entry.source)) from None


def _told(blocks: Iterator[bytes], on_data: Callable[[int], object]) -> Iterator[bytes]:
    for block in blocks:
        on_data(len(block))
        yield block


def _read(entry: SourceFile) -> Iterator[bytes]:
    """The data of a file that should have ``size`` bytes, to its end; a small one is read with a single call."""
    descriptor = open_regular(entry.source, entry.identity)
    try:
        left = entry.size
        # One byte more is asked for than there should be: if it does not come, that was the end.
        while block := os.read(descriptor, min(left + 1, _BLOCK)):
            yield block
            if len(block) == left < _BLOCK:
                break
            left = max(0, left - len(block))
    finally:
        os.close(descriptor)
