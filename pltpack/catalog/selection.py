"""Which packages of a catalog are meant: some, with what they depend on, without others."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pltpack.catalog.record import Record
from pltpack.datum.values import Regexp, Symbol
from pltpack.errors import UnknownPackageError
from pltpack.racket.info.fields import Dependency

NEVER: Final = frozenset({"racket"})
"""What is not archived: the package that stands for the core of an installation."""

_LONGEST: Final = 200
"""Characters of an expression for platforms; what is longer matches nothing."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform: ``unix``, ``windows`` or ``macosx``, and its name for libraries, such as ``x86_64-linux``."""

    system: str
    libraries: str


@dataclass(frozen=True, slots=True)
class Selection:
    """``include``: these packages (``None``: all), with ``dependencies`` also what they depend on, on one ``platform``
    or on all. ``exclude``: not these, nor what they alone would bring."""

    include: tuple[str, ...] | None = None
    dependencies: bool = False
    platform: Platform | None = None
    exclude: frozenset[str] = frozenset()
    allow_missing: bool = False

    def check(self, records: Mapping[str, Record]) -> None:
        """Raise :class:`~pltpack.errors.UnknownPackageError` for names that no catalog has."""
        if self.allow_missing:
            return
        for name in self.include or ():
            if name not in records and name not in NEVER:
                close = get_close_matches(name, records, 3)
                hint = f"did you mean {', '.join(close)}?" if close else "--allow-missing passes over it"
                raise UnknownPackageError(f"there is no package {name} in the catalogs", hint=hint)

    def first(self, records: Mapping[str, Record]) -> set[str]:
        """The packages that are meant themselves."""
        wanted = records.keys() if self.include is None else records.keys() & set(self.include)
        return set(wanted) - self.exclude - NEVER

    def next(
        self, records: Mapping[str, Record], dependencies: Iterable[Dependency], known: Collection[str]
    ) -> set[str]:
        """What some dependencies bring besides what is known already."""
        if self.include is None or not self.dependencies:
            return set()
        names = {d.source for d in dependencies if self.platform is None or is_for(d, self.platform)}
        return (names & records.keys()) - self.exclude - NEVER - set(known)


def closure(records: Mapping[str, Record], selection: Selection) -> set[str]:
    """All packages that are meant, by what the catalog says of dependencies."""
    found: set[str] = set()
    pending = selection.first(records)
    while pending:
        found |= pending
        needed = [dependency for name in pending for dependency in records[name].dependencies]
        pending = selection.next(records, needed, found)
    return found


def is_for(dependency: Dependency, platform: Platform) -> bool:
    """Whether a dependency counts on a platform (``matching-platform?``)."""
    match dependency.platform:
        case None:
            return True
        case Symbol(name):
            return name == platform.system
        case str(text):
            return text == platform.libraries
        case Regexp(source=str(source)) if len(source) <= _LONGEST:
            # Racket's notation and Python's agree in what is used here: words, and bars between them.
            with contextlib.suppress(re.error):
                return re.search(source, platform.libraries) is not None
    return False
