"""Codes by mail: who can read what is sent to an address may say what its password is.

Whoever asks learns nothing of who is a user: asking writes the same row and the same job for every address, and the
worker looks later whether there is anybody to write to. It also makes the code then, so that none is ever kept: only
its digest is, for half an hour, and for five tries.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

import sqlalchemy as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from pltpack.server.accounts.mail import deliver, is_address
from pltpack.server.database.tables import CODES
from pltpack.server.identity.users import folded, named
from pltpack.server.jobs.queue import Job, add_job
from pltpack.server.room import Room

CODE: Final = "code"
"""The kind of job that sends a code."""
TRIES: Final = 5
VALID: Final = 30 * 60
AGAIN: Final = 10 * 60
"""Seconds between two mails to one address."""
_BYTES: Final = 16
_SKEW: Final = 300
"""Seconds by which clocks of several hosts may differ."""
_NONE: Final = "-" * 64
"""A digest of nothing."""


def send_code(room: Room, address: str) -> None:
    """Have a code sent to an address: one in ten minutes. Nobody is told whether there was."""
    key, now = folded(address), room.now
    insert = postgresql.insert(CODES) if room.database.kind == "postgresql" else sqlite.insert(CODES)
    with room.database.write() as connection:
        connection.execute(insert.values(address=key, asked=now - AGAIN, tries=0).on_conflict_do_nothing())
        asked = connection.execute(sql.select(CODES.c.asked).where(CODES.c.address == key).with_for_update()).scalar()
        # One of the future is of before the clock was set back.
        if asked is not None and -_SKEW <= now - asked < AGAIN:
            return
        connection.execute(CODES.update().where(CODES.c.address == key).values(asked=now))
        add_job(room, connection, CODE, payload={"address": address}, once=f"{CODE} {key}")
    room.wake.set()


def send_asked(room: Room, job: Job) -> dict[str, object]:
    """Make the code that was asked for, and send it, if there is somebody to send it to. What comes of it is told
    nobody, the job's result included. Raises as :func:`~pltpack.server.accounts.mail.deliver`."""
    address = str(job.payload["address"])
    code = secrets.token_hex(_BYTES)
    with room.database.write() as connection:
        row = named(connection, address)
        # To the address that is the user's, not to one that only looks like it.
        to = row.name if row is not None else address if room.config.accounts.register else ""
        if not is_address(to) or (row is not None and row.disabled is not None):
            return {}
        kept = CODES.update().where(CODES.c.address == folded(address))
        kept = kept.values(sent_to=to, digest=_digest(address, code), sent=room.now, tries=0)
        if connection.execute(kept).rowcount != 1:
            return {}  # it has waited for so long that nobody waits for it
    deliver(room, to, "Your code", _text(room, code, is_new=row is None))
    return {}


def use_code(room: Room, address: str, code: str) -> str | None:
    """Use a code up; the address that it was sent to, or ``None`` if it is wrong, too old, used, or was tried five
    times."""
    with room.database.write() as connection:
        return use_code_in(room, connection, address, code)


def use_code_in(room: Room, connection: Connection, address: str, code: str) -> str | None:
    """The same within a transaction, which must be committed also if the code is wrong: it counts that."""
    key = folded(address) if is_address(address) else ""
    row = connection.execute(sql.select(CODES).where(CODES.c.address == key).with_for_update()).first()
    if row is None:
        return None
    right = hmac.compare_digest(row.digest or _NONE, _digest(address, code))
    holds = row.digest is not None and -_SKEW <= room.now - row.sent < VALID and row.tries < TRIES
    here = CODES.update().where(CODES.c.address == key)
    if not (right and holds):
        connection.execute(here.values(tries=CODES.c.tries + 1))
        return None
    connection.execute(here.values(digest=None, sent=None))
    return str(row.sent_to)


def forget_codes(room: Room) -> int:
    """Remove codes that are too old; how many."""
    with room.database.write() as connection:
        return connection.execute(CODES.delete().where(CODES.c.asked < room.now - 2 * VALID)).rowcount


def _digest(address: str, code: str) -> str:
    plain = re.sub(r"[\s-]", "", code[:200]).lower()
    return hashlib.sha256(f"{folded(address)}\n{plain}".encode("utf-8", "surrogatepass")).hexdigest()


def _text(room: Room, code: str, *, is_new: bool) -> str:
    where = room.config.server.url or "the catalog server"
    shown = "-".join(code[at : at + 4] for at in range(0, len(code), 4))
    what = "become a user there" if is_new else "choose a new password there"
    return (
        f"Somebody has asked {where} for a code for this address.\n\n"
        f"    {shown}\n\n"
        f"With it you can {what}, within {VALID // 60} minutes.\n"
        "If it was not you, do nothing: nobody else knows the code.\n"
    )
