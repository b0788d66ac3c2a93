"""Trusted publishing: which builds may push a package, and tokens for them."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from pltpack.client.publishing import (
    ExchangedToken,
    ExchangeWanted,
    PublisherDocument,
    Publishers,
    PublisherWanted,
)
from pltpack.server.identity.identity import Identity, Scope
from pltpack.server.identity.users import role_of, shown_names
from pltpack.server.oidc.exchange import exchange
from pltpack.server.oidc.publishers import (
    Publisher,
    add_publisher,
    publishers_of,
    remove_publisher,
    wanted_publisher,
)
from pltpack.server.problems import forbidden, unknown, unprocessable
from pltpack.server.records.edits import check_name, check_owner
from pltpack.server.records.events import PUBLISHER, note_builds
from pltpack.server.records.package import Package, find_package
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply, body_of


def list_publishers(call: Call) -> Reply:
    """The publishers of a package; of one that is not there, those that the caller has added."""
    with call.room.database.read() as connection:
        package = _package(connection, call)
        found = [
            publisher
            for publisher in publishers_of(connection, call.name)
            if package is not None or call.identity.is_admin or publisher.maker == call.identity.user
        ]
        return Reply(Publishers(publishers=_documents(connection, package, found)))


def post_publisher(call: Call) -> Reply:
    """Say which builds may push a package, which need not be there yet."""
    wanted, identity, room = body_of(call, PublisherWanted), call.identity, call.room
    if not identity.may(Scope.UPLOAD, call.name):
        raise forbidden("these credentials are not good for pushing, and can let nobody else push", "beyond-token")
    maker = wanted.owner or identity.user
    assert maker is not None
    if maker != identity.user and not identity.is_admin:
        raise forbidden("only admins add publishers for others")
    with room.database.write() as connection:
        package = _package(connection, call, lock=True)
        if package is None:
            check_name(connection, call.name)
        elif maker not in package.edition.owners:
            raise unprocessable(f"{maker} does not own package {call.name}: say which of its owners adds the publisher")
        if role_of(room, connection, maker) is None:
            raise unprocessable("there is no such user")
        asked = wanted_publisher(room, call.name, wanted, maker)
        made = add_publisher(connection, asked, pending=package is None)
        if made is asked:
            _log(call, connection, package, f"added {_line(made)}")
        document = _documents(connection, package, [made])[0]
    headers = {"Location": f"{API}/packages/{call.name}/publishers/{made.id}"}
    return Reply(document, 201 if made is asked else 200, headers)


def delete_publisher(call: Call) -> Reply:
    """Let builds push a package no more."""
    with call.room.database.write() as connection:
        package = _package(connection, call, lock=True)
        found = next((known for known in publishers_of(connection, call.name) if known.id == call.path["id"]), None)
        if found is None or (package is None and not _is_theirs(found, call.identity)):
            raise unknown(f"publisher {call.path['id'][:40]} of package {call.name}")
        remove_publisher(connection, found.id)
        _log(call, connection, package, f"removed {_line(found)}")
    return Reply(None, 204)


def exchange_token(call: Call) -> Reply:
    """A token for pushing, which is good for a quarter of an hour, for an id token of a build."""
    wanted = body_of(call, ExchangeWanted)
    secret, token = exchange(call.room, wanted.id_token, wanted.packages, client=call.client, request=call.request)
    assert token.expires is not None
    document = ExchangedToken(token=secret, packages=token.packages, scopes=token.scopes, expires=token.expires)
    return Reply(document, 201)


def _package(connection: Connection, call: Call, *, lock: bool = False) -> Package | None:
    """The package, if it is there; then it must be the caller's."""
    package = find_package(connection, call.name, lock=lock)
    if package is None or package.purged is not None:
        return None
    check_owner(package, call.identity)
    return package


def _log(call: Call, connection: Connection, package: Package | None, detail: str) -> None:
    note_builds(connection, PUBLISHER, call.actor, call.name, detail, time=call.room.now, there=package is not None)


def _is_theirs(publisher: Publisher, identity: Identity) -> bool:
    return publisher.maker == identity.user or identity.is_admin


def _line(publisher: Publisher) -> str:
    parts = (publisher.id, publisher.forge, publisher.repository, publisher.workflow, publisher.ref)
    return " ".join(part for part in (*parts, publisher.environment) if part)


def _documents(
    connection: Connection, package: Package | None, publishers: list[Publisher]
) -> tuple[PublisherDocument, ...]:
    names = shown_names(connection, {publisher.maker for publisher in publishers})
    return tuple(
        PublisherDocument(
            id=publisher.id,
            forge=publisher.forge,
            issuer=publisher.issuer,
            repository=publisher.repository,
            workflow=publisher.workflow,
            ref=publisher.ref,
            environment=publisher.environment,
            added_by=names[publisher.maker],
            counts=package is None or publisher.maker in package.edition.owners,
            pending=package is None,
            created=publisher.created,
            used=publisher.used,
        )
        for publisher in publishers
    )


_ALL: Final = f"{API}/packages/{{name}}/publishers"
_OWNER: Final = Needs(Scope.EDIT, owner=True)

OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        id="list_publishers",
        summary="Which builds may push a package without a token of their own",
        needs=_OWNER,
        handler=list_publishers,
        answers={200: Publishers},
    ),
    Operation(
        method="POST",
        path=_ALL,
        id="post_publisher",
        summary="Let builds push a package, which need not be there yet",
        needs=_OWNER,
        handler=post_publisher,
        body=PublisherWanted,
        answers={200: PublisherDocument, 201: PublisherDocument},
        problems=(409,),
    ),
    Operation(
        method="DELETE",
        path=f"{_ALL}/{{id}}",
        id="delete_publisher",
        summary="Let builds push a package no more",
        needs=_OWNER,
        handler=delete_publisher,
        answers={204: None},
    ),
    Operation(
        method="POST",
        path=f"{API}/oidc/exchange",
        id="exchange_token",
        summary="A token for pushing, for an id token of a build",
        needs=Needs(None),
        handler=exchange_token,
        body=ExchangeWanted,
        answers={201: ExchangedToken},
        problems=(403, 501),
    ),
)
