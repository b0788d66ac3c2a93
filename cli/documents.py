"""What all JSON documents have in common; each is written down in ``docs/json.md``."""

from __future__ import annotations

from typing import Final, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

VERSION: Final = 1
"""Rises when a field changes its meaning or goes away; new fields may come at any time."""


_UNGROUPED: Final = ("archives", "locks", "many", "mirrors", "packages", "racket", "sources", "supply")
"""Folders of commands that are no groups of ``pltpack``."""

_KINDS: Final = {
    "many.find": "find-table",
    "packages.install": "packages",
    "packages.update": "packages",
    "packages.remove": "packages",
    "packages.migrate": "packages",
    "packages.show": "installed",
    "packages.new": "new-package",
    "packages.config": "package-settings",
    "packages.empty_trash": "trash",
    "packages.restore": "restored",
    "packages.tree": "package-tree",
    "packages.check": "package-check",
    "supply.diff": "lock-diff",
    "user.add": "server-users",
    "user.list": "server-users",
    "user.password": "server-users",
    "user.role": "server-users",
    "user.disable": "server-users",
}
"""Documents that are called otherwise than the command that prints them, by its module."""


def kind_of(module: str) -> str:
    """What the document of a command is called, by the module of the command: as it is, with its group in front."""
    *_, folder, name = module.split(".")
    if kind := _KINDS.get(f"{folder}.{name}"):
        return kind
    name = name.rstrip("_").replace("_", "-")
    group = "catalog" if folder == "catalogs" else folder
    return name if folder in _UNGROUPED or name.startswith(f"{group}-") else f"{group}-{name}"


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
