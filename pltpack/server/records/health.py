"""What is wrong with packages just now, in words: for their owners, and for who looks after the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from pltpack.server.database.tables import CHECKS, JOBS, OWNERS, PACKAGES
from pltpack.server.records.package import Package, select_packages
from pltpack.server.room import Room
from pltpack.server.sources.state import Check
from pltpack.server.sources.watch import find_check


@dataclass(frozen=True, slots=True)
class Health:
    """A package, how it goes with its source (``None``: it has none), and what was tried with it last and failed: the
    kinds of those jobs, with when and why."""

    package: Package
    check: Check | None
    failed: tuple[tuple[str, int | None, str], ...] = ()
    stale: bool = False

    @property
    def waits(self) -> bool:
        """Whether the catalog has yet to get what it is now."""
        return self.package.is_listed and not self.package.is_published

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, a sentence each, without what only an operator should see."""
        package, check = self.package, self.check
        found = []
        if check is not None and check.state == "failed":
            found.append(f"its source could not be had: {check.message or check.code or 'the reason is not known'}")
        if package.archive is None and (check is None or check.state != "failed"):
            found.append("nothing was pushed yet" if check is None else "nothing was found at its source yet")
        if package.archive is not None:
            found += package.archive.facts.problems
        found += [failure_of(kind) for kind, _, _ in self.failed]
        return tuple(found)


_FAILED: Final = {
    "accept": "an archive that was pushed was not accepted; pushing it again tells why",
    "check": "its source could not be looked at; the operator of the server can see why",
    "publish": "it could not be published; the operator of the server can see why",
}


def failure_of(kind: str) -> str:
    """What the failure of a job of some kind means, without what only an operator should see: paths, hosts."""
    return _FAILED.get(kind, "it failed; the operator of the server can see why")


def health_of(room: Room, connection: Connection, package: Package) -> Health:
    """How it goes with a package."""
    check = find_check(connection, package.name)
    stale = check is not None and check.is_stale(room.now, room.config.sources.stale_days)
    failed = _failed(connection, package.name)
    if package.is_published:
        failed = tuple(row for row in failed if row[0] != "publish")
    return Health(package, check, failed, stale)


def packages_of(
    connection: Connection, owner: str | None, *, after: str = "", most: int, ill: bool = False
) -> tuple[list[Package], bool]:
    """Packages of a user, or of all, in order, from ``after`` a name, ``most`` at most, and whether there are more;
    with ``ill`` those alone that may have problems."""
    query = sql.select(PACKAGES.c.name).where(PACKAGES.c.purged.is_(None), PACKAGES.c.name > after)
    if owner is not None:
        query = query.where(PACKAGES.c.name.in_(sql.select(OWNERS.c.package).where(OWNERS.c.owner == owner)))
    if ill:
        failing = sql.select(CHECKS.c.package).where(CHECKS.c.state == "failed")
        broken = sql.select(JOBS.c.package).where(
            JOBS.c.state == "failed", JOBS.c.kind.in_(_FAILED), JOBS.c.package.is_not(None)
        )
        query = query.where(
            PACKAGES.c.name.in_(failing)
            | PACKAGES.c.name.in_(broken)
            | PACKAGES.c.archive.is_(None)
            | (PACKAGES.c.published != PACKAGES.c.revision)
        )
    names: Sequence[str] = connection.execute(query.order_by(PACKAGES.c.name).limit(most + 1)).scalars().all()
    return select_packages(connection, PACKAGES.c.name.in_(names[:most])), len(names) > most


def _failed(connection: Connection, name: str) -> tuple[tuple[str, int | None, str], ...]:
    """The kinds of jobs whose last one failed."""
    last = (
        sql.select(JOBS.c.kind, sql.func.max(JOBS.c.id).label("id"))
        .where(JOBS.c.package == name, JOBS.c.kind.in_(_FAILED), JOBS.c.state.in_(["done", "failed"]))
        .group_by(JOBS.c.kind)
        .subquery()
    )
    query = sql.select(JOBS).join(last, last.c.id == JOBS.c.id).where(JOBS.c.state == "failed").order_by(JOBS.c.kind)
    return tuple((row.kind, row.ended, row.error or "") for row in connection.execute(query))
