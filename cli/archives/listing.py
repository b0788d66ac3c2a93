"""How entries are shown: as Racket prints them, and as JSON."""

from __future__ import annotations

from pltpack.codec.entries import Directory, File, PathList, PathSymbol, display_path, listed_path

from ..documents import Json


def entry_line(entry: Directory | File) -> str:
    """The line of ``raco unpack -l``; empty for the target directory itself, which it does not list."""
    text = listed_path(entry)
    return f"{text} [replace]" if isinstance(entry, File) and entry.replace else text


def outcome_line(outcome: str, path: str, *, directory: bool) -> str:
    """The line for an entry that was, or would be, unpacked."""
    return f"{outcome:9}{path or '.'}{'/' if directory else ''}"


def entry_json(entry: Directory | File) -> dict[str, Json]:
    """An entry: ``kind`` (``dir``, ``file``, ``file-replace``), ``path`` as text, ``elements`` as stored, ``size``."""
    value: dict[str, Json] = {
        "kind": "dir" if isinstance(entry, Directory) else "file-replace" if entry.replace else "file",
        "path": display_path(entry.path),
        "elements": elements_json(entry.path),
    }
    if isinstance(entry, File):
        value["size"] = entry.size
    return value


def elements_json(path: PathList) -> list[Json]:
    """A path list: strings, and the symbols as objects."""
    return [{"symbol": part.value} if isinstance(part, PathSymbol) else part for part in path]
