"""The entries of an archive as values: directories, files and the path lists that name them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final, Protocol, TypeAlias

from pltpack.dataclass import dataclass


class PathSymbol(Enum):
    """The two symbols that may stand in a path list: this directory, and the one above."""

    SAME = "same"
    UP = "up"


SAME = PathSymbol.SAME
UP = PathSymbol.UP

PathList: TypeAlias = tuple[str | PathSymbol, ...]
"""A path as an archive stores it: one element a name or one of the two symbols; ``()`` is the target itself.

Nothing is promised of the strings: they may be empty, ``..``, absolute, or hold a separator or NUL."""


class Body(Protocol):
    """The data of one file: a binary stream that ends where the file ends."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes (all that is left if negative); ``b""`` at the end of the file."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """What is left of the file, in pieces as large as they happen to be in memory; never empty ones."""
        ...


class _NoBody:
    """The data of a file that is only spoken of."""

    def read(self, _size: int = -1, /) -> bytes:
        return b""

    def chunks(self) -> Iterator[bytes]:
        return iter(())


NO_BODY: Final[Body] = _NoBody()
"""For entries that are shown and not read."""


@dataclass(frozen=True, slots=True)
class Directory:
    """A ``dir`` entry. ``offset`` is its first byte in the raw stream."""

    path: PathList
    offset: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A ``file`` entry or, with ``replace``, a ``file-replace`` entry of ``size`` bytes.

    ``body`` can be read until the next entry is asked for; what is left unread is skipped. ``offset`` is the
    first byte of the entry in the raw stream.
    """

    path: PathList
    size: int
    body: Body
    replace: bool = False
    offset: int = 0


_STEPS: Final = {SAME: ".", UP: ".."}

_HEADS: Final = frozenset({"collects", "doc", "include", "lib", "same"})
"""First elements that Racket's readers keep apart from the rest of the path."""


def display_path(path: PathList) -> str:
    """The path with ``/`` between its elements, ``same`` as ``.`` and ``up`` as ``..``.

    >>> display_path(("collects", "x", SAME, UP))
    'collects/x/./..'
    """
    try:
        return "/".join(path)  # type: ignore[arg-type]  # most have no symbols in them
    except TypeError:
        return "/".join(_STEPS[part] if isinstance(part, PathSymbol) else part for part in path)


def listed_path(entry: Directory | File) -> str:
    """The path as ``raco unpack -l`` prints it: a directory with a ``/`` behind it, the empty path as ``""``.

    >>> listed_path(Directory(("doc",))), listed_path(Directory((SAME, "x"))), listed_path(Directory(()))
    ('doc/./', './x/', '')
    """
    path = entry.path
    if len(path) == 1 and path[0] in _HEADS:
        path = (*path, SAME)
    text = display_path(path)
    if text[:1] == "/" or "//" in text:
        # As build-path joins: an element that ends in a slash gets no second one, and an empty one none at all.
        text = ""
        for part in path:
            text += "/" * bool(text and text[-1] != "/") + display_path((part,))
    return text + "/" if text and isinstance(entry, Directory) and text[-1] != "/" else text
