"""What fetches for a command, by its options and the user's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pltpack.fetch.cache import Cache
    from pltpack.fetch.fetched import Listed
    from pltpack.fetch.fetcher import Fetcher
    from pltpack.fetch.git import GitChoice
    from pltpack.fetch.racket_cache import RacketCache
    from pltpack.fetch.transport import NetworkPolicy
    from pltpack.racket.installation import Installation


def make_fetcher(
    installation: Installation,
    cache: Cache,
    policy: NetworkPolicy,
    *,
    lookup: Mapping[str, Listed] | None = None,
    offline: bool,
    local: bool,
    share: bool,
    git: GitChoice = "auto",
) -> Fetcher:
    """A fetcher with the credentials and the download cache of the user's Racket."""
    from pltpack.fetch.credentials import git_checkout_credentials
    from pltpack.fetch.fetcher import Fetcher

    return Fetcher(
        cache=cache,
        lookup=lookup,
        offline=offline,
        git=git,
        logins=git_checkout_credentials(installation),
        local=local,
        racket_cache=_racket_cache(installation),
        share=share,
        policy=policy,
    )


def _racket_cache(installation: Installation) -> RacketCache | None:
    from pltpack.errors import InstallationError
    from pltpack.fetch.racket_cache import RacketCache

    try:
        return RacketCache.of(installation)
    except InstallationError:
        return None  # no Racket, or not known which: no cache of its
