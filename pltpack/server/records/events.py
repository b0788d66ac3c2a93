"""What was done to packages and by whom: written in the transaction that does it, and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from pltpack.server.database.tables import EVENTS
from pltpack.server.hooks.announce import announce
from pltpack.server.records.package import Edition
from pltpack.server.room import Room


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a user (``None``: the server itself), by which token, in which request."""

    user: str | None = None
    token: str | None = None
    request: str | None = None


PUBLISHER: Final = "publisher"
"""Builds that may push a package: which, is told to its owners alone."""
PURGE: Final = "purge"

SERVER = Actor()
"""What the server does by itself."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done; ``before`` and ``after`` are what a package was, ``None`` where there was none."""

    id: int
    time: int
    package: str | None
    action: str
    actor: str | None
    before: Edition | None
    after: Edition | None
    detail: str | None
    token: str | None = None
    request: str | None = None


def add_event(
    connection: Connection,
    action: str,
    actor: Actor,
    *,
    time: int,
    package: str | None = None,
    before: Edition | None = None,
    after: Edition | None = None,
    detail: str | None = None,
) -> int:
    """Write an event, and have hooks told of it; its number."""
    done = connection.execute(
        EVENTS.insert()
        .values(
            time=time,
            package=package,
            action=action,
            actor=actor.user,
            token=actor.token,
            request=actor.request,
            before=_text(before),
            after=_text(after),
            detail=detail,
        )
        .returning(EVENTS.c.id)
    )
    number = int(done.scalar_one())
    announce(connection, action, time=time, package=package, event=number)
    return number


def note_builds(
    connection: Connection, action: str, actor: Actor, name: str, detail: str, *, time: int, there: bool
) -> None:
    """Write an event about builds that push a package. Of one that is not ``there`` it is no part of the history, which
    others may come to own."""
    if there:
        add_event(connection, action, actor, time=time, package=name, detail=detail)
    else:
        add_event(connection, action, actor, time=time, detail=f"{name}: {detail}")


def last_purge(connection: Connection, package: str) -> int:
    """The number of the event after which a package begins that has the name of one that was purged; 0: of none."""
    query = sql.select(sql.func.max(EVENTS.c.id)).where(EVENTS.c.package == package, EVENTS.c.action == PURGE)
    return connection.execute(query).scalar() or 0


def find_event(connection: Connection, id: int) -> Event | None:
    """The event of a number."""
    row = connection.execute(sql.select(EVENTS).where(EVENTS.c.id == id)).first()
    return None if row is None else _event(row)


def list_events(
    connection: Connection,
    package: str | None = None,
    *,
    before: int | None = None,
    after: int | None = None,
    most: int = 100,
    user: str | None = None,
    action: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> list[Event]:
    """Events of a package or of all, the latest first: those ``before`` a number and ``after`` another one, of a
    ``user``, of one kind, from the time ``since`` on and before ``until``."""
    columns = EVENTS.c
    query = sql.select(EVENTS).order_by(columns.id.desc()).limit(most)
    wanted = [(columns.package, package), (columns.actor, user), (columns.action, action)]
    query = query.where(*(column == value for column, value in wanted if value is not None))
    if before is not None:
        query = query.where(columns.id < before)
    if after is not None:
        query = query.where(columns.id > after)
    if since is not None:
        query = query.where(columns.time >= since)
    if until is not None:
        query = query.where(columns.time < until)
    return [_event(row) for row in connection.execute(query)]


def forget_events(room: Room, *, older: int) -> int:
    """Remove events from before a time, which cannot be undone from then on; how many."""
    with room.database.write() as connection:
        return connection.execute(EVENTS.delete().where(EVENTS.c.time < older)).rowcount


def _event(row: Row[tuple[object, ...]]) -> Event:
    return Event(
        id=row.id,
        time=row.time,
        package=row.package,
        action=row.action,
        actor=row.actor,
        before=_edition(row.before),
        after=_edition(row.after),
        detail=row.detail,
        token=row.token,
        request=row.request,
    )


def _edition(text: str | None) -> Edition | None:
    return None if text is None else msgspec.json.decode(text, type=Edition)


def _text(edition: Edition | None) -> str | None:
    return None if edition is None else msgspec.json.encode(edition).decode()
