"""A checkout that is kept as an archive, as Racket's download cache has it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.formats.entries import Entry
from pltpack.formats.formats import directory_writer, open_entries


def tree_of_archive(archive: Path, place: Path, path: tuple[str, ...], limits: Limits) -> Path | None:
    """Unpack what lies below ``path`` in a ``.tgz`` to ``place``; ``None`` if the archive is of no use."""
    prefix = "".join(f"{name}/" for name in path)
    try:
        with open_entries(archive, format="tgz", limits=limits) as entries, directory_writer(place) as writer:
            for entry in _below(entries.__iter__(), prefix):
                writer.add(entry)
    except (PltError, OSError):
        return None
    return place if any(os.scandir(place)) else None


def _below(entries: Iterator[Entry], prefix: str) -> Iterator[Entry]:
    for entry in entries:
        if entry.path.startswith(prefix) and entry.path != prefix:
            yield replace(entry, path=entry.path.removeprefix(prefix))
