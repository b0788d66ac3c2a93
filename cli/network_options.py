"""Options of the commands that use the network, and what they turn into."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from pltpack.fetch.cache import Cache
    from pltpack.fetch.transport import Answer, NetworkPolicy, Transport

_PANEL = "Network"

Connections: TypeAlias = Annotated[
    int, typer.Option("--jobs", "-j", min=1, metavar="N", rich_help_panel=_PANEL, help="How much to do at once.")
]
Timeout: TypeAlias = Annotated[
    float,
    typer.Option(
        "--timeout", min=0.001, metavar="SECONDS", rich_help_panel=_PANEL, help="How long a server may be silent."
    ),
]
Retries: TypeAlias = Annotated[
    int,
    typer.Option("--retries", min=0, metavar="N", rich_help_panel=_PANEL, help="How often to try again what failed."),
]
Offline: TypeAlias = Annotated[
    bool, typer.Option("--offline", rich_help_panel=_PANEL, help="Use only what is in the cache.")
]
CacheDirectory: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--cache", metavar="DIR", rich_help_panel=_PANEL, help="The cache (default: PLTPACK_CACHE, or the user's)."
    ),
]

JOBS = 16
TIMEOUT = 30.0
RETRIES = 5


def network_policy(timeout: float, retries: int, jobs: int) -> NetworkPolicy:
    """How patient to be."""
    from pltpack.fetch.transport import NetworkPolicy

    return NetworkPolicy(timeout=timeout, retries=retries, connections=jobs)


def remembering(policy: NetworkPolicy, cache: Cache, *, offline: bool) -> Transport:
    """What sends requests, and remembers the answers for those who ask without a network."""
    from pltpack.fetch.memory import RememberingTransport
    from pltpack.fetch.transport import HttpTransport

    return RememberingTransport(HttpTransport(policy), cache, offline=offline, policy=policy)


class CatalogTransport:
    """What sends requests to catalogs, by the options of a command; made when there is one to send: for catalogs on
    this disk there is none."""

    def __init__(self, timeout: float, retries: int, jobs: int, cache: Path | None, *, offline: bool) -> None:
        self._timeout, self._retries, self._jobs = timeout, retries, jobs
        self._cache = cache
        self._offline = offline
        self._lock = Lock()
        self._made: Transport | None = None

    def get(self, url: str, *, headers: Mapping[str, str] = MappingProxyType({})) -> AbstractContextManager[Answer]:
        """Ask for a URL, see :class:`~pltpack.fetch.transport.Transport`."""
        with self._lock:
            if self._made is None:
                from pltpack.fetch.cache import Cache

                policy = network_policy(self._timeout, self._retries, self._jobs)
                self._made = remembering(policy, Cache(self._cache), offline=self._offline)
        return self._made.get(url, headers=headers)

    def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            self._made.close()
