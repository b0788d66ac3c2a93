"""Checking the archives that a catalog names, as a client will find them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pltpack.catalog.record import Record, as_dependency, dependency_datum
from pltpack.catalog.sources import absolute_source
from pltpack.codec.limits import Limits
from pltpack.datum.values import Datum
from pltpack.datum.writer import write_datum
from pltpack.errors import LimitError, PltError, UnsafePathError
from pltpack.pkg.checksum import SUFFIX, digests
from pltpack.pkg.names import is_package_name
from pltpack.pkg.staging import StagedPackage, open_package
from pltpack.site.checks.findings import Finding
from pltpack.site.checks.records import is_archive, some
from pltpack.site.checks.refusals import plt_refusals
from pltpack.site.enrich import module_paths


@dataclass(frozen=True, slots=True)
class Named:
    """An archive that a record names: the package, its path, its place from the catalog, and what SHA-1 it shall have.

    ``modules`` and ``dependencies`` are what the record says of it, as texts in any order; ``None``: nothing.
    """

    package: str
    path: str
    source: str
    checksum: str | None
    modules: frozenset[str] | None = None
    dependencies: frozenset[str] | None = None

    def at(self, path: Path) -> Named:
        """The same archive at another place."""
        return replace(self, path=os.fspath(path))


def named(name: str, record: Record, folder: str) -> Named | None:
    """The archive that a record names by a path from its catalog, which is at ``folder``; ``None`` if it does not."""
    source, checksum = record.get("source"), record.get("checksum")
    if not isinstance(source, str) or not is_archive(source) or "://" in source or source.startswith("/"):
        return None
    modules, dependencies = record.get("modules"), record.get("dependencies")
    return Named(
        name,
        os.path.normpath(os.path.join(folder, source)),
        source,
        checksum if isinstance(checksum, str) else None,
        frozenset(module_paths({"modules": modules})) if isinstance(modules, list) else None,
        _plain(dependencies) if isinstance(dependencies, list) else None,
    )


def named_archives(catalog: Path, records: Mapping[str, Record]) -> Iterator[Named]:
    """The archives of a catalog on the disk that are files there: their sources are relative."""
    found = (named(name, record, os.fspath(catalog)) for name, record in records.items())
    return (archive for archive in found if archive is not None)


def check_directories(catalog: Path, records: Mapping[str, Record]) -> Iterator[Finding]:
    """Directories that records name by paths from a catalog on the disk, and that are not there."""
    for name, record in records.items():
        source = record.get("source")
        if not isinstance(source, str) or is_archive(source) or is_package_name(source):
            continue
        if absolute_source(f"{catalog.as_uri()}/", source) != source and not (catalog / source).is_dir():
            yield Finding("archive-missing", source, "there is no such directory", name)


def _plain(dependencies: Iterable[Datum]) -> frozenset[str]:
    """Dependencies as texts that do not depend on how they are written."""
    known = filter(None, map(as_dependency, dependencies))
    return frozenset(write_datum(dependency_datum(dependency)) for dependency in known)


def check_archives(
    archives: Iterable[Named], *, executor: Executor | None = None, limits: Limits = Limits()
) -> Iterator[Finding]:
    """What is wrong with archives, each read once to its end, side by side with an ``executor``."""
    look = partial(check_archive, limits=limits)
    for findings in map(look, archives) if executor is None else executor.map(look, archives):
        yield from findings


def check_archive(archive: Named, *, limits: Limits = Limits()) -> list[Finding]:
    """What is wrong with one archive and the ``.CHECKSUM`` beside it."""

    def found(kind: str, detail: str, place: str = archive.source) -> Finding:
        return Finding(kind, place, detail, archive.package)

    try:
        sha1 = digests(archive.path).sha1
    except FileNotFoundError:
        return [found("archive-missing", "there is no such file")]
    except OSError as error:
        return [found("archive-damaged", error.strerror or "it cannot be read")]
    findings = []
    if archive.checksum is not None and archive.checksum != sha1:
        findings.append(found("checksum-wrong", f"the record says {archive.checksum[:60]}, the file has {sha1}"))
    findings += _beside(archive, sha1)
    if archive.checksum is None and not os.path.lexists(archive.path + SUFFIX):
        findings.append(found("checksum-nowhere", f"there is no {archive.source}{SUFFIX}"))
    try:
        package = open_package(archive.path, name=archive.package, check=False, limits=limits)
    except (UnsafePathError, LimitError) as error:
        return [*findings, found("archive-unsafe", f"{error.message} ({error.hint})" if error.hint else error.message)]
    except (PltError, OSError) as error:
        return [*findings, found("archive-damaged", str(error))]
    for problem in package.problems:
        kind = "info-unreadable" if "cannot be used" in problem else "package-problem"
        findings.append(found(kind, problem))
    if package.format == "plt":
        findings += [found("plt-refused", reason) for reason in plt_refusals(archive.path, limits=limits)]
    return [*findings, *_outdated(archive, package)]


def _outdated(archive: Named, package: StagedPackage) -> Iterator[Finding]:
    """Whether the record says of the archive what is in it."""
    items = [*package.dependencies, *package.build_dependencies]
    there = frozenset(package.modules), _plain(map(dependency_datum, items))
    for what, said, held in zip(
        ("modules", "dependencies"), (archive.modules, archive.dependencies), there, strict=True
    ):
        if said is not None and said != held:
            wrong, lacking = sorted(said - held), sorted(held - said)
            detail = [f"{label} {some(names)}" for label, names in (("wrongly", wrong), ("not", lacking)) if names]
            yield Finding("record-outdated", f"pkg/{archive.package}", f"{what}: {'; '.join(detail)}", archive.package)


def _beside(archive: Named, sha1: str) -> Iterator[Finding]:
    """What is wrong with the ``.CHECKSUM`` beside an archive, which clients ask for when they get the URL alone."""
    try:
        said = Path(archive.path + SUFFIX).read_bytes()
    except OSError:
        return
    if said != sha1.encode():
        yield Finding("checksum-file", archive.source + SUFFIX, repr(said[:60].decode("latin-1")), archive.package)
