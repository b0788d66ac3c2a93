"""A fetcher for sources that strangers name: public addresses, small answers, little patience, nothing of ours."""

from __future__ import annotations

import re
import shutil
from typing import Final

from pltpack.errors import FetchError
from pltpack.fetch.cache import Cache
from pltpack.fetch.fetcher import Fetcher
from pltpack.fetch.git_program import GitProgram
from pltpack.fetch.transport import HttpTransport, NetworkPolicy
from pltpack.server.room import Room
from pltpack.server.sources.addresses import Addresses

_PATH: Final = re.compile(r"(?<![\w:/.])/(?!/)[^\s'\"]+")
_LONGEST: Final = 300


def open_fetcher(room: Room) -> tuple[Fetcher, HttpTransport]:
    """What fetches sources of packages, and the transport under it, which the caller closes."""
    settings = room.config.sources
    guard = Addresses(settings.networks)
    policy = NetworkPolicy(
        timeout=min(20.0, settings.seconds), longest=settings.seconds, retries=1, redirects=5, largest=settings.bytes
    )
    transport = HttpTransport(policy, guard=guard)
    program = shutil.which("git")
    # Without networks of the operator's nothing but HTTPS is spoken with repositories.
    plain = bool(settings.networks)
    git = GitProgram(program or "git", policy, guard=guard, plain=plain)
    cache = Cache(room.places.cache)
    fetcher = Fetcher(cache=cache, transport=transport, repositories=git, limits=room.archive_limits, policy=policy)
    return fetcher, transport


def public_message(error: Exception) -> str:
    """What everybody may read of a failure: in one line, without paths of this machine."""
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    return _PATH.sub("...", " ".join(text.split()))[:_LONGEST]


def patience(error: Exception) -> int | None:
    """For how many seconds a server asked to be left alone."""
    return error.retry_after if isinstance(error, FetchError) else None
