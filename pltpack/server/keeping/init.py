"""Setting up a server: its folder, its configuration, its database, an empty catalog, and a token for who runs it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pltpack.errors import ConfigError, DatabaseError, EntryExistsError
from pltpack.server.config import CONFIG, TEMPLATE
from pltpack.server.database.migrations import migrate
from pltpack.server.identity.identity import Role, Scope
from pltpack.server.identity.tokens import make_token
from pltpack.server.identity.users import add_user
from pltpack.server.jobs.publication import publish
from pltpack.server.records.events import SERVER, add_event
from pltpack.server.room import Room
from pltpack.site.config import CONFIG as SITE_CONFIG
from pltpack.site.config import TEMPLATE as SITE_TEMPLATE
from pltpack.transaction.file import replacing

ADMIN: Final = "admin"


@dataclass(frozen=True, slots=True)
class Made:
    """What was set up: the configuration, and the secret of the first token."""

    config: Path
    token: str


def init_server(root: str | os.PathLike[str], *, database: str = "", url: str = "") -> Made:
    """Set up a server in a folder, which need not be there.

    ``database`` and ``url`` are put into its configuration. Raises :class:`~pltpack.errors.EntryExistsError` if there
    is a server, :class:`~pltpack.errors.ConfigError` and ``DatabaseError`` for what cannot be
    used, and ``OSError``.
    """
    config = check_root(root)
    folder = config.parent
    folder.mkdir(parents=True, exist_ok=True)
    # Records hold addresses of people, and the database digests of tokens.
    folder.chmod(0o750)
    text = TEMPLATE
    for key, value in (("database", database), ("url", url)):
        if value:
            text = _set(text, key, value)
    with replacing(config) as stream:
        stream.write(text.encode())
    try:
        with Room.open(config) as room:
            room.places.site.mkdir(exist_ok=True)
            site_config = room.places.site / SITE_CONFIG
            if not site_config.exists():
                with replacing(site_config) as stream:
                    stream.write((_set(SITE_TEMPLATE, "url", url) if url else SITE_TEMPLATE).encode())
            migrate(room.database, time=room.now)
            token = first_token(room)
            publish(room)
    except (ConfigError, DatabaseError):
        # What was asked for cannot be; asked for better, it is not to be in the way.
        config.unlink()
        raise
    return Made(config, token)


def check_root(root: str | os.PathLike[str]) -> Path:
    """Where the configuration of a new server in a folder would be. Raises ``EntryExistsError`` if there is one."""
    config = Path(root) / CONFIG
    if config.exists():
        raise EntryExistsError("there is a server already", file=str(config))
    return config


def first_token(room: Room, *, label: str = "made when the server was set up") -> str:
    """A token that is good for everything, for the user ``admin``, who comes with it; its secret."""
    with room.database.write() as connection:
        add_user(connection, ADMIN, role=Role.ADMIN, time=room.now)
        secret, token = make_token(
            connection, ADMIN, label=label, scopes=[str(Scope.ADMIN)], expires=None, time=room.now
        )
        add_event(connection, "token", SERVER, time=room.now, detail=f"made {token.id} for {ADMIN}")
    return secret


def _set(template: str, key: str, value: str) -> str:
    """A template with one of its settings set."""
    lines = template.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"# {key} ="))
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    lines[at] = f'{key} = "{quoted}"'
    return "\n".join(lines) + "\n"
