"""Hooks as values, and their rows. The secret of one is kept as it is, since it signs; it is told once."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from pltpack.server.database.tables import HOOKS
from pltpack.server.problems import Problem, unprocessable
from pltpack.server.sources.addresses import Addresses

_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Hook:
    """Who is told of what is done to a package, or with ``package`` ``None`` of everything: a URL. ``actions`` are
    those that it wants to know of, all if there are none. Times are seconds since 1970: it is told nothing before
    ``due``, and nothing at all if it is ``disabled``, for a ``reason``; ``failures`` are those in a row."""

    id: str
    package: str | None
    owner: str
    url: str
    actions: tuple[str, ...]
    created: int
    failures: int
    due: float
    disabled: int | None
    reason: str | None


def add_hook(
    connection: Connection,
    owner: str,
    url: str,
    *,
    package: str | None,
    actions: Sequence[str],
    time: int,
    most: int,
) -> tuple[str, Hook]:
    """A new hook and its secret. Raises a :class:`~pltpack.server.problems.Problem` (409) if the package has ``most``
    of them."""
    mine = HOOKS.c.package.is_(None) if package is None else HOOKS.c.package == package
    count = connection.execute(sql.select(sql.func.count()).select_from(HOOKS).where(mine)).scalar() or 0
    if count >= most:
        raise Problem(409, "too-many-hooks", f"there are {most} hooks already, and may be no more")
    secret, id = secrets.token_urlsafe(32), secrets.token_hex(8)
    connection.execute(
        HOOKS.insert().values(
            id=id,
            package=package,
            owner=owner,
            url=url,
            actions=_text(actions),
            secret=secret,
            created=time,
            failures=0,
            due=0.0,
        )
    )
    made = find_hook(connection, id)
    assert made is not None
    return secret, made


def find_hook(connection: Connection, id: str, *, lock: bool = False) -> Hook | None:
    """The hook of a number; with ``lock`` nobody else changes it until the transaction ends."""
    query = sql.select(HOOKS).where(HOOKS.c.id == id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else _hook(row)


def secret_of(connection: Connection, id: str) -> str:
    """What the hook of a number is signed with."""
    return str(connection.execute(sql.select(HOOKS.c.secret).where(HOOKS.c.id == id)).scalar_one())


def list_hooks(connection: Connection, packages: Sequence[str] | None = None) -> list[Hook]:
    """Hooks, the oldest first: all, or those of some packages."""
    query = sql.select(HOOKS).order_by(HOOKS.c.created, HOOKS.c.id)
    if packages is not None:
        query = query.where(HOOKS.c.package.in_(packages))
    return [_hook(row) for row in connection.execute(query)]


def put_hook(connection: Connection, hook: Hook) -> None:
    """Have a hook, which is there, be as it is given."""
    connection.execute(
        HOOKS.update()
        .where(HOOKS.c.id == hook.id)
        .values(
            url=hook.url,
            actions=_text(hook.actions),
            failures=hook.failures,
            due=hook.due,
            disabled=hook.disabled,
            reason=hook.reason,
        )
    )


def remove_hook(connection: Connection, id: str) -> None:
    """Let a hook go, with what it was told."""
    connection.execute(HOOKS.delete().where(HOOKS.c.id == id))


def move_hooks(connection: Connection, name: str, new: str) -> None:
    """Have the hooks of a package be those of another one: it is called so now."""
    connection.execute(HOOKS.update().where(HOOKS.c.package == name).values(package=new))


def check_url(url: str, networks: Sequence[str]) -> str:
    """A URL that may be told something. ``networks`` are those of the operator's that may be although they are private.

    Raises a :class:`~pltpack.server.problems.Problem` (422). What a name resolves to is looked at at each delivery.
    """
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise unprocessable("the URL of a hook is of printable ASCII, without blanks")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise unprocessable(f"this is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise unprocessable("the URL of a hook begins with https:// or http:// and a host")
    if parts.username is not None or parts.password is not None:
        raise unprocessable("the URL of a hook has no user and no password: deliveries are signed")
    if parts.fragment:
        raise unprocessable("the URL of a hook has no fragment")
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return url
    if not Addresses(networks).allows(host):
        raise unprocessable("the address of a hook must be a public one")
    return url


def _hook(row: Row[tuple[object, ...]]) -> Hook:
    return Hook(
        id=row.id,
        package=row.package,
        owner=row.owner,
        url=row.url,
        actions=msgspec.json.decode(row.actions, type=tuple[str, ...]),
        created=row.created,
        failures=row.failures,
        due=row.due,
        disabled=row.disabled,
        reason=row.reason,
    )


def _text(actions: Sequence[str]) -> str:
    return msgspec.json.encode(sorted(set(actions))).decode()
