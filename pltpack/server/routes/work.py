"""Jobs, refreshing, the log of everything, and what awaits curators."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sql

from pltpack.client.documents import Events, JobDocument, Queue, QueueEntry, RefreshStarted, RefreshWanted
from pltpack.server.accounts.codes import CODE
from pltpack.server.accounts.mail import MAIL
from pltpack.server.database.tables import CHECKS, OWNERS
from pltpack.server.identity.identity import Scope
from pltpack.server.jobs.queue import find_job
from pltpack.server.problems import unknown
from pltpack.server.records.edits import check_owner
from pltpack.server.records.events import list_events
from pltpack.server.records.package import find_package
from pltpack.server.records.rings import candidates, without_time
from pltpack.server.routes.changes import History
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply, body_of, query_of
from pltpack.server.routes.packages import known
from pltpack.server.routes.shown import event_documents, job_document
from pltpack.server.sources.watch import look


def get_job(call: Call) -> Reply:
    """A job, for who has caused it, for the owners of its package, and for admins. What comes of mail is for admins
    alone: it would tell who is a user."""
    text = call.path["id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
    with call.room.database.read() as connection:
        job = find_job(connection, number)
        if job is None:
            raise unknown(f"job {text}")
        hidden = job.kind in (MAIL, CODE) or job.actor is None or job.actor != call.identity.user
        if hidden and not call.identity.is_admin:
            package = None if job.package is None else find_package(connection, job.package)
            if package is None or call.identity.user not in package.edition.owners:
                raise unknown(f"job {text}")  # whether there is one is nobody else's business
    return Reply(job_document(job, whole=call.identity.is_admin))


def refresh(call: Call) -> Reply:
    """Look at sources: those of one's own packages, for admins of all."""
    wanted = body_of(call, RefreshWanted).packages
    with call.room.database.write() as connection:
        query = sql.select(CHECKS.c.package).order_by(CHECKS.c.package)
        if wanted:
            for name in wanted:
                check_owner(known(find_package(connection, name), name), call.identity)
            query = query.where(CHECKS.c.package.in_(wanted))
        elif not call.identity.is_admin:
            mine = sql.select(OWNERS.c.package).where(OWNERS.c.owner == call.identity.user)
            query = query.where(CHECKS.c.package.in_(mine))
        names = [name for name in connection.execute(query).scalars().all() if call.identity.reaches(name)]
        jobs = tuple(look(call.room, connection, name, call.identity.user) for name in names)
    call.room.wake.set()
    return Reply(RefreshStarted(jobs=jobs), 202)


def list_all(call: Call) -> Reply:
    """What was done to anything, the latest first."""
    asked = query_of(call, History)
    with call.room.database.read() as connection:
        found = list_events(connection, before=asked.before, most=asked.most)
        shown = event_documents(connection, found)
    return Reply(Events(events=shown, next=found[-1].id if len(found) == asked.most else None))


def list_queue(call: Call) -> Reply:
    """The packages of ring 2, the oldest first, with what speaks against their rising."""
    with call.room.database.read() as connection:
        found = [without_time(candidate) for candidate in candidates(call.room, connection)]
    return Reply(
        Queue(
            packages=tuple(
                QueueEntry(
                    name=candidate.package.name,
                    ring=candidate.package.edition.ring,
                    added=candidate.package.added,
                    conflicts=candidate.conflicts,
                    problems=candidate.problems,
                )
                for candidate in found
            )
        )
    )


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=f"{API}/jobs/{{id}}",
        id="get_job",
        summary="A job",
        needs=Needs(Scope.READ, package=False),
        handler=get_job,
        answers={200: JobDocument},
    ),
    Operation(
        method="POST",
        path=f"{API}/refresh",
        id="refresh",
        summary="Look at the sources of packages",
        needs=Needs(Scope.EDIT),
        handler=refresh,
        body=RefreshWanted,
        answers={202: RefreshStarted},
        problems=(404,),
    ),
    Operation(
        method="GET",
        path=f"{API}/events",
        id="list_events",
        summary="What was done to anything",
        needs=Needs(Scope.CURATE),
        handler=list_all,
        query=History,
        answers={200: Events},
    ),
    Operation(
        method="GET",
        path=f"{API}/curation",
        id="list_queue",
        summary="What awaits curators",
        needs=Needs(Scope.CURATE),
        handler=list_queue,
        answers={200: Queue},
    ),
)
