"""What all parts of a server work with: its configuration, its places, the database, the time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from pltpack.codec.limits import Limits
from pltpack.server.config import Places, ServerConfig, database_url, read_server_config
from pltpack.server.database.engine import Database
from pltpack.server.oidc.keys import KeyRing, guarded_fetch


@dataclass(slots=True)
class Room:
    """A server at work. ``clock`` gives seconds since 1970; ``wake`` is set when there is a new job; ``keys`` are those
    that id tokens are signed with."""

    config: ServerConfig
    places: Places
    database: Database
    clock: Callable[[], float] = time.time
    wake: threading.Event = field(default_factory=threading.Event)
    keys: KeyRing = field(init=False)

    def __post_init__(self) -> None:
        self.keys = KeyRing(guarded_fetch(self.config.sources.networks), self.clock)

    @classmethod
    def open(cls, config: str | os.PathLike[str], *, clock: Callable[[], float] = time.time) -> Room:
        """The server that a ``server.toml`` describes. Raises :class:`~pltpack.errors.ConfigError`."""
        settings, places = read_server_config(config)
        return cls(settings, places, Database(database_url(settings, places)), clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    @property
    def now(self) -> int:
        """The time, in whole seconds since 1970."""
        return int(self.clock())

    @property
    def archive_limits(self) -> Limits:
        """How large an archive may be, packed and unpacked."""
        limits = self.config.limits
        most = limits.unpacked_bytes
        return Limits(entries=100_000, total_bytes=most, file_bytes=min(most, 256 << 20))
