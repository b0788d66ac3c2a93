"""Judging the names in an archive: unsafe ones, ones that are there twice, ones that are traps elsewhere."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import Final

from pltpack.codec.entries import PathList, display_path
from pltpack.codec.limits import Limits
from pltpack.errors import LimitError, UnsafePathError
from pltpack.formats.entries import Kind
from pltpack.inspection.findings import Level, Report
from pltpack.inspection.many_paths import ManyPaths
from pltpack.transaction.paths import SafePath
from pltpack.transaction.portability import WINDOWS_PATH_LENGTH, collisions, folded, is_ordinary, portability_traps
from pltpack.unpacker.paths import PathGuard, PathPolicy

_NO_NAMES: Final = frozenset(("", ".", ".."))


MOST_KEPT: Final = 50_000
"""Paths that are kept as they are; of more than these, unless somebody asks for it, only hashes are."""

TOGETHER: Final = frozenset(("below-a-file", "two-kinds", "duplicate", "collision"))
"""Codes of findings that several paths together give rise to."""


class Names:
    """Takes the path of one member after the other; what is wrong with it goes into a report.

    Of very many paths not all can be kept. Then ``unsure`` says, in the end, whether findings of :data:`TOGETHER` may
    be missing, which a second reading with another one that keeps ``all`` of them brings.
    """

    def __init__(self, report: Report, limits: Limits, *, all: bool = False) -> None:
        self.unsure = False
        self._most = sys.maxsize if all else MOST_KEPT
        self._many: ManyPaths | None = None
        self._report = report
        self._guard = PathGuard(PathPolicy.within(limits))
        # No deeper than it is long, and shorter than what a trap is for Windows.
        self._plain_bytes = min(limits.path_bytes, limits.path_depth, WINDOWS_PATH_LENGTH)
        self._kinds: dict[SafePath, Kind] = {}
        """Of members, and of the directories that they lie in."""
        self._trapped: set[str] = set()
        self.ordinary = False
        """Whether the last path was as most are, of plain names in ASCII."""

    def add(self, path: PathList, kind: Kind) -> SafePath | None:
        """Judge one path, which may be anything that an archive can hold.

        Returns where it would be unpacked; ``None`` for what is unsafe, or a file that is there already.
        """
        self.ordinary = self._is_ordinary(path)
        if self.ordinary:
            new = self._place(path, kind, path)  # type: ignore[arg-type]  # which has names only
            return path if new or kind == "directory" else None  # type: ignore[return-value]  # as above
        try:
            safe = self._guard(path) if kind == "directory" else self._guard.file(path)
        except UnsafePathError as error:
            self._report.add(Level.UNSAFE, "unsafe-path", f"the path {error.paths[0][1]}", entry=display_path(path))
            return None
        except LimitError as error:
            self._report.add_error(error, Level.UNSAFE, "limit")
            return None
        if self._place(safe, kind, path):
            self._add_traps(safe, path)
        elif kind != "directory":
            return None
        return safe

    def _is_ordinary(self, path: PathList) -> bool:
        """Whether a path is as most are: then nothing can be wrong with it but that it is there twice."""
        try:
            text = "/".join(path)  # type: ignore[arg-type]  # what else there may be is seen then
        except TypeError:
            return False
        return len(text) <= self._plain_bytes and is_ordinary(text) is not None and text.count("/") < len(path)

    def add_judged(self, path: str) -> None:
        """The same for a path whose safety somebody else has judged."""
        names = tuple(path.split("/"))
        if not _NO_NAMES.intersection(names) and names not in self._kinds:
            if self._many is not None:
                self._many.add(names, "directory")  # which may come again
            else:
                self._keep(names, "directory")
            self._add_traps(names, names)

    def _add_traps(self, path: SafePath, stored: PathList) -> None:
        for trap in portability_traps(path):
            if trap not in self._trapped:
                self._trapped.add(trap)
                self._report.add(Level.TRAP, "not-portable", trap, entry=display_path(stored))

    def finish(self) -> None:
        """Judge all paths together."""
        if self._many is not None:
            self.unsure = not self._many.fine
            return
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
        names = {name for name in set(itertools.chain.from_iterable(self._kinds)) if not _is_folded(name)}
        if not names:
            return
        odd = {path for path in self._kinds if not names.isdisjoint(path)}
        kept = {
            tuple(map(folded, path[:depth]))
            for path in odd
            for depth in range(1, len(path) + 1)
            if path[depth - 1] in names
        }
        depths = sorted({len(path) for path in kept})
        for path in self._kinds:
            if path in odd or not kept.isdisjoint([path[:depth] for depth in depths if depth <= len(path)]):
                yield path

    def _place(self, path: SafePath, kind: Kind, stored: PathList) -> bool:
        """Put a path where it is; whether it is a new one, as far as that is known."""
        if self._many is not None:
            self._many.add(path, kind)
            return True
        kinds = self._kinds
        known = kinds.get(path)
        if known is None:
            missing: list[SafePath] = []
            for depth in range(len(path) - 1, 0, -1):
                parent = path[:depth]
                above = kinds.get(parent)
                if above == "directory":
                    break  # and so is all above it
                if above is not None:
                    self._report.add(
                        Level.UNSAFE,
                        "below-a-file",
                        f"{'/'.join(parent)!r} is a {above} as well",
                        entry=display_path(stored),
                    )
                    return True
                missing.append(parent)
            kinds.update(dict.fromkeys(reversed(missing), "directory"))
            self._keep(path, kind)
            return True
        if known != kind:
            message = f"is a {known} and a {kind} at the same time in the archive"
            self._report.add(Level.UNSAFE, "two-kinds", message, entry=display_path(stored))
        elif kind != "directory":
            message = "is in the archive more than once; with -f the last one wins"
            self._report.add(Level.LENIENCY, "duplicate", message, entry=display_path(stored))
        return False

    def _keep(self, path: SafePath, kind: Kind) -> None:
        self._kinds[path] = kind
        if len(self._kinds) > self._most:
            self._many = ManyPaths()
            for known, its in self._kinds.items():
                self._many.add(known, its)
            self._kinds = {}


def _is_folded(name: str) -> bool:
    """Whether a disk that folds names keeps this one as it is."""
    return name == name.lower() if name.isascii() else name == folded(name)
