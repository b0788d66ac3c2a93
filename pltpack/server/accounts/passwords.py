"""Passwords: kept as argon2id; those of the original server, which are bcrypt, until their users sign in again.

Nobody can tell from the time of an answer whether there is a user of some name: the same hashes are computed for each
that is wrong, whether the user is not there, has another password, an old one, or none.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from dataclasses import dataclass
from functools import cache
from typing import Final

import bcrypt
import sqlalchemy as sql
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection

from pltpack.server.accounts.sessions import end_sessions_in
from pltpack.server.database.tables import USERS
from pltpack.server.identity.identity import SCOPES_OF, Identity, Scope
from pltpack.server.identity.throttle import give_back, take
from pltpack.server.identity.users import folded, named, with_configured
from pltpack.server.problems import unknown, unprocessable
from pltpack.server.room import Room

SHORTEST: Final = 8
LONGEST: Final = 1024
"""Characters of a password."""

_HASHER: Final = PasswordHasher()
"""RFC 9106's choice for little memory: 64 MiB."""
_AT_ONCE: Final = threading.BoundedSemaphore(4)
"""So many hashes at the same time: their memory is bounded, however many sign in."""
_BCRYPT: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_BCRYPT_BYTES: Final = 72
"""What bcrypt sees of a password."""
_MOST_ROUNDS: Final = 14
"""The logarithm of them; one hash of more takes seconds, and with some it would take days."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the database tells before a password is looked at: the user (``None``: nobody who may sign in), their role,
    the hash, and that of anybody who has still an old one."""

    user: str | None
    role: str
    password: str | None
    old: str | None


def hash_password(text: str) -> str:
    """What is kept of a new password. Raises :class:`~pltpack.server.problems.Problem` for one that is too short."""
    check_new(text)
    return _hashed(text)


def check_new(text: str) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (422) for what nobody should have as a password."""
    if not SHORTEST <= len(text) <= LONGEST:
        raise unprocessable(f"a password has {SHORTEST} to {LONGEST} characters")


def check_password(room: Room, user: str, password: str, client: str) -> Identity | None:
    """Who signs in with a password; ``None`` if it is wrong, or nobody of that name may sign in.

    Wrong ones are counted for the ``client`` (an address) and for the user. Raises
    :class:`~pltpack.server.problems.Problem` (429) after too many.
    """
    bucket, most = f"sign-in {client}", room.config.limits.sign_ins
    # Taken first, and given back to who was right: many guesses at once are as many.
    take(room, bucket, most)
    found = verify(room, user, password)
    if found is not None:
        give_back(room, bucket, most)
    return found


def verify(room: Room, user: str, password: str) -> Identity | None:
    """The same where the client is counted by the caller."""
    bucket, most = user_bucket(user), room.config.limits.sign_ins
    take(room, bucket, most)
    kept = _kept(room, user)
    right = _matches(kept, password[: LONGEST + 1])
    if kept.user is None or not right or len(password) > LONGEST:
        return None
    give_back(room, bucket, most)
    _keep_better(room, kept, password)
    role = with_configured(room, kept.user, kept.role)
    return Identity(kept.user, role, SCOPES_OF[role] - {Scope.ADMIN, Scope.ACCOUNT}, how="password")


def what_holds(connection: Connection, user: str, *, lock: bool = False) -> tuple[object, ...] | None:
    """What a password is compared with, and whether its user may sign in. If it is the same before a password was
    looked at and in the transaction that follows from it, nobody has changed anything meanwhile."""
    row = named(connection, user, lock=lock)
    return None if row is None else (row.name, row.password, row.disabled)


def set_password(room: Room, user: str, password: str | None) -> None:
    """Let a user have another password, or with ``None`` none; they are signed out everywhere.

    Raises :class:`~pltpack.server.problems.Problem`: 404 for nobody, 422 for a password that is too short.
    """
    kept = None if password is None else hash_password(password)
    with room.database.write() as connection:
        put_password(connection, user, kept)


def put_password(connection: Connection, user: str, kept: str | None) -> None:
    """The same within a transaction, with what :func:`hash_password` gave."""
    done = connection.execute(USERS.update().where(USERS.c.name == user).values(password=kept))
    if done.rowcount != 1:
        raise unknown("user of that name")
    end_sessions_in(connection, user)


def user_bucket(user: str) -> str:
    """Where wrong guesses for a user are counted; it tells no address, and is short whatever was asked for."""
    return f"sign-in user {hashlib.sha256(folded(user).encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _kept(room: Room, user: str) -> _Kept:
    with room.database.read() as connection:
        row = named(connection, user)
        # They come from one server, and were made in the same way.
        query = sql.select(USERS.c.password).where(USERS.c.password.like("$2%")).order_by(USERS.c.name).limit(1)
        old = connection.execute(query).scalar()
    if row is None or row.disabled is not None:
        return _Kept(None, "", None, old)
    return _Kept(row.name, row.role, row.password, old)


def _matches(kept: _Kept, password: str) -> bool:
    """Whether a password is the right one. What is computed is the same for everybody."""
    own = kept.password or ""
    modern, old = own.startswith("$argon2"), own.startswith("$2")
    by_argon2 = _is_argon2(own if modern else _nobody(), password)
    by_bcrypt = kept.old is not None and _is_bcrypt(own if old else kept.old, password)
    return by_argon2 if modern else by_bcrypt if old else False


def _is_argon2(kept: str, password: str) -> bool:
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def _is_bcrypt(kept: str, password: str) -> bool:
    found = _BCRYPT.fullmatch(kept)
    if found is None or not 4 <= int(found[1]) <= _MOST_ROUNDS:
        return False  # such a user has a new one sent
    with _AT_ONCE:
        return bcrypt.checkpw(_bytes(password)[:_BCRYPT_BYTES], kept.encode("ascii"))


def _keep_better(room: Room, kept: _Kept, password: str) -> None:
    """Keep what was kept in an old way in that of today, unless the password was changed meanwhile."""
    assert kept.password is not None
    if kept.password.startswith("$argon2") and not _HASHER.check_needs_rehash(kept.password):
        return
    better = _hashed(password)
    with room.database.write() as connection:
        same = (USERS.c.name == kept.user) & (USERS.c.password == kept.password)
        connection.execute(USERS.update().where(same).values(password=better))


def _hashed(text: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(_bytes(text))


@cache
def _nobody() -> str:
    """A hash of what nobody knows."""
    return _hashed(secrets.token_urlsafe(32))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
