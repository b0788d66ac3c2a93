"""An installation of Racket in a tree that is not this machine's: an image that is unpacked or mounted somewhere.

Whole paths that the executable and ``config.rktd`` hold start at the root of the image. Nothing of it is run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.errors import InstallationError
from pltpack.racket.config import KEYS, Config, path_text
from pltpack.racket.executable import Layout, Marks, beside, read_marks
from pltpack.racket.installation import Installation
from pltpack.racket.version import installed_version

_EXECUTABLES: Final = tuple(f"{place}bin/racket" for place in ("usr/local/", "usr/", "", "usr/racket/", "opt/racket/"))
_PATHS: Final = ("path", "paths", "roots")


def discover_in(
    root: Path,
    *,
    racket: Path | None = None,
    version: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Installation:
    """Find the installation below ``root``, by its files alone.

    ``racket`` is its executable, below ``root``, where that is none of the usual ones; ``version`` is needed if there
    is no Racket in the image. The user's directories are those of this process's user, below ``root``. Raises
    :class:`~pltpack.errors.InstallationError` and :class:`~pltpack.errors.ConfigError`.
    """
    root = root.absolute()
    if not root.is_dir():
        raise InstallationError("no such directory", file=str(root))
    executable = next(_executables(root, racket), None)
    marks = Marks() if executable is None else read_marks(executable)
    collects = _inside(root, executable, marks.collects[0] if marks.collects else None, "usr/share/racket/collects")
    config_dir = _inside(root, executable, marks.config, "etc/racket")
    own = {
        name: str(below(root, Path(value)))
        for name in ("HOME", "PLTADDONDIR", "PLTUSERHOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
        if (value := environ.get(name))
    }
    found = Installation.discover(
        version=version,
        config_dir=config_dir or root / "etc" / "racket",
        collects_dir=collects,
        environ={"PATH": "", "HOME": str(root / "root"), **own},
    )
    config = Config(found.config.file, HashTable(tuple(_entries(found.config.table, root))))
    installation = replace(found, config=config, layout=Layout(vm=marks.vm))
    if version is None and collects is not None:
        known = installed_version(collects, config.compiled_file_roots() or ["."], [])
        installation = replace(installation, known_version=known or found.known_version)
    return installation


def below(root: Path, path: Path) -> Path:
    """A whole path of an image, as a path of this machine; one that is there already stays."""
    if path == root or root in path.parents:
        return path
    return root / path.relative_to(path.anchor) if path.is_absolute() else root / path


def _executables(root: Path, racket: Path | None) -> Iterator[Path]:
    if racket is not None:
        place = below(root, racket)
        if not place.is_file():
            raise InstallationError("no such executable in the image", file=str(place))
        yield place
        return
    for name in _EXECUTABLES:
        if (root / name).is_file():
            yield root / name


def _inside(root: Path, executable: Path | None, marked: str | None, usual: str) -> Path | None:
    """A directory that the executable names, or else the usual one, if it is there."""
    if marked is not None and executable is not None:
        place = below(root, Path(marked)) if os.path.isabs(marked) else beside(executable, marked)
        if place is not None and place.is_dir():
            return place
    return root / usual if (root / usual).is_dir() else None


def _entries(table: HashTable, root: Path) -> Iterator[tuple[Datum, Datum]]:
    """The settings with their whole paths below the root."""
    for key, value in table:
        kind = KEYS.get(key.name) if isinstance(key, Symbol) else None
        if kind not in _PATHS:
            yield key, value
        elif isinstance(value, list):
            yield key, [_rooted(item, root) for item in value]
        else:
            yield key, _rooted(value, root)


def _rooted(value: Datum, root: Path) -> Datum:
    text = path_text(value)
    return value if text is None or not os.path.isabs(text) else str(below(root, Path(text)))
