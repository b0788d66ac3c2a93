"""Unpacking an archive into a directory: open, check, place every entry, commit."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from pltpack.archive import Source
from pltpack.arguments import check_several
from pltpack.codec.entries import Directory, File, display_path
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import FormatError, LimitError
from pltpack.transaction.destination import Destination, Existing, Outcome, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.memory import MemoryDestination, on_disk
from pltpack.transaction.paths import SafePath
from pltpack.unpacker.opened import opened
from pltpack.unpacker.paths import PathGuard, PathPolicy
from pltpack.unpacker.placer import Placer, Target

if TYPE_CHECKING:
    from pltpack.codec.header import Preamble
    from pltpack.input import Progress


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an entry. ``path`` is below the destination, ``/`` between names; ``size`` counts bytes."""

    path: str
    kind: Literal["directory", "file"]
    outcome: Outcome
    size: int = 0


class HasPreamble(Protocol):
    """Knows the header of an archive, or reads it when it is asked."""

    @property
    def preamble(self) -> Preamble: ...


class _Read(NamedTuple):
    """A header that was read already."""

    preamble: Preamble


@dataclass(slots=True, repr=False)
class Extraction:
    """What was done (or, on a dry run, would be), entry by entry."""

    dest: Path
    archive: HasPreamble = field(repr=False)
    entries: list[Placed] = field(default_factory=list)
    """Those that were placed; none if they were not to be kept."""
    placed: int = 0
    """How many entries were placed."""
    files_written: int = 0
    """The files that were created or replaced."""
    bytes_written: int = 0
    """The bytes in them."""
    missing: tuple[str, ...] = ()
    """Members that were asked for and are not in the archive."""
    damage: FormatError | None = None
    """What ended the salvage of a damaged archive."""
    incomplete: tuple[str, ...] = ()
    """Files that were not whole in a damaged archive and are not in the destination."""

    def __repr__(self) -> str:
        damaged = f", damaged: {type(self.damage).__name__}" if self.damage is not None else ""
        return (
            f"Extraction({str(self.dest)!r}, {self.placed} entries, {self.files_written} files written, "
            f"{self.bytes_written} bytes{damaged})"
        )

    @property
    def preamble(self) -> Preamble:
        """The header of the archive: only reported, as by ``raco unpack``."""
        return self.archive.preamble

    def __reduce__(self) -> tuple[object, ...]:
        # What was read can be sent to another process, the reader cannot.
        counts = (self.placed, self.files_written, self.bytes_written)
        found = (self.missing, self.damage, self.incomplete)
        return Extraction, (self.dest, _Read(self.preamble), self.entries, *counts, *found)

    def count(self, placed: Placed) -> None:
        """Count one more entry."""
        self.placed += 1
        if placed.kind == "file" and placed.outcome is not Outcome.KEPT:
            self.files_written += 1
            self.bytes_written += placed.size

    def files(self, *outcomes: Outcome) -> list[Placed]:
        """The files with one of the outcomes."""
        return [entry for entry in self.entries if entry.kind == "file" and entry.outcome in outcomes]

    @property
    def written(self) -> list[Placed]:
        """The files that were created or replaced."""
        return self.files(Outcome.CREATED, Outcome.REPLACED)


def extract(
    archive: Source | ArchiveReader,
    dest: str | os.PathLike[str] | Root,
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
    keep_entries: bool = True,
    progress: Progress | None = None,
) -> Extraction:
    """Put everything that is in an archive below ``dest``, all or nothing, as ``raco unpack`` does where that is safe.

    ``dest``: a path, or a :class:`~pltpack.transaction.destination.Root` that says which directory it must be.
    An existing file is in the way of a ``file`` entry unless ``force``; a ``file-replace`` entry replaces it. Missing
    parents are created. ``policy`` says which paths are refused (default: what ``limits`` allow). ``members``: only
    these and what is below them, or those that the function accepts (given the path with ``/`` between the names, and
    behind a directory).
    ``strip_components``: so many names are dropped from the front of each path; entries with fewer are passed over.
    ``dry_run``: find out all the same and write nothing. ``salvage``: keep the whole files of a damaged archive.
    ``durable``: see :class:`~pltpack.transaction.directory.DirectoryDestination`. ``on_entry`` is called for each entry
    that was placed. Without ``keep_entries`` the result only counts them: it takes no memory for each. ``progress`` is
    called with the bytes of the archive that have been read, and how many it has (``None``: a stream that does not
    know); not for an archive that is open already.

    An archive that is open already is read to its end and left open. Raises ``UnsafePathError`` or
    ``EntryExistsError`` (``paths`` lists every offender), ``LimitError``, ``FormatError``, ``BusyError`` and
    ``OSError``; then the destination is as it was.
    """
    destination: Destination = (
        MemoryDestination(on_disk, keep_data=False) if dry_run else DirectoryDestination(durable=durable)
    )
    selection = _Selection(dest if isinstance(dest, Root) else Root(Path(dest)), members, strip_components)
    with opened(archive, limits, progress) as reader, destination:
        extraction = Extraction(selection.root.path, reader)
        guard = PathGuard(policy or PathPolicy.within(limits))
        placer = Placer(destination, guard, selection, Existing.REPLACE if force else Existing.ERROR)
        destination.make_directory(selection.root, ())
        placing: Directory | File | None = None
        try:
            for entry in reader:
                placing = entry
                target = placer.place(entry)
                placing = None
                if target is not None:
                    placed = _placed(entry, target)
                    extraction.count(placed)
                    if keep_entries:
                        extraction.entries.append(placed)
                    if on_entry is not None:
                        on_entry(placed)
        except FormatError as error:
            if not salvage:
                raise
            extraction.damage = error
            if placing is not None:
                extraction.incomplete = (display_path(placing.path),)
        except LimitError as error:
            raise error.within(file=reader.name) from error.__cause__
        placer.refuse(reader.name)
        extraction.missing = selection.missing
        destination.commit()
    return extraction


def _placed(entry: Directory | File, target: Target) -> Placed:
    path = "/".join(target.path)
    if isinstance(entry, File):
        return Placed(path, "file", target.outcome, entry.size)
    return Placed(path, "directory", target.outcome)


class _Selection:
    """Everything goes below one root; decides which entries are wanted, and knows which wishes were not met."""

    def __init__(self, root: Root, members: Collection[str] | Callable[[str], bool] | None, strip: int) -> None:
        self.root = root
        self._strip = strip
        self._accepts = members if callable(members) else None
        check_several("members", members)
        self._names = None if members is None or callable(members) else [name.strip("/") for name in members]
        self._missing = set(self._names or ())

    def __call__(self, path: SafePath, /, *, file: bool) -> tuple[Root, SafePath] | None:
        if len(path) < self._strip + file or not self._wants(path, file=file):
            return None
        return self.root, path[self._strip :]

    def _wants(self, path: SafePath, *, file: bool) -> bool:
        if self._names is None:
            return self._accepts is None or self._accepts("/".join(path) + "/" * (not file))
        shown = "/".join(path) + "/"
        found = [name for name in self._names if shown.startswith(name + "/")]
        self._missing.difference_update(found)
        return bool(found)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(sorted(self._missing))
