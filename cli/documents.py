"""What all JSON documents have in common; each is written down in ``docs/json.md``."""

from __future__ import annotations

from typing import Final, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

VERSION: Final = 1
"""Rises when a field changes its meaning or goes away; new fields may come at any time."""


def document(kind: str, /, **fields: Json) -> dict[str, Json]:
    """A document: which one it is, its version, and its fields."""
    return {"schema": f"pltpack.{kind}", "version": VERSION, **fields}


def error_json(error: BaseException, exit_code: int) -> dict[str, Json]:
    """What went wrong, instead of what a document would have told."""
    from pltpack.errors import PltError, error_code

    if isinstance(error, PltError):
        where: dict[str, Json] = {
            "file": error.file,
            "entry": error.entry,
            "offset": error.offset,
            "layer": error.layer,
            "hint": error.hint,
        }
        message = error.message
    else:
        name = error.filename if isinstance(error, OSError) else None
        where = {"file": str(name) if name is not None else None, "entry": None, "offset": None, "layer": None}
        where["hint"] = None
        message = (error.strerror if isinstance(error, OSError) else None) or str(error) or "interrupted"
    return {"code": error_code(error), "message": message, **where, "exitCode": exit_code}


def wrong_call_json(message: str, exit_code: int) -> dict[str, Json]:
    """The same for a wrong call."""
    nowhere: dict[str, Json] = dict.fromkeys(("file", "entry", "offset", "layer", "hint"))
    return {"code": "call", "message": message, **nowhere, "exitCode": exit_code}
