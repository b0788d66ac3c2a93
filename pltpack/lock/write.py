"""A lock file written: one order for everything, so that a diff shows what has changed and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import msgspec

from pltpack.lock.values import Lock, ordered
from pltpack.transaction.file import replacing

_HEAD: Final = (
    "# raco-pkg lock makes this file, and raco-pkg sync installs exactly what it says.\n"
    "# Keep it with the sources and look at its changes; it is not edited by hand.\n\n"
)


def lock_text(lock: Lock) -> bytes:
    """The text of a lock file: the same for the same lock, whatever the order of its parts."""
    import tomli_w

    table: dict[str, Any] = msgspec.to_builtins(ordered(lock))
    return (_HEAD + tomli_w.dumps(table)).encode()


def write_lock(lock: Lock, file: str | os.PathLike[str]) -> None:
    """Write a lock file, whole or not at all. Raises ``OSError``."""
    with replacing(Path(file)) as stream:
        stream.write(lock_text(lock))
