"""Judging the names in an archive: unsafe ones, ones that are there twice, ones that are traps elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pltpack.codec.entries import PathList, display_path
from pltpack.codec.limits import Limits
from pltpack.errors import LimitError, UnsafePathError
from pltpack.formats.entries import Kind
from pltpack.inspection.findings import Level, Report
from pltpack.transaction.paths import SafePath
from pltpack.transaction.portability import collisions, folded, portability_traps
from pltpack.unpacker.paths import PathGuard, PathPolicy

_NO_NAMES: Final = frozenset(("", ".", ".."))


class Names:
    """Takes the path of one member after the other; what is wrong with it goes into a report."""

    def __init__(self, report: Report, limits: Limits) -> None:
        self._report = report
        self._guard = PathGuard(PathPolicy.within(limits))
        self._kinds: dict[SafePath, Kind] = {}
        """Of members, and of the directories that they lie in."""
        self._trapped: set[str] = set()

    def add(self, path: PathList, kind: Kind) -> None:
        """Judge one path, which may be anything that an archive can hold."""
        shown = display_path(path)
        try:
            safe = self._guard(path) if kind == "directory" else self._guard.file(path)
        except UnsafePathError as error:
            self._report.add(Level.UNSAFE, "unsafe-path", f"the path {error.paths[0][1]}", entry=shown)
            return
        except LimitError as error:
            self._report.add_error(error, Level.UNSAFE, "limit")
            return
        if self._place(safe, kind, shown):
            self._add_traps(safe, shown)

    def add_judged(self, path: str) -> None:
        """The same for a path whose safety somebody else has judged."""
        names = tuple(path.split("/"))
        if not _NO_NAMES.intersection(names) and names not in self._kinds:
            self._kinds[names] = "file"
            self._add_traps(names, path)

    def _add_traps(self, path: SafePath, shown: str) -> None:
        for trap in portability_traps(path):
            if trap not in self._trapped:
                self._trapped.add(trap)
                self._report.add(Level.TRAP, "not-portable", trap, entry=shown)

    def finish(self) -> None:
        """Judge all paths together."""
        for group in collisions(self._alike()):
            spellings = ", ".join(map(repr, group))
            self._report.add(
                Level.TRAP,
                "collision",
                f"{spellings} are one name on a disk that does not tell case or Unicode spellings apart",
            )

    def _alike(self) -> Iterator[SafePath]:
        """The paths among which two can be one name: those that are not spelled as a folding disk keeps them, and what
        has the name of such a one. Without this every path would cost some hundred bytes more."""
        odd = {path for path in self._kinds if not all(map(_is_folded, path))}
        kept = {tuple(map(folded, path[:depth])) for path in odd for depth in range(1, len(path) + 1)}
        for path in self._kinds if odd else ():
            if path in odd or any(path[:depth] in kept for depth in range(1, len(path) + 1)):
                yield path

    def _place(self, path: SafePath, kind: Kind, shown: str) -> bool:
        """Put a path where it is; whether it is a new one."""
        for depth in range(1, len(path)):
            above = self._kinds.setdefault(path[:depth], "directory")
            if above != "directory":
                self._report.add(
                    Level.UNSAFE, "below-a-file", f"{'/'.join(path[:depth])!r} is a {above} as well", entry=shown
                )
                return True
        known = self._kinds.get(path)
        if known is None:
            self._kinds[path] = kind
            return True
        if known != kind:
            self._report.add(
                Level.UNSAFE, "two-kinds", f"is a {known} and a {kind} at the same time in the archive", entry=shown
            )
        elif kind != "directory":
            self._report.add(
                Level.LENIENCY, "duplicate", "is in the archive more than once; with -f the last one wins", entry=shown
            )
        return False


def _is_folded(name: str) -> bool:
    """Whether a disk that folds names keeps this one as it is."""
    return name == name.lower() if name.isascii() else name == folded(name)
