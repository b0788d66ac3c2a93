"""Snapshots of a distribution site as a folder holds them: which there are, and what went well before."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pltpack.distribution.layout import INSTALLERS, SUMS, TABLE, name_objection
from pltpack.distribution.listing import Past, has_log
from pltpack.distribution.tables import Tables, read_tables
from pltpack.errors import FormatError, LimitError

CURRENT: Final = "current"


def is_snapshot(path: Path) -> bool:
    """Whether a directory is a site, so that it counts: one with a table of installers."""
    return not path.is_symlink() and any((path / f"{table}.rktd").is_file() for table in (TABLE, SUMS))


def snapshot_stamps(folder: Path) -> list[str]:
    """The snapshots in a folder, the latest first by name. Whatever else is there is none of them."""
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return sorted((name for name in names if name_objection(name) is None and is_snapshot(folder / name)), reverse=True)


def current_stamp(folder: Path) -> str | None:
    """The snapshot that ``current`` leads to; ``None`` if it leads to none."""
    try:
        stamp = os.readlink(folder / CURRENT)
    except OSError:
        return None
    return stamp if stamp in snapshot_stamps(folder) else None


def past_successes(folder: Path, stamp: str, tables: Tables, others: Sequence[str]) -> dict[str, Past]:
    """What is missing in a snapshot though its build was tried, by descriptions: the last of the ``others``, which come
    the latest first, that has it. Tables that cannot be read are passed over."""
    found: dict[str, Past] = {}
    for other in others:
        try:
            then = read_tables(folder / other)
        except (FormatError, LimitError):
            continue
        for description, file in then.files.items():
            if description in tables.files or description in found or name_objection(file) is not None:
                continue
            there = (folder / other / INSTALLERS / file).is_file()
            if there and has_log(folder / stamp, tables, description):
                found[description] = Past(other, file, then.version)
    return found
