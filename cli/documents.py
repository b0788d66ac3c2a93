"""What all JSON documents have in common; each is written down in ``docs/json.md``."""

from __future__ import annotations

from typing import Final, TypeAlias

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

VERSION: Final = 1
"""Rises when a field changes its meaning or goes away; new fields may come at any time."""


def document(kind: str, **fields: Json) -> dict[str, Json]:
    """A document: which one it is, its version, and its fields."""
    return {"schema": f"pltpack.{kind}", "version": VERSION, **fields}
