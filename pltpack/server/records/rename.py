"""Giving a package another name: the new one has all of it, the old one stays as a tombstone, for who has it."""

from __future__ import annotations

import shutil

import msgspec
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from pltpack.server.database.tables import PACKAGES, PUBLISHERS
from pltpack.server.hooks.hook import move_hooks
from pltpack.server.identity.identity import Identity
from pltpack.server.problems import Problem, unknown
from pltpack.server.records.accept import accept
from pltpack.server.records.changes import remove
from pltpack.server.records.edits import (
    Edited,
    check_expected,
    check_name,
    check_owner,
    check_quota,
    clash,
    create_in,
    edit_in,
    publish_job,
)
from pltpack.server.records.events import Actor, add_event
from pltpack.server.records.package import Archive, Package, find_package, put_package
from pltpack.server.records.spool import content_path, incoming
from pltpack.server.room import Room


def rename(room: Room, actor: Actor, identity: Identity, name: str, new: str, *, expected: int | None = None) -> Edited:
    """Give a package a new name, also one that differs from the old one by case only; then there is no tombstone.

    Raises a :class:`~pltpack.server.problems.Problem`: 404, 403 (not theirs, or as many as may be), 409
    (taken), 410 (its archive is not there any more), 412, 422.
    """
    with room.database.read() as connection:
        package = find_package(connection, name)
        if package is None or package.purged is not None:
            raise unknown(f"package {name}")
        check_owner(package, identity)
        if name.lower() != new.lower():
            check_name(connection, new)
    archive = _archive(room, package, new)
    edition = package.edition
    made_of = None if archive is None else archive.sha256
    renamed = msgspec.structs.replace(edition, archive=made_of, origin="", checksum=None)
    try:
        with room.database.write() as connection:
            now = find_package(connection, name, lock=True)
            if now is None or now.version != package.version:
                raise Problem(412, "changed-meanwhile", f"package {name} was edited meanwhile: try again")
            check_expected(now, expected)
            if name.lower() == new.lower():
                _make_way(room, actor, connection, package)
            else:
                # The old name stays theirs, too.
                check_quota(room, connection, identity)
                edit_in(room, connection, actor, name, remove(room.now), action="rename", detail=f"to {new}")
            edited = create_in(
                room, connection, actor, new, renamed, action="rename", archive=archive, detail=f"from {name}"
            )
            # Builds that may push it go on, under the new name.
            connection.execute(PUBLISHERS.update().where(PUBLISHERS.c.package == name).values(package=new))
            move_hooks(connection, name, new)
    except IntegrityError:
        raise clash(new) from None
    room.wake.set()
    return edited


def _archive(room: Room, package: Package, new: str) -> Archive | None:
    """The archive of a package under its new name, which may be that of its collection; one that is elsewhere is
    looked at anew."""
    if package.archive is None or package.edition.fields.source:
        return None
    path = content_path(room, package.archive)
    if path is None:
        raise Problem(410, "archive-gone", "its archive is not there any more: push it under the new name")
    with incoming(room) as folder:
        copy = folder / "copy"
        shutil.copyfile(path, copy)
        return accept(room, copy, new, actor=package.archive.actor).archive


def _make_way(room: Room, actor: Actor, connection: Connection, package: Package) -> None:
    """Let a package go, and its name be free at once."""
    gone = msgspec.structs.replace(package, purged=room.now, revision=package.revision + 1)
    put_package(connection, gone, new=False)
    # No package can be called so.
    free = PACKAGES.update().where(PACKAGES.c.name == package.name).values(folded=f"{package.name} (renamed)")
    connection.execute(free)
    add_event(connection, "rename", actor, time=room.now, package=package.name, before=package.edition)
    publish_job(room, connection, package.name, actor)
