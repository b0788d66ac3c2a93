"""An installation of Racket, discovered without running it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pltpack.arguments import check_several
from pltpack.dataclass import dataclass
from pltpack.errors import PltError, SettingError
from pltpack.racket.config import Config
from pltpack.racket.directories import Directories
from pltpack.racket.executable import Layout, beside, find_layout
from pltpack.racket.foundation import Setting
from pltpack.racket.origin import Located, option, variable
from pltpack.racket.simplify import simplify
from pltpack.racket.system_paths import SystemPaths
from pltpack.racket.version import checked_version, installed_version, newest_version_folder

VERSION_VARIABLE = "PLTPACK_RACKET_VERSION"


@dataclass(frozen=True, eq=False)
class Installation(Directories):
    """A Racket installation and its user's directories, or only the latter where no Racket is installed.

    Make one with :meth:`discover`. Every directory of ``setup/dirs`` is an attribute, see
    :class:`~pltpack.racket.directories.Directories`; the user's raise
    :class:`~pltpack.errors.InstallationError` if no version is known, those of the installation are ``None``
    without one, and a wrong value in ``config.rktd`` is a :class:`~pltpack.errors.ConfigError` when it is needed.
    """

    @classmethod
    def discover(
        cls,
        *,
        racket: Path | None = None,
        version: str | None = None,
        addon_dir: Path | None = None,
        config_dir: Path | None = None,
        collects_dir: Path | None = None,
        collects: Sequence[Path] = (),
        search: Sequence[Path] = (),
        user_paths: bool = True,
        environ: Mapping[str, str] = os.environ,
        platform: str = sys.platform,
    ) -> Installation:
        """Find an installation by its files and the environment, as Racket finds its own parts at start-up.

        ``racket`` is an executable or an installation directory (default: the ``racket`` on ``PATH``, if any).
        ``addon_dir``, ``config_dir``, ``collects_dir``, ``search`` and ``user_paths=False`` are Racket's ``-A``,
        ``-G``, ``-X``, ``-S`` and ``-U``; ``collects`` are directories searched before all others. ``version``
        (or ``PLTPACK_RACKET_VERSION``) stands above the version found. ``platform`` is a value of
        ``sys.platform`` whose rules are followed.

        Raises :class:`~pltpack.errors.SettingError` for values that options and environment variables cannot have,
        :class:`~pltpack.errors.InstallationError` for what else would keep Racket from starting,
        :class:`~pltpack.errors.ConfigError` for an unreadable ``config.rktd``, and ``OSError``.
        """
        check_several("collects", collects)
        check_several("search", search)
        system = SystemPaths(platform, environ)
        layout = find_layout(racket, environ)
        addon = system.addon_dir(addon_dir)
        main_config = _config_dir(config_dir, layout, environ)
        config = Config() if main_config is None else Config.read(main_config.value / "config.rktd")
        main_collects = layout.collects
        if collects_dir is not None:
            main_collects = Located(collects_dir.absolute(), option("collects-dir"))
        installation = cls(
            platform=platform,
            environ=dict(environ),
            layout=layout,
            system=system,
            addon=addon,
            main_config=main_config,
            main_collects=main_collects,
            known_version=_given_version(version, environ),
            config=config,
            first_collects=tuple(path.absolute() for path in collects),
            last_collects=tuple(path.absolute() for path in search),
            user_paths=user_paths,
        )
        return installation._with_version_found()._checked()

    def settings(self) -> Iterator[tuple[str, Setting[object], Located[object] | PltError]]:
        """Every attribute with its setting and its value, or the error that takes the value's place."""
        for name, setting in vars(Directories).items():
            if isinstance(setting, Setting):
                try:
                    yield name, setting, setting.rule(self)
                except PltError as error:
                    yield name, setting, error

    def _with_version_found(self) -> Installation:
        if self.known_version is not None:
            return self
        if self.main_collects is None:
            # no Racket here: the user's own directories tell which one was
            return replace(self, known_version=newest_version_folder(self.addon.value))
        # The version is the executable's, whatever other collections and configuration it is to work with.
        own = self.layout.collects or self.main_collects
        configs = [self.config]
        if self.layout.config is not None and self.layout.config != self.main_config:
            configs.append(Config.read(self.layout.config.value / "config.rktd"))
        roots = [root for config in configs for root in config.compiled_file_roots() or ["."]]
        headers = [self.include_dir] if self.include_dir else []
        return replace(self, known_version=installed_version(own.value, roots, headers))

    def _checked(self) -> Installation:
        """The installation itself, or the error of a setting that Racket would not start with."""
        _ = (self.user_known, self.collection_paths, self.collection_links)
        return self


def _given_version(version: str | None, environ: Mapping[str, str]) -> Located[str] | None:
    if version is not None:
        return Located(checked_version(version, "--racket-version"), option("racket-version"))
    value = environ.get(VERSION_VARIABLE)
    if value:
        return Located(checked_version(value, VERSION_VARIABLE), variable(VERSION_VARIABLE))
    return None


def _config_dir(given: Path | None, layout: Layout, environ: Mapping[str, str]) -> Located[Path] | None:
    if given is not None:
        return Located(given.absolute(), option("config-dir"))
    value = environ.get("PLTCONFIGDIR")
    if value is None:
        return layout.config
    if not value:
        raise SettingError("PLTCONFIGDIR is empty", hint="unset it or give a directory")
    if Path(value).is_absolute():
        return Located(Path(value), variable("PLTCONFIGDIR"))
    # a relative one starts at the executable, like the built-in one
    found = beside(layout.executable, value) if layout.executable else None
    return None if found is None else Located(simplify(found), variable("PLTCONFIGDIR"))
