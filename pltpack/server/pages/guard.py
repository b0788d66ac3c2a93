"""What keeps forms from being sent by others: a secret in each, which belongs to a session, or, before there is one, to
a cookie that only this server can set; and addresses to go on to, which are our own."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final

from pltpack.server.pages.asked import HOME
from pltpack.server.problems import Problem

_FORM: Final = "pltpack-form"
_VALUE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_OWN: Final = re.compile(rf"{HOME}/[A-Za-z0-9_/-]*(?:\?[A-Za-z0-9_=&-]*)?")
_LONGEST: Final = 500


def form_cookie(header: str | None, *, secure: bool) -> tuple[str, str | None]:
    """The secret for the forms of who is not signed in, and the cookie that is to be set for it, if it is new."""
    name = f"__Host-{_FORM}" if secure else _FORM
    value = _cookie(header, name)
    made = None
    if value is None:
        value = secrets.token_urlsafe(32)
        made = f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
    return hashlib.sha256(f"form {value}".encode()).hexdigest(), made


def check_form(given: str, wanted: str, headers: Mapping[str, str]) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (403) unless a form is one that we have given to who sends it.

    Browsers say, too, where a request comes from, to sites that they trust to be what they seem.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "foreign-form", "this was sent from a page of another site")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Problem(
            403,
            "old-form",
            "the form is of another session, or from before you signed in: open it again, and send it",
        )


def own_address(text: str) -> str:
    """Where to go on: an address of a page here, or else the first page."""
    fits = len(text) <= _LONGEST and _OWN.fullmatch(text) is not None and "//" not in text
    return text if fits else f"{HOME}/"


def _cookie(header: str | None, name: str) -> str | None:
    if header is None:
        return None
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return None
    return found.value if found is not None and _VALUE.fullmatch(found.value) else None
