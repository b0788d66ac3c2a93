"""Mirrors: a catalog and all of its packages in one directory (``raco pkg catalog-archive``)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from pltpack.catalog.mirror import Mirror
from pltpack.catalog.record import Record, as_dependency, dependency_datum
from pltpack.catalog.selection import Selection, closure
from pltpack.catalog.state import read_state, write_state
from pltpack.datum.values import Datum
from pltpack.datum.writer import write_datum
from pltpack.errors import PltError
from pltpack.fetch.fetched import Fetched
from pltpack.fetch.fetcher import Fetcher
from pltpack.fetch.sources import parse_fetchable
from pltpack.racket.info.fields import Dependency

if TYPE_CHECKING:
    from pltpack.catalog.repack import Repacked

Failing: TypeAlias = Literal["fail", "skip", "continue"]
"""What becomes of a package that cannot be archived: all stops, or it is left out."""


@dataclass(frozen=True, slots=True)
class ArchivedPackage:
    """A package of a mirror: ``origin`` is what the source catalog says of it, ``record`` what the mirror says.

    ``kept``: it was there already. ``copied``: it was taken as it is. ``fetched`` is what it was made of, unless it was
    kept. ``notes`` tell what is odd about it.
    """

    name: str
    origin: Record
    record: Record
    path: Path
    kept: bool = False
    copied: bool = False
    fetched: Fetched | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Archived:
    """What archiving has come to, or with ``dry_run`` would come to: ``packages`` by name, those that ``failed`` with
    their errors, and the files that were ``removed``."""

    directory: Path
    packages: tuple[ArchivedPackage, ...]
    failed: Mapping[str, PltError | OSError]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """How a mirror is made. ``state`` is a file of SQLite that remembers the checksums of the sources: what has not
    changed is not fetched. ``relative``: the catalog says where archives are relative to itself. ``deps_from``: who
    says what a package depends on. ``copy_files``: archives on this disk that are zip files are taken as they are.
    ``flat``: archives have plain names only. ``believe``: which of ``modules`` and ``dependencies`` are those of the
    source catalog, instead of what the packages hold. ``durable``: wait for the disk, for the case of a power cut.
    """

    selection: Selection = field(default_factory=Selection)
    state: Path | None = None
    relative: bool = False
    failing: Failing = "fail"
    deps_from: Literal["catalog", "archive"] = "catalog"
    copy_files: bool = False
    flat: bool = False
    believe: frozenset[str] = frozenset()
    jobs: int = 16
    durable: bool = False
    dry_run: bool = False


Watcher: TypeAlias = Callable[["ArchivedPackage | tuple[Record, PltError | OSError]"], object]
"""Called with each package that is not as it was, in their order, or with its record and the error."""


def archive_catalog(
    records: Mapping[str, Record],
    directory: str | Path,
    fetcher: Fetcher,
    options: ArchiveOptions = ArchiveOptions(),
    *,
    watch: Watcher | None = None,
    watch_removed: Callable[[str], object] | None = None,
) -> Archived:
    """Have the packages of a catalog, repacked as zip files, and a catalog of them in one directory.

    ``records`` are those of the source catalog, for the version of Racket that is meant. Clients may read the directory
    meanwhile, and after a kill: it is the old mirror or the new one. ``watch`` is told of each package, and
    ``watch_removed`` of the files of packages that are gone.

    Raises :class:`~pltpack.errors.BusyError`, :class:`~pltpack.errors.UnknownPackageError` for a package that is asked
    for and not there, with ``failing="fail"`` what fetching and repacking raise, and ``OSError``.
    """
    run = _Run(records, Mirror(directory, flat=options.flat, durable=options.durable), fetcher, options, watch)
    options.selection.check(records)
    if options.dry_run:
        return run.planned()
    with run.mirror.turn() as place:
        return run.archived(place, watch_removed)


class _Run:
    """One run: what is known before, and what has come of it so far."""

    def __init__(
        self,
        records: Mapping[str, Record],
        mirror: Mirror,
        fetcher: Fetcher,
        options: ArchiveOptions,
        watch: Watcher | None,
    ) -> None:
        self.records = records
        self.mirror = mirror
        self.fetcher = fetcher
        self.options = options
        self.watch = watch
        self.before = mirror.records()
        self.state = read_state(options.state)
        self.done: dict[str, ArchivedPackage] = {}
        self.failed: dict[str, PltError | OSError] = {}

    def planned(self) -> Archived:
        """What would be done, by what the catalogs say."""
        names = sorted(closure(self.records, self.options.selection))
        packages = [self._kept(self.records[name]) or self._open(self.records[name]) for name in names]
        return Archived(self.mirror.directory, tuple(packages), {}, tuple(self.mirror.vanished(names)))

    def archived(self, place: Path, watch_removed: Callable[[str], object] | None) -> Archived:
        """Do it."""
        selection, by_catalog = self.options.selection, self.options.deps_from == "catalog"
        pending = closure(self.records, selection) if by_catalog else selection.first(self.records)
        planned = set(pending)
        removed: list[str] = []
        if by_catalog:
            removed = self._tell_removed(pending, watch_removed)
        with ThreadPoolExecutor(self.options.jobs) as executor:
            while pending:
                for name, outcome in self._packages(sorted(pending), place, executor):
                    self._take(name, outcome)
                needed = [d for name in pending if name in self.done for d in _dependencies(self.done[name].record)]
                pending = set() if by_catalog else selection.next(self.records, needed, planned)
                planned |= pending
        if not by_catalog:
            removed = self._tell_removed(planned, watch_removed)
        self._finish()
        packages = tuple(self.done[name] for name in sorted(self.done))
        return Archived(self.mirror.directory, packages, self.failed, tuple(removed))

    def _tell_removed(self, names: set[str], watch: Callable[[str], object] | None) -> list[str]:
        removed = self.mirror.vanished(names)
        if watch is not None:
            for name in removed:
                watch(name)
        return removed

    def _packages(
        self, names: list[str], place: Path, executor: Executor
    ) -> Iterator[tuple[str, ArchivedPackage | PltError | OSError]]:
        yield from zip(names, executor.map(lambda name: self._package(name, place), names), strict=True)

    @property
    def _stopped(self) -> bool:
        return bool(self.failed) and self.options.failing == "fail"

    def _package(self, name: str, place: Path) -> ArchivedPackage | PltError | OSError:
        """One package; called in a thread."""
        if self._stopped:
            return PltError("not begun, since another package failed")
        record = self.records[name]
        try:
            kept = self._kept(record)
            if kept is not None:
                return kept
            source = record.source or ""
            checksum = _wanted(record, source)
            fetched = self.fetcher.fetch(source, name=name, checksum=checksum, catalog=record.catalog)
            packed = self._packed(fetched, name, place)
            self.mirror.add(name, packed.path, packed.digests)
            return self._made(record, fetched, packed)
        except (PltError, OSError) as error:
            return error

    def _packed(self, fetched: Fetched, name: str, place: Path) -> Repacked:
        from pltpack.catalog.repack import Repacked, repack
        from pltpack.pkg.checksum import digests

        packed = repack(fetched, name, place)
        if self._as_it_is(fetched):
            shutil.copyfile(fetched.path, packed.path)
            return Repacked(packed.path, digests(packed.path), packed.modules, packed.dependencies, packed.problems)
        return packed

    def _as_it_is(self, fetched: Fetched) -> bool:
        return self.options.copy_files and fetched.type == "file" and fetched.path.suffix == ".zip"

    def _kept(self, record: Record) -> ArchivedPackage | None:
        """The package as it is in the mirror already, if its source has not changed since."""
        before = self.before.get(record.name)
        if before is None or not before.checksum or not record.checksum:
            return None
        known = self.state.get(record.name)
        if known is None or known.checksum != record.checksum or not self.mirror.has(record.name, before.checksum):
            return None
        path = self.mirror.archive(record.name, before.checksum)
        if not self.options.believe and before.agrees(self._said(record, before.checksum)):
            return ArchivedPackage(record.name, record, before, path, kept=True)
        made = self._record(record, before.checksum, _list(before, "modules"), _list(before, "dependencies"))
        return ArchivedPackage(record.name, record, made, path, kept=True)

    def _open(self, record: Record) -> ArchivedPackage:
        return ArchivedPackage(record.name, record, record, self.mirror.packages / f"{record.name}.zip")

    def _made(self, record: Record, fetched: Fetched, packed: Repacked) -> ArchivedPackage:
        checksum = packed.digests.sha1
        made = self._record(record, checksum, packed.modules, packed.dependencies)
        notes = [*packed.problems]
        for key in ("modules", "dependencies"):
            said = _normal(key, _list(record, key))
            if said and not _same(said, _list(made, key)):
                notes.append(f"the catalog says other {key} than the package has")
        return ArchivedPackage(
            record.name,
            record,
            made,
            self.mirror.archive(record.name, checksum),
            copied=self._as_it_is(fetched),
            fetched=fetched,
            notes=tuple(notes),
        )

    def _record(
        self, record: Record, checksum: str, modules: list[Datum] | None, dependencies: list[Datum] | None
    ) -> Record:
        """What the mirror says of a package."""
        if modules is None or "modules" in self.options.believe:
            modules = _list(record, "modules")
        if dependencies is None or "dependencies" in self.options.believe:
            dependencies = _normal("dependencies", _list(record, "dependencies"))
        fields = {**self._said(record, checksum), "dependencies": dependencies, "modules": modules}
        return Record.of(record.name, dict(sorted(fields.items())))

    def _said(self, record: Record, checksum: str) -> dict[str, Datum]:
        """What the mirror says of a package besides what is in it."""
        return {
            "author": record.author,
            "checksum": checksum,
            "description": record.description,
            "name": record.name,
            "ring": False if record.ring is None else record.ring,
            "source": self.mirror.source(record.name, checksum, relative=self.options.relative),
            "tags": [*record.tags],
        }

    def _take(self, name: str, outcome: ArchivedPackage | PltError | OSError) -> None:
        if isinstance(outcome, ArchivedPackage):
            self.done[name] = outcome
            if self.watch is not None and not outcome.kept:
                self.watch(outcome)
            return
        self.failed[name] = outcome
        if self.watch is not None:
            self.watch((self.records[name], outcome))
        if self.options.failing == "fail":
            if isinstance(outcome, PltError):
                raise outcome.within(entry=name)
            raise outcome

    def _finish(self) -> None:
        """Let the catalog say it; then remember it, and remove what is of no use any more."""
        made = {name: package.record for name, package in self.done.items()}
        self.mirror.publish(made.values())
        if self.options.state is not None:
            write_state(self.options.state, [package.origin for package in self.done.values()], self.state)
        self.mirror.remove(self.mirror.vanished(made))
        self.mirror.clean(made, self.before)


def _wanted(record: Record, source: str) -> str | None:
    """The checksum that the content must have; of a directory there is none, whatever the catalog says."""
    if source and parse_fetchable(source, None, record.name).type in ("dir", "link", "static-link"):
        return None
    return record.checksum


def _dependencies(record: Record) -> Iterator[Dependency]:
    for datum in _list(record, "dependencies"):
        dependency = as_dependency(datum)
        if dependency is not None:
            yield dependency


def _list(record: Record, key: str) -> list[Datum]:
    value = record.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise record.wrong(key, "a list")
    return value


def _normal(key: str, values: list[Datum]) -> list[Datum]:
    """Dependencies as Racket's tables give them back: each a list, the version before the platform."""
    if key != "dependencies":
        return values
    found = [as_dependency(value) for value in values]
    return [dependency_datum(dependency) for dependency in found if dependency is not None]


def _same(one: list[Datum], other: list[Datum]) -> bool:
    return sorted(map(write_datum, one)) == sorted(map(write_datum, other))
