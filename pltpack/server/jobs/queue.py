"""The queue of jobs. A job is put there in the transaction that makes it necessary, and is done at least once.

Whoever takes a job has it for a time, and says again and again that they are alive. A job whose worker is gone is
queued again. In PostgreSQL workers pass over jobs that another one is just taking; in SQLite one of them writes at a
time.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
import sqlalchemy as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from pltpack.server.database.tables import JOBS
from pltpack.server.room import Room

LEASE: Final = 60.0
"""Seconds for which a job belongs to a worker that says nothing."""
MOST_ATTEMPTS: Final = 8
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 300.0
_LONGEST_WAIT: Final = 3 * 86400.0
"""Seconds: nothing is due later than in some days."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do. ``payload`` is what its kind needs to know; ``result`` what came of it."""

    id: int
    kind: str
    package: str | None
    actor: str | None
    payload: dict[str, object]
    state: str
    created: int
    attempts: int
    ended: int | None
    result: dict[str, object]
    error: str | None
    worker: str | None


@dataclass(frozen=True, slots=True)
class Later:
    """A job that cannot be done now; it is tried again in some ``seconds``, and this was no attempt."""

    seconds: float


Result: TypeAlias = "dict[str, object] | Later"


def add_job(
    room: Room,
    connection: Connection,
    kind: str,
    *,
    package: str | None = None,
    actor: str | None = None,
    payload: dict[str, object] | None = None,
    once: str | None = None,
    due: float | None = None,
) -> int:
    """Put something to do in the queue, in a transaction; its number. Call ``room.wake.set()`` after it.

    With ``once`` there is one job of that name waiting at most, and its number is given. ``due``: not before then.
    """
    insert = postgresql.insert(JOBS) if room.database.kind == "postgresql" else sqlite.insert(JOBS)
    values = {
        "kind": kind,
        "package": package,
        "actor": actor,
        "payload": msgspec.json.encode(payload or {}).decode(),
        "once": once,
        "state": "queued",
        "created": room.now,
        "due": room.clock() if due is None else due,
        "attempts": 0,
    }
    while True:
        statement = insert.values(**values)
        if once is not None:
            statement = statement.on_conflict_do_nothing(index_elements=["once"], index_where=JOBS.c.state == "queued")
        number = connection.execute(statement.returning(JOBS.c.id)).scalar()
        if number is None:
            number = connection.execute(
                sql.select(JOBS.c.id).where(JOBS.c.once == once, JOBS.c.state == "queued")
            ).scalar()
        if number is not None:
            return int(number)


def pause_after(attempts: int) -> float:
    """Seconds until a job is tried again that has been tried ``attempts`` times."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** max(attempts - 1, 0))


def _is_due(now: float) -> sql.ColumnElement[bool]:
    """Whether a job waits no longer. One that was put there in the future, or is due too far in it, is of before the
    clock was set back."""
    return sql.or_(JOBS.c.due <= now, JOBS.c.created > now, JOBS.c.due > now + _LONGEST_WAIT)


def take_job(room: Room, worker: str, *, kinds: Sequence[str] | None = None) -> Job | None:
    """The job that has waited longest of those that are due; it belongs to ``worker`` from then on."""
    now = room.clock()
    query = sql.select(JOBS.c.id).where(JOBS.c.state == "queued", _is_due(now)).order_by(JOBS.c.due, JOBS.c.id)
    if kinds is not None:
        query = query.where(JOBS.c.kind.in_(kinds))
    # Looking costs other processes nothing, and this one little while nothing waits.
    if not room.database.memory.get(("waiting", None if kinds is None else tuple(kinds)), lambda: _any(room, kinds)):
        return None
    with room.database.read() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return None
    with room.database.write() as connection:
        number = connection.execute(query.limit(1).with_for_update(skip_locked=True)).scalar()
        return None if number is None else _take(connection, number, worker, now)


def _any(room: Room, kinds: Sequence[str] | None) -> bool:
    """Whether a job waits, due or not."""
    query = sql.select(JOBS.c.id).where(JOBS.c.state == "queued").limit(1)
    with room.database.read() as connection:
        found = connection.execute(query if kinds is None else query.where(JOBS.c.kind.in_(kinds)))
        return found.first() is not None


def take_more(room: Room, worker: str, kind: str) -> list[Job]:
    """All jobs of a kind that wait now and are due: they are done together with one that was taken."""
    now = room.clock()
    query = sql.select(JOBS.c.id).where(JOBS.c.state == "queued", JOBS.c.kind == kind, _is_due(now))
    with room.database.write() as connection:
        numbers = connection.execute(query.with_for_update(skip_locked=True)).scalars().all()
        return [_take(connection, number, worker, now) for number in numbers]


def _take(connection: Connection, number: int, worker: str, now: float) -> Job:
    connection.execute(
        JOBS.update()
        .where(JOBS.c.id == number)
        .values(
            state="running",
            worker=worker,
            lease=now + LEASE,
            attempts=JOBS.c.attempts + 1,
            created=sql.case((JOBS.c.created > now, int(now)), else_=JOBS.c.created),
        )
    )
    job = find_job(connection, number)
    assert job is not None
    return job


def find_job(connection: Connection, number: int) -> Job | None:
    """The job of a number."""
    row = connection.execute(sql.select(JOBS).where(JOBS.c.id == number)).first()
    return None if row is None else _job(row)


def still_there(room: Room, worker: str) -> None:
    """Say that a worker is alive: what it has is its own for another while."""
    with room.database.write() as connection:
        connection.execute(
            JOBS.update().where(JOBS.c.worker == worker, JOBS.c.state == "running").values(lease=room.clock() + LEASE)
        )


def end_job(room: Room, job: Job, *, result: dict[str, object] | None = None, error: str | None = None) -> bool:
    """Say that a job is done, or with ``error`` that it failed for good; whether it was still this worker's."""
    with room.database.write() as connection:
        return end_job_in(room, connection, job, result=result, error=error)


def end_job_in(
    room: Room,
    connection: Connection,
    job: Job,
    *,
    result: dict[str, object] | None = None,
    error: str | None = None,
) -> bool:
    """The same within a transaction."""
    done = connection.execute(
        _of(job).values(
            state="done" if error is None else "failed",
            ended=room.now,
            result=None if result is None else msgspec.json.encode(result).decode(),
            error=error,
            worker=None,
            lease=None,
        )
    )
    return done.rowcount == 1


def put_back(
    room: Room, job: Job, *, seconds: float, error: str | None = None, tried: bool = True, lasting: bool = False
) -> None:
    """Put a job back, to be tried again in some ``seconds``; ``tried``: this was an attempt.

    After :data:`MOST_ATTEMPTS` it has failed, unless it is ``lasting``: what must be done at last.
    """
    if tried and not lasting and job.attempts >= MOST_ATTEMPTS:
        end_job(room, job, error=error or "given up")
        return
    values = {"state": "queued", "due": room.clock() + seconds, "worker": None, "lease": None, "error": error}
    with room.database.write() as connection:
        # One of the same name may have come meanwhile, and does for both.
        twin = connection.execute(sql.select(JOBS.c.once).where(JOBS.c.id == job.id, JOBS.c.once.is_not(None))).scalar()
        if twin is not None and _waits(connection, twin):
            end_job_in(room, connection, job, error="another one does it")
            return
        attempts = job.attempts if tried else job.attempts - 1
        connection.execute(_of(job).values(**values, attempts=attempts))


def queue_abandoned(room: Room, *, alive: Callable[[str], bool], lasting: Collection[str] = ()) -> int:
    """Queue jobs again whose workers are gone: not ``alive``, or silent for longer than their lease; how many. Those of
    ``lasting`` kinds are never given up."""
    query = sql.select(JOBS).where(JOBS.c.state == "running")
    count = 0
    with room.database.read() as connection:
        running = [(_job(row), row.lease) for row in connection.execute(query)]
    for job, lease in running:
        # A lease that ends too far away is one of before the clock was set back.
        lost = lease is None or not -LEASE <= lease - room.clock() - LEASE <= 0
        if lost or job.worker is None or not alive(job.worker):
            put_back(room, job, seconds=0.0, error="its worker is gone", lasting=job.kind in lasting)
            count += 1
    return count


def forget_ended(room: Room, *, seconds: float) -> int:
    """Remove jobs that ended longer ago; how many."""
    with room.database.write() as connection:
        return connection.execute(JOBS.delete().where(JOBS.c.ended < room.clock() - seconds)).rowcount


def count_jobs(connection: Connection) -> dict[str, int]:
    """How many jobs there are in each state."""
    number = sql.func.count().label("number")
    rows = connection.execute(sql.select(JOBS.c.state, number).group_by(JOBS.c.state))
    return {row.state: row.number for row in rows}


def worker_name() -> str:
    """A new name for a worker of this process; it tells the host and the process."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def is_alive(worker: str) -> bool:
    """Whether a worker may still be there: one of this host is not if its process is gone; of others nobody knows."""
    host, _, rest = worker.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return True
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _of(job: Job) -> sql.Update:
    return JOBS.update().where(JOBS.c.id == job.id, JOBS.c.state == "running", JOBS.c.worker == job.worker)


def _waits(connection: Connection, once: str) -> bool:
    query = sql.select(JOBS.c.id).where(JOBS.c.once == once, JOBS.c.state == "queued")
    return connection.execute(query).first() is not None


def _job(row: Row[tuple[object, ...]]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        package=row.package,
        actor=row.actor,
        payload=msgspec.json.decode(row.payload, type=dict[str, object]),
        state=row.state,
        created=row.created,
        attempts=row.attempts,
        ended=row.ended,
        result={} if row.result is None else msgspec.json.decode(row.result, type=dict[str, object]),
        error=row.error,
        worker=row.worker,
    )
