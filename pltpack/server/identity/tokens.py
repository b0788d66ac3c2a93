"""Tokens: shown once, kept as digests, good for some things, some packages and some time.

A token is ``plt_``, 43 characters of base 62 for 32 random bytes, and six for the CRC of those: what is mistyped, or
only looks like one, is told without the database, and tools that look for secrets in public places can tell them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from pltpack.server.database.tables import TOKENS, USERS
from pltpack.server.identity.identity import How, Identity, granted
from pltpack.server.identity.users import with_configured
from pltpack.server.room import Room

PREFIX: Final = "plt_"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET: Final = 43
_SUM: Final = 6
_USED_EVERY: Final = 60
"""Seconds between two notes of a token's last use."""
_KEPT: Final = 86400


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept; times are seconds since 1970."""

    id: str
    owner: str
    label: str
    scopes: tuple[str, ...]
    packages: tuple[str, ...]
    how: str
    created: int
    expires: int | None
    used: int | None
    revoked: int | None


def make_token(
    connection: Connection,
    owner: str,
    *,
    label: str,
    scopes: Sequence[str],
    packages: Sequence[str] = ("*",),
    expires: int | None,
    time: int,
    how: How = "token",
) -> tuple[str, Token]:
    """A new token of a user, and its secret, which nobody can tell from then on."""
    secret = _new_secret()
    token = Token(
        id=secrets.token_hex(8),
        owner=owner,
        label=label,
        scopes=tuple(scopes),
        packages=tuple(packages),
        how=how,
        created=time,
        expires=expires,
        used=None,
        revoked=None,
    )
    connection.execute(
        TOKENS.insert().values(
            id=token.id,
            owner=owner,
            label=label,
            digest=digest(secret),
            scopes=msgspec.json.encode(token.scopes).decode(),
            packages=msgspec.json.encode(token.packages).decode(),
            how=how,
            created=time,
            expires=expires,
        )
    )
    return secret, token


def is_token(text: str) -> bool:
    """Whether a text can be a token at all: it has the right length, characters and sum."""
    secret, check = text[len(PREFIX) : -_SUM], text[-_SUM:]
    whole = text.startswith(PREFIX) and len(secret) == _SECRET and set(secret) <= set(_DIGITS)
    return whole and check == _sum(secret)


def digest(secret: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def identify(room: Room, secret: str) -> Identity | None:
    """Who shows a token; ``None`` if it is wrong, expired or revoked, or its user is not there any more."""
    wanted, now = digest(secret), room.now
    known = room.database.memory.get(("token", wanted), lambda: _known(room, secret, wanted))
    if known is None or (known.expires is not None and known.expires <= now):
        return None
    if known.used is None or not 0 <= now - known.used < _USED_EVERY:
        with room.database.write() as connection:
            connection.execute(TOKENS.update().where(TOKENS.c.id == known.identity.token).values(used=now))
    return known.identity


@dataclass(frozen=True, slots=True)
class _Known:
    """Whose a token is that is good until it ``expires``, and when its last use was written down."""

    identity: Identity
    expires: int | None
    used: int | None


def _known(room: Room, secret: str, wanted: str) -> _Known | None:
    if not is_token(secret):
        return None
    with room.database.read() as connection:
        row = connection.execute(
            sql.select(TOKENS, USERS.c.role, USERS.c.disabled)
            .join(USERS, USERS.c.name == TOKENS.c.owner)
            .where(TOKENS.c.digest == wanted)
        ).first()
    if row is None or not hmac.compare_digest(row.digest, wanted):
        return None
    if row.revoked is not None or row.disabled is not None:
        return None
    role = with_configured(room, row.owner, row.role)
    token = _token(row)
    identity = Identity(
        user=row.owner,
        role=role,
        scopes=granted(role, token.scopes),
        packages=token.packages,
        how="oidc" if row.how == "oidc" else "token",
        token=row.id,
    )
    return _Known(identity, row.expires, row.used)


def list_tokens(connection: Connection, owner: str | None) -> list[Token]:
    """The tokens of a user, or of all, the latest first."""
    query = sql.select(TOKENS).order_by(TOKENS.c.created.desc(), TOKENS.c.id)
    rows = connection.execute(query if owner is None else query.where(TOKENS.c.owner == owner))
    return [_token(row) for row in rows]


def find_token(connection: Connection, id: str) -> Token | None:
    """The token of a number."""
    row = connection.execute(sql.select(TOKENS).where(TOKENS.c.id == id)).first()
    return None if row is None else _token(row)


def revoke_token(connection: Connection, id: str, *, time: int) -> None:
    """Let a token be no good any more."""
    connection.execute(TOKENS.update().where(TOKENS.c.id == id, TOKENS.c.revoked.is_(None)).values(revoked=time))


def forget_tokens(room: Room) -> int:
    """Forget tokens of builds that have expired a day ago; the history tells of them. How many there were."""
    gone = sql.and_(TOKENS.c.how == "oidc", TOKENS.c.expires < room.now - _KEPT)
    with room.database.write() as connection:
        return connection.execute(TOKENS.delete().where(gone)).rowcount


def _token(row: Row[tuple[object, ...]]) -> Token:
    texts = tuple[str, ...]
    return Token(
        id=row.id,
        owner=row.owner,
        label=row.label,
        scopes=msgspec.json.decode(row.scopes, type=texts),
        packages=msgspec.json.decode(row.packages, type=texts),
        how=row.how,
        created=row.created,
        expires=row.expires,
        used=row.used,
        revoked=row.revoked,
    )


def _new_secret() -> str:
    secret = _base62(int.from_bytes(secrets.token_bytes(32), "big"), _SECRET)
    return f"{PREFIX}{secret}{_sum(secret)}"


def _sum(secret: str) -> str:
    return _base62(zlib.crc32(secret.encode()), _SUM)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
