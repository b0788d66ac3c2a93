"""A build that has no token: GitHub Actions and GitLab tell who it is by an id token, for which a server gives one.

In GitHub Actions the job asks for it (``permissions: id-token: write``); in GitLab it is in a variable, which the job
names (``id_tokens: PLTPACK_ID_TOKEN``). Either is for one server alone, whose URL it holds.
"""

from __future__ import annotations

import base64
import os
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from pltpack.errors import FetchError
from pltpack.fetch.transport import HttpTransport, NetworkPolicy, Transport, read_all, refused, shown
from pltpack.visible import visible

VARIABLE: Final = "PLTPACK_ID_TOKEN"
_URL: Final = "ACTIONS_ID_TOKEN_REQUEST_URL"
_SECRET: Final = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_MOST: Final = 64 << 10


class _Claims(msgspec.Struct, frozen=True):
    aud: str | list[str] = ""


class _Given(msgspec.Struct, frozen=True):
    value: str


def audience_of(url: str) -> str:
    """For whom an id token is that is shown to the server at a URL.

    >>> audience_of("HTTPS://Pkgs.Example.org/")
    'https://pkgs.example.org'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}{parts.path.rstrip('/')}"


def find_id_token(url: str, *, transport: Transport | None = None) -> str | None:
    """The id token of the build that this is, for the server at a URL; ``None`` where there is none.

    Raises :class:`~pltpack.errors.FetchError` if the forge does not give it, or has given it for another server, where
    this one could push with it.
    """
    if given := os.environ.get(VARIABLE, "").strip():
        _check_for(given, url)
        return given
    place, secret = os.environ.get(_URL), os.environ.get(_SECRET)
    if not place or not secret:
        return None
    asked = f"{place}{'&' if '?' in place else '?'}{urlencode({'audience': audience_of(url)})}"
    own = HttpTransport(NetworkPolicy(timeout=20.0, longest=60.0, retries=3)) if transport is None else transport
    try:
        with own.get(asked, headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"}) as answer:
            if answer.status != 200:
                raise refused(answer, hint="the job needs permissions: id-token: write")
            body = read_all(answer, _MOST)
    finally:
        if transport is None:
            own.close()
    try:
        return msgspec.json.decode(body, type=_Given).value
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise FetchError("the answer holds no id token", file=place.partition("?")[0]) from None


def _check_for(token: str, url: str) -> None:
    """Raise :class:`~pltpack.errors.FetchError` if a token is for a server at another host. What is no token, or is for
    something that is no URL, is the server's to judge."""
    try:
        part = token.split(".")[1]
        said = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), type=_Claims).aud
        others = [one for one in ([said] if isinstance(said, str) else said) if _host(one) not in (None, _host(url))]
    except (IndexError, ValueError, msgspec.MsgspecError):
        return
    if others:
        raise FetchError(
            f"the id token in {VARIABLE} is for {visible(others[0])}",
            file=shown(url),
            hint=f"have the job get one for this server: aud: {audience_of(url)}",
        )


def _host(url: str) -> str | None:
    return urlsplit(url).hostname if url.startswith(("http://", "https://")) else None


def how_to_sign_in() -> str:
    """What is missing in a build that has neither a token nor an id token, for people to read."""
    if os.environ.get("GITHUB_ACTIONS"):
        return "give the job permissions: id-token: write, and the package a publisher (pltpack publisher)"
    if os.environ.get("GITLAB_CI"):
        return f"give the job id_tokens: {VARIABLE}, and the package a publisher (pltpack publisher)"
    return "pltpack login, or the variable PLTPACK_TOKEN, gives a token"
