"""Archives and directories as packages: the content that ``raco pkg install`` would find in them.

Sources of the rules: the package manager's staging of archives, and ``setup/unpack`` with all its places redirected.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import field, replace
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, TypeAlias, cast

from pltpack.codec.header import Header, Preamble
from pltpack.codec.limits import Limits
from pltpack.codec.stream_size import stream_size
from pltpack.dataclass import dataclass
from pltpack.errors import HeaderError, PackageError, UnsafePathError
from pltpack.formats.entries import BytesContent, Entry, EntryReader
from pltpack.formats.formats import Format, open_entries
from pltpack.formats.judgement import Judgement, Purpose
from pltpack.formats.paths import Members, link_objection
from pltpack.formats.plt import PltReader
from pltpack.formats.readings import check_one_reading
from pltpack.formats.recognise import recognise
from pltpack.input import Progress, StrPath, watched
from pltpack.unpacker.locations import HEADS

if TYPE_CHECKING:
    from pltpack.formats.zip import ZipReader

View: TypeAlias = Literal["package", "stored"]
"""``stored``: as it is in the archive. ``package``: a single directory at the top of a zip or tar archive is dropped;
of an archive that is relative to Racket's directories, ``collects``, ``doc``, ``lib`` and ``include`` are."""

INFO: Final = "info.rkt"

_INFO_MOST: Final = 1 << 20
_INFOS_MOST: Final = 1 << 24
"""Bytes of an ``info.rkt``, and of all of them."""

MULTI_INFO: Final = b"#lang setup/infotab\n(define collection (quote multi))\n"
"""What ``raco pkg install`` puts at the top of a ``.plt`` archive that has no ``info.rkt``."""

SINGLE_INFO: Final = b"#lang setup/infotab\n(define collection (quote use-pkg-name))\n"
"""What says, in a ``.plt`` archive, that the package has no ``info.rkt``: the same as none says in other formats."""


@dataclass(slots=True)
class Survey:
    """What is known of a package when it has been read once.

    ``entries`` are those of the view by their paths, without their data. ``top`` is the directory that was dropped;
    ``moved`` lists the paths that lay in ``doc``, ``lib`` or ``include``, ``replacing`` those of ``file-replace``
    entries, as they are in the archive. ``info_added``: the archive has no ``info.rkt``, but the package has;
    ``info_hidden``: the other way round. ``judgement`` is that of the reader.
    ``planet``: it is like a package of PLaneT.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    preamble: Preamble | None = None
    header: Header | None = None
    top: str | None = None
    moved: list[str] = field(default_factory=list)
    replacing: list[str] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)
    judgement: Judgement = field(default_factory=Judgement)
    info_added: bool = False
    info_hidden: bool = False
    planet: bool = False
    infos: dict[str, bytes] = field(default_factory=dict)
    """The texts of all ``info.rkt`` by their directories, unless they are of an unusual length, or too many."""
    _room: int = _INFOS_MOST

    def take(self, entry: Entry, path: str) -> Entry:
        """Put down an entry, which is at ``path`` in the view; returns it as it is there."""
        entry = entry if path == entry.path else replace(entry, path=path)
        self.entries[path] = entry if entry.content is None else entry.without_content()
        if entry.kind != "file" or path.rpartition("/")[2] != INFO or entry.size > min(_INFO_MOST, self._room):
            return entry
        self._room -= entry.size
        self.infos[path.removesuffix(INFO).rstrip("/")] = text = entry.read()
        return replace(entry, content=BytesContent(text))

    @property
    def info(self) -> bytes | None:
        """The text of the package's ``info.rkt``, unless it is of an unusual length."""
        return self.infos.get("")


class PackageReader:
    """An archive or directory that is read as a package, as often as needed."""

    def __init__(
        self,
        source: StrPath | BinaryIO,
        *,
        format: Format | None = None,
        view: View = "package",
        limits: Limits = Limits(),
        progress: Progress | None = None,
        purpose: Purpose = Purpose.USE,
        keep: bool = False,
    ) -> None:
        """``source`` is a path or a seekable stream; ``format`` is recognised by content if it is not given.

        ``keep``: of a zip archive, which tells first what is in it, that is remembered to be read again.
        """
        self.format: Format = format or recognise(source)
        self.view = view
        name = os.fspath(source) if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
        self.name = name if isinstance(name, str) else None
        self._source = source
        self._start = 0 if isinstance(source, str | os.PathLike) else source.tell()
        self._limits = limits
        self._progress = progress
        self._purpose = purpose
        self._survey: Survey | None = None
        self._keep = keep
        self._kept: tuple[ZipReader, list[Entry]] | None = None

    @property
    def size(self) -> int | None:
        """The bytes of the archive; ``None`` for a directory."""
        if self.format == "dir":
            return None
        with self.stream() as stream:
            return stream_size(stream)

    @property
    def survey(self) -> Survey:
        """What is in the package; the first time this reads it to its end.

        Raises :class:`~pltpack.errors.FormatError`, :class:`~pltpack.errors.UnsafePathError`,
        :class:`~pltpack.errors.LimitError`, ``OSError``, and :class:`~pltpack.errors.PackageError` if two files of the
        archive would be one in the package.
        """
        if self._survey is None:
            for _ in self.entries():
                pass
        assert self._survey is not None
        return self._survey

    def entries(self) -> Iterator[Entry]:
        """The entries of the view; the data of each can be read until the next one is asked for.

        The survey is complete when they have all been given. Raises as :attr:`survey` does.
        """
        if self._kept is not None:
            archive, known = self._kept
            with self.stream() as stream:
                if archive.reopen(stream):
                    yield from known
                    return
        self._check_reading()
        top = self._find_top()
        with self._opened() as reader:
            if not self._keep or self.format != "zip":
                yield from self._entries(reader, top)
                return
            found = []
            for entry in self._entries(reader, top):
                found.append(entry)
                yield entry
            self._kept = cast("ZipReader", reader), found

    @contextlib.contextmanager
    def gathered(self, most: int) -> Iterator[list[Entry] | None]:
        """All entries of the view at once, their data readable inside the block in any order; ``None`` if more than
        ``most`` bytes would have to be in memory for that. Those of a zip archive are read where they are.

        The survey is complete unless it is ``None``. Raises as :attr:`survey` does.
        """
        self._check_reading()
        top = self._find_top()
        with self._opened() as reader:
            if self.format in ("zip", "dir"):
                yield list(self._entries(reader, top))
                return
            found: list[Entry] = []
            for entry in self._entries(reader, top):
                most -= entry.size
                if most < 0:
                    break
                found.append(entry if entry.content is None else replace(entry, content=BytesContent(entry.read())))
            yield None if most < 0 else found

    def _entries(self, reader: EntryReader, top: str | None) -> Iterator[Entry]:
        """What a reader gives, as it is in the view without the directory ``top``."""
        if self.format == "zip" and self.view == "package":
            top = _only_directory(reader)  # all entries are known already
        survey = Survey(top=top)
        if isinstance(reader, PltReader):
            survey.preamble = reader.preamble
            yield from self._plt_entries(reader, survey)
            survey.replacing, survey.planet = reader.replacing, reader.shape.likely
        else:
            for entry in reader:
                path = entry.path if survey.top is None else entry.path.partition("/")[2]
                if path:
                    self._check_link(path, entry, survey.top)
                    yield survey.take(entry, path)
        survey.ignored, survey.judgement = reader.ignored, reader.judgement
        self._survey = survey

    def _check_reading(self) -> None:
        """Two formats at once are two contents."""
        if not isinstance(self._source, str | os.PathLike):
            self._source.seek(self._start)
        check_one_reading(self._source, self.format, self.name)

    def _check_link(self, path: str, entry: Entry, top: str | None) -> None:
        """Without the directory around it a link can lead out that did not before."""
        if top is not None and entry.kind == "link" and (objection := link_objection(path, entry.target)):
            message = f"the member {entry.path!r} {objection}, once the directory around it is dropped"
            raise UnsafePathError(message, paths=[(entry.path, objection)], file=self.name)

    def _plt_entries(self, reader: PltReader, survey: Survey) -> Iterator[Entry]:
        if self.view == "stored":
            for entry in reader:
                if entry.path not in survey.entries:
                    yield survey.take(entry, entry.path)
            return
        survey.header = _header(reader)
        judgement = Judgement(name=self.name)
        members = Members(self._limits, judgement)
        for entry in reader:
            path = _inside(entry.path) if survey.header.plt_relative else entry.path
            if path is None:
                path = entry.path.partition("/")[2]
                survey.moved.append(entry.path)
            if entry.kind == "directory" and (not path or path in survey.entries):
                continue
            _check(members, judgement, path, entry)
            taken = survey.take(entry, path)
            if path == INFO and survey.info == SINGLE_INFO:
                del survey.entries[INFO], survey.infos[""]
                survey.info_hidden = True
                continue
            yield taken
        if INFO not in survey.entries and not survey.info_hidden:
            survey.info_added = True
            yield survey.take(Entry(INFO, "file", 0o644, 0, len(MULTI_INFO), BytesContent(MULTI_INFO)), INFO)

    def _find_top(self) -> str | None:
        """The directory at the top of a tar archive that the view is without."""
        if self.view == "stored" or self.format not in ("tgz", "tar"):
            return None
        with self._opened() as reader:
            return _only_directory(reader)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[EntryReader]:
        if self.format == "dir":
            with open_entries(cast("StrPath", self._source), format="dir", limits=self._limits) as reader:
                yield reader
            return
        with (
            self.stream() as stream,
            open_entries(stream, format=self.format, limits=self._limits, purpose=self._purpose) as reader,
        ):
            yield reader

    @contextlib.contextmanager
    def stream(self) -> Iterator[BinaryIO]:
        """The archive from its start; its reader's progress is told."""
        if not isinstance(self._source, str | os.PathLike):
            self._source.seek(self._start)
        elif self._progress is None:  # then there is nobody to watch for
            with open(self._source, "rb") as stream:
                yield stream
            return
        with watched(self._source, progress=self._progress, digests=False) as stream:
            yield stream


def _only_directory(reader: EntryReader) -> str | None:
    """The directory that the package manager drops: the only thing at the top of a zip or tar archive."""
    top: dict[str, bool] = {}
    for entry in reader:
        name, slash, _ = entry.path.partition("/")
        top[name] = top.get(name, False) or bool(slash) or entry.kind == "directory"
    return next(iter(top)) if len(top) == 1 and all(top.values()) else None


def _header(reader: PltReader) -> Header:
    try:
        return reader.header
    except HeaderError as error:
        error.hint = "raco pkg install refuses it; --as-stored does without the header"
        raise


def _inside(path: str) -> str | None:
    """Where a path of an archive that is relative to Racket's directories is in the package; ``None``: beside others
    that are as well what ``collects`` holds."""
    head, _, rest = path.partition("/")
    if head not in HEADS:
        return path
    return rest if head == "collects" else None


def _check(members: Members, judgement: Judgement, path: str, entry: Entry) -> None:
    try:
        members.add(path, entry.kind)
        judgement.check()
    except UnsafePathError as error:
        raise PackageError(
            f"{path or 'the package itself'} {error.paths[0][1]}, when the package is put together",
            entry=entry.path,
            hint="the directories collects, doc, lib and include are one in a package",
        ) from None
