"""Entries placed one after the other, wherever they belong, and everything that speaks against it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pltpack.codec.entries import NO_BODY, Body, Directory, File, display_path
from pltpack.errors import EntryExistsError, PltError, UnsafePathError
from pltpack.transaction.destination import Destination, Existing, Outcome, Root
from pltpack.transaction.paths import SafePath
from pltpack.unpacker.paths import PathGuard


class Locate(Protocol):
    """Says where an entry goes: a root and a path below it, or nowhere.

    May raise :class:`~pltpack.errors.UnsafePathError` for an entry that cannot be anywhere.
    """

    def __call__(self, path: SafePath, /, *, file: bool) -> tuple[Root, SafePath] | None: ...


class Target(NamedTuple):
    """Where an entry has gone, and what happened there."""

    root: Root
    path: SafePath
    outcome: Outcome


class Placer:
    """Places entries in a destination. Those that may not be placed are remembered, so that one error can name all."""

    def __init__(self, destination: Destination, guard: PathGuard, locate: Locate, existing: Existing) -> None:
        self._destination = destination
        self._guard = guard
        self._locate = locate
        self._existing = existing
        self._unsafe: list[UnsafePathError] = []
        self._blocked: list[EntryExistsError] = []

    def place(self, entry: Directory | File) -> Target | None:
        """Place an entry; ``None`` if it goes nowhere or may not be placed.

        A ``file-replace`` entry replaces what is there; what becomes of other files is for ``existing`` to say.
        """
        try:
            return self._place(entry)
        except UnsafePathError as error:
            self._unsafe.append(error)
        except EntryExistsError as error:
            self._blocked.append(error)
        except PltError as error:
            raise error.within(entry=display_path(entry.path)) from error.__cause__
        return None

    def refuse(self, name: str | None) -> None:
        """Raise one error for all the entries that may not be placed, if there are any; ``name``: the archive."""
        offenders: list[UnsafePathError] | list[EntryExistsError] = self._unsafe or self._blocked
        if not offenders:
            return
        first = offenders[0]
        if len(offenders) > 1:
            # What is above many of them stands in the way of each, and is told once.
            paths = list(dict.fromkeys(path for error in offenders for path in error.paths))
            of = "paths" if len(paths) == len(offenders) else "entries"
            what = "may not be written" if self._unsafe else "are in the way"
            first = type(first)(f"{len(offenders)} {of} {what}; {first.message}", paths=paths, hint=first.hint)
        raise first.within(file=name)

    def _place(self, entry: Directory | File) -> Target | None:
        file = isinstance(entry, File)
        path = self._guard.file(entry.path) if file else self._guard(entry.path)
        where = self._locate(path, file=file)
        if where is None:
            return None
        root, below = where
        if not isinstance(entry, File):
            return Target(root, below, self._destination.make_directory(root, below))
        existing = Existing.REPLACE if entry.replace else self._existing
        size: int = entry.size
        body: Body = entry.body
        if self._unsafe or self._blocked:
            size, body = 0, NO_BODY  # Nothing will be kept: the disk need not be filled for it.
        return Target(root, below, self._destination.write_file(root, below, size, body, existing))
