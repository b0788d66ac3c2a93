"""What one or several builds leave behind (``build/installers``, ``build/log``, ``build/origin``) becomes a site."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pltpack.distribution.layout import INSTALLERS, LOGS, ORIGIN, SIGNATURES, TABLE, check_name, name_objection
from pltpack.distribution.origin import put_origin
from pltpack.distribution.record import NewInstaller, RecordReport, record_all
from pltpack.distribution.tables import Tables, read_tables
from pltpack.errors import EntryExistsError, PltError
from pltpack.pkg.checksum import digests

StrPath = str | os.PathLike[str]


def merge_builds(
    site: StrPath,
    builds: Sequence[StrPath],
    *,
    link: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> RecordReport:
    """Take the installers, logs and origin of builds, or of other sites, into a site; tables become one.

    Two builds may not have the same description for different files, unless ``force``: then the later one counts.
    Nothing is taken if something is in the way. The version is recorded if all builds have the same.

    Raises :class:`~pltpack.errors.EntryExistsError`, and as
    :func:`~pltpack.distribution.record.record_installer`.
    """
    found: dict[str, NewInstaller] = {}
    logs: dict[str, Path] = {}
    versions: set[str | None] = set()
    for build in map(Path, builds):
        tables = read_tables(build)
        if not tables.files and not (build / LOGS).is_dir():
            raise PltError(
                "there are neither installers nor logs", file=os.fspath(build), hint=f"a build has {TABLE}.rktd"
            )
        versions.add(tables.version)
        for new in _installers(build, tables):
            other = found.get(new.description)
            if other is not None and not force and not _same(other.file, new.file):
                raise EntryExistsError(
                    f"two builds have different files for {new.description!r}",
                    file=os.fspath(new.file),
                    hint=f"the other one is {other.file}; with -f the later one counts",
                )
            found[new.description] = new
        logs |= {
            description: build / LOGS / name
            for description, name in tables.logs.items()
            if name_objection(name) is None and (build / LOGS / name).is_file()
        }
    version = versions.pop() if len(versions) == 1 else None
    report = record_all(
        Path(site), list(found.values()), logs, version=version, link=link, force=force, dry_run=dry_run
    )
    origins = [Path(build) / ORIGIN for build in builds if (Path(build) / ORIGIN).is_file()]
    if origins:
        written = put_origin(site, origins[-1], dry_run=dry_run)
        report.written.paths += written.paths
        report.written.size += written.size
    return report


def _installers(build: Path, tables: Tables) -> list[NewInstaller]:
    found = []
    for description, name in tables.files.items():
        file = build / INSTALLERS / check_name(name, os.fspath(build / f"{TABLE}.rktd"))
        if not file.is_file():
            raise PltError(f"the installer of {description!r} is not there", file=os.fspath(file))
        signatures = (file.with_name(file.name + end) for end in SIGNATURES)
        found.append(NewInstaller(description, file, signature=next((s for s in signatures if s.is_file()), None)))
    return found


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and digests(one) == digests(other)
