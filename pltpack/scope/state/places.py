"""Where a scope keeps things, and which scopes lie around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pltpack.dataclass import dataclass
from pltpack.racket.installation import Installation
from pltpack.racket.packages import Scope, package_scopes

TABLE = "pkgs.rktd"
TRASH = ".trash"


@dataclass(frozen=True, slots=True)
class Places:
    """The directories and files of one scope.

    ``packages`` holds a directory for each package, the table of packages and the trash; ``links`` is the links file
    that Racket finds the collections by; ``config`` has the settings of the scope. ``version`` is an installation name
    if it is the user scope of another one.
    """

    scope: Scope
    packages: Path
    links: Path
    config: Path

    @property
    def table(self) -> Path:
        """``pkgs.rktd``."""
        return self.packages / TABLE

    @property
    def trash(self) -> Path:
        """What was removed or replaced, for a while."""
        return self.packages / TRASH

    @property
    def shown(self) -> str:
        """What messages call it: ``user``, ``installation``, or the directory."""
        return str(self.scope)


def places_of(installation: Installation, scope: Scope) -> Places:
    """The places of a scope.

    Raises :class:`~pltpack.errors.InstallationError` where they are not known, which takes a version for ``user`` and
    the directories of an installation for ``installation``.
    """
    if scope == "user":
        packages = installation.user_pkgs_dir
        return Places("user", packages, installation.user_links_file, packages / "config.rktd")
    if scope == "installation":
        return _installation_wide(installation)
    directory = Path(scope)
    return Places(directory, directory, directory / "links.rktd", directory / "config.rktd")


def _installation_wide(installation: Installation) -> Places:
    from pltpack.errors import InstallationError
    from pltpack.racket.foundation import GIVE_RACKET

    packages, links, config = installation.pkgs_dir, installation.links_file, installation.config_dir
    if packages is None or links is None or config is None:
        raise InstallationError("the directories of the installation are not known", hint=GIVE_RACKET)
    return Places("installation", packages, links, config / "config.rktd")


def user_places(installation: Installation, name: str) -> Places:
    """The user scope of another installation name, such as another version."""
    home = installation.addon_dir / name
    return Places("user", home / "pkgs", home / "links.rktd", home / "pkgs" / "config.rktd")


def searched_scopes(installation: Installation) -> Iterator[Places]:
    """The scopes in which Racket looks for packages, narrowest first."""
    for scope, _ in package_scopes(installation):
        yield places_of(installation, scope)


def wider_scopes(installation: Installation, scope: Scope) -> tuple[Places, ...]:
    """The scopes around one, narrowest first; none around a directory that is not searched."""
    searched = tuple(searched_scopes(installation))
    for place, one in enumerate(searched):
        if one.scope == scope:
            return searched[place + 1 :]
    return ()
