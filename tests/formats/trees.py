"""Package trees on the disk, from the notations of the fixtures."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pkg"

TreeEntry: TypeAlias = tuple[str, str, str | None, str | None, str | None]

CREATE_TREES: dict[str, dict[str, Any]] = json.loads((FIXTURES / "create" / "trees.json").read_text(encoding="utf-8"))
STRIP_CASES: list[dict[str, Any]] = json.loads((FIXTURES / "strip-cases.json").read_text(encoding="utf-8"))

BYTECODE = b"#~\x038.7\x0bchez-schemeB" + bytes(20)
"""The start of compiled code of Racket 8.7: one module, without submodules."""


def build(
    directory: Path, tree: Mapping[str, str | None], *, bytecode: Mapping[str, bytes] = {"<zo>": BYTECODE}
) -> None:
    """A tree of path -> text; ``None`` is an empty directory, and what is in ``bytecode`` stands for that."""
    directory.mkdir(parents=True, exist_ok=True)
    for path, text in tree.items():
        place = directory / path
        if text is None:
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(bytecode.get(text) or text.encode())


def build_recorded(directory: Path, entries: list[TreeEntry]) -> None:
    """One of the trees of ``create/trees.json``."""
    for path, kind, content, mode, time in entries:
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if kind == "dir":
            place.mkdir(exist_ok=True)
        elif kind == "symlink":
            place.symlink_to(content or "")
            continue
        else:
            place.write_bytes((content or "").encode())
        if time is not None:
            seconds = datetime.fromisoformat(time).timestamp()
            os.utime(place, (seconds, seconds))
        if mode is not None:
            place.chmod(int(mode, 8))


def snapshot(directory: Path) -> dict[str, bytes | None]:
    """What is below a directory: path -> data; directories end with ``/`` and have none."""
    found: dict[str, bytes | None] = {}
    for path in directory.rglob("*"):
        name = path.relative_to(directory).as_posix()
        if path.is_dir():
            found[f"{name}/"] = None
        else:
            found[name] = path.read_bytes()
    return found
