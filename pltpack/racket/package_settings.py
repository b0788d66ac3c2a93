"""The settings of the package manager, which users and scopes may have of their own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from pltpack.dataclass import dataclass
from pltpack.racket.config import Config
from pltpack.racket.installation import Installation
from pltpack.racket.origin import Located, Origin, Source, default
from pltpack.racket.packages import package_scopes

T = TypeVar("T")

CATALOGS: Final = ("https://pkgs.racket-lang.org", "https://planet-compats.racket-lang.org")
_URL: Final = re.compile(r"[a-z]+://")


@dataclass(frozen=True, slots=True)
class PackageSettings:
    """What ``raco pkg config`` shows, each with its origin; sizes in bytes."""

    catalogs: Located[tuple[str, ...]]
    default_scope: Located[str]
    download_cache_dir: Located[Path]
    download_cache_max_files: Located[float]
    download_cache_max_bytes: Located[float]


def package_settings(installation: Installation) -> PackageSettings:
    """The settings in user scope: those of the user, or else of the scopes around, or else the defaults.

    A catalog that is no URL is a path relative to the directory of the file it stands in; it is given as a URL.
    Raises :class:`~pltpack.errors.ConfigError` and ``OSError``.
    """
    configs = _configs(installation)
    catalogs = _first(configs, "catalogs", Config.strings, None)
    cache = _first(configs, "download-cache-dir", Config.path, None)
    own_cache = installation.cache_dir / "download-cache"
    return PackageSettings(
        catalogs=Located(_catalogs(catalogs), catalogs.origin),
        default_scope=_first(configs, "default-scope", Config.string, "user"),
        download_cache_dir=Located(Path(cache.value) if cache.value else own_cache, cache.origin),
        download_cache_max_files=_first(configs, "download-cache-max-files", Config.number, 1024),
        download_cache_max_bytes=_first(configs, "download-cache-max-bytes", Config.number, 128 << 20),
    )


def _configs(installation: Installation) -> list[Config]:
    """The files that are asked, the user's first."""
    return [
        installation.config if scope == "installation" else Config.read(directory / "config.rktd")
        for scope, directory in package_scopes(installation)
    ]


def _first(configs: list[Config], key: str, read: Callable[[Config, str], T | None], otherwise: T) -> Located[T]:
    for config in configs:
        value = read(config, key)
        if value is not None:
            return Located(value, Origin(Source.CONFIG, key, config.file))
    return Located(otherwise, default("the usual value"))


def _catalogs(listed: Located[list[str | None] | None]) -> tuple[str, ...]:
    base = listed.origin.file
    catalogs: list[str] = []
    for catalog in [None] if listed.value is None else listed.value:
        if catalog is None:
            catalogs.extend(CATALOGS)
        elif _URL.match(catalog) or base is None:
            catalogs.append(catalog)
        else:
            catalogs.append(Path(os.path.abspath(base.parent / catalog)).as_uri())
    return tuple(catalogs)
