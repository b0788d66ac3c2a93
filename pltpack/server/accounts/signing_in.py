"""Signing in with a password, and out: the same for pages and for the API."""

from __future__ import annotations

from pltpack.server.accounts.passwords import check_password, what_holds
from pltpack.server.accounts.sessions import Opened, check_secure, end_session, open_session_in, session_of
from pltpack.server.problems import wrong_credentials
from pltpack.server.records.events import Actor, add_event
from pltpack.server.room import Room


def sign_in(
    room: Room, user: str, password: str, *, client: str, cookies: str | None = None, request: str | None = None
) -> Opened:
    """A session for who knows the password. ``client`` is their address, ``cookies`` the header of the request, whose
    session ends, ``request`` the request's id.

    Raises :class:`~pltpack.server.problems.Problem`: 401 if they do not, 403 where others would see the password, 429
    after too many wrong ones.
    """
    check_secure(room, client)
    # Another password ends all sessions, and so also one that is just being opened; what is kept of an old one is made
    # better once.
    for _ in range(2):
        with room.database.read() as connection:
            seen = what_holds(connection, user)
        identity = check_password(room, user, password, client)
        if identity is None or identity.user is None:
            break
        with room.database.write() as connection:
            if what_holds(connection, user, lock=True) == seen:
                opened = open_session_in(room, connection, identity.user, cookies=cookies)
                add_event(connection, "sign-in", Actor(identity.user, request=request), time=room.now)
                return opened
    raise wrong_credentials()


def sign_out(room: Room, cookies: str | None) -> bool:
    """End the session of a request; whether there was one."""
    session = session_of(room, cookies)
    if session is not None:
        end_session(room, session.id)
    return session is not None
