"""Versions of packages that are at hand: as archives, or unpacked as PLaneT's client keeps them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pltpack.codec.limits import Limits
from pltpack.errors import InfoError, LimitError, PltError
from pltpack.formats.entries import Entry
from pltpack.formats.formats import open_entries
from pltpack.planet.request import short_name
from pltpack.racket.info.info import INFO_NAMES, Info, parse_info

Storage: TypeAlias = Literal["archive", "directory"]

_COMPILED: Final = "compiled"
_LARGEST_INFO: Final = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """One version of a package, ``package`` with its ``.plt``, and where it is.

    ``stored``: an archive, or a directory with the files. ``required_core`` is the version of Racket that it asks for,
    if that was looked up (see :func:`survey`).
    """

    owner: str
    package: str
    major: int
    minor: int
    path: Path
    stored: Storage = "archive"
    required_core: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Owner and package."""
        return self.owner, self.package

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor version."""
        return self.major, self.minor

    def __str__(self) -> str:
        return f"{self.owner}/{short_name(self.package)} {self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a release: the paths of its files in their order, bytes in all, and its ``info``: ``None`` without an
    ``info.rkt`` or ``info.ss``, or with one that cannot be evaluated (``info_problem``)."""

    files: tuple[str, ...]
    size: int
    info: Info | None = None
    info_problem: str | None = None


@contextlib.contextmanager
def open_release(release: Release, *, limits: Limits = Limits()) -> Iterator[Iterator[Entry]]:
    """The files and directories of a release, one after the other; of a directory without what Racket compiled.

    Links of a directory are left out: they may lead anywhere. Raises as
    :func:`~pltpack.formats.formats.open_entries`, the archive's errors with its name.
    """
    format = "plt" if release.stored == "archive" else "dir"
    with open_entries(release.path, format="plt" if format == "plt" else "dir", limits=limits) as entries:
        yield (
            entry
            for entry in entries
            if entry.kind != "link" and (format == "plt" or _COMPILED not in entry.path.split("/"))
        )


def survey(release: Release, *, limits: Limits = Limits()) -> Survey:
    """Read a release to its end. Raises as :func:`open_release`."""
    files: list[str] = []
    size = 0
    infos: dict[str, bytes] = {}
    with open_release(release, limits=limits) as entries:
        for entry in entries:
            if entry.kind == "file":
                files.append(entry.path)
                size += entry.size
                if entry.path in INFO_NAMES and entry.size <= _LARGEST_INFO:
                    infos[entry.path] = entry.read()
    info, problem = read_info(infos)
    return Survey(tuple(files), size, info, problem)


def read_info(infos: dict[str, bytes]) -> tuple[Info | None, str | None]:
    """The fields of the first info file by Racket's order, or why there are none."""
    name = next((name for name in INFO_NAMES if name in infos), None)
    if name is None:
        return None, None
    try:
        return parse_info(infos[name], file=name), None
    except (InfoError, LimitError) as error:
        return None, str(error)


def info_value(info: Info | None, name: str) -> object:
    """The value of a field; ``None`` if there is none, or it cannot be evaluated here."""
    if info is None:
        return None
    try:
        return info.get(name)
    except InfoError:
        return None


def required_core(info: Info | None) -> str | None:
    """The version of Racket that a package asks for."""
    value = info_value(info, "required-core-version")
    return value if isinstance(value, str) else None


def looked_up(release: Release, *, limits: Limits = Limits()) -> Release:
    """The release with the version of Racket that it asks for. Of one that cannot be read nothing is known."""
    from dataclasses import replace

    try:
        return replace(release, required_core=required_core(survey(release, limits=limits).info))
    except (PltError, OSError):
        return release


def is_plain_file(path: str | os.PathLike[str]) -> bool:
    """Whether there is a file, and no link."""
    return os.path.isfile(path) and not os.path.islink(path)
