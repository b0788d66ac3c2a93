"""A request to one of the original's routes, who sends it, and what is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from pltpack.server.accounts.passwords import check_password
from pltpack.server.accounts.sessions import check_secure
from pltpack.server.identity.authentication import basic_pair
from pltpack.server.identity.identity import Identity, Role, Scope
from pltpack.server.identity.throttle import check, take
from pltpack.server.identity.tokens import identify, is_token
from pltpack.server.identity.users import folded
from pltpack.server.problems import Problem, forbidden
from pltpack.server.records.events import Actor
from pltpack.server.room import Room

CHALLENGE = {"WWW-Authenticate": 'Basic realm="pltpack"'}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: a value, which is sent as JSON or as a datum."""

    value: bool | str | dict[str, bool]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. ``authorization`` is the header, ``client`` the sender's address, ``request`` what it is called."""

    room: Room
    body: bytes
    authorization: str | None
    client: str
    request: str

    def caller(self, scope: Scope) -> Identity:
        """Who shows a password or a token that is good for a scope, as ``Basic``.

        Raises a :class:`~pltpack.server.problems.Problem`: 401 for nobody and for wrong ones, 403, 429.
        """
        if not self.authorization:
            raise Problem(401, "authentication-required", "this needs a user and a password", headers=CHALLENGE)
        scheme, _, rest = self.authorization.strip().partition(" ")
        pair = basic_pair(rest.strip()) if scheme.lower() == "basic" else None
        return self.sign_in(*(pair or ("", "")), scope)

    def sign_in(self, user: str, password: str, scope: Scope) -> Identity:
        """Who a user is that shows a password, or a token of theirs. Raises as :meth:`caller` does."""
        found = self.identity_of(user, password)
        if found is None:
            raise Problem(401, "not-authenticated", "the user or the password is wrong", headers=CHALLENGE)
        if not found.may(scope):
            raise forbidden(f"these credentials are not good for {scope}", "no-scope")
        take(self.room, f"edit {found.user}", self.room.config.limits.edits)
        return found

    def identity_of(self, user: str, password: str) -> Identity | None:
        """Who a user is that shows a password, or a token of theirs; ``None`` if it is wrong."""
        if not is_token(password):
            check_secure(self.room, self.client)
            found = check_password(self.room, user, password, self.client)
            # Nothing but the role says here what a password is good for.
            admin = found is not None and found.role == Role.ADMIN
            return replace(found, scopes=found.scopes | {Scope.ADMIN}) if found is not None and admin else found
        bucket, most = f"sign-in {self.client}", self.room.config.limits.sign_ins
        check(self.room, bucket, most)
        found = identify(self.room, password)
        if found is None or found.user is None or folded(found.user) != folded(user):
            take(self.room, bucket, most)
            return None
        return found

    def actor(self, identity: Identity) -> Actor:
        """Who is written down for what is done."""
        return Actor(identity.user, identity.token, self.request)


Handler: TypeAlias = Callable[[Asked], Said]
"""Answers a request; it is called in a thread. Raises a :class:`~pltpack.server.problems.Problem`."""


def reaches(identity: Identity, *names: str) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (403) unless a token is for packages of these names."""
    for name in names:
        if not identity.reaches(name):
            raise forbidden(f"the token is not for package {name}", "other-package")
