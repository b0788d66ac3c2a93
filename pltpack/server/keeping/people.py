"""Users and tokens as the operator has them, on the machine of the server."""

from __future__ import annotations

from collections.abc import Sequence

from pltpack.server.database.tables import USERS
from pltpack.server.identity.identity import SCOPES_OF, Role, Scope
from pltpack.server.identity.tokens import Token, find_token, list_tokens, make_token, revoke_token
from pltpack.server.identity.users import add_user, role_of
from pltpack.server.problems import unprocessable
from pltpack.server.records.events import SERVER, add_event
from pltpack.server.room import Room


def token_for(
    room: Room,
    user: str,
    *,
    label: str,
    scopes: Sequence[str],
    packages: Sequence[str] = ("*",),
    days: int | None = 365,
    role: str | None = None,
) -> tuple[str, Token]:
    """A new token for a user, who comes with it if need be; its secret, and what is known of it.

    ``role`` is what the user becomes. Raises a :class:`~pltpack.server.problems.Problem` for what is no scope or role,
    and for a scope that is beyond the role.
    """
    if unknown := sorted(set(scopes) - {scope.value for scope in Scope}):
        raise unprocessable(f"there is no scope {', '.join(unknown)}")
    if role is not None and role not in {known.value for known in Role}:
        raise unprocessable(f"there is no role {role}")
    now = room.now
    with room.database.write() as connection:
        add_user(connection, user, time=now)
        if role is not None:
            connection.execute(USERS.update().where(USERS.c.name == user).values(role=role))
        is_role = role_of(room, connection, user)
        if is_role is None:
            raise unprocessable(f"{user} may not sign in any more")
        if beyond := sorted(set(scopes) - {scope.value for scope in SCOPES_OF[is_role]}):
            raise unprocessable(f"{user} is a {is_role}, who has no {', '.join(beyond)}")
        secret, token = make_token(
            connection,
            user,
            label=label,
            scopes=scopes,
            packages=packages,
            expires=None if days is None else now + days * 86400,
            time=now,
        )
        add_event(connection, "token", SERVER, time=now, detail=f"made {token.id} for a user")
    return secret, token


def tokens(room: Room) -> list[Token]:
    """All tokens, the latest first."""
    with room.database.read() as connection:
        return list_tokens(connection, None)


def revoke(room: Room, id: str) -> bool:
    """Let a token be no good any more; whether there is one of that number."""
    with room.database.write() as connection:
        if find_token(connection, id) is None:
            return False
        revoke_token(connection, id, time=room.now)
        add_event(connection, "token", SERVER, time=room.now, detail=f"revoked {id}")
    return True
