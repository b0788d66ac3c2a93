"""From the headers of a request to who is asking."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from pltpack.server.accounts.passwords import verify
from pltpack.server.accounts.sessions import by_cookie
from pltpack.server.identity.identity import ANYBODY, Identity
from pltpack.server.identity.throttle import check, take
from pltpack.server.identity.tokens import identify, is_token
from pltpack.server.problems import Problem, wrong_credentials
from pltpack.server.room import Room

Authenticator: TypeAlias = Callable[[Room, Mapping[str, str]], Identity | None]
"""Takes the headers of a request, and says who is asking; ``None``: they do not tell it, another one may.

Raises a :class:`~pltpack.server.problems.Problem` for credentials that are wrong."""


def authenticate(room: Room, headers: Mapping[str, str], client: str) -> Identity:
    """Who sends a request; ``client`` is their address, whose wrong guesses are counted.

    Raises a :class:`~pltpack.server.problems.Problem`: 401 for credentials that are wrong, 429 after too many.
    """
    if not any(name in headers for name in ("authorization", "cookie")):
        return ANYBODY
    bucket, most = f"sign-in {client}", room.config.limits.sign_ins
    check(room, bucket, most)
    try:
        for authenticator in AUTHENTICATORS:
            found = authenticator(room, headers)
            if found is not None:
                return found
    except Problem as problem:
        if problem.status == 401:
            take(room, bucket, most)
        raise
    return ANYBODY


def by_header(room: Room, headers: Mapping[str, str]) -> Identity | None:
    """Who shows a token, as ``Bearer`` or as the password of ``Basic``; with ``[accounts] basic`` a password, too."""
    given = headers.get("authorization")
    if given is None:
        return None
    secret = token_in(given)
    found = _by_password(room, given) if secret is None else identify(room, secret)
    if found is None:
        raise wrong_credentials()
    return found


def _by_password(room: Room, header: str) -> Identity | None:
    scheme, _, rest = header.strip().partition(" ")
    pair = basic_pair(rest.strip()) if scheme.lower() == "basic" and room.config.accounts.basic else None
    return None if pair is None else verify(room, *pair)


def token_in(header: str) -> str | None:
    """What stands for a token in the header ``Authorization``."""
    scheme, _, rest = header.strip().partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer":
        return rest or None
    if scheme.lower() == "basic":
        pair = basic_pair(rest)
        return pair[1] if pair is not None and is_token(pair[1]) else None
    return None


def basic_pair(text: str) -> tuple[str, str] | None:
    """The user and the password of ``Basic`` credentials."""
    try:
        user, colon, password = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return (user, password) if colon else None


AUTHENTICATORS: Final[list[Authenticator]] = [by_header, by_cookie]
"""Asked in turn."""
