"""Environments: a directory that holds the packages of one project, and nobody else's.

It is an add-on directory of Racket's (``PLTADDONDIR``): Racket, raco and DrRacket find their packages, bytecode and
launchers in it and nowhere in the user's home. It may be deleted, and made again from the lock file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.errors import BlockedError, EntryExistsError, LockError
from pltpack.racket.installation import Installation
from pltpack.racket.origin import Located, option
from pltpack.racket.version import version_key
from pltpack.transaction.file import replacing

USUAL: Final = ".racket"
"""What the environment of a project is called."""

MARK: Final = "racket-env.toml"
ADDON: Final = "PLTADDONDIR"

_TEXT: Final = """\
# An environment of Racket packages, made by raco-pkg env: PLTADDONDIR=here. It may be deleted.
racket-version = "{version}"
"""
_LONGEST: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Environment:
    """A directory of packages, and the version of Racket that it is for."""

    directory: Path
    version: str

    @property
    def programs(self) -> Path:
        """Where the launchers of its packages are."""
        return self.directory / self.version / "bin"

    def variables(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment variables with which programs work in it."""
        path = environ.get("PATH", "")
        return {
            **environ,
            ADDON: str(self.directory),
            "PATH": os.pathsep.join(filter(None, (str(self.programs), path))),
        }

    def installation(self, installation: Installation) -> Installation:
        """An installation of Racket whose user has this environment.

        Raises :class:`~pltpack.errors.BlockedError` if it is of another version.
        """
        known = installation.known_version
        if known is not None and known.value != self.version:
            raise BlockedError(
                f"the environment is for Racket {self.version}, and this is {known.value}",
                file=str(self.directory),
                hint="make it anew: raco-pkg env, or name the Racket with --racket",
            )
        return replace(
            installation,
            addon=Located(self.directory, option("env")),
            known_version=known or Located(self.version, option("env")),
        )


def make_environment(directory: Path, version: str, *, catalogs: Sequence[str] = ()) -> Environment:
    """Make an environment; one that is there already for the same version of Racket stays as it is.

    ``catalogs`` are those that it asks instead of the usual ones. Raises :class:`~pltpack.errors.EntryExistsError` if
    something else is there, :class:`~pltpack.errors.BlockedError` for another version, and ``OSError``.
    """
    directory = directory.absolute()
    found = read_environment(directory)
    if found is not None and found.version != version:
        raise BlockedError(
            f"the environment is for Racket {found.version}, not {version}",
            file=str(directory),
            hint="remove it: it can be made again from the lock file",
        )
    if found is None and directory.exists() and any(directory.iterdir()):
        raise EntryExistsError("it is there already, and no environment", file=str(directory))
    packages = directory / version / "pkgs"
    packages.mkdir(parents=True, exist_ok=True)
    if catalogs:
        from pltpack.datum.values import HashTable, Symbol
        from pltpack.datum.writer import encode_datum

        table = HashTable(((Symbol("catalogs"), [_absolute(one) for one in catalogs]),))
        with replacing(packages / "config.rktd") as stream:
            stream.write(encode_datum(table) + b"\n")
    for name, text in ((".gitignore", "*\n"), (MARK, _TEXT.format(version=version))):
        if not (directory / name).exists():
            with replacing(directory / name) as stream:
                stream.write(text.encode())
    return Environment(directory, version)


def _absolute(catalog: str) -> str:
    return catalog if "://" in catalog else Path(catalog).absolute().as_uri()


def read_environment(directory: Path) -> Environment | None:
    """The environment in a directory; ``None`` if there is none.

    Raises :class:`~pltpack.errors.LockError` for one whose mark is damaged, and ``OSError``.
    """
    file = directory / MARK
    try:
        with file.open("rb") as stream:
            text = stream.read(_LONGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        version = tomllib.loads(text.decode())["racket-version"]
        version_key(version)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise LockError(
            "it does not say for which Racket it is", file=str(file), hint="remove it: raco-pkg env makes it"
        ) from None
    return Environment(directory.absolute(), version)


def find_environment(start: Path) -> Environment | None:
    """The environment that is meant in a directory: ``.racket`` there, or in one above."""
    start = start.absolute()
    for place in (start, *start.parents):
        found = read_environment(place / USUAL)
        if found is not None:
            return found
    return None
