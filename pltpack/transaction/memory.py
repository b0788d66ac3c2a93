"""A destination in memory: for tests, and for saying what an unpack would do without doing it."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias

from pltpack.transaction.destination import Data, Existing, Kind, Outcome, Root, settle_directory, settle_file
from pltpack.transaction.folders import kind_at
from pltpack.transaction.paths import SafePath, refuse_reserved

View: TypeAlias = Callable[[Root, SafePath], Kind]
"""Says what stands at a path; asked about a path only after its parents, and only while those are directories."""


def nothing_there(_root: Root, _path: SafePath) -> Kind:
    """The view of an empty world."""
    return Kind.ABSENT


def on_disk(root: Root, path: SafePath) -> Kind:
    """The view of the real disk; links below the root are not followed."""
    if not path:
        return Kind.DIRECTORY if os.path.isdir(root.path) else Kind.FILE if os.path.lexists(root.path) else Kind.ABSENT
    try:
        directory = os.open(root.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return Kind.ABSENT
    try:
        return kind_at(directory, "/".join(path).encode())[0]
    finally:
        os.close(directory)


class MemoryDestination:
    """A ``Destination`` that keeps everything in memory, on top of what ``view`` says is there.

    ``trees`` holds what was placed: the data of a file, ``None`` for a directory. Without ``keep_data`` bodies are read
    but their data forgotten. Raises as :class:`~pltpack.transaction.directory.DirectoryDestination` does, with the same
    outcomes.
    """

    def __init__(self, view: View = nothing_there, *, keep_data: bool = True) -> None:
        self.trees: dict[Root, dict[SafePath, bytes | None]] = {}
        self.committed = False
        self._view = view
        self._keep_data = keep_data
        self._found: dict[tuple[Root, SafePath], Kind] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rollback()

    def make_directory(self, root: Root, path: SafePath, /) -> Outcome:
        outcome = self._ensure(root, ())
        for depth in range(1, len(path) + 1):
            outcome = self._ensure(root, path[:depth])
        return outcome

    def write_file(self, root: Root, path: SafePath, _size: int, body: Data, existing: Existing, /) -> Outcome:
        self.make_directory(root, path[:-1])
        again = path in self.trees.get(root, {})
        outcome = settle_file(self._kind(root, path), existing, "/".join(path), again=again)
        if outcome is not Outcome.KEPT:
            refuse_reserved(path)
            if self._keep_data:
                self._tree(root)[path] = body.read()
            else:
                for _ in body.chunks():
                    pass
                self._tree(root)[path] = b""
        return outcome

    def commit(self) -> None:
        self.committed = True

    def rollback(self) -> None:
        if not self.committed:
            self.trees.clear()

    def _tree(self, root: Root) -> dict[SafePath, bytes | None]:
        return self.trees.setdefault(root, {})

    def _kind(self, root: Root, path: SafePath) -> Kind:
        tree = self._tree(root)
        if path in tree:
            return Kind.DIRECTORY if tree[path] is None else Kind.FILE
        if path and path[:-1] in tree:
            return Kind.ABSENT  # A directory that is new holds nothing but what is new.
        if (root, path) not in self._found:
            self._found[root, path] = self._view(root, path)
        return self._found[root, path]

    def _ensure(self, root: Root, path: SafePath) -> Outcome:
        kind = self._kind(root, path)
        if path and kind is not Kind.DIRECTORY:
            refuse_reserved(path)
        outcome = settle_directory(kind, "/".join(path), again=path in self._tree(root))
        if outcome is Outcome.CREATED:
            self._tree(root)[path] = None
        return outcome
