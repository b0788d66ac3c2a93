"""How it goes with the server: for people, for what watches over it, for programs that want to know its routes."""

from __future__ import annotations

import ipaddress
import os
from importlib.metadata import version
from typing import Final

import sqlalchemy as sql

from pltpack.client.documents import Status
from pltpack.errors import DatabaseError
from pltpack.server.database.migrations import pending_steps
from pltpack.server.database.tables import JOBS, PACKAGES
from pltpack.server.identity.identity import Scope
from pltpack.server.jobs.queue import count_jobs
from pltpack.server.metrics import Figures, figures_text
from pltpack.server.problems import Problem, unavailable, unknown
from pltpack.server.records.edits import PUBLISH
from pltpack.server.room import Room
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply
from pltpack.server.sources.watch import count_failing


def get_status(call: Call) -> Reply:
    """How it goes, and who is asking."""
    room, identity = call.room, call.identity
    figures = read_figures(room)
    return Reply(
        Status(
            version=version("pltpack"),
            user=identity.user,
            role=str(identity.role),
            scopes=tuple(sorted(identity.scopes)),
            packages=figures.packages,
            published=figures.published,
            queued=figures.jobs.get("queued", 0),
            running=figures.jobs.get("running", 0),
            failing=figures.failing,
        )
    )


def healthz(_call: Call) -> Reply:
    """The process answers."""
    return Reply(b"ok\n", type="text/plain; charset=utf-8")


def readyz(call: Call) -> Reply:
    """The database can be used and has its shape, and there is room for uploads."""
    try:
        steps = pending_steps(call.room.database)
    except DatabaseError:
        raise unavailable("the database cannot be used") from None
    if steps:
        raise unavailable("the database is to be migrated")
    if not os.access(call.room.places.root, os.W_OK):
        raise unavailable("the folder of the server cannot be written to")
    return Reply(b"ready\n", type="text/plain; charset=utf-8")


def metrics(call: Call) -> Reply:
    """Figures for Prometheus: for this machine, and for admins."""
    if not call.room.config.server.metrics:
        raise unknown("such thing")
    if not call.identity.is_admin and not _is_here(call.client):
        raise Problem(403, "forbidden", "figures are told to this machine, and to admins")
    text, type = figures_text(read_figures(call.room), call.room.clock())
    return Reply(text, type=type)


def read_figures(room: Room) -> Figures:
    """What the database tells."""
    with room.database.read() as connection:
        count = sql.select(sql.func.count()).select_from(PACKAGES)
        published = sql.select(sql.func.max(JOBS.c.ended)).where(JOBS.c.kind == PUBLISH, JOBS.c.state == "done")
        oldest = sql.select(sql.func.min(JOBS.c.due)).where(JOBS.c.state == "queued")
        return Figures(
            packages=connection.execute(count.where(PACKAGES.c.removed.is_(None))).scalar() or 0,
            waiting=connection.execute(count.where(PACKAGES.c.revision != PACKAGES.c.published)).scalar() or 0,
            jobs=count_jobs(connection),
            published=connection.execute(published).scalar(),
            oldest=connection.execute(oldest).scalar(),
            failing=count_failing(connection),
        )


def _is_here(client: str) -> bool:
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False


_ANYBODY: Final = Needs(None)

OPERATIONS: Final = (
    Operation(
        method="GET",
        path=f"{API}/status",
        id="get_status",
        summary="How it goes with the server, and who is asking",
        needs=Needs(Scope.READ),
        handler=get_status,
        answers={200: Status},
    ),
    Operation(
        method="GET",
        path="/healthz",
        id="healthz",
        summary="Whether the process answers",
        needs=_ANYBODY,
        handler=healthz,
        answers={200: "text/plain"},
    ),
    Operation(
        method="GET",
        path="/readyz",
        id="readyz",
        summary="Whether it can work",
        needs=_ANYBODY,
        handler=readyz,
        answers={200: "text/plain"},
    ),
    Operation(
        method="GET",
        path="/metrics",
        id="metrics",
        summary="Figures for Prometheus",
        needs=_ANYBODY,
        handler=metrics,
        answers={200: "text/plain"},
        problems=(403, 404),
    ),
)
