"""Edits: each is one transaction, in which the record, the event for the history and the job that publishes change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
import sqlalchemy as sql
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from pltpack.pkg.names import is_package_name
from pltpack.server.database.tables import OWNERS, PACKAGES, PUBLISHERS, USERS
from pltpack.server.identity.identity import Identity
from pltpack.server.jobs.queue import add_job
from pltpack.server.problems import Problem, forbidden, unknown, unprocessable
from pltpack.server.records.events import PURGE, Actor, add_event
from pltpack.server.records.package import (
    Archive,
    Edition,
    Package,
    find_archive,
    find_package,
    put_archive,
    put_package,
)
from pltpack.server.room import Room
from pltpack.server.sources.watch import follow

PUBLISH: Final = "publish"
"""The kind of the jobs that publish."""

Change: TypeAlias = Callable[[Edition], Edition]
"""Takes what a package is, and gives what it shall be. Raises a :class:`~pltpack.server.problems.Problem`."""

LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit came to: the package, the job that publishes it, and whether the package is new."""

    package: Package
    job: int | None
    new: bool = False


def edit(
    room: Room,
    actor: Actor,
    name: str,
    change: Change,
    *,
    action: str,
    expected: int | None = None,
    archive: Archive | None = None,
    detail: str | None = None,
    owner: Identity | None = None,
) -> Edited:
    """Change a package that is there. ``expected`` is the version that the caller has seen, ``archive`` a new archive,
    ``owner`` who must be allowed to, looked at in the same transaction.

    An edit that changes nothing leaves no event and no job. Raises a :class:`~pltpack.server.problems.Problem`: 404,
    403, 412 (somebody else was quicker), and what ``change`` raises.
    """
    with room.database.write() as connection:
        edited = edit_in(
            room, connection, actor, name, change, action=action, expected=expected, archive=archive, detail=detail,
            owner=owner,
        )  # fmt: skip
    room.wake.set()
    return edited


def edit_in(
    room: Room,
    connection: Connection,
    actor: Actor,
    name: str,
    change: Change,
    *,
    action: str,
    expected: int | None = None,
    archive: Archive | None = None,
    detail: str | None = None,
    owner: Identity | None = None,
) -> Edited:
    """The same within a transaction."""
    package = find_package(connection, name, lock=True)
    if package is None or package.purged is not None:
        raise unknown(f"package {name}")
    if owner is not None:
        check_owner(package, owner)
    check_expected(package, expected)
    edition = change(package.edition)
    if edition == package.edition and (archive is None or archive.sha256 == package.edition.archive):
        return Edited(package, None)
    _check_edition(connection, edition)
    if archive is not None:
        put_archive(connection, name, archive)
    changed = msgspec.structs.replace(
        package,
        edition=edition,
        version=package.version + 1,
        revision=package.revision + 1,
        edited=room.now,
        archive=None if edition.archive is None else find_archive(connection, name, edition.archive),
    )
    put_package(connection, changed, new=False)
    if edition.fields.source != package.edition.fields.source:
        follow(room, connection, name, edition.fields.source)
    add_event(
        connection, action, actor, time=room.now, package=name, before=package.edition, after=edition, detail=detail
    )
    return Edited(changed, publish_job(room, connection, name, actor))


def create(
    room: Room,
    actor: Actor,
    name: str,
    edition: Edition,
    *,
    action: str = "create",
    archive: Archive | None = None,
    identity: Identity | None = None,
) -> Edited:
    """Make a new package. ``identity`` is who does, for what they may have.

    Raises a :class:`~pltpack.server.problems.Problem`: 409 if there is one of that name, or one that differs by case
    only; 403 for a user who has as many as may be.
    """
    try:
        with room.database.write() as connection:
            if identity is not None:
                check_quota(room, connection, identity)
            edited = create_in(room, connection, actor, name, edition, action=action, archive=archive)
    except IntegrityError:
        raise clash(name) from None
    room.wake.set()
    return edited


def create_in(
    room: Room,
    connection: Connection,
    actor: Actor,
    name: str,
    edition: Edition,
    *,
    action: str = "create",
    archive: Archive | None = None,
    detail: str | None = None,
) -> Edited:
    """The same within a transaction; a clash in the database itself is an ``IntegrityError``."""
    check_name(connection, name)
    _check_edition(connection, edition)
    # Builds that others would have let push it are nobody's any more, and not for its owners to see.
    waiting = PUBLISHERS.delete().where(PUBLISHERS.c.package == name, PUBLISHERS.c.maker.not_in(edition.owners))
    connection.execute(waiting)
    now = room.now
    package = Package(name=name, edition=edition, archive=archive, version=1, revision=1, added=now, edited=now)
    put_package(connection, package, new=True)
    if archive is not None:
        put_archive(connection, name, archive)
    follow(room, connection, name, edition.fields.source)
    add_event(connection, action, actor, time=now, package=name, after=edition, detail=detail)
    return Edited(package, publish_job(room, connection, name, actor), new=True)


def purge(room: Room, actor: Actor, name: str, *, expected: int | None = None) -> Edited:
    """Let a package go with the next publication, without a tombstone. Raises as :func:`edit` does."""
    with room.database.write() as connection:
        package = find_package(connection, name, lock=True)
        if package is None or package.purged is not None:
            raise unknown(f"package {name}")
        check_expected(package, expected)
        gone = msgspec.structs.replace(package, purged=room.now, revision=package.revision + 1)
        put_package(connection, gone, new=False)
        add_event(connection, PURGE, actor, time=room.now, package=name, before=package.edition)
        job = publish_job(room, connection, name, actor)
    room.wake.set()
    return Edited(gone, job)


def publish_job(room: Room, connection: Connection, name: str | None, actor: Actor) -> int:
    """Put a publication in the queue; it comes with whatever it publishes, so that neither is there without the
    other."""
    return add_job(room, connection, PUBLISH, package=name, actor=actor.user)


def check_name(connection: Connection, name: str) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` unless a new package can be called like this."""
    if not is_package_name(name) or len(name) > LONGEST_NAME:
        raise unprocessable("the name of a package is made of letters, digits, - and _", [name[:LONGEST_NAME]])
    query = sql.select(PACKAGES.c.name).where(PACKAGES.c.folded == name.lower())
    if connection.execute(query).first() is not None:
        raise clash(name)


def clash(name: str) -> Problem:
    """There is a package of that name, or of one that differs by case only."""
    return Problem(409, "name-taken", f"there is a package {name}, or one whose name differs by case only")


def check_owner(package: Package, identity: Identity) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` unless a package is theirs."""
    if identity.user not in package.edition.owners and not identity.is_admin:
        raise forbidden(f"package {package.name} belongs to somebody else", "not-owner")


def check_expected(package: Package, expected: int | None) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` if a package is not as it was seen."""
    if expected is not None and expected != package.version:
        raise Problem(
            412, "changed-meanwhile", f"package {package.name} is at version {package.version} now, not {expected}"
        )


def check_quota(room: Room, connection: Connection, identity: Identity) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (403) for a user who has as many packages as may be, tombstones
    counted in: they keep their names."""
    most = room.config.limits.packages
    if most and not identity.is_admin:
        query = sql.select(sql.func.count()).select_from(OWNERS).where(OWNERS.c.owner == identity.user)
        if (connection.execute(query).scalar() or 0) >= most:
            raise forbidden(f"you have {most} packages, and may have no more", "too-many-packages")


def _check_edition(connection: Connection, edition: Edition) -> None:
    if not edition.owners:
        raise unprocessable("a package has an owner")
    query = sql.select(USERS.c.name).where(USERS.c.name.in_(edition.owners))
    if missing := set(edition.owners) - set(connection.execute(query).scalars()):
        raise unprocessable("there is no such user", sorted(missing))
