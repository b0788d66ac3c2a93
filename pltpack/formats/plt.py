"""Packages in plt: the entries of an archive, placed as ``raco pkg create`` places them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pltpack.codec.entries import Body, Directory
from pltpack.codec.header import CollectionPath, Header, Preamble
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.codec.writer import ArchiveWriter
from pltpack.dataclass import dataclass
from pltpack.errors import PackageError
from pltpack.formats.entries import Entry, EntryReader, EntryWriter, Kind, Source, chunks
from pltpack.formats.paths import Members
from pltpack.formats.planet import PlanetShape

COLLECTS = "collects"


class PltWriter(EntryWriter):
    """Writes a ``.plt`` archive whose entries lie below ``root``.

    The raw stream is that of ``pack-plt`` for the same content: each file that is directly below the root is preceded
    by the root itself. Times, permissions and links have no place in it.
    """

    def __init__(self, sink: BinaryIO, header: Header, *, root: Sequence[str] = (COLLECTS,)) -> None:
        self._root = tuple(root)
        self._archive = ArchiveWriter(sink, header)

    def add(self, entry: Entry) -> None:
        if entry.kind == "link":
            raise PackageError("plt archives hold no links", entry=entry.path)
        try:
            entry.path.encode()
        except UnicodeEncodeError:
            raise PackageError("the name is not UTF-8, which plt archives cannot hold", entry=entry.path) from None
        names = entry.path.split("/")
        path = (*self._root, *names)
        if entry.kind == "directory":
            self._archive.add_directory(path)
            return
        if len(names) == 1:
            self._archive.add_directory(self._root)
        self._archive.add_file(path, chunks(entry), entry.size)

    def close(self) -> None:
        self._archive.close()

    def abandon(self) -> None:
        self._archive.__exit__(PackageError, None, None)


def package_header(name: str, collections: Sequence[CollectionPath]) -> Header:
    """The header that ``raco pkg create`` gives an archive: below the user's directories, nothing required."""
    return Header(name, collections=tuple(collections), plt_relative=True)


class PltReader(EntryReader):
    """Reads a ``.plt`` archive from any stream, once; ``header`` is what it says of itself.

    Paths are those of the archive, ``same`` dropped; those of ``file-replace`` entries gather in ``replacing``.
    Raises :class:`~pltpack.errors.FormatError`, :class:`~pltpack.errors.UnsafePathError` and
    :class:`~pltpack.errors.LimitError`; the archive is known to be whole when the iteration has ended.
    """

    def __init__(self, source: BinaryIO, *, limits: Limits = Limits(), name: str | None = None) -> None:
        super().__init__(name=name)
        self._archive = ArchiveReader(source, limits=limits, name=name)
        self._members = Members(limits, self.judgement)
        self.replacing: list[str] = []
        self.shape = PlanetShape(lambda: self._archive.preamble)
        """Whether it is like an archive of PLaneT, by what has been read."""

    @property
    def preamble(self) -> Preamble:
        """The two data before the entries, in whatever shape the archive has them."""
        return self._archive.preamble

    @property
    def header(self) -> Header:
        """Raises :class:`~pltpack.errors.HeaderError` if it has no known shape."""
        return self._archive.header

    def __iter__(self) -> Iterator[Entry]:
        for found in self._archive:
            self.shape.add(found.path)
            kind: Kind = "directory" if isinstance(found, Directory) else "file"
            path = self._members.add_path(found.path, kind)
            self.judgement.check()
            if isinstance(found, Directory):
                if path:
                    yield Entry(path, "directory", 0o755, 0)
            else:
                if found.replace:
                    self.replacing.append(path)
                yield Entry(path, "file", 0o644, 0, found.size, _Data(found.body))

    def close(self) -> None:
        self._archive.close()


@dataclass(frozen=True, slots=True)
class _Data:
    """The data of one file; readable, once, while its entry is the current one."""

    body: Body

    def open(self) -> Source:
        return _DataStream(self.body)


class _DataStream:
    def __init__(self, body: Body) -> None:
        self._body = body

    def read(self, size: int = -1, /) -> bytes:
        return self._body.read(size)

    def close(self) -> None:
        pass
