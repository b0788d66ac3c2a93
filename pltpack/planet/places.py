"""Where PLaneT's client of a Racket keeps its things: the layout has been the same since version 350."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pltpack.errors import InstallationError
from pltpack.planet.release import Release

VARIABLE: Final = "PLTPLANETDIR"
CODE_VERSION: Final = "300"
"""The directory below the add-ons; it has had this name in all versions."""

MARKS: Final = (".LOCK", ".UNPACKED", ".SUCCESS")
"""Suffixes of the empty files beside an installed package (since v5.2); without the last it counts as absent."""

_VERSION: Final = re.compile(r"[0-9A-Za-z][-+_.0-9A-Za-z]{0,63}")


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of the client of one Racket: ``base`` is shared by all, ``version`` is the installation's name,
    for most its version, such as ``8.7``."""

    base: Path
    version: str

    @property
    def own(self) -> tuple[str, ...]:
        """The directory of this version, from the base."""
        return (self.version,)

    def installed(self, release: Release) -> tuple[str, ...]:
        """The directory of an installed package, from the base."""
        return (*self.own, "cache", release.owner, release.package, str(release.major), str(release.minor))

    def archive(self, release: Release) -> tuple[str, ...]:
        """The place of a downloaded archive, which all versions share, from the base."""
        version = str(release.major), str(release.minor)
        return ("packages", release.owner, release.package, *version, release.package)

    @property
    def cache(self) -> Path:
        """The directory of all installed packages."""
        return self.base / self.version / "cache"

    @property
    def links(self) -> Path:
        """The table of development links."""
        return self.base / self.version / "HARD-LINKS"

    @property
    def info_index(self) -> Path:
        """The index of info files, which only ``raco setup`` reads."""
        return self.base / self.version / "cache.rktd"


def planet_base(addon: str | os.PathLike[str], *, environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of all clients: ``PLTPLANETDIR``, else ``planet/300`` below the directory of add-ons."""
    given = environ.get(VARIABLE)
    return Path(given).absolute() if given else Path(addon).absolute() / "planet" / CODE_VERSION


def places(base: str | os.PathLike[str], version: str) -> Places:
    """The places of one version. Raises :class:`~pltpack.errors.InstallationError` for what is no name of one."""
    if _VERSION.fullmatch(version) is None:
        raise InstallationError(f"{version!r} is no version of Racket", hint="it is a name such as 8.7 or 4.2.5")
    return Places(Path(base), version)
