"""Signing in: what a user is, told for an address and a password."""

from __future__ import annotations

import msgspec

from pltpack.server.identity.identity import Identity, Role
from pltpack.server.legacy.asked import CHALLENGE, Asked, Said
from pltpack.server.problems import Problem
from pltpack.server.routes.endpoint import decoded


class Authenticate(msgspec.Struct, frozen=True):
    """Who signs in."""

    email: str
    passwd: str


def authenticate(asked: Asked) -> Said:
    """Tell what a user is."""
    wanted = decoded(asked.body, Authenticate)
    found = asked.identity_of(wanted.email, wanted.passwd)
    if found is None:
        raise Problem(401, "not-authenticated", "the user or the password is wrong", headers=CHALLENGE)
    return Said(facts(found))


def facts(identity: Identity) -> dict[str, bool]:
    """What the original tells of a user; nobody's address is among it."""
    return {"curation": identity.role in (Role.CURATOR, Role.ADMIN), "superuser": identity.role == Role.ADMIN}


def notice(_asked: Asked) -> Said:
    """There is none: what is under way, ``/api/v1/status`` tells."""
    return Said("")
