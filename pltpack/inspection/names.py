"""Judging the names in an archive: unsafe ones, ones that are there twice, ones that are traps elsewhere."""

from __future__ import annotations

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
from pltpack.transaction.portability import (
    WINDOWS_PATH_LENGTH,
    collisions,
    folded_path,
    is_ordinary,
    portability_traps,
)
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
        self._kinds: dict[str, Kind] = {}
        """Of members, and of all directories that they lie in; ``/`` between the names of a path."""
        self._trapped: set[str] = set()
        self.ordinary = False
        """Whether the last path was as most are, of plain names in ASCII."""

    def add(self, path: PathList, kind: Kind) -> SafePath | None:
        """Judge one path, which may be anything that an archive can hold.

        Returns where it would be unpacked; ``None`` for what is unsafe, or a file that is there already.
        """
        self.ordinary = self._is_ordinary(path)
        if self.ordinary:
            new = self._place("/".join(path), kind, path)  # type: ignore[arg-type]  # which has names only
            return path if new or kind == "directory" else None  # type: ignore[return-value]  # as above
        try:
            safe = self._guard(path) if kind == "directory" else self._guard.file(path)
        except UnsafePathError as error:
            self._report.add(Level.UNSAFE, "unsafe-path", f"the path {error.paths[0][1]}", entry=display_path(path))
            return None
        except LimitError as error:
            self._report.add_error(error, Level.UNSAFE, "limit")
            return None
        if self._place("/".join(safe), kind, path):
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
        if not _NO_NAMES.intersection(names) and path not in self._kinds:
            if self._many is not None:
                self._many.add(path, "directory")  # which may come again
            else:
                self._keep(path, "directory", names)
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
        odd = {path for path in self._kinds if folded_path(path) != path}
        kept = set(map(folded_path, odd))
        for path in self._kinds if odd else ():
            if path in odd or path in kept:
                yield tuple(path.split("/"))

    def _place(self, path: str, kind: Kind, stored: PathList) -> bool:
        """Put a path where it is; whether it is a new one, as far as that is known."""
        if self._many is not None:
            self._many.add(path, kind)
            return True
        known = self._kinds.get(path)
        if known is None:
            self._keep(path, kind, stored)
            return True
        if known != kind:
            message = f"is a {known} and a {kind} at the same time in the archive"
            self._report.add(Level.UNSAFE, "two-kinds", message, entry=display_path(stored))
        elif kind != "directory":
            message = "is in the archive more than once; with -f the last one wins"
            self._report.add(Level.LENIENCY, "duplicate", message, entry=display_path(stored))
        return False

    def _keep(self, path: str, kind: Kind, stored: PathList) -> None:
        """Put down a new path, and the directories that it lies in; nothing if one of them is none."""
        kinds = self._kinds
        missing: list[str] = []
        above = path.rpartition("/")[0]
        while above and (its := kinds.get(above)) != "directory":
            if its is not None:
                message = f"{above!r} is a {its} as well"
                self._report.add(Level.UNSAFE, "below-a-file", message, entry=display_path(stored))
                return
            missing.append(above)
            above = above.rpartition("/")[0]
        if missing:
            kinds.update(dict.fromkeys(reversed(missing), "directory"))
        kinds[path] = kind
        if len(kinds) > self._most:
            self._many = ManyPaths()
            for known, of in kinds.items():
                self._many.add(known, of)
            self._kinds = {}
