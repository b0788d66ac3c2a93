"""Copying and merging catalogs: ``raco pkg catalog-copy``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pltpack.catalog.catalog import Catalog
from pltpack.catalog.directory import ALL, NAMES, RECORDS
from pltpack.catalog.locations import SQLITE, catalog_writer, local_path, open_catalog
from pltpack.catalog.record import Record
from pltpack.catalog.search_path import SearchPath
from pltpack.catalog.sources import relative_source, with_sources
from pltpack.errors import CatalogError, EntryExistsError
from pltpack.pkg.names import is_package_name
from pltpack.transaction.paths import AREA_PREFIX

_OWN: Final = {RECORDS, NAMES, ALL}
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Copied:
    """What copying has come to: the records that are in the catalog at ``path`` now, or with ``dry_run`` would be."""

    path: Path
    records: tuple[Record, ...]
    passed_over: tuple[str, ...]
    """Names that no package can have, which some catalogs hold."""


def copy_catalogs(
    sources: Sequence[Catalog],
    destination: str | os.PathLike[str],
    *,
    merge: bool = False,
    override: bool = False,
    force: bool = False,
    force_foreign: bool = False,
    relative: bool = False,
    version: str | None = None,
    jobs: int = 1,
    dry_run: bool = False,
) -> Copied:
    """Write the packages of several catalogs into one, the first that has a package winning with its whole record.

    The destination may be there only with ``merge``, where its own records win, or with ``override`` lose; or with
    ``force``, which replaces it. A destination that holds anything but a catalog is replaced with ``force_foreign``
    only. Sources become absolute, or with ``relative`` relative to the destination where they are on this disk.
    ``version`` is the version of Racket that a file of SQLite is for; directories keep what is said of all versions.
    ``jobs``: how many catalogs of servers are asked side by side.

    Raises :class:`~pltpack.errors.EntryExistsError` for a destination that is in the way, and as catalogs do.
    """
    path = local_path(os.fspath(destination))
    if path is None:
        raise CatalogError("a catalog can be copied to a path only", file=os.fspath(destination))
    there = path.exists() or path.is_symlink()
    if there and not merge:
        _check_replaceable(path, force=force, force_foreign=force_foreign)
    own = [open_catalog(path)] if there and merge else []
    found = SearchPath([*sources, *own] if override else [*own, *sources], jobs=jobs).records()
    directory = path.parent if path.suffix == SQLITE else path
    records = []
    for name in sorted(filter(is_package_name, found)):
        record = found[name]
        if relative:
            record = with_sources(record, lambda source: relative_source(directory, source))
        records.append(record)
    if not dry_run:
        if there and force and path.is_dir() == (path.suffix == SQLITE):
            path.rename(path.with_name(f"{path.name}.old"))
        catalog_writer(path, version=version).write(records)
    return Copied(path, tuple(records), tuple(sorted(name for name in found if not is_package_name(name))))


def _check_replaceable(path: Path, *, force: bool, force_foreign: bool) -> None:
    """Refuse to replace what is there, unless that is wanted."""
    if not force:
        raise EntryExistsError(
            "the destination is there already",
            paths=[(str(path), "is there already")],
            file=str(path),
            hint="--merge adds to it, --force replaces it",
        )
    foreign = _foreign(path)
    if foreign and not force_foreign:
        shown = ", ".join(foreign[:_MOST_NAMED]) + (", ..." if len(foreign) > _MOST_NAMED else "")
        raise EntryExistsError(
            f"it holds what is no part of a catalog: {shown}",
            paths=[(name, "is no part of a catalog") for name in foreign],
            file=str(path),
            hint="--force twice replaces the catalog in it nevertheless; what is no part of it stays",
        )


def _foreign(path: Path) -> list[str]:
    """What is at a path that is to be a catalog, and is no part of one."""
    if path.suffix == SQLITE:
        return [path.name] if path.is_dir() else []
    if not path.is_dir():
        return [path.name]
    # What a process that was killed has left there goes with the next change.
    others = [name for name in os.listdir(path) if name not in _OWN and not name.startswith(AREA_PREFIX)]
    folder = path / RECORDS
    if folder.is_dir():
        others += [f"{RECORDS}/{name}" for name in os.listdir(folder) if not is_package_name(name)]
    return sorted(others)
