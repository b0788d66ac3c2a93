"""Tokens: to make, list and revoke them; one that was made by another one is good for no more than that."""

from __future__ import annotations

from typing import Final

import msgspec

from pltpack.client.documents import NewToken, Tokens, TokenWanted
from pltpack.server.identity.identity import SCOPES_OF, Identity, Scope
from pltpack.server.identity.tokens import find_token, list_tokens, make_token, revoke_token
from pltpack.server.identity.users import add_user, role_of
from pltpack.server.problems import forbidden, unknown, unprocessable
from pltpack.server.records.events import add_event
from pltpack.server.routes.operation import API, Call, Needs, Operation, Reply, body_of, query_of
from pltpack.server.routes.shown import token_document

_DAY: Final = 86400


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``all``: those of all users, for admins."""

    all: bool = False


def list_own(call: Call) -> Reply:
    """The tokens of the caller."""
    everybody = query_of(call, Whose).all
    if everybody and not call.identity.is_admin:
        raise forbidden("only admins see the tokens of others")
    with call.room.database.read() as connection:
        found = list_tokens(connection, None if everybody else call.identity.user)
    return Reply(Tokens(tokens=tuple(map(token_document, found))))


def post_token(call: Call) -> Reply:
    """Make a token. Its secret is in the answer, and nowhere else."""
    wanted, identity = body_of(call, TokenWanted), call.identity
    owner = wanted.owner or identity.user
    assert owner is not None
    if owner != identity.user and not identity.is_admin:
        raise forbidden("only admins make tokens for others")
    if not wanted.label.isprintable():
        raise unprocessable("the label holds control characters")
    if not wanted.scopes or not wanted.packages:
        raise unprocessable("a token is for something: name scopes and packages")
    _check_within(identity, wanted)
    room, now = call.room, call.room.now
    with room.database.write() as connection:
        add_user(connection, owner, time=now)
        role = role_of(room, connection, owner)
        if role is None:
            raise unprocessable("this user may not sign in any more")
        if beyond := sorted(set(wanted.scopes) - {str(scope) for scope in SCOPES_OF[role]}):
            raise forbidden(f"the role {role} has no {', '.join(beyond)}", "beyond-role")
        secret, token = make_token(
            connection,
            owner,
            label=wanted.label,
            scopes=wanted.scopes,
            packages=wanted.packages,
            expires=None if wanted.days is None else now + wanted.days * _DAY,
            time=now,
        )
        add_event(connection, "token", call.actor, time=now, detail=f"made {token.id}")
    document = token_document(token)
    shown = NewToken(token=secret, **{name: getattr(document, name) for name in document.__struct_fields__})
    return Reply(shown, 201, {"Location": f"{API}/tokens/{token.id}"})


def _check_within(identity: Identity, wanted: TokenWanted) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (403) if a token asks for one that can do more than itself."""
    if identity.how == "session" or identity.is_admin:
        return
    beyond = set(wanted.scopes) - {str(scope) for scope in identity.scopes}
    if beyond or ("*" not in identity.packages and not set(wanted.packages) <= set(identity.packages)):
        raise forbidden("a token makes none that can do more than itself", "beyond-token")


def delete_token(call: Call) -> Reply:
    """Revoke a token."""
    id = call.path["id"]
    with call.room.database.write() as connection:
        token = find_token(connection, id)
        if token is None or (token.owner != call.identity.user and not call.identity.is_admin):
            raise unknown(f"token {id[:40]}")
        revoke_token(connection, id, time=call.room.now)
        add_event(connection, "token", call.actor, time=call.room.now, detail=f"revoked {id}")
    return Reply(None, 204)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=f"{API}/tokens",
        id="list_tokens",
        summary="One's own tokens, without their secrets",
        needs=Needs(Scope.ACCOUNT),
        handler=list_own,
        query=Whose,
        answers={200: Tokens},
    ),
    Operation(
        method="POST",
        path=f"{API}/tokens",
        id="post_token",
        summary="Make a token, whose secret is shown once",
        needs=Needs(Scope.ACCOUNT),
        handler=post_token,
        body=TokenWanted,
        answers={201: NewToken},
    ),
    Operation(
        method="DELETE",
        path=f"{API}/tokens/{{id}}",
        id="delete_token",
        summary="Revoke a token",
        needs=Needs(Scope.ACCOUNT, package=False),
        handler=delete_token,
        answers={204: None},
    ),
)
