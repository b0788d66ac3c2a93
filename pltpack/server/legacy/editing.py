"""What owners do: records made, edited, renamed and removed, and their sources looked at."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import sqlalchemy as sql

from pltpack.client.documents import Line, RecordChange, Source, Tag, VersionSource
from pltpack.server.database.tables import CHECKS, OWNERS
from pltpack.server.identity.identity import Identity, Scope
from pltpack.server.legacy.asked import Asked, Said, reaches
from pltpack.server.problems import unknown, unprocessable
from pltpack.server.records.changes import change_record, remove
from pltpack.server.records.edits import Change, check_name, check_owner, clash, create, edit
from pltpack.server.records.package import Edition, Package, find_package
from pltpack.server.records.rename import rename
from pltpack.server.routes.endpoint import decoded
from pltpack.server.sources.watch import look

_Unset: TypeAlias = msgspec.UnsetType


class Modify(msgspec.Struct, frozen=True):
    """A record as it shall be: of the package ``pkg``, or of a new one if that is empty. What is not there stays."""

    pkg: Line
    name: Line
    description: Line
    source: Source
    tags: tuple[Tag, ...] | _Unset = msgspec.UNSET
    authors: tuple[Line, ...] | _Unset = msgspec.UNSET
    versions: tuple[tuple[Line, Source], ...] | _Unset = msgspec.UNSET


class Delete(msgspec.Struct, frozen=True):
    """The package to remove."""

    pkg: Line


class Update(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is said: all packages of the caller are meant."""


def modify(asked: Asked) -> Said:
    """Make a package, edit it, or give it another name."""
    identity = asked.caller(Scope.EDIT)
    wanted = decoded(asked.body, Modify)
    reaches(identity, wanted.name, wanted.pkg or wanted.name)
    change = _change(wanted, identity)
    if not wanted.pkg:
        return _create(asked, identity, wanted.name, change)
    package = _there(asked, wanted.pkg, identity)
    if wanted.name != package.name:
        # Also one that differs by case only, which another route can have.
        with asked.room.database.read() as connection:
            check_name(connection, wanted.name)
    room, actor = asked.room, asked.actor(identity)
    edit(room, actor, package.name, change, action="edit", owner=identity)
    if wanted.name != package.name:
        rename(room, actor, identity, package.name, wanted.name)
    return Said(True)


def delete(asked: Asked) -> Said:
    """Remove a package; a tombstone stays."""
    identity = asked.caller(Scope.EDIT)
    name = decoded(asked.body, Delete).pkg
    reaches(identity, name)
    _there(asked, name, identity)
    actor = asked.actor(identity)
    edit(asked.room, actor, name, remove(asked.room.now), action="remove", owner=identity)
    return Said(True)


def update(asked: Asked) -> Said:
    """Look at the sources of all packages of the caller."""
    identity = asked.caller(Scope.EDIT)
    decoded(asked.body, Update)
    mine = sql.select(OWNERS.c.package).where(OWNERS.c.owner == identity.user)
    query = sql.select(CHECKS.c.package).where(CHECKS.c.package.in_(mine)).order_by(CHECKS.c.package)
    with asked.room.database.write() as connection:
        for name in filter(identity.reaches, connection.execute(query).scalars().all()):
            look(asked.room, connection, name, identity.user)
    asked.room.wake.set()
    return Said(True)


def _create(asked: Asked, identity: Identity, name: str, change: Change) -> Said:
    assert identity.user is not None
    room, actor = asked.room, asked.actor(identity)
    with room.database.read() as connection:
        package = find_package(connection, name)
    if package is not None and package.edition.removed is not None and identity.user in package.edition.owners:
        # Its own tombstone is in nobody's way.
        edit(room, actor, name, change, action="edit", owner=identity)
    elif package is not None:
        raise clash(name)
    else:
        edition = change(Edition(owners=(identity.user,)))
        create(room, actor, name, edition, identity=identity)
    return Said(True, 201)


def _there(asked: Asked, name: str, identity: Identity) -> Package:
    """A package that somebody may edit. Raises a :class:`~pltpack.server.problems.Problem`: 403, 404."""
    with asked.room.database.read() as connection:
        package = find_package(connection, name)
    if package is None or package.purged is not None or package.edition.removed is not None:
        raise unknown(f"package {name}")
    check_owner(package, identity)
    return package


def _change(wanted: Modify, identity: Identity) -> Change:
    record = RecordChange(
        source=wanted.source,
        description=wanted.description or None,
        tags=wanted.tags,
        versions=versions_of(wanted.versions),
    )
    change_fields = change_record(record)
    owners = _owners(wanted, identity)

    def change(edition: Edition) -> Edition:
        changed = change_fields(edition)
        return changed if owners is None else msgspec.structs.replace(changed, owners=owners)

    return change


def _owners(wanted: Modify, identity: Identity) -> tuple[str, ...] | None:
    if wanted.authors is msgspec.UNSET:
        return None
    if not wanted.authors:
        raise unprocessable("a package has an author")
    assert identity.user is not None
    # Who is no admin cannot leave.
    return tuple(sorted({*wanted.authors, *([] if identity.is_admin else [identity.user])}))


def versions_of(versions: tuple[tuple[str, str], ...] | _Unset) -> dict[str, VersionSource] | _Unset:
    """A table of sources for versions of Racket."""
    if versions is msgspec.UNSET:
        return msgspec.UNSET
    return {version: VersionSource(source=source) for version, source in versions}
