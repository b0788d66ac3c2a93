"""Pushing an archive: what the route does at once, or a worker later for who does not want to wait."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import msgspec
import sqlalchemy as sql

from pltpack.server.database.tables import JOBS
from pltpack.server.identity.identity import SCOPES_OF, Identity, Scope
from pltpack.server.identity.tokens import find_token
from pltpack.server.identity.users import role_of
from pltpack.server.jobs.queue import Job, add_job
from pltpack.server.problems import Problem, forbidden
from pltpack.server.records.accept import Accepted, accept
from pltpack.server.records.changes import set_archive
from pltpack.server.records.edits import Edited, check_expected, check_name, check_owner, clash, create, edit
from pltpack.server.records.events import Actor
from pltpack.server.records.package import Edition, Package, find_package
from pltpack.server.room import Room
from pltpack.site.prepare import PltAs

ACCEPT: Final = "accept"
_WAITING: Final = "waiting"


class Push(msgspec.Struct, frozen=True):
    """What is known of an upload that a worker looks at later."""

    upload: str
    name: str
    plt_as: PltAs
    user: str
    admin: bool
    token: str | None
    request: str | None
    only_new: bool
    expected: int | None


@dataclass(frozen=True, slots=True)
class Terms:
    """How a push is meant: how a ``.plt`` is served, whether the package must be new, or which version it must have."""

    plt_as: PltAs = "plt"
    only_new: bool = False
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push came to."""

    edited: Edited
    accepted: Accepted


def check_push(room: Room, name: str, identity: Identity, terms: Terms) -> Package | None:
    """Look, before anything is sent, whether somebody may push a package; what is there of it.

    Raises a :class:`~pltpack.server.problems.Problem`: 403 for the package of somebody else, 409 for a name that
    differs by case only from another one, 412 for a version that is not there any more.
    """
    with room.database.read() as connection:
        package = find_package(connection, name)
        if package is None:
            check_name(connection, name)
            return None
    if package.purged is not None:
        raise clash(name)
    check_owner(package, identity)
    check_expected(package, terms.expected)
    if terms.only_new and package.edition.removed is None:
        raise Problem(412, "exists", f"there is a package {name}")
    return package


def push(
    room: Room,
    actor: Actor,
    identity: Identity,
    name: str,
    upload: Path,
    terms: Terms = Terms(),
) -> Pushed:
    """Look at an upload, and have the package made of it; the same bytes again change nothing.

    Raises what :func:`~pltpack.server.records.accept.accept` and :func:`check_push` raise.
    """
    check_push(room, name, identity, terms)
    accepted = accept(room, upload, name, plt_as=terms.plt_as, actor=identity.user)
    archive = accepted.archive
    with room.database.read() as connection:
        there = find_package(connection, name) is not None
    if there:
        edited = edit(
            room,
            actor,
            name,
            set_archive(archive.sha256),
            action="push",
            expected=terms.expected,
            archive=archive,
            owner=identity,
        )
    else:
        assert identity.user is not None
        edition = Edition(owners=(identity.user,), archive=archive.sha256)
        edited = create(room, actor, name, edition, action="push", archive=archive, identity=identity)
    return Pushed(edited, accepted)


def push_later(
    room: Room,
    actor: Actor,
    identity: Identity,
    name: str,
    upload: Path,
    terms: Terms = Terms(),
) -> int:
    """Keep an upload for a worker; the number of the job. Raises as :func:`check_push` does."""
    import os
    import secrets

    check_push(room, name, identity, terms)
    place = room.places.spool / _WAITING / secrets.token_hex(16)
    place.parent.mkdir(parents=True, exist_ok=True)
    upload.replace(place)
    for path in (place, place.parent):
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
    assert identity.user is not None
    waiting = Push(
        upload=str(place),
        name=name,
        plt_as=terms.plt_as,
        user=identity.user,
        admin=identity.is_admin,
        token=actor.token,
        request=actor.request,
        only_new=terms.only_new,
        expected=terms.expected,
    )
    with room.database.write() as connection:
        payload = cast(dict[str, object], msgspec.to_builtins(waiting))
        number = add_job(room, connection, ACCEPT, package=name, actor=identity.user, payload=payload)
    room.wake.set()
    return number


def accept_later(room: Room, job: Job) -> dict[str, object]:
    """Do what :func:`push_later` has put in the queue. What is wrong with the upload is the result of the job."""
    waiting = msgspec.convert(job.payload, Push)
    upload = Path(waiting.upload)
    if not upload.is_file():
        return {"code": "gone", "detail": "the upload is not there any more: send it again"}
    actor = Actor(waiting.user, waiting.token, waiting.request)
    copy = upload.with_suffix(".now")
    copy.unlink(missing_ok=True)
    copy.hardlink_to(upload)
    try:
        identity = _still_may(room, waiting)
        # Tried again, it may meet what it has done itself.
        again = job.attempts > 1
        terms = Terms(waiting.plt_as, waiting.only_new and not again, None if again else waiting.expected)
        pushed = push(room, actor, identity, waiting.name, copy, terms)
    except Problem as problem:
        result: dict[str, object] = {
            "status": problem.status,
            "code": problem.code,
            "detail": problem.detail,
            "problems": [*problem.problems],
        }
    else:
        package = pushed.edited.package
        result = {"version": package.version, "sha256": pushed.accepted.archive.sha256, "job": pushed.edited.job}
    copy.unlink(missing_ok=True)
    upload.unlink(missing_ok=True)
    return result


def forget_uploads(room: Room, *, older: float) -> int:
    """Remove uploads from before a time that no job is for any more: it was given up, or never came to be; how many."""
    old = [path for path in (room.places.spool / _WAITING).glob("*") if path.stat().st_mtime < older]
    if not old:
        return 0
    query = sql.select(JOBS.c.payload).where(JOBS.c.kind == ACCEPT, JOBS.c.state.in_(["queued", "running"]))
    with room.database.read() as connection:
        kept = {Path(msgspec.json.decode(text, type=Push).upload).stem for text in connection.execute(query).scalars()}
    gone = [path for path in old if path.stem not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _still_may(room: Room, waiting: Push) -> Identity:
    """Who has sent an upload, with the rights of now: what was taken from them meanwhile, they have not any more.

    Raises a :class:`~pltpack.server.problems.Problem` (403) if they may not push.
    """
    with room.database.read() as connection:
        role = role_of(room, connection, waiting.user)
        token = None if waiting.token is None else find_token(connection, waiting.token)
    # One that has expired meanwhile, or is forgotten for that, was good when it was shown.
    if role is None or Scope.UPLOAD not in SCOPES_OF[role] or (token is not None and token.revoked is not None):
        raise forbidden("who has sent it may not push any more", "no-scope")
    scopes = frozenset({Scope.UPLOAD, *([Scope.ADMIN] if waiting.admin else [])})
    return Identity(user=waiting.user, role=role, scopes=scopes, how="token", token=waiting.token)
