"""What a rescue cannot decide, or did not do: told, and never guessed."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

KINDS: Final = {
    "not-a-path": "a form headed by planet that Racket takes for no module path, often a computed one: left alone",
    "context": "a planet form where a macro may mean something by it: left alone",
    "comment": "a planet form in a comment: left alone",
    "string": "a planet form in a string: left alone",
    "minor-version": "a minor version that is not the latest was asked for: the latest is used",
    "missing-package": "a package that is not at hand",
    "missing-file": "a file that the package does not have",
    "package-name": "a package whose name no package of today can have: left alone",
    "this-package": "a form that looks for its own package in PLaneT's cache, where it is no longer",
    "planet-library": "a library of PLaneT's client, which knows nothing of rescued packages",
    "language-reader": "a language without lang/reader: its main module must have a submodule reader",
    "unreadable": "a text that cannot be read as a program of Racket: left alone",
    "gone-module": "a module that no package has today",
    "unknown-module": "a module that no table knows: it may need a dependency that is not there",
    "set-pair": "pairs were mutable until version 4.0",
    "setup-field": "a field by which raco setup does something: documentation, tools, launchers, installers",
    "loaded-with": "two major versions of a package that may not be loaded together meet",
    "info": "an info file that cannot be evaluated: one that Racket cannot read is put aside",
    "encoding": "a text that is not UTF-8",
}
"""Every kind of note, and what it is about."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """Something to know about a file of a package. ``line`` counts from 1; 0 is the file as a whole.

    ``subject`` is what it is about: a form as it is written, a module, or a package (``owner/pkg 2``).
    """

    file: str
    line: int
    kind: str
    message: str
    subject: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.kind}: {self.message}"


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a file that was replaced; ``line`` is where it began, counted from 1."""

    file: str
    line: int
    before: str
    after: str


class Lines:
    """Finds the lines of a text; where they end is looked for when somebody asks first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ends: list[int] | None = None

    def of(self, at: int) -> int:
        """The line, counted from 1, in which the byte at an offset is."""
        if self._ends is None:
            self._ends = [found.start() for found in re.finditer(rb"\n", self._data)]
        return bisect_left(self._ends, at) + 1
