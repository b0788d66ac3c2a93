"""Sessions: who has signed in, as their browser shows again and again with a cookie.

The cookie is 32 random bytes, new at each sign-in, of which the digest is kept. What a form or a script has to send
along to change anything is made of it, and kept nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from pltpack.server.database.tables import SESSIONS, USERS
from pltpack.server.identity.identity import SCOPES_OF, Identity, Role
from pltpack.server.identity.users import with_configured
from pltpack.server.problems import forbidden
from pltpack.server.room import Room

CSRF_HEADER: Final = "x-csrf-token"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST: Final = 50
"""Sessions of one user; the oldest ends with one more."""
_USED_EVERY: Final = 60
"""Seconds between two notes of a session's last use."""
_SKEW: Final = 300
"""Seconds by which clocks of several hosts may differ."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was just opened: the ``secret`` is for the cookie, and is known to nobody from then on.

    ``expires`` is when it ends at the latest, in seconds since 1970."""

    id: str
    user: str
    secret: str
    csrf: str
    expires: int


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a user that holds; times are seconds since 1970."""

    id: str
    user: str
    role: Role
    csrf: str
    created: int
    used: int
    expires: int


def open_session(room: Room, user: str, *, cookies: str | None = None) -> Opened:
    """Let a user be signed in. ``cookies`` is the header of the request, whose session ends: what a browser has shown
    before it signed in is good for nothing afterwards."""
    with room.database.write() as connection:
        return open_session_in(room, connection, user, cookies=cookies)


def open_session_in(room: Room, connection: Connection, user: str, *, cookies: str | None = None) -> Opened:
    """The same within a transaction."""
    now, secret, id = room.now, secrets.token_urlsafe(32), secrets.token_hex(8)
    before = _secret_in(room, cookies)
    if before is not None:
        connection.execute(SESSIONS.delete().where(SESSIONS.c.digest == _digest(before)))
    connection.execute(SESSIONS.insert().values(id=id, owner=user, digest=_digest(secret), created=now, used=now))
    latest = sql.select(SESSIONS.c.id).where(SESSIONS.c.owner == user)
    latest = latest.order_by(SESSIONS.c.created.desc(), (SESSIONS.c.id == id).desc(), SESSIONS.c.id).limit(_MOST)
    kept = connection.execute(latest).scalars().all()
    connection.execute(SESSIONS.delete().where(SESSIONS.c.owner == user, SESSIONS.c.id.not_in(kept)))
    return Opened(id, user, secret, _csrf(secret), now + _longest(room))


def session_of(room: Room, cookies: str | None) -> Session | None:
    """The session that the header ``Cookie`` shows, if it holds."""
    secret = _secret_in(room, cookies)
    if secret is None:
        return None
    wanted, now = _digest(secret), room.now
    with room.database.read() as connection:
        row = connection.execute(
            sql.select(SESSIONS, USERS.c.role, USERS.c.disabled)
            .join(USERS, USERS.c.name == SESSIONS.c.owner)
            .where(SESSIONS.c.digest == wanted)
        ).first()
    if row is None or row.disabled is not None or not hmac.compare_digest(row.digest, wanted):
        return None
    if not _holds(room, row.created, row.used, now):
        return None
    if not 0 <= now - row.used < _USED_EVERY:
        with room.database.write() as connection:
            connection.execute(SESSIONS.update().where(SESSIONS.c.id == row.id).values(used=now))
    role = with_configured(room, row.owner, row.role)
    return Session(row.id, row.owner, role, _csrf(secret), row.created, row.used, row.created + _longest(room))


def sessions_of(room: Room, user: str) -> list[tuple[str, int, int]]:
    """The sessions of a user that hold, the latest first: the number, when it was opened, when it was used last."""
    query = sql.select(SESSIONS).where(SESSIONS.c.owner == user).order_by(SESSIONS.c.created.desc(), SESSIONS.c.id)
    with room.database.read() as connection:
        rows = connection.execute(query).all()
    return [(row.id, row.created, row.used) for row in rows if _holds(room, row.created, row.used, room.now)]


def end_session(room: Room, id: str) -> None:
    """End a session."""
    with room.database.write() as connection:
        connection.execute(SESSIONS.delete().where(SESSIONS.c.id == id))


def end_sessions(room: Room, user: str) -> int:
    """Sign a user out everywhere; how many sessions there were."""
    with room.database.write() as connection:
        return end_sessions_in(connection, user)


def end_sessions_in(connection: Connection, user: str) -> int:
    """The same within a transaction."""
    return connection.execute(SESSIONS.delete().where(SESSIONS.c.owner == user)).rowcount


def forget_sessions(room: Room) -> int:
    """Remove sessions that have ended by themselves; how many."""
    now = room.now
    with room.database.write() as connection:
        ended = (SESSIONS.c.created <= now - _longest(room)) | (SESSIONS.c.used <= now - _idle(room))
        return connection.execute(SESSIONS.delete().where(ended)).rowcount


def by_cookie(room: Room, headers: Mapping[str, str]) -> Identity | None:
    """Who has signed in. A cookie that is no good any more is nobody's: browsers show it all the same."""
    session = session_of(room, headers.get("cookie"))
    if session is None:
        return None
    return Identity(session.user, session.role, SCOPES_OF[session.role], how="session")


def check_csrf(room: Room, headers: Mapping[str, str], given: str | None = None) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (403) unless a change by cookie was meant: with the request
    comes what only our own pages know, ``given`` by a form or in the header ``X-CSRF-Token``."""
    secret = _secret_in(room, headers.get("cookie"))
    sent = headers.get(CSRF_HEADER, "") if given is None else given
    if secret is None or not hmac.compare_digest(_csrf(secret).encode(), sent.encode("utf-8", "surrogatepass")):
        raise forbidden("send X-CSRF-Token, as it was answered when the session was opened", "no-csrf-token")


def check_secure(room: Room, client: str) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (403) unless nobody else sees what is sent: over HTTPS, which
    ``[server] url`` tells, or on this machine."""
    if not (is_https(room) or _is_loopback(client)):
        raise forbidden("passwords are taken over https alone: [server] url says where that is", "insecure")


def is_https(room: Room) -> bool:
    """Whether people find the server by HTTPS."""
    return urlsplit(room.config.server.url).scheme.lower() == "https"


def cookie_name(room: Room) -> str:
    """The name of the cookie; browsers take the first one from nobody but the host itself, over HTTPS."""
    return "__Host-pltpack" if is_https(room) else "pltpack"


def set_cookie(room: Room, opened: Opened) -> str:
    """The header ``Set-Cookie`` that lets a browser be signed in."""
    return _cookie(room, opened.secret, _longest(room))


def clear_cookie(room: Room) -> str:
    """The header ``Set-Cookie`` that lets a browser forget it."""
    return _cookie(room, "", 0)


def _cookie(room: Room, value: str, seconds: int) -> str:
    secure = "; Secure" if is_https(room) else ""
    return f"{cookie_name(room)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _secret_in(room: Room, cookies: str | None) -> str | None:
    """What the cookie of ours holds; nothing if there are several, of which one may come from elsewhere."""
    name = cookie_name(room)
    pairs = (part.strip().partition("=") for part in (cookies or "").split(";"))
    found = [value for key, _, value in pairs if key == name]
    return found[0] if len(found) == 1 and _SECRET.fullmatch(found[0]) else None


def _holds(room: Room, created: int, used: int, now: int) -> bool:
    # A clock that was set back lets nobody in for longer.
    return -_SKEW <= now - created < _longest(room) and -_SKEW <= now - used < _idle(room)


def _idle(room: Room) -> int:
    return room.config.accounts.session_hours * 3600


def _longest(room: Room) -> int:
    return room.config.accounts.session_days * 86400


def _csrf(secret: str) -> str:
    made = hmac.digest(secret.encode(), b"csrf", "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_loopback(client: str) -> bool:
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False
