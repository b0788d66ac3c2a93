"""Id tokens: signed by an issuer that the configuration names, for this server, now, and shown for the first time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from pltpack.client.build import audience_of
from pltpack.errors import PltError
from pltpack.server.database.tables import ID_TOKENS
from pltpack.server.oidc.builds import Build, Forge, build_of, invalid
from pltpack.server.oidc.keys import Key
from pltpack.server.problems import Problem, unavailable
from pltpack.server.room import Room

if TYPE_CHECKING:
    from jwt import PyJWK

_log = logging.getLogger("pltpack.server.oidc")

ALGORITHMS: Final = MappingProxyType({"RS256": "RSA", "ES256": "EC"})
"""How a token may be signed, and the kind of key for each; what a token says of itself chooses only among these."""
_LEEWAY: Final = 60
"""Seconds by which clocks may differ."""
_LONGEST: Final = 16 << 10
_LEAST_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class IdToken:
    """An id token that is good: of which build, and its own number, which is shown once until it ``expires``."""

    build: Build
    number: str
    expires: int


def verify(room: Room, text: str) -> IdToken:
    """Look at an id token.

    Raises a :class:`~pltpack.server.problems.Problem`: 422 for one that is no good, 501 where the server takes none,
    503 while its issuer does not answer.
    """
    jwt, audience = _library(), _audience(room)
    if len(text) > _LONGEST:
        raise invalid("it is too long")
    try:
        head = jwt.get_unverified_header(text)
        said = jwt.decode(text, options={"verify_signature": False})
    except (jwt.InvalidTokenError, RecursionError):
        raise invalid("it is no JSON Web Token") from None
    algorithm, issuer = head.get("alg"), said.get("iss")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise invalid("it is signed by another algorithm than RS256 or ES256")
    forge = _forge(room, issuer)
    if forge is None:
        raise invalid("its issuer is none that this server knows")
    key = _key(jwt, _find_key(room, issuer, head.get("kid")), algorithm)
    try:
        claims = jwt.decode(
            text,
            key,
            algorithms=[algorithm],
            audience=audience,
            issuer=issuer,
            # The time is looked at below, by the server's clock.
            options={
                "require": ["aud", "exp", "iat", "iss", "jti", "sub"],
                "strict_aud": True,
                **dict.fromkeys(("verify_exp", "verify_iat", "verify_nbf"), False),
            },
        )
    except jwt.InvalidAudienceError:
        raise invalid(f"it is not for this server alone, whose audience is {audience}") from None
    except jwt.MissingRequiredClaimError as error:
        raise invalid(f"it does not tell its {error.claim}") from None
    except (jwt.InvalidTokenError, jwt.PyJWTError):
        raise invalid("its signature is wrong") from None
    expires = _check_time(claims, room.clock())
    number = claims["jti"]
    if not isinstance(number, str) or not 0 < len(number) <= 200 or not number.isprintable():
        raise invalid("it does not tell its jti")
    return IdToken(build_of(forge, issuer, claims), number, expires)


def use_once(room: Room, connection: Connection, token: IdToken) -> None:
    """Note that an id token was used. Raises a :class:`~pltpack.server.problems.Problem` (422) if it was before."""
    insert = postgresql.insert(ID_TOKENS) if room.database.kind == "postgresql" else sqlite.insert(ID_TOKENS)
    values = {"issuer": token.build.issuer, "number": token.number, "expires": token.expires + _LEEWAY}
    noted = insert.values(**values).on_conflict_do_nothing().returning(ID_TOKENS.c.number)
    if connection.execute(noted).first() is None:
        raise Problem(422, "used-id-token", "this id token was used already: ask for another one")


def forget_id_tokens(room: Room) -> int:
    """Forget those id tokens that are no good any more by their time; how many there were."""
    with room.database.write() as connection:
        # A clock that is wrong by a day lets none be shown again.
        return connection.execute(ID_TOKENS.delete().where(ID_TOKENS.c.expires < room.now - 86400)).rowcount


def _audience(room: Room) -> str:
    said = room.config.oidc.audience or room.config.server.url
    if not said:
        raise Problem(501, "no-oidc", "this server takes no id tokens: its configuration does not say [server] url")
    return room.config.oidc.audience or audience_of(said)


def _library() -> ModuleType:
    try:
        import jwt
        import jwt.algorithms

        if not jwt.algorithms.has_crypto:
            raise ModuleNotFoundError("cryptography")
    except ModuleNotFoundError:
        raise Problem(501, "no-oidc", "this server takes no id tokens: pip install 'pltpack[oidc]'") from None
    return jwt


def _forge(room: Room, issuer: object) -> Forge | None:
    if isinstance(issuer, str):
        if issuer in room.config.oidc.github:
            return "github"
        if issuer in room.config.oidc.gitlab:
            return "gitlab"
    return None


def _find_key(room: Room, issuer: str, number: object) -> Key:
    if not isinstance(number, str) or len(number) > 200:
        raise invalid("it does not tell its key")
    try:
        found = room.keys.find(issuer, number)
    except PltError as error:
        _log.warning("the keys of %s cannot be had: %s", issuer, error.message)
        raise unavailable(f"the keys of {issuer} cannot be had just now") from None
    if found is None:
        raise invalid("its issuer has no such key")
    return found


def _key(jwt: ModuleType, found: Key, algorithm: str) -> PyJWK:
    """A key that can sign by an algorithm."""
    wrong = invalid("its key is not for signing by that algorithm")
    if found.get("kty") != ALGORITHMS[algorithm] or found.get("use", "sig") != "sig":
        raise wrong
    if found.get("alg", algorithm) != algorithm or (algorithm == "ES256" and found.get("crv") != "P-256"):
        raise wrong
    try:
        key: PyJWK = jwt.PyJWK(dict(found), algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise wrong from None
    if algorithm == "RS256" and key.key.key_size < _LEAST_BITS:
        raise wrong
    return key


def _check_time(claims: dict[str, Any], now: float) -> int:
    """When a token expires. Raises a :class:`~pltpack.server.problems.Problem` (422) unless it is good now."""
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name, 0)
        if type(value) not in (int, float) or not 0 <= value < 1 << 40:
            raise invalid(f"it does not tell its {name}")
    if claims["exp"] + _LEEWAY <= now:
        raise invalid("it has expired")
    if max(claims["iat"], claims.get("nbf", 0)) - _LEEWAY > now:
        raise invalid("it is not good yet")
    return int(claims["exp"])
