"""Workers: threads that take jobs, one after the other, until they are told to stop; a job under way is finished."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from pltpack.errors import DatabaseError, PltError
from pltpack.server.jobs.handlers import APART, HANDLERS, LASTING, NotPublishedError
from pltpack.server.jobs.queue import (
    LEASE,
    Job,
    Later,
    end_job,
    is_alive,
    pause_after,
    put_back,
    queue_abandoned,
    still_there,
    take_job,
    worker_name,
)
from pltpack.server.problems import Problem
from pltpack.server.room import Room

_log = logging.getLogger("pltpack.server.worker")

IDLE: Final = 1.0
"""Seconds after which the queue is looked at although nobody has told of a job: another process may have put one."""


class Worker:
    """Takes jobs of some ``kinds`` (``None``: of all)."""

    def __init__(self, room: Room, *, kinds: Sequence[str] | None = None) -> None:
        self.room = room
        self.name = worker_name()
        self.kinds = kinds
        self._interrupted = False

    def run_once(self) -> bool:
        """Do one job that is due; whether there was one. Raises :class:`~pltpack.errors.DatabaseError`."""
        if self._interrupted:
            # What it had when the database went away, or when it was ended by a mistake of ours.
            queue_abandoned(self.room, alive=lambda worker: worker != self.name, lasting=LASTING)
        self._interrupted = True
        job = take_job(self.room, self.name, kinds=self.kinds)
        if job is not None:
            with self._alive():
                self._do(job)
        self._interrupted = False
        return job is not None

    def run_all(self) -> int:
        """Do all jobs that are due; how many there were."""
        count = 0
        while self.run_once():
            count += 1
        return count

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Where the database is gone, wait until it is back.

        Called again after an error that nobody has foreseen, it first puts back what it had then.
        """
        pause = IDLE
        while not stop.is_set():
            try:
                if self.run_once():
                    continue
                pause = IDLE
            except DatabaseError as error:
                _log.error("the worker waits: %s", error.message)
                pause = min(2 * pause, 30.0)
            # Set by this process when it puts a job there, and by who wants it to stop.
            self.room.wake.wait(pause)
            self.room.wake.clear()

    def _do(self, job: Job) -> None:
        extra = {"job": job.id, "kind": job.kind, "package": job.package}
        try:
            handler = HANDLERS[job.kind]
            done = handler(self.room, job)
        except DatabaseError:
            # Nothing can be noted; the job is queued again when its lease has ended, or this process has.
            raise
        except (PltError, OSError, SQLAlchemyError, ValueError, LookupError, NotPublishedError, Problem) as error:
            _log.error("a job failed: %s: %s", type(error).__name__, error, extra=extra)
            lasting = job.kind in LASTING and not isinstance(error, NotPublishedError)
            put_back(self.room, job, seconds=pause_after(job.attempts), error=_told(error), lasting=lasting)
            return
        if isinstance(done, Later):
            put_back(self.room, job, seconds=done.seconds, tried=False)
            return
        end_job(self.room, job, result=done)
        _log.info("a job is done", extra=extra)

    @contextmanager
    def _alive(self) -> Iterator[None]:
        """Say again and again that this worker is there."""
        ended = threading.Event()

        def say() -> None:
            while not ended.wait(LEASE / 4):
                try:
                    still_there(self.room, self.name)
                except DatabaseError as error:
                    _log.warning("nobody can be told that the worker is alive: %s", error.message)

        thread = threading.Thread(target=say, name=f"alive {self.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def recover_jobs(room: Room) -> int:
    """Queue again what workers had that are not there any more; how many jobs."""
    return queue_abandoned(room, alive=is_alive, lasting=LASTING)


@contextmanager
def working(room: Room, threads: int, *, tick: Callable[[], object] | None = None) -> Iterator[None]:
    """Have workers in threads of this process: ``threads`` for everything but what waits for others, and as many for
    that as the configuration says. ``tick`` is called every minute. At the end what is under way is finished."""
    stop = threading.Event()
    workers = [Worker(room, kinds=[kind for kind in HANDLERS if kind not in APART]) for _ in range(threads)]
    for kind, number in APART.items() if threads else ():
        workers += [Worker(room, kinds=[kind]) for _ in range(number(room.config))]
    running = [threading.Thread(target=_steady, args=(worker, stop), name=f"of {worker.name}") for worker in workers]
    if threads and tick is not None:
        running.append(threading.Thread(target=_ticking, args=(tick, stop), name="tick"))
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in running:
            while thread.is_alive():
                room.wake.set()
                thread.join(0.05)


def _steady(worker: Worker, stop: threading.Event) -> None:
    """Have a worker in a thread, and in another one after an error that nobody has foreseen: what it was at is tried
    again later, and others must not wait for that."""
    while not stop.is_set():
        thread = threading.Thread(target=worker.run, args=(stop,), name=worker.name)
        thread.start()
        thread.join()
        if not stop.wait(IDLE):
            _log.error("worker %s was ended by a mistake, and goes on", worker.name)


def _ticking(tick: Callable[[], object], stop: threading.Event) -> None:
    while True:
        try:
            tick()
        except (PltError, OSError, SQLAlchemyError) as error:
            _log.error("what is due cannot be told: %s", error)
        if stop.wait(60.0):
            return


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
