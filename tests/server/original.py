"""A catalog server that speaks as the original does, with users of its."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bcrypt

from pltpack.server.accounts.passwords import put_password
from pltpack.server.identity.identity import Role
from pltpack.server.identity.users import add_user
from tests.server.running import Clock, Running, running

PASSWORDS = {"ann@example.org": "secret", "bob@example.org": "bobpw", "curator1@example.org": "cur"}


@contextmanager
def legacy(folder: Path, settings: str = "", clock: Clock | None = None) -> Iterator[Running]:
    """A server with the users of the recorded requests, whose passwords are kept as the original has kept them."""
    with running(folder, f"[server]\nlegacy_api = true\n{settings}", clock=clock) as server:
        with server.room.database.write() as connection:
            for name, password in PASSWORDS.items():
                role = Role.ADMIN if name.startswith("curator") else Role.MEMBER
                add_user(connection, name, role=role, time=0)
                put_password(connection, name, bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode())
            add_user(connection, "carol@example.org", time=0)
        yield server
