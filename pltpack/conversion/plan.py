"""What a conversion writes: decided when the source has been read once, carried out while it is read again."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from pltpack.codec.header import CollectionPath, Header
from pltpack.codec.limits import Limits
from pltpack.conversion.conversion import Conversion
from pltpack.conversion.losses import NO_TIME, Loss, losses, zip_time
from pltpack.conversion.spool import spooled
from pltpack.datum.values import Symbol
from pltpack.errors import InfoError, LimitError
from pltpack.formats.entries import CHUNK, BytesContent, Entry, EntryWriter, ExactReader
from pltpack.formats.formats import directory_writer, entry_writer
from pltpack.formats.links import Resolved, resolve_links, unusable_links
from pltpack.formats.plt import PltWriter, package_header
from pltpack.pkg.metadata import read_metadata
from pltpack.pkg.objections import info_objections, link_objections, size_objections
from pltpack.pkg.view import INFO, MULTI_INFO, SINGLE_INFO, PackageReader, Survey
from pltpack.racket.info.info import Info, parse_info
from pltpack.regular import FileContent

_PLANET_NOTE: Final = (
    "this looks like a package of PLaneT: converted, its modules lie where nothing can require them; "
    "pltpack planet rescue is what makes a package of it"
)
_SINGLE_NOTE: Final = (
    "a single-collection package: raco pkg install takes the archive, but raco setup -A and unpack --at-plt would put "
    "its files straight among the collections"
)


class Plan:
    """How the package of a source is written in another format; tells ``conversion`` what that comes to."""

    def __init__(self, package: PackageReader, conversion: Conversion, limits: Limits) -> None:
        self._package = package
        self._conversion = conversion
        survey = package.survey
        self._target = target = conversion.format
        if target in ("zip", "plt"):
            self._links = resolve_links(survey.entries, limits=limits, size=package.size)
        else:
            self._links = Resolved(left_out=unusable_links(survey.entries))
        self._info = self._find_info(survey)
        self._multi = is_multi(self._info)
        self._header = self._make_header(survey)
        self._skip = self._generated(survey)
        self._layer = self._needs_layer(survey)
        if self._layer and survey.top == conversion.name:
            survey = replace(survey, top=None)  # dropped, and put back
        gone = [INFO] if target == "plt" and self._info == SINGLE_INFO else []
        conversion.losses += losses(survey, package.format, target, conversion.view, self._header, gone=gone)
        conversion.losses += self._link_losses()
        if survey.planet and conversion.view == "package":
            conversion.notes.append(_PLANET_NOTE)
        if conversion.view == "package":
            conversion.problems += self._problems(survey, limits)
        self._count(survey)

    def _problems(self, survey: Survey, limits: Limits) -> Iterator[str]:
        """What an installer refuses in the target."""
        infos = dict(_parsed(survey.infos))
        yield from read_metadata("package", infos.get("")).problems
        yield from info_objections(infos)
        kept = {path: entry for path, entry in survey.entries.items() if path not in self._links.left_out}
        if self._target in ("tgz", "tar"):
            yield from link_objections(kept, limits=limits)
        yield from size_objections(kept.values(), self._target)

    def _find_info(self, survey: Survey) -> bytes | None:
        """The text of ``info.rkt`` as the target has it, which may be that of a file that a link leads to."""
        source = next((path for path, copies in self._links.copies.items() if INFO in copies), None)
        if source is None:
            return survey.info
        with spooled(self._package, [source]) as (stream,):
            return stream.read()

    def _collections(self, survey: Survey) -> tuple[CollectionPath, ...]:
        """The collections of a multi-collection package: the directories at its top."""
        if not self._multi:
            return ()
        top = {
            path.partition("/")[0] for path, entry in survey.entries.items() if "/" in path or entry.kind == "directory"
        }
        top |= {path for path in self._links.directories if "/" not in path}
        return tuple((name,) for name in sorted(top))

    def _make_header(self, survey: Survey) -> Header:
        if self._conversion.view == "stored":
            return Header(self._conversion.name, plt_relative=False)
        return package_header(self._conversion.name, self._collections(survey))

    def _generated(self, survey: Survey) -> frozenset[str]:
        """See to the ``info.rkt`` that means nothing but that there is none; returns what is not to be written."""
        if self._conversion.view == "stored":
            return frozenset()
        if self._target != "plt":
            if survey.info_added:
                self._conversion.added.append(INFO)
            if survey.info_hidden:
                self._conversion.dropped.append(INFO)
            return frozenset()
        if not self._multi:
            self._conversion.notes.append(_SINGLE_NOTE)
        if survey.info == MULTI_INFO:
            self._conversion.dropped.append(INFO)
            return frozenset({INFO})
        if self._info == SINGLE_INFO:
            self._conversion.dropped.append(INFO)  # it is written, and means on the way back that there was none
        elif self._info is None and (INFO not in survey.entries or INFO in self._links.left_out):
            self._conversion.added.append(INFO)
        return frozenset()

    def _needs_layer(self, survey: Survey) -> bool:
        """Whether the package is one single directory, which an installer would take for a wrapping."""
        if self._conversion.view == "stored" or self._target not in ("zip", "tgz", "tar"):
            return False
        top = {path.partition("/")[0] for path in survey.entries if path not in self._links.left_out}
        return len(top) == 1 and not any(
            "/" not in path and entry.kind == "file" for path, entry in survey.entries.items()
        )

    def _link_losses(self) -> Iterator[Loss]:
        links = self._links
        if links.to_files:
            yield Loss("link", "the link becomes a copy of the file that it points to", tuple(links.to_files))
        if links.to_directories:
            detail = "the link becomes a copy of the directory that it points to"
            yield Loss("link", detail, tuple(links.to_directories))
        for reason in dict.fromkeys(links.left_out.values()):
            paths = tuple(path for path, why in links.left_out.items() if why == reason)
            yield Loss("link", f"left out: {reason}", paths)

    def _count(self, survey: Survey) -> None:
        conversion = self._conversion
        for entry in self._written(iter(survey.entries.values())):
            conversion.files += entry.kind == "file"
            conversion.directories += entry.kind == "directory"
            conversion.links += entry.kind == "link"
            conversion.content_bytes += entry.size

    def _written(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """All entries of the target, directories before what is in them; ``entries`` are those of the view."""
        seen: set[str] = set()
        for entry in self._all(entries):
            placed = replace(entry, path=f"{self._conversion.name}/{entry.path}") if self._layer else entry
            for above in _parents(placed.path):
                if above not in seen:
                    seen.add(above)
                    yield Entry(above, "directory", 0o755, self._time(placed.mtime))
            if placed.kind != "directory" or placed.path not in seen:
                seen.add(placed.path)
                mtime = self._time(placed.mtime)
                yield placed if mtime == placed.mtime else placed.at(mtime)

    def _all(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        if self._target == "plt" and INFO in self._conversion.added:
            yield Entry(INFO, "file", 0o644, 0, len(SINGLE_INFO), BytesContent(SINGLE_INFO))
        copies: list[Entry] = []
        with contextlib.ExitStack() as stack:
            for entry in entries:
                if entry.kind == "link" and self._drops(entry.path):
                    continue
                paths = self._links.copies.get(entry.path, ())
                kept = _kept(entry, stack) if paths else entry
                copies.extend(replace(kept, path=path) for path in paths)
                if entry.path not in self._skip:
                    yield kept
            for path in self._links.directories:
                yield Entry(path, "directory", 0o755, 0)
            yield from copies

    def _drops(self, path: str) -> bool:
        return self._target in ("zip", "plt") or path in self._links.left_out

    def _time(self, seconds: int) -> int:
        if self._package.format == "plt":
            return NO_TIME
        return zip_time(seconds) if self._target == "zip" else seconds

    def write(self, sink: BinaryIO | Path) -> None:
        """Write the target."""
        with self._writer(sink) as writer:
            for entry in self._written(self._package.entries()):
                writer.add(entry)

    def _writer(self, sink: BinaryIO | Path) -> EntryWriter:
        if isinstance(sink, Path):
            return directory_writer(sink)
        if self._target == "plt":
            return PltWriter(sink, self._header, root=("collects",) if self._header.plt_relative else ())
        return entry_writer(sink, self._target, name=self._conversion.name)


def _parsed(texts: Mapping[str, bytes]) -> Iterator[tuple[str, Info]]:
    """The info files that can be used, by their directories."""
    for directory, text in texts.items():
        with contextlib.suppress(InfoError, LimitError):
            yield directory, parse_info(text)


def is_multi(info: bytes | None) -> bool:
    """Whether a package with this ``info.rkt`` (``None``: with none) is a multi-collection package."""
    if info is None:
        return False
    try:
        value = parse_info(info).get("collection", Symbol("use-pkg-name"))
    except (InfoError, LimitError):
        return False
    return not isinstance(value, str) and value != Symbol("use-pkg-name")


def _parents(path: str) -> Iterator[str]:
    end = path.find("/")
    while end > 0:
        yield path[:end]
        end = path.find("/", end + 1)


def _kept(entry: Entry, stack: contextlib.ExitStack) -> Entry:
    """The entry with its data set aside, so that it can be read more than once."""
    if entry.content is None or isinstance(entry.content, FileContent | BytesContent):
        return entry
    place = Path(stack.enter_context(tempfile.TemporaryDirectory()), "data")
    with ExactReader.of(entry) as source, place.open("wb") as sink:
        shutil.copyfileobj(source, sink, CHUNK)
    return replace(entry, content=FileContent(place))
