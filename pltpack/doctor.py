"""What pltpack finds on this machine, to look at where something does not work, and to put into a report of a fault.

Nothing is run, fetched or written, but for an empty file where a directory is tried.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pltpack.errors import PltError

if TYPE_CHECKING:
    from pltpack.racket.installation import Installation

_LIBRARIES: Final = ("typer", "rich", "construct", "isal", "zlib-ng", "pybase64", "urllib3", "msgspec", "jinja2")

_PARTS: Final = {
    "fsspec": ("fs", "archives as file systems of fsspec"),
    "dulwich": ("git", "git sources where there is no git program"),
    "starlette": ("server", "pltpack catalog serve, pltpack server"),
    "uvicorn": ("server", "pltpack catalog serve, pltpack server"),
    "prometheus-client": ("server", "pltpack catalog serve --metrics, pltpack server"),
    "sqlalchemy": ("server", "pltpack server"),
    "pyjwt": ("oidc", "pltpack server with builds that push without a secret"),
    "psycopg": ("postgres", "pltpack server with a database of PostgreSQL"),
    "obstore": ("s3", "publishing a catalog to a bucket"),
    "cryptography": ("sign", "signing what is published"),
    "cyclonedx-python-lib": ("sbom", "raco-pkg export --format cyclonedx"),
    "spdx-tools": ("sbom", "raco-pkg export --format spdx"),
}
"""Libraries that only some commands need: the extra that brings each, and what it is for."""

_PROGRAMS: Final = {
    "racket": "never needed; its directories are found with it",
    "raco": "--setup, which compiles what was installed",
    "git": "git sources; dulwich, of the extra git, can stand in",
    "gzip": "--gzip-program, the bytes that Racket writes",
    "ssh-keygen": "checking signatures by hand",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A library or a program. ``found`` is its version or its path, ``None`` where it is missing; ``purpose`` says what
    needs it (empty: everything), ``extra`` which extra of pltpack brings it (empty: none)."""

    name: str
    found: str | None
    purpose: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory that commands write to. ``error`` says why they could not; ``free`` bytes are left on its disk."""

    name: str
    path: Path
    exists: bool
    error: str | None
    free: int | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found. ``racket`` are lines of what and why; ``problems`` what keeps commands from working."""

    version: str
    python: str
    system: str
    racket: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]
    libraries: tuple[Part, ...]
    parts: tuple[Part, ...]
    programs: tuple[Part, ...]
    problems: tuple[str, ...]


def diagnose(*, racket: Path | None = None, racket_version: str | None = None) -> Diagnosis:
    """Look around: versions, the Racket installation (as ``Installation.discover`` finds it), directories, extras."""
    problems: list[str] = []
    installation, found = _racket(racket, racket_version, problems)
    places = tuple(_places(installation))
    libraries = tuple(Part(name, _version(name)) for name in _LIBRARIES)
    problems += [f"the library {part.name} is missing: install pltpack anew" for part in libraries if not part.found]
    problems += [f"{place.path} ({place.name}): {place.error}" for place in places if place.error]
    return Diagnosis(
        version=_version("pltpack") or "not installed",
        python=f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})",
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        racket=found,
        places=places,
        libraries=libraries,
        parts=tuple(Part(name, _version(name), purpose, extra) for name, (extra, purpose) in _PARTS.items()),
        programs=tuple(Part(name, shutil.which(name), purpose) for name, purpose in _PROGRAMS.items()),
        problems=tuple(problems),
    )


def _racket(
    racket: Path | None, racket_version: str | None, problems: list[str]
) -> tuple[Installation | None, tuple[tuple[str, str], ...]]:
    from pltpack.racket.installation import Installation

    try:
        installation = Installation.discover(racket=racket, version=racket_version)
    except (PltError, OSError) as error:
        problems.append(f"the Racket installation: {error}")
        return None, ()
    rows = []
    if installation.executable is None:
        rows.append(("executable", "none on PATH: directories of an installation are not known"))
    else:
        rows.append(("executable", f"{installation.executable} (on PATH)" if racket is None else f"{racket} (given)"))
    known = installation.known_version
    rows.append(("version", "not known: give --racket-version" if known is None else f"{known.value} ({known.origin})"))
    rows.append(("add-on directory", f"{installation.addon.value} ({installation.addon.origin})"))
    return installation, tuple(rows)


def _places(installation: Installation | None) -> Iterator[Place]:
    from pltpack.fetch.cache import default_cache_dir
    from pltpack.transaction.state import state_dir

    if installation is not None:
        yield _place("packages of the user", installation.addon.value)
    yield _place("cache", default_cache_dir())
    yield _place("state of transactions", Path(state_dir()))
    yield _place("temporary files", Path(tempfile.gettempdir()))


def _place(name: str, path: Path) -> Place:
    """Whether a directory, or the one that it would be made in, can be written to."""
    there = path
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            error = None
    except OSError as reason:
        error = f"cannot be written to: {reason.strerror}"
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        free = None
    return Place(name, path, path == there, error, free)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
