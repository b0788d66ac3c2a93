"""Paths of a transaction: below a root, and safe by construction."""

from __future__ import annotations

from typing import Final, TypeAlias

from pltpack.errors import UnsafePathError

SafePath: TypeAlias = tuple[str, ...]
"""A path below some directory: plain names, never ``.`` or ``..``, no separators; ``()`` is the directory itself."""

AREA_PREFIX: Final = ".pltpack-"
"""How hidden folders of transactions are called."""


def is_reserved(name: str) -> bool:
    """Whether a name is kept for hidden folders, on disks that fold names, too."""
    return name[:1] == "." and name.casefold().startswith(AREA_PREFIX)


def refuse_reserved(path: SafePath) -> None:
    """Keep archives out of the names that areas have. Raises ``UnsafePathError``."""
    if path[-1][0] == "." and is_reserved(path[-1]):
        shown, reason = "/".join(path), f"has a name that begins with {AREA_PREFIX}, which is kept for unpacking itself"
        raise UnsafePathError(f"{shown!r} {reason}", paths=[(shown, reason)])
