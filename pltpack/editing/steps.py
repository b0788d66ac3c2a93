"""Changes applied to one entry after the other: what becomes of each, and which changes found nothing to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pltpack.editing.changes import (
    AddDirectory,
    AddFile,
    Change,
    Content,
    FilterFiles,
    RemoveEntries,
    RenameEntry,
    SetField,
    member_path,
    plain,
)
from pltpack.errors import MemberError
from pltpack.suggestions import did_you_mean

_MOST_NAMES = 10_000
"""How many paths are remembered to ask for the one that may have been meant."""


@dataclass(slots=True)
class Fate:
    """What becomes of an entry: under which path it is written, with which data, or not at all.

    ``content`` is ``None`` for what the archive holds; ``replace`` for the tag that it has.
    """

    path: str
    directory: bool
    removed: bool = False
    renamed: bool = False
    content: Content | None = None
    replace: bool | None = None
    filters: list[FilterFiles] = field(default_factory=list)
    new: bool = False
    """Whether no entry of the archive was there before."""

    @property
    def untouched(self) -> bool:
        """Whether it stays as it is spelled."""
        return not (self.removed or self.renamed or self.new or self.filters) and self.content is None


class Steps:
    """The changes but those of the header, in their order."""

    def __init__(self, changes: Sequence[Change]) -> None:
        """Raises :class:`~pltpack.errors.UnsafePathError` for paths that should not come into an archive, and
        ``ValueError`` for an empty path to rename."""
        self._steps: list[_Step] = []
        for change in changes:
            match change:
                case AddFile() | AddDirectory():
                    # The path is looked at now: nothing is written before all of them are known to be safe.
                    path = "/".join(map(str, member_path(change.path)))
                    last = self._steps[-1] if self._steps else None
                    if not isinstance(last, _Adding) or path in last.wanted:
                        self._steps.append(last := _Adding())
                    last.wanted[path] = change
                case RemoveEntries():
                    self._steps.append(_Removing(change))
                case RenameEntry():
                    self._steps.append(_Renaming(change))
                case FilterFiles():
                    self._steps.append(_Filtering(change))
                case SetField():
                    pass
        self._names: dict[str, None] = {}

    def targets(self) -> Iterator[str]:
        """The paths at which something new may come to be."""
        for step in self._steps:
            yield from step.targets()

    def apply(self, path: str, *, directory: bool) -> Fate:
        """What becomes of an entry of the archive."""
        if len(self._names) < _MOST_NAMES:
            self._names[path] = None
        return self._from(0, Fate(path, directory))

    def added(self) -> Iterator[Fate]:
        """What no entry of the archive had the path of, to be called behind the last of them."""
        for number, step in enumerate(self._steps):
            for fate in step.left():
                yield self._from(number + 1, fate)

    def check(self) -> None:
        """Raises :class:`~pltpack.errors.MemberError` for a change that found nothing to do."""
        for step in self._steps:
            if (text := step.idle()) is not None:
                raise MemberError(
                    f"there is nothing at {text!r} in the archive", hint=did_you_mean(plain(text), self._names)
                )

    def _from(self, number: int, fate: Fate) -> Fate:
        for step in self._steps[number:]:
            if fate.removed:
                break
            step.apply(fate)
        return fate


class _Step(ABC):
    """A change, or several that can be made at once."""

    def targets(self) -> Iterator[str]:
        return iter(())

    @abstractmethod
    def apply(self, fate: Fate) -> None: ...

    def left(self) -> Iterator[Fate]:
        return iter(())

    def idle(self) -> str | None:
        return None


class _Adding(_Step):
    def __init__(self) -> None:
        self.wanted: dict[str, AddFile | AddDirectory] = {}
        self._found: set[str] = set()

    def targets(self) -> Iterator[str]:
        return iter(self.wanted)

    def apply(self, fate: Fate) -> None:
        change = self.wanted.get(fate.path)
        if change is None or fate.directory != isinstance(change, AddDirectory):
            return
        if isinstance(change, AddFile):
            fate.removed = fate.path in self._found  # of two files with one path one is enough
            fate.content = change.content
            fate.filters.clear()
            fate.replace = fate.replace if change.replace is None else change.replace
        self._found.add(fate.path)

    def left(self) -> Iterator[Fate]:
        for path, change in self.wanted.items():
            if path in self._found:
                continue
            if isinstance(change, AddDirectory):
                yield Fate(path, directory=True, new=True)
            else:
                yield Fate(path, directory=False, content=change.content, replace=bool(change.replace), new=True)


class _Removing(_Step):
    def __init__(self, change: RemoveEntries) -> None:
        self._change = change
        self._found = False

    def apply(self, fate: Fate) -> None:
        if self._change.matches(fate.path + "/" * fate.directory):
            fate.removed = self._found = True

    def idle(self) -> str | None:
        return None if self._found else self._change.text


class _Renaming(_Step):
    def __init__(self, change: RenameEntry) -> None:
        self._old = plain(change.old)
        if not self._old:
            raise ValueError("what is to be renamed has no name")
        self._new = "/".join(map(str, member_path(change.new)))
        self._found = False

    def targets(self) -> Iterator[str]:
        yield self._new

    def apply(self, fate: Fate) -> None:
        if fate.path == self._old or fate.path.startswith(f"{self._old}/"):
            self._found = True
            path = self._new + fate.path.removeprefix(self._old)
            fate.renamed = fate.renamed or path != fate.path
            fate.path = path

    def idle(self) -> str | None:
        return None if self._found else self._old


class _Filtering(_Step):
    def __init__(self, change: FilterFiles) -> None:
        self._change = change

    def apply(self, fate: Fate) -> None:
        if not fate.directory and self._change.only(fate.path):
            fate.filters.append(self._change)
