"""Options of the commands that use the network, and what they turn into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from pltpack.fetch.cache import Cache
    from pltpack.fetch.transport import NetworkPolicy, Transport

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

    return RememberingTransport(HttpTransport(policy), cache, offline=offline)
