"""Which paths of an archive a change could collide with, and whether it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pltpack.errors import EntryExistsError


class Places:
    """Looks at the path of every entry that is written, and remembers those that changes have to do with."""

    def __init__(self, targets: Iterable[str]) -> None:
        """``targets``: the paths at which changes put something."""
        self._targets = frozenset(targets)
        self._above = frozenset(parent for path in self._targets for parent in _above(path))
        self._files: dict[str, bool] = {}
        self._directories: dict[str, bool] = {}
        """Of each path whether a change put it there."""
        self._written: set[str] = set()

    def parent_missing(self, path: str) -> str:
        """The directory that ``path`` lies in, if no entry of the archive has said so yet; ``""`` if one has."""
        parent = path.rpartition("/")[0]
        return "" if parent in self._written else parent

    def written(self, path: str) -> bool:
        """Whether an entry has said that there is this directory."""
        return path in self._written

    def file(self, path: str, *, changed: bool) -> None:
        """Look at a file. Raises :class:`EntryExistsError` if a change put two things at one place."""
        for parent in _above(path):
            self._directory(parent, path, changed)
        if self._concerned(path):
            if path in self._directories and (changed or self._directories[path]):
                raise _taken(path, "a directory")
            if path in self._files and (changed or self._files[path]):
                raise _taken(path, "a file")
            self._files[path] = changed or self._files.get(path, False)

    def directory(self, path: str, *, changed: bool) -> None:
        """Look at a directory. Raises as :meth:`file` does."""
        for parent in _above(path):
            self._directory(parent, path, changed)
        self._directory(path, path, changed)
        if self._concerned(path):
            self._written.add(path)

    def _directory(self, path: str, shown: str, changed: bool) -> None:
        if self._concerned(path):
            if path in self._files and (changed or self._files[path]):
                raise _taken(path, "a file", shown)
            self._directories[path] = changed or self._directories.get(path, False)

    def _concerned(self, path: str) -> bool:
        targets = self._targets
        return path in targets or path in self._above or any(parent in targets for parent in _above(path))


def _above(path: str) -> Iterator[str]:
    end = path.find("/")
    while end > 0:
        yield path[:end]
        end = path.find("/", end + 1)


def _taken(path: str, kind: str, shown: str | None = None) -> EntryExistsError:
    reason = f"is {kind} in the archive already"
    below = f", and {shown!r} would lie in it" if shown not in (None, path) else ""
    return EntryExistsError(f"{path!r} {reason}{below}", paths=[(path, reason)], hint="remove or rename it as well")
