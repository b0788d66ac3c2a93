"""Getting a password, or another one: by a code that came by mail, or by the one of now."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from pltpack.server.accounts.codes import send_code, use_code_in
from pltpack.server.accounts.mail import has_mail, is_address, queue_mail
from pltpack.server.accounts.passwords import check_new, check_password, hash_password, put_password, what_holds
from pltpack.server.accounts.sessions import Opened, check_secure, open_session_in
from pltpack.server.identity.identity import Role
from pltpack.server.identity.throttle import give_back, take
from pltpack.server.identity.users import add_user, named
from pltpack.server.problems import forbidden, unprocessable
from pltpack.server.records.events import Actor, add_event
from pltpack.server.room import Room

_CHANGED: Final = (
    "Your password at {where} was changed, and you were signed out everywhere else.\n\n"
    "If it was not you, ask for a code there, and choose another one.\n"
)


def ask_code(room: Room, address: str, client: str) -> None:
    """Have a code sent to an address, for who has forgotten a password or wants to become a user.

    ``client`` is the address that asks. Raises :class:`~pltpack.server.problems.Problem`, none of which tells whether
    there is a user: 403 where no mail is sent, 422 for what is no address, 429 for too many.
    """
    check_mail(room)
    if not is_address(address):
        raise unprocessable("this is no address of mail")
    take(room, f"codes {client}", room.config.limits.codes)
    send_code(room, address)


def check_mail(room: Room) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` (403) where no mail is sent."""
    if not has_mail(room):
        raise forbidden("this server sends no mail: its operator sets passwords", "no-mail")


def set_by_code(
    room: Room,
    address: str,
    code: str,
    password: str,
    *,
    client: str,
    cookies: str | None = None,
    request: str | None = None,
) -> Opened:
    """Have a password by a code, and a session; all others end. Who was no user is one then.

    Raises :class:`~pltpack.server.problems.Problem`: 403 for a code that is wrong, used or too old, and where others
    would see the password, 422 for one that is too short, 429 after too many tries.
    """
    check_secure(room, client)
    check_new(password)
    bucket, most = f"sign-in {client}", room.config.limits.sign_ins
    take(room, bucket, most)
    kept = hash_password(password)
    opened = None
    # A code that is right is used up in the transaction that does what it is for; a wrong one is counted by it.
    with room.database.write() as connection:
        sent_to = use_code_in(room, connection, address, code)
        user = None if sent_to is None else _user(room, connection, sent_to)
        if user is not None:
            put_password(connection, user, kept)
            opened = open_session_in(room, connection, user, cookies=cookies)
            add_event(connection, "password", Actor(user, request=request), time=room.now, detail="by a code")
    if opened is None:
        raise forbidden("the code is wrong, used, too old, or was tried too often", "wrong-code")
    give_back(room, bucket, most)
    return opened


def change_password(
    room: Room,
    user: str,
    old: str,
    new: str,
    *,
    client: str,
    cookies: str | None = None,
    request: str | None = None,
) -> Opened:
    """Have another password, and a new session; all others end, and the user is written to.

    Raises :class:`~pltpack.server.problems.Problem`: 403 if ``old`` is wrong, and where others would see them, 422 for
    one that is too short, 429 after too many tries.
    """
    check_secure(room, client)
    check_new(new)
    wrong = forbidden("the password of now is another one", "wrong-password")
    with room.database.read() as connection:
        seen = what_holds(connection, user)
    found = check_password(room, user, old, client)
    if found is None or found.user is None:
        raise wrong
    kept = hash_password(new)
    with room.database.write() as connection:
        # Of two who know the old one, and change it at once, the first has done it.
        if what_holds(connection, user, lock=True) != seen:
            raise wrong
        put_password(connection, found.user, kept)
        opened = open_session_in(room, connection, found.user, cookies=cookies)
        add_event(connection, "password", Actor(found.user, request=request), time=room.now, detail="by the old one")
        if has_mail(room) and is_address(found.user):
            text = _CHANGED.format(where=room.config.server.url or "the catalog server")
            queue_mail(connection, room, found.user, "Your password was changed", text)
    room.wake.set()
    return opened


def _user(room: Room, connection: Connection, address: str) -> str | None:
    """The user that an address is; a new one if people may register; ``None`` for one that may not sign in."""
    row = named(connection, address)
    if row is not None:
        return None if row.disabled is not None else str(row.name)
    if not room.config.accounts.register:
        return None
    add_user(connection, address, role=Role(room.config.accounts.role), time=room.now)
    return address
