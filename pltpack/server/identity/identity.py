"""Who is asking: a value that is made of a request's credentials, and passed to whatever answers it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal, TypeAlias


class Scope(enum.StrEnum):
    """What a token is good for."""

    READ = "read"
    UPLOAD = "upload"
    EDIT = "edit"
    CURATE = "curate"
    ACCOUNT = "account"
    ADMIN = "admin"


class Role(enum.StrEnum):
    """What a user is; who owns a package is told of each package."""

    READER = "reader"
    MEMBER = "member"
    CURATOR = "curator"
    ADMIN = "admin"


_ORDER: Final = list(Role)

SCOPES_OF: Final[dict[Role, frozenset[Scope]]] = {
    Role.READER: frozenset({Scope.READ, Scope.ACCOUNT}),
    Role.MEMBER: frozenset({Scope.READ, Scope.UPLOAD, Scope.EDIT, Scope.ACCOUNT}),
    Role.CURATOR: frozenset({Scope.READ, Scope.UPLOAD, Scope.EDIT, Scope.CURATE, Scope.ACCOUNT}),
    Role.ADMIN: frozenset(Scope),
}
"""What a user of each role may do at all; no token can do more."""

How: TypeAlias = Literal["anonymous", "token", "session", "password", "oidc"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: a user, or nobody (``user`` is ``None``); with a token, its ``packages`` are globs of names.

    ``token`` is the number of the token, never its secret.
    """

    user: str | None = None
    role: Role = Role.READER
    scopes: frozenset[Scope] = frozenset()
    packages: tuple[str, ...] = ("*",)
    how: How = "anonymous"
    token: str | None = None

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is known to be asking."""
        return self.user is None

    @property
    def is_admin(self) -> bool:
        """Whether all packages may be treated as one's own."""
        return self.role == Role.ADMIN and Scope.ADMIN in self.scopes

    def may(self, scope: Scope, package: str | None = None) -> bool:
        """Whether something may be done, to a package of that name; whose it is is another question."""
        return scope in self.scopes and (package is None or self.reaches(package))

    def reaches(self, package: str) -> bool:
        """Whether the token is for packages of that name."""
        return any(fnmatchcase(package, glob) for glob in self.packages)


ANYBODY: Final = Identity()


def higher(one: Role, other: Role) -> Role:
    """The role that may do more."""
    return max(one, other, key=_ORDER.index)


def granted(role: Role, scopes: Iterable[str]) -> frozenset[Scope]:
    """Of the scopes those that a user of a role can have; names that mean nothing to us are none.

    A scope brings those without which it would be of no use: who may upload may read.
    """
    wanted = set(scopes)
    known = {scope for scope in Scope if scope.value in wanted}
    if Scope.ADMIN in known:
        known |= frozenset(Scope)
    if known:
        known.add(Scope.READ)
    return frozenset(known) & SCOPES_OF[role]
