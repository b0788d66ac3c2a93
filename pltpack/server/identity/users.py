"""The users of a server. They are named by how they sign in, often an address; others see another name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from pltpack.server.database.tables import USERS
from pltpack.server.identity.identity import Role, higher
from pltpack.server.problems import Problem, unprocessable
from pltpack.server.room import Room
from pltpack.site.enrich import public_name

_NAME: Final = re.compile(r"[^\s:\x00-\x1f\x7f]{1,200}")


def add_user(connection: Connection, name: str, *, role: Role = Role.MEMBER, display: str = "", time: int) -> bool:
    """Have a user; whether they are new. Raises :class:`~pltpack.server.problems.Problem` for what is no name."""
    if not is_user_name(name):
        raise no_user_name()
    if connection.execute(sql.select(USERS.c.name).where(USERS.c.name == name)).first() is not None:
        return False
    connection.execute(USERS.insert().values(name=name, display=display, role=str(role), created=time))
    return True


def named(connection: Connection, name: str, *, lock: bool = False) -> Row[tuple[object, ...]] | None:
    """The row of the user of a name, or else of the only one whose name differs by capitals alone; with ``lock`` nobody
    else changes it until the transaction ends."""
    if not is_user_name(name):
        name = ""  # which nobody has; the database is asked all the same
    query = sql.select(USERS).where((USERS.c.name == name) | (sql.func.lower(USERS.c.name) == folded(name)))
    query = query.limit(20)
    rows = connection.execute(query.with_for_update() if lock else query).all()
    exact = [row for row in rows if row.name == name]
    return exact[0] if exact else rows[0] if len(rows) == 1 else None


def folded(name: str) -> str:
    """A name without capitals of ASCII, as both kinds of database can compare it."""
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in name)


def is_user_name(name: str) -> bool:
    """Whether a user can be called like this."""
    return bool(_NAME.fullmatch(name)) and name.isprintable()


def no_user_name() -> Problem:
    """What is answered to a name that no user can have."""
    return unprocessable("the name of a user has no blank and no colon")


def shown_name(name: str) -> str:
    """What others see of a user who has chosen no name: none of the address but what is before the @."""
    return public_name(name) if "@" in name else name


def role_of(room: Room, connection: Connection, name: str) -> Role | None:
    """The role of a user, that which the configuration gives counted in; ``None`` for one that is not there, or that
    may not sign in any more."""
    row = connection.execute(sql.select(USERS.c.role, USERS.c.disabled).where(USERS.c.name == name)).first()
    return None if row is None or row.disabled is not None else with_configured(room, name, row.role)


def with_configured(room: Room, name: str, role: str) -> Role:
    """A role of the database, or the higher one that the configuration gives."""
    known = next((own for own in Role if own.value == role), Role.READER)
    access = room.config.access
    said = Role.ADMIN if name in access.admins else Role.CURATOR if name in access.curators else Role.READER
    return higher(known, said)


def shown_names(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """What each user is called by others: the name that they chose, or one that tells no address."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    rows = connection.execute(sql.select(USERS.c.name, USERS.c.display).where(USERS.c.name.in_(wanted)))
    chosen = {row.name: row.display for row in rows}
    return {name: chosen.get(name) or shown_name(name) for name in wanted}
