"""``info-cache.rktd``: the collections with an ``info.rkt`` that ``raco setup`` has found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pltpack.datum.reader import read_data
from pltpack.datum.values import Datum, Symbol
from pltpack.errors import FormatError, LimitError
from pltpack.racket.installation import Installation
from pltpack.scope.state.places import Places

_NAME = "info-cache.rktd"


def cached_directories(installation: Installation, places: Places) -> Iterator[Path]:
    """The directories that the caches of a scope and of those around it list; a damaged cache lists none."""
    shares = [installation.share_dir]
    if places.scope == "user":
        shares.insert(0, installation.user_share_dir)
    elif places.scope != "installation":
        shares.insert(0, places.packages)
    for share in shares:
        if share is not None:
            yield from _directories(share / _NAME)


def _directories(file: Path) -> Iterator[Path]:
    try:
        data = read_data(file.read_bytes())
    except (OSError, FormatError, LimitError):
        return
    for entry in data[0] if data and isinstance(data[0], list) else ():
        if isinstance(entry, list) and entry and (path := _path(entry[0], file.parent)) is not None:
            yield path


def _path(value: Datum, base: Path) -> Path | None:
    match value:
        case bytes():
            return base / os.fsdecode(value)
        case [Symbol("rel"), *elements]:
            steps = [os.fsdecode(step) if isinstance(step, bytes) else ".." for step in elements]
            return Path(os.path.normpath(base.joinpath(*steps)))
    return None
