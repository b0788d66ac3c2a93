"""What users are called by others, and what their operator does with them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import sqlalchemy as sql
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from pltpack.server.accounts.passwords import check_new, hash_password, put_password
from pltpack.server.accounts.sessions import end_sessions_in
from pltpack.server.database.tables import USERS
from pltpack.server.identity.identity import Role
from pltpack.server.identity.users import add_user, is_user_name, no_user_name, shown_name, with_configured
from pltpack.server.problems import Problem, unknown, unprocessable
from pltpack.server.records.events import SERVER, Actor, add_event
from pltpack.server.room import Room

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Person:
    """A user: how they sign in, what others see, what they are (``configured``: the role that the configuration gives,
    where it is another one), whether there is a password, and of which kind. Times are seconds since 1970."""

    name: str
    shown: str
    display: str
    role: Role
    configured: Role
    password: str | None
    created: int
    disabled: int | None


def people(room: Room) -> list[Person]:
    """All users, by name."""
    with room.database.read() as connection:
        rows = connection.execute(sql.select(USERS).order_by(USERS.c.name)).all()
    return [_person(room, row) for row in rows]


def person(room: Room, name: str) -> Person:
    """A user. Raises :class:`~pltpack.server.problems.Problem` (404)."""
    with room.database.read() as connection:
        row = connection.execute(sql.select(USERS).where(USERS.c.name == name)).first()
    if row is None:
        raise unknown("user of that name")
    return _person(room, row)


def set_display(room: Room, user: str, text: str, *, actor: Actor | None = None) -> None:
    """Have others see a chosen name; ``""``: the one that is made of the address.

    Raises :class:`~pltpack.server.problems.Problem`: 409 for the name of somebody else, 422 for what is no name.
    """
    try:
        with room.database.write() as connection:
            put_display(connection, user, text)
            add_event(connection, "display", actor or Actor(user), time=room.now)
    except IntegrityError:
        raise _taken() from None


def put_display(connection: Connection, user: str, text: str) -> None:
    """The same within a transaction; of two that choose one name at once, one gets an ``IntegrityError``."""
    _check_display(connection, user, text)
    if connection.execute(USERS.update().where(USERS.c.name == user).values(display=text)).rowcount != 1:
        raise unknown("user of that name")


def add_person(room: Room, name: str, *, role: str, display: str = "", password: str | None = None) -> None:
    """Have a new user. Raises :class:`~pltpack.server.problems.Problem`: 409 for one that is there, 422 for what is no
    name, role or password."""
    kept = None if password is None else hash_password(password)
    try:
        with room.database.write() as connection:
            if not add_user(connection, name, role=role_called(role), time=room.now):
                raise _exists(name)
            put_display(connection, name, display)
            if kept is not None:
                put_password(connection, name, kept)
            add_event(connection, "user", SERVER, time=room.now, detail=f"a new {role}")
    except IntegrityError:
        raise _taken() from None


def made_person(room: Room, name: str, *, role: str, display: str = "", password: str | None = None) -> Person:
    """The user that :func:`add_person` would make; raises what it would raise, and does nothing."""
    known = role_called(role)
    if not is_user_name(name):
        raise no_user_name()
    if password is not None:
        check_new(password)
    with room.database.read() as connection:
        if connection.execute(sql.select(USERS.c.name).where(USERS.c.name == name)).first() is not None:
            raise _exists(name)
        _check_display(connection, name, display)
    shown = display or shown_name(name)
    kind = None if password is None else "argon2id"
    return Person(name, shown, display, known, with_configured(room, name, str(known)), kind, room.now, None)


def set_role(room: Room, name: str, role: str) -> None:
    """Let a user be something else. Raises :class:`~pltpack.server.problems.Problem`: 404, 422."""
    new = role_called(role)
    with room.database.write() as connection:
        _change(connection, name, role=str(new))
        add_event(connection, "role", Actor(name), time=room.now, detail=f"the operator made them {new}")


def set_disabled(room: Room, name: str, *, disabled: bool) -> None:
    """Let a user not sign in any more, with passwords or tokens, and end their sessions; or let them in again. Raises
    :class:`~pltpack.server.problems.Problem` (404)."""
    with room.database.write() as connection:
        _change(connection, name, disabled=room.now if disabled else None)
        end_sessions_in(connection, name)
        what = "may not sign in any more" if disabled else "may sign in again"
        add_event(connection, "user", Actor(name), time=room.now, detail=what)


def operator_password(room: Room, name: str, password: str | None) -> None:
    """Let a user have another password, or none. Raises :class:`~pltpack.server.problems.Problem`: 404, 422."""
    kept = None if password is None else hash_password(password)
    with room.database.write() as connection:
        put_password(connection, name, kept)
        what = "removed by the operator" if password is None else "set by the operator"
        add_event(connection, "password", Actor(name), time=room.now, detail=what)


def kind_of(password: str | None) -> str | None:
    """How a password is kept; ``None``: there is none, or nothing that is of use."""
    text = password or ""
    return "argon2id" if text.startswith("$argon2id$") else "bcrypt" if text.startswith("$2") else None


def _change(connection: Connection, name: str, **values: object) -> None:
    if connection.execute(USERS.update().where(USERS.c.name == name).values(**values)).rowcount != 1:
        raise unknown("user of that name")


def role_called(text: str) -> Role:
    """The role of a name. Raises :class:`~pltpack.server.problems.Problem` (422)."""
    found = next((role for role in Role if role.value == text), None)
    if found is None:
        raise unprocessable(f"there is no role {text}", [f"roles are {', '.join(Role)}"])
    return found


def _check_display(connection: Connection, user: str, text: str) -> None:
    """Nobody shows an address, what cannot be seen, or what somebody else is called."""
    if not text:
        return
    if len(text) > _LONGEST or not text.isprintable() or text != " ".join(text.split()):
        raise unprocessable(f"a name has at most {_LONGEST} characters, all of them visible, and single blanks")
    if "@" in text or "λ" in text:
        raise unprocessable("a name holds no @ and no λ: it is no address, and none that is made of one")
    wanted = _same(text)
    rows = connection.execute(sql.select(USERS.c.name, USERS.c.display).where(USERS.c.name != user))
    if any(wanted in (_same(name), _same(display)) for name, display in rows):
        raise _taken()


def _same(text: str) -> str:
    """What names that look alike have in common."""
    return unicodedata.normalize("NFKC", text).casefold()


def _exists(name: str) -> Problem:
    return Problem(409, "exists", f"there is a user {name}")


def _taken() -> Problem:
    return Problem(409, "taken", "somebody else is called like this")


def _person(room: Room, row: sql.Row[tuple[object, ...]]) -> Person:
    shown = row.display or shown_name(row.name)
    known = next((own for own in Role if own.value == row.role), Role.READER)
    configured = with_configured(room, row.name, row.role)
    kind = kind_of(row.password)
    return Person(row.name, shown, row.display, known, configured, kind, row.created, row.disabled)
