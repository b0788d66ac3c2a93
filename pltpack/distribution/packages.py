"""The packages of a distribution site: those of an installation or a build, as far as chosen ones need them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

from pltpack.catalog.installed import installed_records
from pltpack.catalog.locations import open_catalog
from pltpack.catalog.record import Record
from pltpack.catalog.selection import NEVER, Selection, closure
from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, HashTable, Symbol, same_datum
from pltpack.datum.writer import write_datum
from pltpack.distribution.change import changing
from pltpack.distribution.config import CATALOG_TEMPLATE, read_distribution_config
from pltpack.errors import PackageError, PltError
from pltpack.formats.formats import SUFFIXES
from pltpack.pkg.checksum import SUFFIX
from pltpack.pkg.create import create_package
from pltpack.racket.installation import Installation
from pltpack.racket.packages import installed_packages
from pltpack.racket.version import checked_version
from pltpack.site.build import add_versions, build_site
from pltpack.site.change import BuildReport
from pltpack.site.config import CONFIG as CATALOG_CONFIG
from pltpack.site.facts import examine
from pltpack.site.inputs import package_name
from pltpack.site.layout import ARCHIVES, CATALOG
from pltpack.site.record import record_fields
from pltpack.site.state import PackageState, read_states

StrPath = str | os.PathLike[str]

COMPARED: Final = (
    "checksum",
    "collection",
    "dependencies",
    "description",
    "implies",
    "license",
    "modules",
    "rt-dependencies",
)
"""What a version of its own of a package may say otherwise, besides where it is."""


def put_site_packages(
    site: StrPath,
    chosen: Sequence[str] = (),
    *,
    source: StrPath | None = None,
    installation: Installation | None = None,
    version: str | None = None,
    executor: Executor | None = None,
    dry_run: bool = False,
) -> BuildReport:
    """Have packages in the catalog of a site: the ``chosen`` ones and all that they need (default: those of
    ``site.toml``, or all there are).

    ``source`` is a folder that a build has left (``build/built``), another site, or a folder of archives;
    ``installation`` is one whose packages are packed as built. With ``version`` they are those for clients of that
    version alone, and the packages in the site stay what they are for all others.

    Raises :class:`~pltpack.errors.UnknownPackageError`, :class:`~pltpack.errors.PackageError`, and as
    :func:`~pltpack.site.build.build_site`.
    """
    path = Path(site)
    chosen = tuple(chosen) or read_distribution_config(path).packages.choose
    with tempfile.TemporaryDirectory() as folder:
        if installation is not None:
            archives = _of_installation(installation, chosen, Path(folder))
        elif source is not None:
            archives = _of_folder(Path(source), chosen)
        else:
            raise ValueError("packages come from a folder or from an installation")
        if version is not None:
            checked_version(version, "--as-version")
            return _put_version(path, archives, version, dry_run=dry_run)
        if not (path / CATALOG_CONFIG).exists():
            with changing(path, dry_run=dry_run) as change:
                change.put([(CATALOG_CONFIG, CATALOG_TEMPLATE.encode())])
                change.commit()
        inputs = [f"{name}={archive}" for name, archive in sorted(archives.items())]
        return build_site(path, inputs, executor=executor, dry_run=dry_run)


def _of_installation(installation: Installation, chosen: Sequence[str], folder: Path) -> dict[str, Path]:
    names = chosen or [name for name in installed_packages(installation) if name not in NEVER]
    records = installed_records(installation, names, dependencies=True)
    return {
        name: create_package(name, mode="built", from_install=True, installation=installation, dest=folder).path
        for name in sorted(records)
        if name not in NEVER
    }


def _of_folder(source: Path, chosen: Sequence[str]) -> dict[str, Path]:
    """The archives of a folder: by its catalog if it has one, or else by their names."""
    records = dict(_records(source))
    if not records:
        raise PackageError("there are no packages", file=os.fspath(source))
    selection = Selection(include=tuple(chosen) or None, dependencies=True)
    selection.check(records)
    return {name: Path(records[name].source or "") for name in closure(records, selection)}


def _records(source: Path) -> Iterator[tuple[str, Record]]:
    catalog = source / CATALOG
    if catalog.is_dir():
        for name, record in open_catalog(catalog, absolute=False).records().items():
            archive = Path(os.path.normpath(catalog / (record.source or "")))
            if not archive.is_file() or not archive.is_relative_to(source):
                raise PackageError(f"the archive of {name} is not there", file=os.fspath(archive))
            yield name, record.updated({"source": os.fspath(archive)})
        return
    folder = source / ARCHIVES if (source / ARCHIVES).is_dir() else source
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_file() and entry.name.endswith(SUFFIXES):
            name = package_name(entry.path)
            facts = examine(entry.path, name)
            needs: list[Datum] = [read_datum(text.encode())[0] for text in facts.dependencies]
            yield name, Record.of(name, {"source": entry.path, "dependencies": needs})


def _put_version(site: Path, archives: Mapping[str, Path], version: str, *, dry_run: bool) -> BuildReport:
    states = read_states(site)
    if unknown := sorted(archives.keys() - states.keys()):
        raise PackageError(
            f"the site does not have {', '.join(unknown[:5])}",
            file=os.fspath(site),
            hint="put the packages for all versions into it first",
        )
    tables: dict[str, str] = {}
    with changing(site, dry_run=dry_run) as change:
        for name, archive in sorted(archives.items()):
            facts = examine(archive, name)
            place = f"{version}/{ARCHIVES}/{archive.name}"
            change.take(place, archive)
            change.put([(f"{place}{SUFFIX}", facts.sha1.encode())])
            state = states[name]
            other = PackageState(name=name, added=0, updated=0, checked=0, facts=facts)
            main = Record.of(name, record_fields(state))
            merged = merge_version(main, Record.of(name, record_fields(other)), version, f"../{place}")
            tables[name] = write_datum(version_table(merged, version))
        change.commit()
    return add_versions(site, version, tables, dry_run=dry_run)


def merge_version(record: Record, other: Record, version: str, source: str) -> Record:
    """A record with what another one says otherwise, for clients of one version; ``source`` is where its archive is."""
    own: dict[str, Datum] = {"source": source}
    for key in COMPARED:
        ours, theirs = record.get(key), other.get(key)
        if key == "checksum" and theirs is not None:
            own[key] = theirs  # beside the source in any case
        elif theirs is not None and (ours is None or not same_datum(ours, theirs)):
            own[key] = theirs
    table = HashTable(tuple((Symbol(key), value) for key, value in sorted(own.items())))
    versions = record.get("versions")
    kept = [(key, value) for key, value in versions if key != version] if isinstance(versions, HashTable) else []
    return record.updated({"versions": HashTable((*kept, (version, table)))})


def version_table(record: Record, version: str) -> HashTable:
    """What a record says for one version. Raises ``PltError`` if it says nothing."""
    versions = record.get("versions")
    table = versions.get(version) if isinstance(versions, HashTable) else None
    if not isinstance(table, HashTable):
        raise PltError(f"there is nothing for version {version}")
    return table
