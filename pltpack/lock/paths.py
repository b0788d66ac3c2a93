"""Paths in a lock file: from its own directory where that is near, so that a project may lie anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from pltpack.catalog.locations import local_path
from pltpack.scope.state.relative import relative_elements


def written(path: Path, base: Path) -> str:
    """A path as a lock file in the directory ``base`` names it, always with a slash.

    >>> from pathlib import PurePosixPath as P
    >>> written(P("/home/me/game/libs/a.zip"), P("/home/me/game")), written(P("/srv/a.zip"), P("/home/me/game"))
    ('./libs/a.zip', '/srv/a.zip')
    """
    elements = relative_elements(path, base)
    if elements is None:
        return path.as_posix()
    return "/".join(elements if elements[:1] == ("..",) else (".", *elements))


def meant(text: str, base: Path) -> Path:
    """The whole path that a lock file in the directory ``base`` names.

    >>> meant("../a.zip", Path("/home/me/game"))
    PosixPath('/home/me/a.zip')
    """
    return Path(os.path.normpath(base / text))


def written_location(location: str, base: Path) -> str:
    """A catalog as a lock file names it: a URL as it is, a directory or file as a path."""
    path = local_path(location)
    return location if path is None else written(path, base)


def meant_location(text: str, base: Path) -> str:
    """The catalog that a lock file names."""
    return text if "://" in text else str(meant(text, base))
