"""An event becomes deliveries, one for each hook that wants to know of it, in the transaction of the event itself."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.engine import Connection

from pltpack.server.database.tables import DELIVERIES, HOOKS, JOBS

KIND: Final = "hook"
"""The kind of the jobs that deliver."""

PUBLISHED: Final = "publish"
"""The catalog has a package as it is."""
FAILING: Final = "source-failed"
"""A source cannot be had any more."""
TRIAL: Final = "trial"
"""Somebody tries a hook out."""


def announce(
    connection: Connection, action: str, *, time: int, package: str | None = None, event: int | None = None
) -> int:
    """Have all hooks told of something that is done: those of all packages, and those of ``package``. ``event`` is its
    number in the log, ``time`` seconds since 1970. How many there are."""
    mine = sql.or_(HOOKS.c.package.is_(None), HOOKS.c.package == package)
    query = sql.select(HOOKS.c.id, HOOKS.c.actions).where(HOOKS.c.disabled.is_(None), mine).order_by(HOOKS.c.id)
    count = 0
    for row in connection.execute(query).all():
        wanted = msgspec.json.decode(row.actions, type=tuple[str, ...])
        if not wanted or action in wanted:
            put_delivery(connection, row.id, action, time=time, package=package, event=event)
            count += 1
    return count


def put_delivery(
    connection: Connection, hook: str, action: str, *, time: int, package: str | None = None, event: int | None = None
) -> int:
    """Have one hook told of something; the number of the delivery."""
    values = {"hook": hook, "event": event, "action": action, "package": package, "time": time}
    made = connection.execute(
        DELIVERIES.insert().values(**values, state="queued", attempts=0).returning(DELIVERIES.c.id)
    )
    number = int(made.scalar_one())
    queue_delivery(connection, number, time=time)
    return number


def queue_delivery(connection: Connection, number: int, *, time: int) -> None:
    """Put the job that delivers in the queue. It is nobody's but the server's: nobody else sees it."""
    connection.execute(
        JOBS.insert().values(
            kind=KIND,
            payload=msgspec.json.encode({"delivery": number}).decode(),
            state="queued",
            created=time,
            due=float(time),
            attempts=0,
        )
    )
