"""What can be wrong with a request, as it is answered (RFC 9457); the codes stay the same between versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final


@dataclass(slots=True)
class Problem(Exception):
    """An answer that is an error. ``problems`` are lines that go below ``detail``."""

    status: int
    code: str
    detail: str
    problems: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"

    @property
    def title(self) -> str:
        """What the status means."""
        return HTTPStatus(self.status).phrase


CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="pltpack", Basic realm="pltpack"'}


def unauthenticated(detail: str = "this needs a token") -> Problem:
    """Nobody is known to be asking."""
    return Problem(401, "authentication-required", detail, headers=CHALLENGE)


def wrong_credentials() -> Problem:
    """Credentials that are no good; which part of them is not told."""
    return Problem(401, "wrong-credentials", "the token or password is wrong, expired or revoked", headers=CHALLENGE)


def forbidden(detail: str, code: str = "forbidden") -> Problem:
    """Who is asking may not do this."""
    return Problem(403, code, detail)


def unknown(what: str) -> Problem:
    """There is no such thing."""
    return Problem(404, "not-found", f"there is no {what}")


def too_often(seconds: float) -> Problem:
    """Patience is asked for."""
    wait = max(1, int(seconds + 0.999))
    return Problem(429, "too-often", f"try again in {wait} seconds", headers={"Retry-After": str(wait)})


def unprocessable(detail: str, problems: Sequence[str] = ()) -> Problem:
    """What was sent has the right shape and no good content."""
    return Problem(422, "invalid", detail, problems)


def unavailable(detail: str) -> Problem:
    """The server cannot work just now."""
    return Problem(503, "unavailable", detail, headers={"Retry-After": "5"})
