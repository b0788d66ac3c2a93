"""From an id token to a token of ours: for the packages that its build may push, and for a quarter of an hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.engine import Connection

from pltpack.server.identity.identity import SCOPES_OF, Scope
from pltpack.server.identity.throttle import check, take
from pltpack.server.identity.tokens import Token, make_token
from pltpack.server.identity.users import role_of
from pltpack.server.oidc.builds import Build
from pltpack.server.oidc.publishers import Publisher, note_use, that_fit
from pltpack.server.oidc.verify import IdToken, use_once, verify
from pltpack.server.problems import Problem, forbidden
from pltpack.server.records.events import Actor, note_builds
from pltpack.server.records.package import Package, find_package
from pltpack.server.room import Room

SECONDS: Final = 15 * 60
"""For how long the token is good."""


def exchange(room: Room, text: str, packages: Sequence[str], *, client: str, request: str) -> tuple[str, Token]:
    """A token for pushing packages, and its secret, for an id token; it is of the user who has added the publishers.

    Raises a :class:`~pltpack.server.problems.Problem`: 422 for an id token that is no good or was used before, 403 if a
    package has no publisher for the build, 429 after too many of either from an address ``client``, 501, 503.
    """
    bucket, most = f"sign-in {client}", room.config.limits.sign_ins
    check(room, bucket, most)
    try:
        token = verify(room, text)
        with room.database.write() as connection:
            use_once(room, connection, token)
            return _token(room, connection, token, sorted(set(packages)), request)
    except Problem as problem:
        if problem.status in (403, 422):
            take(room, bucket, most)
        raise


def _token(
    room: Room, connection: Connection, token: IdToken, packages: Sequence[str], request: str
) -> tuple[str, Token]:
    build, now = token.build, room.now
    fitting = {name: _fitting(connection, name, build) for name in packages}
    user = _user(room, connection, list(fitting.values()))
    for found in fitting.values():
        note_use(connection, next(known for known in found if known.maker == user), build, time=now)
    secret, made = make_token(
        connection,
        user,
        label=f"{build.forge}: {build}"[:200],
        scopes=(str(Scope.UPLOAD),),
        packages=packages,
        expires=now + SECONDS,
        time=now,
        how="oidc",
    )
    for name in packages:
        note_builds(
            connection,
            "exchange",
            Actor(user, made.id, request),
            name,
            f"token {made.id} for {build.forge}: {build}",
            time=now,
            there=_is_there(find_package(connection, name)),
        )
    return secret, made


def _fitting(connection: Connection, name: str, build: Build) -> list[Publisher]:
    package = find_package(connection, name)
    if _is_there(package):
        return that_fit(connection, name, package, build)
    found = that_fit(connection, name, None, build)
    if len({publisher.maker for publisher in found}) > 1:
        # Whose the package would be, no guess decides.
        raise forbidden(
            f"several users have added this build for package {name}, which is not there: push it once with a token",
            "no-publisher",
        )
    return found


def _is_there(package: Package | None) -> bool:
    return package is not None and package.purged is None


def _user(room: Room, connection: Connection, fitting: Sequence[Sequence[Publisher]]) -> str:
    """The user who has added a publisher of each package, and may push."""
    makers = set.intersection(*({publisher.maker for publisher in found} for found in fitting))
    for maker in sorted(makers):
        role = role_of(room, connection, maker)
        if role is not None and Scope.UPLOAD in SCOPES_OF[role]:
            return maker
    if makers:
        raise forbidden("who has added the publisher may not push any more", "no-publisher")
    raise forbidden("the publishers of these packages were added by different people: ask for one after the other")
