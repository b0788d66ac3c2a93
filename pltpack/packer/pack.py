"""Packing files and directories: ``pack-plt`` and ``pack`` of ``setup/pack``."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from pltpack.archive import Sink, create_archive
from pltpack.arguments import check_several
from pltpack.codec.compression import Compression
from pltpack.codec.header import CollectionPath, Header, Preamble, Version
from pltpack.codec.raw_stream import Digest
from pltpack.datum.values import Datum
from pltpack.errors import SourceError
from pltpack.packer.filters import FileFilter, FileMode, std_filter
from pltpack.packer.mztar import Report, SourceDirectory, SourceFile, add, walk
from pltpack.regular import Identity

if TYPE_CHECKING:
    from pltpack.input import Progress

StrPath: TypeAlias = str | os.PathLike[str]


@dataclass(slots=True)
class Packed:
    """What went into an archive: counts of entries, bytes of all files, bytes of the raw stream."""

    directories: int = 0
    files: int = 0
    file_bytes: int = 0
    raw_bytes: int = 0

    def count(self, entry: SourceDirectory | SourceFile) -> None:
        """Count one more entry."""
        if isinstance(entry, SourceFile):
            self.files += 1
            self.file_bytes += entry.size
        else:
            self.directories += 1


@dataclass(frozen=True, slots=True)
class PackOptions:
    """How an archive is written, beyond what Racket's functions know.

    ``jobs``: threads that deflate (``None``: the cores); ``mtime``: the time in the gzip header in seconds (0: none,
    as Racket writes it); ``directory``: what paths are relative to (``""``: the current directory); ``report`` gets
    Racket's progress lines, ``on_entry`` each entry just before it is written; ``digest`` is fed the raw stream.
    """

    compression: Compression = field(default=Compression.DEFAULT)
    jobs: int | None = None
    mtime: int = 0
    directory: str = ""
    report: Report | None = None
    on_entry: Callable[[SourceDirectory | SourceFile], None] | None = None
    digest: Digest | None = None


def pack_plt(
    dest: Sink,
    name: str,
    paths: Sequence[StrPath],
    *,
    as_paths: Sequence[StrPath] | None = None,
    file_filter: FileFilter = std_filter,
    encode: bool = True,
    file_mode: FileMode = "file",
    unpack_unit: Datum | None = None,
    collections: Sequence[CollectionPath] = (),
    plt_relative: bool = True,
    at_plt_home: bool = False,
    test_plt_dirs: Sequence[str] | None = None,
    requires: Sequence[tuple[CollectionPath, Version]] = (),
    conflicts: Sequence[CollectionPath] = (),
    preamble: Preamble | None = None,
    options: PackOptions = PackOptions(),
    progress: Progress | None = None,
) -> Packed:
    """Pack files and directories into an archive, as ``pack-plt`` of ``setup/pack`` does.

    ``dest``: a path, where the archive appears when it is whole, or a binary stream. ``paths`` are relative;
    ``as_paths``, as many, are what they are stored as (then ``paths`` may be absolute). ``unpack_unit`` stands in for
    the unpacking unit, ``preamble`` for the whole header, as that of another archive can
    (:attr:`ArchiveReader.preamble <pltpack.codec.reader.ArchiveReader>`): then ``name`` and what else makes one says
    nothing. ``encode=False`` writes the raw stream. The archive itself is never packed. ``progress`` is called with the
    bytes of files that have been read, and how many there are in all: for that the files are looked for twice, so that
    ``file_filter`` is asked twice, too.

    Raises ``TypeError`` for a single string where a sequence of paths or names is asked for, ``ValueError`` for
    arguments that contradict each other and for paths that no archive can hold,
    :class:`~pltpack.errors.SourceError` and ``OSError`` for what cannot be packed: an old archive at ``dest`` stays.
    """
    header = Header(
        name,
        requires=tuple((names_of(path), tuple(version)) for path, version in requires),
        conflicts=tuple(map(names_of, conflicts)),
        collections=tuple(map(names_of, collections)),
        plt_relative=plt_relative,
        plt_home_relative=at_plt_home,
        test_plt_dirs=None if test_plt_dirs is None else tuple(test_plt_dirs),
    )
    return pack_paths(
        dest,
        header.preamble(unpack_unit) if preamble is None else preamble,
        paths,
        as_paths=as_paths,
        file_filter=file_filter,
        encode=encode,
        file_mode=file_mode,
        options=options,
        progress=progress,
    )


def pack_paths(
    dest: Sink,
    preamble: Preamble,
    paths: Sequence[StrPath],
    *,
    as_paths: Sequence[StrPath] | None = None,
    file_filter: FileFilter = std_filter,
    encode: bool = True,
    file_mode: FileMode = "file",
    options: PackOptions = PackOptions(),
    progress: Progress | None = None,
) -> Packed:
    """The work of :func:`pack_plt`, with a header that is made already; takes and raises the same."""
    if file_mode not in ("file", "file-replace"):
        raise ValueError(f"file_mode is {file_mode!r}, neither 'file' nor 'file-replace'")
    check_several("paths", paths)
    check_several("as_paths", as_paths)
    if as_paths is not None and len(as_paths) != len(paths):
        raise ValueError(f"{len(paths)} paths, but {len(as_paths)} as_paths")
    sources = [unicode_path(path) for path in paths]
    stored = [None] * len(sources) if as_paths is None else [unicode_path(path) for path in as_paths]

    def found(skip: frozenset[Identity], report: Report | None) -> Iterator[SourceDirectory | SourceFile]:
        for source, as_path in zip(sources, stored, strict=True):
            directory = options.directory
            yield from walk(
                source, file_filter, file_mode, as_path=as_path, directory=directory, report=report, skip=skip
            )

    packed = Packed()
    on_data = None
    if progress is not None:
        skip = own_files(dest)
        on_data = _Counter(progress, sum(e.size for e in found(skip, None) if isinstance(e, SourceFile)))
    with create_archive(
        dest,
        preamble,
        encode=encode,
        compression=options.compression,
        jobs=options.jobs,
        mtime=options.mtime,
        digest=options.digest,
    ) as archive:
        skip = own_files(dest, archive.stream)
        for entry in found(skip, options.report):
            if options.on_entry is not None:
                options.on_entry(entry)
            add(entry, archive, on_data)
            packed.count(entry)
    packed.raw_bytes = archive.raw_bytes
    return packed


class _Counter:
    """Adds up what was read. Files can grow between the look at them and the packing: the total is never exceeded."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        progress(0, total)

    def __call__(self, size: int) -> None:
        self._done = min(self._done + size, self._total)
        self._progress(self._done, self._total)


def pack(
    dest: Sink,
    name: str,
    paths: Sequence[StrPath],
    collections: Sequence[CollectionPath],
    file_filter: FileFilter = std_filter,
    encode: bool = True,
    file_mode: FileMode = "file",
    unpack_unit: Datum | None = None,
    plt_relative: bool = True,
    requires: Sequence[tuple[CollectionPath, Version]] = (),
    conflicts: Sequence[CollectionPath] = (),
    at_plt_home: bool = False,
) -> Packed:
    """The old form of :func:`pack_plt`: ``pack`` of ``setup/pack``, but requires and conflicts are not dropped."""
    return pack_plt(
        dest,
        name,
        paths,
        collections=collections,
        file_filter=file_filter,
        encode=encode,
        file_mode=file_mode,
        unpack_unit=unpack_unit,
        plt_relative=plt_relative,
        requires=requires,
        conflicts=conflicts,
        at_plt_home=at_plt_home,
    )


def names_of(collection: Sequence[str]) -> CollectionPath:
    """A collection path as a tuple. Raises ``TypeError`` for a single string, which is a sequence of strings too."""
    if isinstance(collection, str):
        raise TypeError(f"a collection is a sequence of names, such as ('games', 'cards'), not {collection!r}")
    return tuple(collection)


def unicode_path(path: StrPath) -> str:
    """The path as archives hold it, whatever the locale. Raises :class:`SourceError` if its bytes are not UTF-8."""
    name = os.fsencode(path)
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise SourceError(
            "the name is not UTF-8, and archives hold Unicode names only",
            file=name.decode(errors="backslashreplace"),
            hint="rename the file",
        ) from None


def own_files(dest: Sink, stream: BinaryIO | None = None) -> frozenset[Identity]:
    """The archive at ``dest`` that will be replaced, and the one being written: neither belongs into itself."""
    own = set()
    if stream is not None:
        with contextlib.suppress(OSError, io.UnsupportedOperation):
            own.add(_identity(os.fstat(stream.fileno())))
    if isinstance(dest, str | os.PathLike):
        with contextlib.suppress(OSError):
            own.add(_identity(os.stat(dest)))
    return frozenset(own)


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
