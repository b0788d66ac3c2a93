"""Which entries of an archive are wanted, and where they go: what the options of ``unpack`` say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pltpack.codec.entries import SAME, Directory, File, display_path

from ..console import DIFFERENT, DONE, complain


@dataclass(frozen=True, slots=True)
class Choice:
    """The entries that match one of ``only`` (none: all) and none of ``exclude``, without their first names.

    Entries with no more names than ``strip_components`` are not wanted.
    """

    only: Sequence[str] = ()
    exclude: Sequence[str] = ()
    strip_components: int = 0

    def __bool__(self) -> bool:
        return bool(self.only or self.exclude or self.strip_components)

    @property
    def wanted(self) -> Callable[[str], bool] | None:
        """Whether a path is wanted, by its patterns; ``None``: all are. It can be sent to another process."""
        if not self.only and not self.exclude:
            return None
        from pltpack.patterns import excluder, matcher

        return partial(_is_wanted, matcher(self.only or ["*"]), excluder(self.exclude))

    def of(self, entries: Iterable[Directory | File]) -> Iterator[Directory | File]:
        """The wanted entries, where they would go."""
        if not self:
            yield from entries
            return
        wanted = self.wanted
        for entry in entries:
            names = tuple(part for part in entry.path if part is not SAME)
            shown = display_path(names) + "/" * isinstance(entry, Directory)
            if len(names) > self.strip_components and (wanted is None or wanted(shown)):
                yield replace(entry, path=names[self.strip_components :])

    def report(self, name: str, found: object) -> int:
        """Say so if nothing was found in the archive of that name; returns the exit code."""
        if found or not (self.only or self.strip_components):
            return DONE
        if self.only:
            complain(f"nothing in {name} matches {' '.join(self.only)}")
        else:
            complain(f"nothing in {name} has more than {self.strip_components} names in its path")
        return DIFFERENT


def _is_wanted(matches: Callable[[str], bool], excluded: Callable[[str], bool], path: str) -> bool:
    return matches(path) and not excluded(path)
