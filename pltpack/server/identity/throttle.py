"""Patience: how often something may be tried, kept in the database, so that all processes count together.

A bucket holds as many tries as may be made at once, and is filled again in a minute.
"""

from __future__ import annotations

import sqlalchemy as sql
from sqlalchemy.dialects import postgresql, sqlite

from pltpack.server.database.tables import BUCKETS
from pltpack.server.problems import too_often
from pltpack.server.room import Room

_MINUTE = 60.0


def take(room: Room, name: str, most: int, *, of: int = 1) -> None:
    """Take ``of`` tries from a bucket that holds ``most``. Raises a :class:`~pltpack.server.problems.Problem` (429) if
    they are not there; then nothing is taken."""
    now = room.clock()
    with room.database.write() as connection:
        left = _left(room.database.kind, connection, name, most, now)
        if left < of:
            raise too_often((of - left) * _MINUTE / most)
        connection.execute(BUCKETS.update().where(BUCKETS.c.name == name).values(filled=left - of, time=now))


def give_back(room: Room, name: str, most: int) -> None:
    """Put a try back that was taken, since it was none."""
    now = room.clock()
    with room.database.write() as connection:
        left = _left(room.database.kind, connection, name, most, now)
        filled = min(float(most), left + 1)
        connection.execute(BUCKETS.update().where(BUCKETS.c.name == name).values(filled=filled, time=now))


def check(room: Room, name: str, most: int) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (429) if there is not one try left; nothing is taken."""

    def read() -> sql.Row[tuple[object, ...]] | None:
        with room.database.read() as connection:
            return connection.execute(sql.select(BUCKETS).where(BUCKETS.c.name == name)).first()

    row = room.database.memory.get(("bucket", name), read)
    if row is not None and (left := _filled(row.filled, row.time, most, room.clock())) < 1:
        raise too_often((1 - left) * _MINUTE / most)


def forget_full(room: Room) -> int:
    """Remove buckets that are full again; how many there were."""
    now = room.clock()
    full = sql.or_(BUCKETS.c.time < now - _MINUTE, BUCKETS.c.time > now + _MINUTE)
    with room.database.write() as connection:
        return connection.execute(BUCKETS.delete().where(full)).rowcount


def _left(kind: str, connection: sql.Connection, name: str, most: int, now: float) -> float:
    """How many tries there are in a bucket, which nobody else changes until the transaction ends."""
    insert = postgresql.insert(BUCKETS) if kind == "postgresql" else sqlite.insert(BUCKETS)
    connection.execute(insert.values(name=name, filled=float(most), time=now).on_conflict_do_nothing())
    row = connection.execute(sql.select(BUCKETS).where(BUCKETS.c.name == name).with_for_update()).one()
    return _filled(row.filled, row.time, most, now)


def _filled(filled: float, since: float, most: int, now: float) -> float:
    # Clocks of several machines differ a little, which fills nothing; one that was set back must lock nobody out until
    # it is where it was.
    if since - now > _MINUTE:
        return float(most)
    return min(float(most), filled + max(now - since, 0.0) * most / _MINUTE)
