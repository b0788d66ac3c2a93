"""What a lock is made for and what packages are installed into: Rackets, as far as they matter to a set of packages."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pltpack.errors import InstallationError
from pltpack.lock.values import Target
from pltpack.racket.foundation import GIVE_VERSION
from pltpack.racket.installation import Installation
from pltpack.racket.origin import Located, default, option
from pltpack.scope.access import Access
from pltpack.scope.plan.values import Facts, KnownPresent, Present
from pltpack.scope.state.facts import platform_of
from pltpack.scope.state.records import Origin, Record

if TYPE_CHECKING:
    from pltpack.fetch.cache import Cache
    from pltpack.fetch.fetcher import Fetcher

CORE_PACKAGES: Final = ("base", "racket-lib")
"""What every Racket has that has packages at all."""

_NOWHERE: Final = Path("/nonexistent/pltpack")


def target_of(installation: Installation) -> Target:
    """What packages in an installation are for. Raises :class:`~pltpack.errors.InstallationError` without a version."""
    if installation.known_version is None:
        raise InstallationError("the version of Racket is not known", hint=GIVE_VERSION)
    _, subpath = platform_of(installation)
    return Target(installation.known_version.value, subpath or f"{platform.machine().lower()}-{sys.platform}")


def with_version(installation: Installation, version: str) -> Installation:
    """The same installation; its version if none is known, and there is no Racket at all."""
    if installation.known_version is not None:
        return installation
    return replace(installation, known_version=Located(version, option("racket-version")))


def fresh(installation: Installation) -> Installation:
    """The same installation for a user who has nothing yet."""
    return replace(installation, addon=Located(_NOWHERE, default("nobody's")))


def core_packages(version: str, names: Iterable[str] = CORE_PACKAGES) -> Mapping[str, Present]:
    """What a Racket of this version has, however little that is."""
    return {
        name: KnownPresent(
            name, Record(Origin("catalog", (name,)), None, True), _NOWHERE / name, "installation", Facts(version)
        )
        for name in names
    }


def open_fetcher(installation: Installation, access: Access, cache: Cache | None = None) -> Fetcher:
    """What fetches, with the user's settings; into the ``cache``, if one is open already. Close it."""
    from pltpack.fetch.credentials import git_checkout_credentials
    from pltpack.fetch.fetcher import Fetcher
    from pltpack.fetch.racket_cache import RacketCache
    from pltpack.fetch.transport import NetworkPolicy

    return Fetcher(
        cache=cache or access.open_cache(),
        offline=access.offline,
        logins=() if access.offline else git_checkout_credentials(installation),
        racket_cache=RacketCache.of(installation) if access.use_cache else None,
        policy=NetworkPolicy(connections=access.jobs or 32),
    )
