"""The package layer of an image: what a sync below another root has made, with owners, permissions and times that do
not depend on who has made it, where and when."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pltpack.errors import CallError
from pltpack.scope.state.places import Places


def new_directories(root: Path, places: Places) -> list[Path]:
    """The directories on the way to a scope that are not there yet, so that they belong to the layer."""
    found: list[Path] = []
    for top in {places.packages, places.links.parent}:
        for place in (top, *top.parents):
            if place == root or root not in place.parents or place.exists():
                break
            found.append(place)
    return found


def level(places: Places, made: list[Path], moment: int) -> None:
    """Give everything in a scope, and the directories that were made on the way, the same owner (root, where that can
    be), permissions (``0755`` and ``0644``) and times (``moment``, in seconds since 1970). Raises ``OSError``."""
    own = {*_below(places.packages), *map(os.fspath, (places.packages, places.links, *made))}
    for path in sorted(filter(os.path.lexists, own), reverse=True):
        status = os.lstat(path)
        if not stat.S_ISLNK(status.st_mode):
            runs = stat.S_ISDIR(status.st_mode) or status.st_mode & stat.S_IXUSR
            os.chmod(path, 0o755 if runs else 0o644)
        with contextlib.suppress(PermissionError):
            os.chown(path, 0, 0, follow_symlinks=False)
        os.utime(path, (moment, moment), follow_symlinks=False)


def _below(directory: Path) -> Iterator[str]:
    for place, names, leaves in os.walk(directory):
        yield from (os.path.join(place, name) for name in (*names, *leaves))


def layer_time(asked: str) -> int:
    """The time of a layer: ``SOURCE_DATE_EPOCH``, or when the lock was asked for (as a lock file says it)."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if said:
        if not said.isascii() or not said.isdigit() or len(said) > 11:
            raise CallError(f"SOURCE_DATE_EPOCH is {said!r}, not a number of seconds since 1970")
        return int(said)
    from datetime import datetime

    return int(datetime.fromisoformat(asked).timestamp())
