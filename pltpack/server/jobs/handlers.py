"""What is done for each kind of job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from pltpack.errors import BusyError
from pltpack.server.accounts.codes import CODE, send_asked
from pltpack.server.accounts.mail import MAIL, send_queued
from pltpack.server.config import ServerConfig
from pltpack.server.hooks.announce import KIND as HOOK
from pltpack.server.hooks.deliver import deliver
from pltpack.server.jobs.publication import publish
from pltpack.server.jobs.queue import Job, Later, Result, end_job_in, pause_after, put_back, take_more
from pltpack.server.jobs.uploads import ACCEPT, accept_later
from pltpack.server.records.edits import PUBLISH
from pltpack.server.room import Room
from pltpack.server.sources.check import look_at_source
from pltpack.server.sources.watch import KIND, at_same_host

Handler: TypeAlias = Callable[[Room, Job], Result]
"""Does a job, and says what came of it. What it raises is noted, and the job is tried again, later each time."""


def publish_all(room: Room, job: Job) -> Result:
    """Publish everything, for this job and for all others that wait for the same."""
    assert job.worker is not None
    # First the jobs, then what is to be published: whatever came with one of them is seen.
    others = take_more(room, job.worker, PUBLISH)
    try:
        done = publish(room)
    except BusyError:
        for other in others:
            put_back(room, other, seconds=0.5, tried=False)
        return Later(0.5)
    except BaseException as error:
        for other in others:
            pause = pause_after(other.attempts)
            put_back(room, other, seconds=pause, error=f"{type(error).__name__}: {error}", lasting=True)
        raise
    with room.database.write() as connection:
        for other in others:
            end_job_in(
                room, connection, other, result=_told(other, done.failed), error=done.failed.get(other.package or "")
            )
    reason = done.failed.get(job.package or "")
    if reason is not None:
        raise NotPublishedError(reason)
    return {"published": len(done.packages), "files": done.files}


class NotPublishedError(Exception):
    """A package of which nothing could be made; the others are published."""


def check_source(room: Room, job: Job) -> Result:
    """Look at a source, unless others at the same host are being looked at."""
    assert job.package is not None
    with room.database.read() as connection:
        busy = at_same_host(connection, job.package) >= room.config.sources.per_host
    if busy:
        return Later(1.0)
    looked = look_at_source(room, job.package)
    if looked is None:
        return {"state": "dropped"}
    return {"state": looked.check.state, "message": looked.check.message, "job": looked.job}


def _told(job: Job, failed: dict[str, str]) -> dict[str, object] | None:
    return None if job.package in failed else {"published": 1}


HANDLERS: Final[dict[str, Handler]] = {
    PUBLISH: publish_all,
    KIND: check_source,
    ACCEPT: accept_later,
    HOOK: deliver,
    MAIL: send_queued,
    CODE: send_asked,
}
"""By the kind of job. Other parts of a server add theirs."""

LASTING: Final = frozenset({PUBLISH})
"""The kinds that are never given up for what is no fault of their own: somebody was told that it will be done."""

APART: Final[dict[str, Callable[[ServerConfig], int]]] = {
    KIND: lambda config: config.sources.at_once,
    HOOK: lambda config: config.hooks.at_once,
    MAIL: lambda config: 1 if config.mail.host else 0,
    CODE: lambda config: 1 if config.mail.host else 0,
}
"""Kinds of jobs that wait for others: each has as many threads of its own, so that none of them holds up a
publication."""
