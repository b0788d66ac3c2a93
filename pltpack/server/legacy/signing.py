"""Signing in: what a user is, told for an address and a password."""

from __future__ import annotations

import msgspec

from pltpack.server.accounts.joining import ask_code, check_mail, set_by_code
from pltpack.server.accounts.mail import has_mail
from pltpack.server.accounts.sessions import end_session
from pltpack.server.identity.identity import Identity, Role
from pltpack.server.legacy.asked import CHALLENGE, Asked, Said
from pltpack.server.problems import Problem
from pltpack.server.routes.endpoint import decoded


class Authenticate(msgspec.Struct, frozen=True):
    """Who signs in."""

    email: str
    passwd: str
    code: str | None = None


def authenticate(asked: Asked) -> Said:
    """Tell what a user is. With a ``code`` the password is a new one, for which an empty code has one mailed."""
    wanted = decoded(asked.body, Authenticate)
    found = asked.identity_of(wanted.email, wanted.passwd)
    if found is None and wanted.code:
        _set_by_code(asked, wanted.email, wanted.passwd, wanted.code)
        found = asked.identity_of(wanted.email, wanted.passwd)
    elif found is None and wanted.code is not None and has_mail(asked.room):
        ask_code(asked.room, wanted.email, asked.client)
    if found is None:
        raise Problem(401, "not-authenticated", "the user or the password is wrong", headers=CHALLENGE)
    return Said(facts(found))


def _set_by_code(asked: Asked, email: str, password: str, code: str) -> None:
    check_mail(asked.room)
    try:
        opened = set_by_code(asked.room, email, code, password, client=asked.client, request=asked.request)
    except Problem as problem:
        raise (Problem(401, problem.code, problem.detail) if problem.code == "wrong-code" else problem) from None
    # Nobody asks for a session here.
    end_session(asked.room, opened.id)


def facts(identity: Identity) -> dict[str, bool]:
    """What the original tells of a user; nobody's address is among it."""
    return {"curation": identity.role in (Role.CURATOR, Role.ADMIN), "superuser": identity.role == Role.ADMIN}


def notice(_asked: Asked) -> Said:
    """There is none: what is under way, ``/api/v1/status`` tells."""
    return Said("")
