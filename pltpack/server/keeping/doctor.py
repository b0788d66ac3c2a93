"""Looking whether all is well with a server: its database, its files, its site, its jobs; and mending what can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import msgspec
import sqlalchemy as sql

from pltpack.errors import PltError
from pltpack.pkg.checksum import digests
from pltpack.server.database.migrations import pending_steps
from pltpack.server.database.tables import JOBS, PACKAGES
from pltpack.server.identity.users import role_of
from pltpack.server.jobs.queue import count_jobs
from pltpack.server.jobs.worker import recover_jobs
from pltpack.server.records.edits import publish_job
from pltpack.server.records.events import SERVER
from pltpack.server.records.files import SUFFIX, read_record
from pltpack.server.records.package import Package, find_package
from pltpack.server.records.spool import content_path
from pltpack.server.room import Room
from pltpack.site.state import PackageState, read_states

Level: TypeAlias = Literal["error", "warning", "note"]

_LONG: Final = 3600
"""Seconds after which a job that waits is worth a word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: what, of which package, and what helps. ``mends``: another publication of
    the package does."""

    level: Level
    what: str
    package: str | None = None
    remedy: str = ""
    mends: bool = False


def examine_server(room: Room, *, deep: bool = False) -> list[Finding]:
    """Look at a server; with ``deep`` all archives are read. Nothing is changed.

    Raises :class:`~pltpack.errors.DatabaseError` if its database cannot be used.
    """
    if steps := pending_steps(room.database):
        return [Finding("error", f"the database lacks {len(steps)} steps", remedy="pltpack server migrate")]
    return [*_database(room), *_people(room), *_packages(room, deep=deep), *_jobs(room)]


def mend(room: Room, findings: list[Finding]) -> int:
    """Publish packages again where that helps, and queue jobs whose workers are gone; how many packages."""
    names = sorted({finding.package for finding in findings if finding.mends and finding.package is not None})
    with room.database.write() as connection:
        for name in names:
            connection.execute(PACKAGES.update().where(PACKAGES.c.name == name).values(published=-1))
            publish_job(room, connection, name, SERVER)
    recover_jobs(room)
    room.wake.set()
    return len(names)


def _database(room: Room) -> Iterator[Finding]:
    if room.database.kind == "sqlite":
        with room.database.read() as connection:
            for (text,) in connection.execute(sql.text("PRAGMA quick_check")):
                if text != "ok":
                    yield Finding("error", f"the database is damaged: {text}", remedy="pltpack server restore")


def _people(room: Room) -> Iterator[Finding]:
    with room.database.read() as connection:
        for name in (*room.config.access.admins, *room.config.access.curators):
            if role_of(room, connection, name) is None:
                yield Finding("warning", f"the configuration names {name}, who is no user")


def _packages(room: Room, *, deep: bool) -> Iterator[Finding]:
    states: dict[str, PackageState] = {}
    try:
        states = read_states(room.places.site)
    except PltError as error:
        yield Finding("error", f"the site is damaged: {error}", remedy="pltpack server restore")
    with room.database.read() as connection:
        names = connection.execute(sql.select(PACKAGES.c.name).order_by(PACKAGES.c.name)).scalars().all()
        for name in names:
            package = find_package(connection, name)
            if package is not None:
                yield from _package(room, package, states.get(name), deep=deep)
    for name in sorted(set(states) - set(names)):
        yield Finding("warning", "the site has it, and the database does not", name, "pltpack server import")


def _package(room: Room, package: Package, state: PackageState | None, *, deep: bool) -> Iterator[Finding]:
    name, archive = package.name, package.archive
    if archive is None:
        return
    path = content_path(room, archive)
    kept = package.edition.origin == "" or room.config.sources.vendor
    if kept and path is None:
        yield Finding("error", f"its archive {archive.file} is gone", name, "push it again")
    elif path is not None and path.stat().st_size != archive.size:
        yield Finding("error", f"its archive {path} has another size", name, "push it again")
    elif path is not None and deep and digests(path).sha256 != archive.sha256:
        yield Finding("error", f"its archive {path} is damaged", name, "push it again")
    if not package.is_published:
        return
    remedy = "--repair publishes it again"
    if state is None:
        yield Finding("error", "the site does not have it", name, remedy, mends=True)
    elif state.facts.sha256 != archive.sha256:
        yield Finding("error", "the site has another archive of it", name, remedy, mends=True)
    yield from _record(room, package, remedy)


def _record(room: Room, package: Package, remedy: str) -> Iterator[Finding]:
    path = room.places.records / f"{package.name}{SUFFIX}"
    try:
        written = read_record(path)
    except (PltError, OSError) as error:
        yield Finding("error", f"its record cannot be read: {error}", package.name, remedy, mends=True)
        return
    if msgspec.structs.replace(written.edition) != package.edition:
        yield Finding("error", "its record says something else", package.name, remedy, mends=True)


def _jobs(room: Room) -> Iterator[Finding]:
    with room.database.read() as connection:
        counts = count_jobs(connection)
        oldest = connection.execute(sql.select(sql.func.min(JOBS.c.due)).where(JOBS.c.state == "queued")).scalar()
    if oldest is not None and room.clock() - oldest > _LONG:
        yield Finding("warning", "jobs have waited for more than an hour", remedy="pltpack server run")
    if failed := counts.get("failed"):
        yield Finding("note", f"{failed} jobs have failed for good")
