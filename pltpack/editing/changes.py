"""What can be changed in an archive, as values. They are applied in the order in which they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from pltpack.codec.entries import PathList, display_path
from pltpack.errors import UnsafePathError
from pltpack.regular import FileContent

Field: TypeAlias = Literal["name", "requires", "conflicts", "collections", "location", "test-dirs"]

Content: TypeAlias = bytes | Path | FileContent | BinaryIO
"""The data of a file: itself, a file that holds it, or a stream that is read to its end (once).

A path may lead to anything, a pipe too; a :class:`~pltpack.regular.FileContent` to nothing but the file that
was found there."""


@dataclass(frozen=True, slots=True)
class AddFile:
    """Put a file at ``path``: in the place of the one that is there, with its tag, or else behind all others.

    ``replace``: unpacking replaces existing files (``None``: as the file that is there, or else no).
    """

    path: str
    content: Content
    replace: bool | None = None


@dataclass(frozen=True, slots=True)
class AddDirectory:
    """Have a directory at ``path``; nothing is done if it is there."""

    path: str


@dataclass(frozen=True, slots=True)
class RemoveEntries:
    """Leave out all that ``matches``: it is called with the path of each entry, a ``/`` behind a directory.

    ``text`` is what to call it when nothing does.
    """

    matches: Callable[[str], bool]
    text: str


@dataclass(frozen=True, slots=True)
class RenameEntry:
    """Give the file or directory ``old``, with all below it, the path ``new``."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class SetField:
    """Let a field of the header say something else.

    ``value``: a string for ``name``; for ``requires`` pairs of a collection path and a version; for ``conflicts`` and
    ``collections`` collection paths; for ``location`` ``main``, ``user`` or ``local``; for ``test-dirs`` names, or
    ``None``.
    """

    field: Field
    value: object


@dataclass(frozen=True, slots=True)
class FilterFiles:
    """Send the data of files through ``function``: it gets the path and a stream, and returns bytes or a stream that
    can seek. ``only``: called with the path, says which files.
    """

    function: Callable[[str, BinaryIO], bytes | BinaryIO]
    only: Callable[[str], bool] = field(default=lambda _path: True)


Change: TypeAlias = AddFile | AddDirectory | RemoveEntries | RenameEntry | SetField | FilterFiles


def remove_entry(path: str) -> RemoveEntries:
    """The change that leaves out the file or directory of exactly this path, with all below it."""
    name = plain(path)
    return RemoveEntries(lambda found: (plain(found) + "/").startswith(f"{name}/"), path)


def plain(path: str) -> str:
    """A path without the parts that say nothing: ``./a//b/`` is ``a/b``."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def plain_name(path: PathList) -> str:
    """The path of an entry, as changes name it."""
    return plain(display_path(path))


def member_path(path: str) -> PathList:
    """The path list for a path that is to come into an archive.

    Raises :class:`~pltpack.errors.UnsafePathError` for one that should not.
    """
    parts = plain(path).split("/")
    reason = None
    if path.startswith("/"):
        reason = "is absolute"
    elif parts == [""]:
        reason = "is empty"
    elif ".." in parts:
        reason = "leads upwards"
    elif "\0" in path:
        reason = "holds a NUL"
    elif any("\ud800" <= character <= "\udfff" for character in path):
        reason = "is not Unicode text"
    if reason is not None:
        shown = path.encode(errors="backslashreplace").decode()
        raise UnsafePathError(f"the path {shown!r} {reason}", paths=[(shown, reason)], hint="name another one")
    return tuple(parts)
