"""Looking at sources from the command line: what a worker does, here and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sql

from pltpack.server.database.tables import CHECKS
from pltpack.server.jobs.schedule import tick
from pltpack.server.jobs.worker import Worker
from pltpack.server.records.edits import PUBLISH
from pltpack.server.room import Room
from pltpack.server.sources.watch import KIND, find_check, is_due, look


@dataclass(slots=True)
class Refreshed:
    """What was looked at: names of packages, those that have changed, and those that failed, with the reason."""

    looked: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    failed: dict[str, str | None] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def refresh_now(room: Room, names: Sequence[str] = (), *, all: bool = False) -> Refreshed:
    """Look at the sources of packages, at ``all``, or at those that are due; then publish what is new.

    Raises :class:`~pltpack.errors.DatabaseError`, ``OSError``.
    """
    done = Refreshed()
    query = sql.select(CHECKS.c.package).order_by(CHECKS.c.package)
    if names:
        query = query.where(CHECKS.c.package.in_(names))
    elif not all:
        query = query.where(is_due(room.now))
        tick(room)
    with room.database.write() as connection:
        done.looked = list(connection.execute(query).scalars())
        done.unknown = sorted(set(names) - set(done.looked))
        if done.unknown:
            return done
        for name in done.looked:
            look(room, connection, name)
    Worker(room, kinds=[KIND]).run_all()
    Worker(room, kinds=[PUBLISH]).run_all()
    with room.database.read() as connection:
        for name in done.looked:
            check = find_check(connection, name)
            if check is not None and check.state == "failed":
                done.failed[name] = check.message
            elif check is not None and check.state == "ok":
                done.changed.append(name)
    return done
