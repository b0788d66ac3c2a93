"""Which sources are looked at, and when: rows of the table of checks, and jobs."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from pltpack.server.database.tables import CHECKS, JOBS
from pltpack.server.jobs.queue import add_job
from pltpack.server.room import Room
from pltpack.server.sources.state import Check

KIND: Final = "check"


def follow(room: Room, connection: Connection, name: str, source: str) -> int | None:
    """Look at the source of a package from now on, and at once; or at none. The number of the job."""
    connection.execute(CHECKS.delete().where(CHECKS.c.package == name))
    if not source:
        return None
    host = (urlsplit(source).hostname or "").lower()
    connection.execute(CHECKS.insert().values(package=name, host=host, state="new", failures=0, due=room.now))
    return look(room, connection, name)


def look(room: Room, connection: Connection, name: str, actor: str | None = None) -> int:
    """Have a source looked at as soon as may be; the number of the job, which may be waiting already."""
    return add_job(room, connection, KIND, package=name, actor=actor, once=f"check:{name}")


def is_due(now: int) -> sql.ColumnElement[bool]:
    """Whether it is time for a look at a source: also where the last one was in the future, before the clock was set
    back."""
    return sql.or_(CHECKS.c.due <= now, CHECKS.c.checked > now)


def look_at_due(room: Room, *, most: int = 500) -> int:
    """Have those sources looked at whose time has come; how many."""
    waiting = sql.select(JOBS.c.package).where(JOBS.c.kind == KIND, JOBS.c.state.in_(["queued", "running"]))
    query = (
        sql.select(CHECKS.c.package)
        .where(is_due(room.now), CHECKS.c.package.not_in(waiting))
        .order_by(CHECKS.c.due)
        .limit(most)
    )
    with room.database.read() as connection:
        names = connection.execute(query).scalars().all()
    if names:
        with room.database.write() as connection:
            for name in names:
                look(room, connection, name)
        room.wake.set()
    return len(names)


def find_check(connection: Connection, name: str) -> Check | None:
    """How it goes with the source of a package."""
    row = connection.execute(sql.select(CHECKS).where(CHECKS.c.package == name)).first()
    return None if row is None else _check(row)


def put_check(connection: Connection, name: str, check: Check) -> None:
    """Write down how it goes with a source that is followed."""
    connection.execute(
        CHECKS.update()
        .where(CHECKS.c.package == name)
        .values(
            state=check.state,
            etag=check.etag,
            failures=check.failures,
            code=check.code,
            message=check.message,
            since=check.since,
            checked=check.checked,
            due=check.due,
        )
    )


def at_same_host(connection: Connection, name: str) -> int:
    """How many other sources at the host of this one are being looked at just now."""
    host = sql.select(CHECKS.c.host).where(CHECKS.c.package == name).scalar_subquery()
    query = (
        sql.select(sql.func.count())
        .select_from(JOBS)
        .join(CHECKS, CHECKS.c.package == JOBS.c.package)
        .where(JOBS.c.kind == KIND, JOBS.c.state == "running", CHECKS.c.host == host, CHECKS.c.package != name)
    )
    return connection.execute(query).scalar() or 0


def count_failing(connection: Connection) -> int:
    """How many sources fail."""
    query = sql.select(sql.func.count()).select_from(CHECKS).where(CHECKS.c.state == "failed")
    return connection.execute(query).scalar() or 0


def _check(row: Row[tuple[object, ...]]) -> Check:
    return Check(
        state=row.state,
        failures=row.failures,
        code=row.code,
        message=row.message,
        since=row.since,
        checked=row.checked,
        due=row.due,
        etag=row.etag,
    )
