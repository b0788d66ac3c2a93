"""Installing an archive: its header obeyed, its requirements checked, its entries placed all or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pltpack.archive import Source
from pltpack.codec.entries import Directory, File, display_path
from pltpack.codec.header import CollectionPath, Header
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import ConflictError, EntryExistsError, PltError, RequirementError, UnsafePathError
from pltpack.racket.collections import CollectionIndex
from pltpack.racket.installation import Installation
from pltpack.transaction.destination import Destination, Existing, Outcome
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.memory import MemoryDestination, on_disk
from pltpack.unpacker.locations import Mode, locate
from pltpack.unpacker.opened import opened
from pltpack.unpacker.paths import PathGuard, PathPolicy
from pltpack.unpacker.placer import Placer, Target
from pltpack.unpacker.requirements import requirement_problems, version_in_info

if TYPE_CHECKING:
    from pltpack.input import Progress


@dataclass(frozen=True, slots=True)
class InstalledEntry:
    """What became of an entry: ``entry`` is its path in the archive, ``target`` where it is now; ``size`` in bytes."""

    entry: str
    target: Path
    kind: Literal["directory", "file"]
    outcome: Outcome
    size: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether it is a file that was there already and stayed as it was."""
        return self.kind == "file" and self.outcome is Outcome.KEPT


@dataclass(slots=True)
class Installed:
    """What was done or, on a dry run, would be."""

    header: Header
    mode: Mode
    entries: list[InstalledEntry] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Requirements that are not met and were passed over."""
    problems: list[PltError | OSError] = field(default_factory=list)
    """On a dry run: what would have ended it."""

    @property
    def collections(self) -> list[CollectionPath]:
        """The collections to set up, as the archive lists them."""
        return list(self.header.collections)

    @property
    def kept(self) -> list[InstalledEntry]:
        """Files that were there already and stayed as they were."""
        return [entry for entry in self.entries if entry.is_kept]


def install(
    archive: Source | ArchiveReader,
    *,
    installation: Installation,
    collects: Sequence[Path] = (),
    directory: str | os.PathLike[str] | None = None,
    at_plt: bool = False,
    all_users: bool = False,
    force: bool = False,
    check: bool = True,
    dry_run: bool = False,
    limits: Limits = Limits(),
    policy: PathPolicy | None = None,
    durable: bool = False,
    on_entry: Callable[[InstalledEntry], object] | None = None,
    keep_entries: bool = True,
    progress: Progress | None = None,
) -> Installed:
    """Install an archive as ``raco setup -A`` does, short of compiling: all of it or nothing.

    Where entries go is decided by the header, see :func:`~pltpack.unpacker.locations.locate`, which ``directory``,
    ``at_plt`` and ``all_users`` are for. The requirements and conflicts are checked first, unless ``check`` is false;
    with ``force`` missing requirements are only warned of. A file that exists stays, unless the archive says
    ``file-replace``. ``dry_run``: write nothing, and collect every problem instead of raising the first.
    ``limits``, ``policy``, ``durable``, ``on_entry`` and ``progress`` are those of
    :func:`~pltpack.unpacker.unpack.extract`. Without ``keep_entries`` the result lists, unless it is a dry run, only
    files that stayed as they were; ``collects`` are searched for required collections before all others.

    Raises :class:`~pltpack.errors.HeaderError` for a header of unknown shape, ``RequirementError``,
    ``ConflictError``, :class:`~pltpack.errors.InstallationError` (a directory that is needed is not known), and what
    ``extract`` raises; then everything is as it was.
    """
    destination: Destination = (
        MemoryDestination(on_disk, keep_data=False) if dry_run else DirectoryDestination(durable=durable)
    )
    with opened(archive, limits, progress) as reader:
        place = None if directory is None else Path(directory)
        locations = locate(reader.header, installation, at_plt=at_plt, all_users=all_users, directory=place)
        result = Installed(reader.header, locations.mode)
        if check:
            index = CollectionIndex(installation, collects)
            problems = requirement_problems(reader.header, index, version_in_info(installation), force=force)
            _check(result, reader.name, problems, dry_run=dry_run)
        guard = PathGuard(policy or PathPolicy.within(limits))
        placer = Placer(destination, guard, locations, Existing.KEEP)
        with destination:
            if not locations.base.path.exists():
                destination.make_directory(locations.base, ())
            for entry in reader:
                target = placer.place(entry)
                if target is not None:
                    installed = _installed(entry, target)
                    if keep_entries or dry_run or installed.is_kept:
                        result.entries.append(installed)
                    if on_entry is not None:
                        on_entry(installed)
            try:
                placer.refuse(reader.name)
            except (UnsafePathError, EntryExistsError) as error:
                if not dry_run:
                    raise
                result.problems.append(error)
            destination.commit()
    if dry_run:
        result.problems.extend(_not_writable(result.entries))
    return result


def unpack(
    archive: Source | ArchiveReader,
    *,
    installation: Installation | None = None,
    force: bool = False,
    check: bool = True,
    all_users: bool = False,
    at_plt: bool = False,
    directory: str | os.PathLike[str] | None = None,
    limits: Limits = Limits(),
) -> list[CollectionPath]:
    """Racket's ``unpack`` of ``setup/unpack``: install an archive and return the collections to set up.

    The same as :func:`install`, of which it takes the most used parameters; ``installation`` is by default the one
    that :meth:`~pltpack.racket.installation.Installation.discover` finds.
    """
    return install(
        archive,
        installation=Installation.discover() if installation is None else installation,
        force=force,
        check=check,
        all_users=all_users,
        at_plt=at_plt,
        directory=directory,
        limits=limits,
    ).collections


def _check(
    result: Installed, archive: str | None, problems: Iterable[RequirementError | ConflictError | str], *, dry_run: bool
) -> None:
    for problem in problems:
        if isinstance(problem, str):
            result.warnings.append(problem)
            continue
        error = problem.within(file=archive)
        if not dry_run:
            raise error
        result.problems.append(error)


def _installed(entry: Directory | File, target: Target) -> InstalledEntry:
    file = isinstance(entry, File)
    return InstalledEntry(
        display_path(entry.path),
        target.root.path.joinpath(*target.path),
        "file" if file else "directory",
        target.outcome,
        entry.size if isinstance(entry, File) else 0,
    )


def _not_writable(entries: list[InstalledEntry]) -> Iterator[PermissionError]:
    """The directories in which something new would have to be made, but cannot."""
    parents = {entry.target.parent for entry in entries if entry.outcome is not Outcome.KEPT}
    existing = {next(place for place in (parent, *parent.parents) if place.exists()) for parent in parents}
    for place in sorted(existing):
        if not os.access(place, os.W_OK | os.X_OK):
            yield PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
