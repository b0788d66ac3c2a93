"""Records: to read, write, change and remove them."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
import sqlalchemy as sql

from pltpack.client.documents import (
    Changed,
    PackageDocument,
    PackageList,
    RecordChange,
    RecordWanted,
    Versions,
)
from pltpack.server.database.tables import OWNERS, PACKAGES
from pltpack.server.identity.identity import Scope
from pltpack.server.problems import Problem, forbidden, unauthenticated, unknown
from pltpack.server.records.changes import change_record, remove, set_record, wanted_fields
from pltpack.server.records.edits import Edited, check_owner, create, edit, purge
from pltpack.server.records.package import Edition, Package, archives_of, find_package
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply, body_of, etag, query_of
from pltpack.server.routes.shown import archive_document, package_document


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which packages: ``mine`` alone, those of a ``ring``, those that are ``failing``; ``after`` a name."""

    mine: bool = False
    ring: Annotated[int, msgspec.Meta(ge=0, le=2)] | None = None
    after: Annotated[str, msgspec.Meta(max_length=200)] = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1000


class Removal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``purge``: leave no tombstone (admins only)."""

    purge: bool = False


def list_packages(call: Call) -> Reply:
    """Names of packages, in order."""
    asked = query_of(call, Listing)
    query = sql.select(PACKAGES.c.name).where(PACKAGES.c.name > asked.after, PACKAGES.c.purged.is_(None))
    if asked.mine:
        if call.identity.user is None:
            raise unauthenticated()
        mine = sql.select(OWNERS.c.package).where(OWNERS.c.owner == call.identity.user)
        query = query.where(PACKAGES.c.name.in_(mine))
    if asked.ring is not None:
        query = query.where(PACKAGES.c.ring == asked.ring)
    with call.room.database.read() as connection:
        names = connection.execute(query.order_by(PACKAGES.c.name).limit(asked.most + 1)).scalars().all()
    more = len(names) > asked.most
    shown = names[: asked.most]
    return Reply(PackageList(packages=tuple(shown), next=shown[-1] if more else None))


def get_package(call: Call) -> Reply:
    """A package."""
    room, name = call.room, call.name

    def read() -> tuple[str, bytes]:
        with room.database.read() as connection:
            package = known(find_package(connection, name), name)
            return etag(package.version), msgspec.json.encode(package_document(room, connection, package))

    # Whether a source has failed for too long depends on the time.
    tag, body = room.database.memory.get(("package", name, room.now // 60), read)
    headers = {"ETag": tag}
    return Reply(None, 304, headers) if call.headers.get("if-none-match") == tag else Reply(body, headers=headers)


def put_package(call: Call) -> Reply:
    """Have a record be as it is sent; a new package if there is none of that name."""
    wanted = body_of(call, RecordWanted)
    with call.room.database.read() as connection:
        package = find_package(connection, call.name)
    if package is None:
        if "if-match" in call.headers:
            raise Problem(412, "changed-meanwhile", f"there is no package {call.name}")
        assert call.identity.user is not None
        edition = Edition(fields=wanted_fields(wanted), owners=(call.identity.user,))
        edited = create(call.room, call.actor, call.name, edition, identity=call.identity)
        return changed(edited, 201)
    if call.only_new:
        check_owner(package, call.identity)
        raise Problem(412, "exists", f"there is a package {call.name}")
    return changed(
        edit(
            call.room,
            call.actor,
            call.name,
            set_record(wanted),
            action="edit",
            expected=call.expected,
            owner=call.identity,
        )
    )


def patch_package(call: Call) -> Reply:
    """Change parts of a record."""
    change = change_record(body_of(call, RecordChange))
    return changed(
        edit(call.room, call.actor, call.name, change, action="edit", expected=call.expected, owner=call.identity)
    )


def delete_package(call: Call) -> Reply:
    """Remove a package: a tombstone stays, with which those who have it can go on."""
    if query_of(call, Removal).purge:
        if not call.identity.is_admin:
            raise forbidden("only admins leave no tombstone")
        purge(call.room, call.actor, call.name, expected=call.expected)
    else:
        edit(
            call.room,
            call.actor,
            call.name,
            remove(call.room.now),
            action="remove",
            expected=call.expected,
            owner=call.identity,
        )
    return Reply(None, 204)


def list_versions(call: Call) -> Reply:
    """The archives of a package, the latest first."""
    with call.room.database.read() as connection:
        package = known(find_package(connection, call.name), call.name)
        archives = archives_of(connection, call.name)
    shown = (archive_document(archive, current=archive.sha256 == package.edition.archive) for archive in archives)
    return Reply(Versions(archives=tuple(shown)))


def changed(edited: Edited, status: int = 200) -> Reply:
    """What an edit came to."""
    package = edited.package
    archive = package.archive
    document = Changed(
        name=package.name,
        version=package.version,
        job=edited.job,
        sha1=None if archive is None else archive.sha1,
        sha256=None if archive is None else archive.sha256,
    )
    headers = {"ETag": etag(package.version)}
    if status == 201:
        headers["Location"] = f"{API}/packages/{package.name}"
    return Reply(document, status, headers)


def known(package: Package | None, name: str) -> Package:
    """A package that is there. Raises a :class:`~pltpack.server.problems.Problem` (404)."""
    if package is None or package.purged is not None:
        raise unknown(f"package {name}")
    return package


_ONE: Final = f"{API}/packages/{{name}}"
_READ: Final = Needs(Scope.READ)
_EDIT: Final = Needs(Scope.EDIT, owner=True)

OPERATIONS: Final = (
    Operation(
        method="GET",
        path=f"{API}/packages",
        id="list_packages",
        summary="Names of packages",
        needs=_READ,
        handler=list_packages,
        query=Listing,
        answers={200: PackageList},
    ),
    Operation(
        method="GET",
        path=_ONE,
        id="get_package",
        remembers=True,
        summary="A package",
        needs=_READ,
        handler=get_package,
        answers={200: PackageDocument, 304: None},
        headers=("If-None-Match",),
    ),
    Operation(
        method="PUT",
        path=_ONE,
        id="put_package",
        summary="Say a whole record, of a new package too",
        needs=_EDIT,
        handler=put_package,
        body=RecordWanted,
        answers={200: Changed, 201: Changed},
        headers=("If-Match", "If-None-Match"),
        problems=(409, 412),
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        id="patch_package",
        summary="Say parts of a record",
        needs=_EDIT,
        handler=patch_package,
        body=RecordChange,
        answers={200: Changed},
        headers=("If-Match",),
        problems=(412,),
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        id="delete_package",
        summary="Remove a package, leaving a tombstone",
        needs=_EDIT,
        handler=delete_package,
        query=Removal,
        answers={204: None},
        headers=("If-Match",),
        problems=(412,),
    ),
    Operation(
        method="GET",
        path=f"{_ONE}/versions",
        id="list_versions",
        summary="The archives of a package",
        needs=_READ,
        handler=list_versions,
        answers={200: Versions},
    ),
)
