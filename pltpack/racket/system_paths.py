"""The directories that Racket finds without any installation: ``find-system-path``.

Pure functions of a platform (as in ``sys.platform``) and an environment; what they have to ask the file system
and the user database is given as functions, so that the rules of one system can be followed on another.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Final, Literal, TypeAlias, cast

from pltpack.dataclass import dataclass
from pltpack.errors import InstallationError, SettingError
from pltpack.racket.origin import Located, Origin, Source, default, variable

SystemPath: TypeAlias = Literal[
    "home-dir",
    "addon-dir",
    "cache-dir",
    "pref-dir",
    "pref-file",
    "init-dir",
    "init-file",
    "desk-dir",
    "doc-dir",
    "temp-dir",
]

_XDG: Final[Mapping[str, tuple[str, str]]] = {
    "addon-dir": ("XDG_DATA_HOME", ".local/share"),
    "cache-dir": ("XDG_CACHE_HOME", ".cache"),
    "pref-dir": ("XDG_CONFIG_HOME", ".config"),
    "init-dir": ("XDG_CONFIG_HOME", ".config"),
}
_MACOS: Final[Mapping[str, str]] = {
    "addon-dir": "Library/Racket",
    "cache-dir": "Library/Caches/Racket",
    "pref-dir": "Library/Preferences",
    "desk-dir": "Desktop",
    "doc-dir": "Documents",
}
_APPLICATION_DATA: Final = frozenset({"addon-dir", "cache-dir", "pref-dir"})


def path_type(platform: str) -> type[Path]:
    """The class of paths of a platform: :class:`~pathlib.Path` where it is the host's kind of path, otherwise the
    pure class, whose values can be joined and shown but not opened."""
    kind: type[PurePath] = PureWindowsPath if platform == "win32" else PurePosixPath
    return Path if issubclass(Path, kind) or isinstance(Path(), kind) else cast("type[Path]", kind)


def _user_database(environ: Mapping[str, str]) -> str | None:
    """The home directory that the system's user database has for ``USER``, ``LOGNAME`` or the running user."""
    if sys.platform == "win32":
        return None
    import pwd

    user = environ.get("USER", environ.get("LOGNAME"))
    try:
        return pwd.getpwnam(user).pw_dir if user is not None else pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        try:
            return pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            return None


@dataclass(frozen=True)
class SystemPaths:
    """``find-system-path`` for one platform and environment.

    ``exists`` tells whether a directory or file exists, ``user_home`` what the user database has as the home
    directory. Raises :class:`~pltpack.errors.InstallationError` where Racket would not start.
    """

    platform: str
    environ: Mapping[str, str]
    exists: Callable[[Path], bool] = os.path.exists
    user_home: Callable[[Mapping[str, str]], str | None] = _user_database

    def find(self, which: SystemPath) -> Located[Path]:
        """One of the directories; ``pref-file`` and ``init-file`` are files in them."""
        if which == "temp-dir":
            return self._temporary()
        if self.platform == "win32":
            return self._windows(which)
        if which in ("init-dir", "init-file"):
            return self._init(which)
        if which == "pref-file":
            name = "org.racket-lang.prefs.rktd" if self.platform == "darwin" else "racket-prefs.rktd"
            return _below(self.find("pref-dir"), name)
        if self.platform == "darwin":
            return _below(self._home(), _MACOS.get(which, ""))
        if which in _XDG:
            return self._xdg(which)
        return self._home()

    def addon_dir(self, given: str | os.PathLike[str] | None = None) -> Located[Path]:
        """The add-on directory: what is given, ``PLTADDONDIR``, or the platform's place."""
        if given is not None:
            return Located(self._complete(os.fspath(given)), Origin(Source.OPTION, "addon-dir"))
        value = self.environ.get("PLTADDONDIR")
        if value is None:
            return self.find("addon-dir")
        if not value:
            raise SettingError("PLTADDONDIR is empty", hint="unset it or give a directory")
        return Located(self._complete(value), variable("PLTADDONDIR"))

    def _complete(self, text: str) -> Path:
        path = self._path(text)
        return path if path.is_absolute() else self._path(os.fspath(Path.cwd())) / path

    def _path(self, text: str) -> Path:
        return path_type(self.platform)(text)

    def _home(self) -> Located[Path]:
        for name in ("PLTUSERHOME", "HOME"):
            value = self.environ.get(name)
            if value is None:
                continue
            # an empty HOME is the root to Racket, which puts a slash behind it
            home = self._path(value or ("/" if name == "HOME" else ""))
            if not home.is_absolute():
                raise SettingError(f"{name} is not an absolute path: {value!r}")
            return Located(home, variable(name))
        known = self.user_home(self.environ)
        if known is None:
            raise InstallationError("the user has no home directory", hint="set HOME, PLTUSERHOME or PLTADDONDIR")
        return Located(self._path(known), Origin(Source.SYSTEM))

    def _xdg(self, which: str) -> Located[Path]:
        name, below_home = _XDG[which]
        home = self._home()
        preferred = _below(home, f"{below_home}/racket")
        value = self.environ.get(name, "")
        if value.startswith("/") and "PLTUSERHOME" not in self.environ:
            preferred = Located(self._path(value) / "racket", variable(name))
        legacy = home.value / ".racket"
        if which != "init-dir" and not self.exists(preferred.value) and self.exists(legacy):
            return Located(legacy, Origin(Source.DEFAULT, "the older place, which exists"))
        return preferred

    def _init(self, which: str) -> Located[Path]:
        """Where ``racketrc.rktl`` is or would be; the home directory if only the older ``.racketrc`` is there."""
        home = self._home()
        if self.platform == "darwin":
            directory = _below(home, "Library/Racket")
            present = self.exists(directory.value / "racketrc.rktl")
        else:
            directory = self._xdg("init-dir")
            present = self.exists(directory.value)
        older = not present and self.exists(home.value / ".racketrc")
        if which == "init-dir":
            return home if older else directory
        return _below(home, ".racketrc") if older else _below(directory, "racketrc.rktl")

    def _temporary(self) -> Located[Path]:
        windows = self.platform == "win32"
        for name in ("TMP", "TEMP") if windows else ("TMPDIR",):
            value = self.environ.get(name)
            if value and self.exists(self._path(value)):
                return Located(self._path(value), variable(name))
        for place in () if windows else ("/var/tmp", "/usr/tmp", "/tmp"):
            if self.exists(self._path(place)):
                return Located(self._path(place), default("the first of /var/tmp, /usr/tmp, /tmp"))
        return Located(self._complete("."), default("the current directory"))

    def _windows(self, which: str) -> Located[Path]:
        names = {"pref-file": "racket-prefs.rktd", "init-file": "racketrc.rktl"}
        if which in names:
            return _below(self._windows("pref-dir" if which == "pref-file" else "init-dir"), names[which])
        home = self._windows_home(which)
        return _below(home, "Racket") if which in _APPLICATION_DATA else home

    def _windows_home(self, which: str) -> Located[Path]:
        if "PLTUSERHOME" in self.environ:
            return self._home()
        if which in _APPLICATION_DATA and self.environ.get("APPDATA"):
            return Located(self._path(self.environ["APPDATA"]), variable("APPDATA"))
        below = {"doc-dir": "Documents", "desk-dir": "Desktop"}.get(which, "")
        profile = self.environ.get("USERPROFILE")
        if profile:
            return _below(Located(self._path(profile), variable("USERPROFILE")), below)
        drive, path = self.environ.get("HOMEDRIVE"), self.environ.get("HOMEPATH")
        if drive and path:
            return _below(Located(self._path(drive + path), variable("HOMEDRIVE and HOMEPATH")), below)
        raise InstallationError("the user has no profile directory", hint="set PLTUSERHOME or PLTADDONDIR")


def _below(base: Located[Path], name: str) -> Located[Path]:
    """A place below another one; a default that rests on how the other was found."""
    return Located(base.value / name, base.origin) if name else base
