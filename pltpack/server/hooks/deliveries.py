"""What hooks were told, and are to be told: rows that stay for a while."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from pltpack.server.database.tables import DELIVERIES
from pltpack.server.room import Room


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that a hook is told: what was done (``action``) to which package and when, and the ``event`` of the log
    that says more. ``state`` is ``queued``, ``delivered``, ``failed`` (given up) or ``dropped`` (the hook is told
    nothing any more); ``status`` and ``message`` tell of the last attempt; ``body`` is what is sent."""

    id: int
    hook: str
    event: int | None
    action: str
    package: str | None
    time: int
    state: str
    attempts: int
    status: int | None
    message: str | None
    ended: int | None
    body: str | None


def find_delivery(connection: Connection, number: int) -> Delivery | None:
    """The delivery of a number."""
    row = connection.execute(sql.select(DELIVERIES).where(DELIVERIES.c.id == number)).first()
    return None if row is None else _delivery(row)


def list_deliveries(connection: Connection, hook: str, *, before: int | None = None, most: int = 100) -> list[Delivery]:
    """What a hook was told, the latest first; those ``before`` a number."""
    query = sql.select(DELIVERIES).where(DELIVERIES.c.hook == hook).order_by(DELIVERIES.c.id.desc()).limit(most)
    if before is not None:
        query = query.where(DELIVERIES.c.id < before)
    return [_delivery(row) for row in connection.execute(query)]


def put_delivery_state(connection: Connection, delivery: Delivery) -> None:
    """Write down how it goes with a delivery."""
    connection.execute(
        DELIVERIES.update()
        .where(DELIVERIES.c.id == delivery.id)
        .values(
            state=delivery.state,
            attempts=delivery.attempts,
            status=delivery.status,
            message=delivery.message,
            ended=delivery.ended,
            body=delivery.body,
        )
    )


def drop_waiting(connection: Connection, hook: str, *, time: int) -> None:
    """Let go what a hook was to be told."""
    connection.execute(
        DELIVERIES.update()
        .where(DELIVERIES.c.hook == hook, DELIVERIES.c.state == "queued")
        .values(state="dropped", ended=time)
    )


def forget_deliveries(room: Room) -> int:
    """Remove deliveries that ended longer ago than they are kept; how many."""
    end = room.now - room.config.hooks.days * 86400
    with room.database.write() as connection:
        return connection.execute(DELIVERIES.delete().where(DELIVERIES.c.ended < end)).rowcount


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(
        id=row.id,
        hook=row.hook,
        event=row.event,
        action=row.action,
        package=row.package,
        time=row.time,
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        message=row.message,
        ended=row.ended,
        body=row.body,
    )
