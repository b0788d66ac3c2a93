"""Unpacking an archive into a directory: open, check, place every entry, commit."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pltpack.archive import Source, open_archive
from pltpack.codec.entries import Body, Directory, File, display_path
from pltpack.codec.header import Preamble
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import EntryExistsError, FormatError, PltError, UnsafePathError
from pltpack.unpacker.destination import Destination, Existing, Outcome, Root
from pltpack.unpacker.directory import DirectoryDestination
from pltpack.unpacker.memory import MemoryDestination, on_disk
from pltpack.unpacker.paths import PathGuard, PathPolicy, SafePath


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an entry. ``path`` is below the destination, ``/`` between names; ``size`` counts bytes."""

    path: str
    kind: Literal["directory", "file"]
    outcome: Outcome
    size: int = 0


@dataclass(slots=True)
class Extraction:
    """What was done (or, on a dry run, would be), entry by entry."""

    dest: Path
    preamble: Preamble
    """The header of the archive: only reported, as by ``raco unpack``."""
    entries: list[Placed] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    """Members that were asked for and are not in the archive."""
    damage: FormatError | None = None
    """What ended the salvage of a damaged archive."""
    incomplete: tuple[str, ...] = ()
    """Files that were not whole in a damaged archive and are not in the destination."""

    def files(self, *outcomes: Outcome) -> list[Placed]:
        """The files with one of the outcomes."""
        return [entry for entry in self.entries if entry.kind == "file" and entry.outcome in outcomes]

    @property
    def written(self) -> list[Placed]:
        """The files that were created or replaced."""
        return self.files(Outcome.CREATED, Outcome.REPLACED)

    @property
    def bytes_written(self) -> int:
        """The bytes in them."""
        return sum(entry.size for entry in self.written)


class _Nothing:
    """The body of a file that is only placed to see whether it could be."""

    def read(self, _size: int = -1, /) -> bytes:
        return b""

    def chunks(self) -> Iterator[bytes]:
        return iter(())


_NOTHING: Final = _Nothing()


def extract(
    archive: Source | ArchiveReader,
    dest: str | os.PathLike[str],
    *,
    force: bool = False,
    limits: Limits = Limits(),
    policy: PathPolicy | None = None,
    members: Collection[str] | Callable[[str], bool] | None = None,
    strip_components: int = 0,
    dry_run: bool = False,
    salvage: bool = False,
    durable: bool = False,
    on_entry: Callable[[Placed], object] | None = None,
) -> Extraction:
    """Put everything that is in an archive below ``dest``, all or nothing, as ``raco unpack`` does where that is safe.

    An existing file is in the way of a ``file`` entry unless ``force``; a ``file-replace`` entry replaces it. Missing
    parents are created. ``policy`` says which paths are refused (default: what ``limits`` allow). ``members``: only
    these and what is below them, or those that the function accepts (given the path with ``/``).
    ``strip_components``: so many names are dropped from the front of each path; entries with fewer are passed over.
    ``dry_run``: find out all the same and write nothing. ``salvage``: keep the whole files of a damaged archive.
    ``durable``: see :class:`~pltpack.unpacker.directory.DirectoryDestination`. ``on_entry`` is called for each entry
    that was placed.

    An archive that is open already is read to its end and left open. Raises ``UnsafePathError`` or
    ``EntryExistsError`` (``paths`` lists every offender), ``LimitError``, ``FormatError``, ``BusyError`` and
    ``OSError``; then the destination is as it was.
    """
    destination: Destination = (
        MemoryDestination(on_disk, keep_data=False) if dry_run else DirectoryDestination(durable=durable)
    )
    with _opened(archive, limits) as reader, destination:
        extraction = Extraction(Path(dest), reader.preamble)
        placer = _Placer(destination, Root(extraction.dest), PathGuard(policy or PathPolicy.within(limits)))
        placer.existing = Existing.REPLACE if force else Existing.ERROR
        placer.chosen = _Chosen(members)
        placer.strip = strip_components
        destination.make_directory(placer.root, ())
        try:
            for entry in reader:
                placed = placer.place(entry)
                if placed is not None:
                    extraction.entries.append(placed)
                    if on_entry is not None:
                        on_entry(placed)
        except FormatError as error:
            if not salvage:
                raise
            extraction.damage = error
            extraction.incomplete = tuple(placer.incomplete)
        placer.refuse(reader.name)
        extraction.missing = placer.chosen.missing
        destination.commit()
    return extraction


def _opened(archive: Source | ArchiveReader, limits: Limits) -> AbstractContextManager[ArchiveReader]:
    if isinstance(archive, ArchiveReader):
        return contextlib.nullcontext(archive)
    return open_archive(archive, limits=limits)


class _Chosen:
    """Decides which entries are wanted, and knows which wishes were not met."""

    def __init__(self, members: Collection[str] | Callable[[str], bool] | None) -> None:
        self._accepts = members if callable(members) else None
        self._names = None if members is None or callable(members) else [name.strip("/") for name in members]
        self._missing = set(self._names or ())

    def __call__(self, path: SafePath) -> bool:
        if self._names is None:
            return self._accepts is None or self._accepts("/".join(path))
        shown = "/".join(path) + "/"
        found = [name for name in self._names if shown.startswith(name + "/")]
        self._missing.difference_update(found)
        return bool(found)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(sorted(self._missing))


class _Placer:
    """Places entries one by one and remembers those that may not be placed."""

    def __init__(self, destination: Destination, root: Root, guard: PathGuard) -> None:
        self.root = root
        self.existing = Existing.ERROR
        self.chosen = _Chosen(None)
        self.strip = 0
        self.incomplete: list[str] = []
        self._destination = destination
        self._guard = guard
        self._unsafe: list[UnsafePathError] = []
        self._blocked: list[EntryExistsError] = []

    def place(self, entry: Directory | File) -> Placed | None:
        """Place it, if it is wanted and nothing speaks against it."""
        try:
            if isinstance(entry, File):
                return self._place_file(entry, self._guard.file(entry.path))
            return self._place_directory(self._guard(entry.path))
        except UnsafePathError as error:
            self._unsafe.append(error)
        except EntryExistsError as error:
            self._blocked.append(error)
        except PltError as error:
            # Either the archive ends, or is damaged, in the middle of this file, or a limit is exceeded.
            self.incomplete.append(display_path(entry.path))
            raise error.within(entry=display_path(entry.path)) from error.__cause__
        return None

    def _place_file(self, entry: File, path: SafePath) -> Placed | None:
        if not self.chosen(path) or len(path) <= self.strip:
            return None
        path = path[self.strip :]
        existing = Existing.REPLACE if entry.replace else self.existing
        size: int = entry.size
        body: Body = entry.body
        if self._unsafe or self._blocked:
            size, body = 0, _NOTHING  # Nothing will be kept: the disk need not be filled for it.
        outcome = self._destination.write_file(self.root, path, size, body, existing)
        return Placed("/".join(path), "file", outcome, entry.size)

    def _place_directory(self, path: SafePath) -> Placed | None:
        if not self.chosen(path) or len(path) < self.strip:
            return None
        path = path[self.strip :]
        return Placed("/".join(path), "directory", self._destination.make_directory(self.root, path))

    def refuse(self, name: str | None) -> None:
        """Raise one error for all the entries that may not be placed, if there are any; ``name``: the archive."""
        unsafe = [offender for error in self._unsafe for offender in error.paths]
        if unsafe:
            first: UnsafePathError | EntryExistsError = self._unsafe[0]
            if len(unsafe) == 1:
                raise first.within(file=name)
            message = f"{len(unsafe)} paths may not be written; {first.message}"
            raise UnsafePathError(message, paths=unsafe, file=name, hint=first.hint)
        blocked = [offender for error in self._blocked for offender in error.paths]
        if blocked:
            first = self._blocked[0]
            if len(blocked) == 1:
                raise first.within(file=name)
            message = f"{len(blocked)} paths are in the way; {first.message}"
            raise EntryExistsError(message, paths=blocked, file=name, hint=first.hint)
