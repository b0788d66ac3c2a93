"""What is in a package that was fetched: its content as a plan needs it, and the entries that will be put in place."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pltpack.errors import InfoError, PackageError, SourceError
from pltpack.formats.directory import DirectoryWriter
from pltpack.formats.entries import BytesContent, Entry
from pltpack.formats.formats import Format
from pltpack.formats.judgement import Purpose
from pltpack.formats.tree import Links, scan
from pltpack.pkg.staging import StagedPackage, stage
from pltpack.pkg.strip.strip import check_strip_compatible, strip_package
from pltpack.pkg.view import PackageReader
from pltpack.racket.info.info import Info
from pltpack.scope.found import Found
from pltpack.scope.plan.values import Content, Options, Wish
from pltpack.scope.state.facts import facts_of, items_of, problem_of
from pltpack.scope.state.surroundings import Surroundings

_LICENCES: Final = ("COPYING.txt", "COPYING_LESSER.txt", "COPYRIGHT.txt", "LICENSE-APACHE", "LICENSE-MIT")


class Looker:
    """Looks into packages for one scope. Directories for what has to be unpacked first are removed at the end."""

    def __init__(self, surroundings: Surroundings, options: Options, rooms: contextlib.ExitStack) -> None:
        self.surroundings = surroundings
        self.installation = surroundings.installation
        self.options = options
        self._rooms = rooms

    def look(self, wish: Wish, found: Found) -> Content:
        """The content of a package.

        Raises :class:`~pltpack.errors.PackageError`, :class:`~pltpack.errors.FormatError`,
        :class:`~pltpack.errors.UnsafePathError`, :class:`~pltpack.errors.LimitError`, and ``OSError``.
        """
        linked = found.origin.linked
        place, format = found.place, found.format
        if not linked and (self.options.mode is not None or self._has_links(place, format)):
            place, format = self._unpacked(wish, place, format), "dir"
            if self.options.mode is not None:
                place = self._stripped(wish, place)
        package = PackageReader(place, format=format, purpose=Purpose.INSTALL, keep=not linked)
        staged = stage(package, os.fspath(place), wish.name)
        if not linked:
            _refuse_dangling(staged, place, format)
        facts = facts_of(wish.name, staged.info)
        overlap = self.surroundings.overlap(found.directory or place, wish.name) if linked else None
        return Content(
            wish=wish,
            origin=found.origin,
            checksum=found.checksum,
            facts=facts,
            place=place,
            modules=staged.modules,
            items=(items := items_of(staged.infos, facts.collection, self.installation)),
            owners=self.surroundings.owners(staged.modules) if not self.options.force else {},
            taken={} if self.options.force else self.surroundings.taken(items, as_racket=self.options.as_racket),
            overlap=overlap,
            problem=problem_of(staged.info, wish.source),
            warnings=tuple(f"{wish.name}: {problem}" for problem in staged.problems),
            size=0 if linked else sum(entry.size for entry in staged.entries),
            setup_collections=setup_collections(staged),
            format=format,
            # What others than Racket read differently is not put down as it was looked at, but judged again.
            reader=package if format == "zip" and not package.survey.judgement.differences.count else None,
            directory=found.directory,
        )

    def _has_links(self, place: Path, format: Format) -> bool:
        """Whether there are links, which become copies of what they lead to."""
        if format not in ("tgz", "tar"):
            return False
        return any(entry.kind == "link" for entry in PackageReader(place, format=format).survey.entries.values())

    def _unpacked(self, wish: Wish, place: Path, format: Format) -> Path:
        if format == "dir":
            return place
        room = Path(self._rooms.enter_context(tempfile.TemporaryDirectory(prefix="pltpack-"))) / wish.name
        with DirectoryWriter(room) as writer:
            for entry in entries_of(place, format):
                writer.add(entry)
        return room

    def _stripped(self, wish: Wish, directory: Path) -> Path:
        assert self.options.mode is not None
        version = self.installation.version
        if not self.options.force:
            try:
                check_strip_compatible(self.options.mode, directory, version=version, name=wish.name)
            except PackageError as error:
                raise PackageError(
                    "package content is not compatible with the requested conversion",
                    details=(f"  package: {wish.name}", f"  {error.message}"),
                ) from None
        room = Path(self._rooms.enter_context(tempfile.TemporaryDirectory(prefix="pltpack-"))) / wish.name
        strip_package(
            directory, room, self.options.mode, version=version, installation=self.installation, recompile=False
        )
        return room


def entries_of(
    place: Path, format: Format, *, links: Links = Links.KEEP, reader: PackageReader | None = None
) -> Iterator[Entry]:
    """The entries of a package as it will be, parents before what is in them; by a ``reader`` that has read it already,
    if there is one.

    In a zip archive a link is a file with the name of its target, as Racket's ``unzip`` has it.
    """
    if format == "dir":
        yield from scan(place, links)
        return
    for entry in (reader or PackageReader(place, format=format)).entries():
        if entry.kind == "link" and format == "zip":
            yield _as_file(entry)
        else:
            yield entry


def _as_file(entry: Entry) -> Entry:
    data = os.fsencode(entry.target)
    return Entry(entry.path, "file", entry.mode, entry.mtime, len(data), BytesContent(data))


def _refuse_dangling(staged: StagedPackage, place: Path, format: Format) -> None:
    """Raise the error for a link that leads nowhere: it is to become a copy of what it leads to."""
    if format != "dir" or not any(entry.kind == "link" for entry in staged.entries):
        return
    try:
        for _ in scan(place, Links.FOLLOW):
            pass
    except SourceError as error:
        raise PackageError(error.message, file=error.file, hint="links are installed as what they lead to") from None


def setup_collections(staged: StagedPackage) -> tuple[str, ...]:
    """The collections that ``raco setup`` is to be run for after this package was installed."""
    if staged.collection is not None:
        return (staged.collection,)
    wanted = _value(staged.info, "setup-collects")
    if isinstance(wanted, list) and wanted:
        return tuple(_collection(one) for one in wanted if isinstance(one, str | list))
    return staged.collections


def _value(info: Info | None, name: str) -> object:
    try:
        return None if info is None else info.get(name)
    except InfoError:
        return None


def _collection(value: object) -> str:
    """A collection as ``setup-collects`` names it: a string, or a list of elements."""
    if isinstance(value, str):
        return value
    return "/".join(part for part in value if isinstance(part, str)) if isinstance(value, list) else ""


def is_licence(entry: Entry, share: Path | None) -> bool:
    """Whether a file at the top of a package is one of the licences that the distribution has itself, word for word;
    such are not kept in installation scope."""
    if share is None or entry.path not in _LICENCES or entry.kind != "file":
        return False
    try:
        return (share / entry.path).read_bytes() == entry.read()
    except OSError:
        return False
