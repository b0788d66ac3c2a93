"""The trash of a scope: packages that were removed or replaced, kept for a while.

Racket knows what is in it by the names alone, ``SECONDS-N-NAME``. A file beside each package says what it was,
so that it can be put back; Racket's own pruning counts such a file as one more entry, ours takes it with its package.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pltpack.dataclass import dataclass
from pltpack.errors import ConfigError
from pltpack.scope.state.records import Record, parse_records, write_records

SIDECAR: Final = ".rktd"
_NAME: Final = re.compile(r"(?P<seconds>[0-9]+)-(?P<number>[0-9]+)-(?P<name>[-_a-zA-Z0-9]+)(?:\+[0-9]+)?")
_OLD: Final = re.compile(r"([0-9]+)-")


@dataclass(frozen=True, slots=True)
class Trashed:
    """Something in the trash: the ``name`` of the package as far as it can be told, the time of its removal in seconds
    since 1970, and its record, if it is known."""

    path: Path
    name: str | None
    seconds: int | None
    record: Record | None


def list_trash(trash: Path) -> list[str] | None:
    """The names of what is in the trash, sorted; ``None`` if there is none. Raises ``OSError``."""
    try:
        return sorted((name for name in os.listdir(trash) if not name.endswith(SIDECAR)), key=os.fsencode)
    except FileNotFoundError:
        return None


def read_trash(trash: Path) -> list[Trashed]:
    """What is in the trash, the oldest first. Raises ``OSError``."""
    found = []
    for name in list_trash(trash) or ():
        match = _NAME.fullmatch(name)
        path = trash / name
        found.append(
            Trashed(
                path,
                match["name"] if match else None,
                int(match["seconds"]) if match else None,
                read_sidecar(path.with_name(name + SIDECAR)),
            )
        )
    return found


def pruned(names: Iterable[str], *, now: float, most: float, seconds: float) -> list[str]:
    """What goes before something new comes in, as Racket decides: from the beginning of the sorted names while there
    are ``most`` or more, or the first is older than ``seconds``. A name that does not start with a time stops it."""
    left = sorted(names, key=os.fsencode)
    gone = []
    while left:
        match = _OLD.match(left[0])
        too_old = match is not None and int(match[1]) < now - seconds
        if len(left) < most and not too_old:
            break
        gone.append(left.pop(0))
    return gone


def trash_name(name: str, seconds: int, taken: Iterable[str]) -> str:
    """The name under which a package goes into the trash."""
    used = set(taken)
    number = 0
    while f"{seconds}-{number}-{name}" in used:
        number += 1
    return f"{seconds}-{number}-{name}"


def sidecar(name: str, record: Record) -> bytes:
    """What is written beside a package in the trash."""
    return write_records({name: record})


def read_sidecar(file: Path) -> Record | None:
    """The record of a package in the trash; ``None`` if nothing is written of it that can be read."""
    try:
        records: Mapping[str, Record] = parse_records(file.read_bytes(), file)
    except (OSError, ConfigError):
        return None
    return next(iter(records.values()), None)


def as_json(trashed: Trashed) -> dict[str, Any]:
    """What is known of it, as plain data."""
    return {
        "path": str(trashed.path),
        "name": trashed.name,
        "removed": trashed.seconds,
        "checksum": trashed.record.checksum if trashed.record else None,
        "source": [trashed.record.origin.kind, *trashed.record.origin.arguments] if trashed.record else None,
    }
