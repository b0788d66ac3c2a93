"""Versions of Racket as PLaneT reads them, and which version of a package answers a request.

The rules are those of ``planet/private/planet-shared`` of Racket 8.7, with its oddities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

_OLD: Final = re.compile(r"([0-3][0-9][0-9])\.?([.0-9]*)")
"""Numbers of three digits, up to 372."""
_NEW: Final = re.compile(r"([0-9]+)(?:\.([.0-9]+))?")
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class CoreVersion:
    """A version of Racket: ``372.1`` is (372, 1000), ``4.2.5.3`` is (402, 5003)."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> CoreVersion | None:
        """``None`` for a text that is no version, which asks for nothing (``string->mz-version``).

        >>> CoreVersion.parse("4.2.5.3"), CoreVersion.parse("banana")
        (CoreVersion(major=402, minor=5003), None)
        """
        if len(text) > _LONGEST or not text.isascii():
            return None
        if (old := _OLD.match(text)) and old.end() == len(text):
            chunks = old[2].split(".") if old[2] else []
            return cls._of(int(old[1]), chunks)
        if (new := _NEW.fullmatch(text)) is None:
            return None
        if new[2] is None:
            return cls(int(new[1]) * 100, 0)
        chunks = new[2].split(".")
        if "" in chunks:
            return None
        return cls._of(int(new[1]) * 100 + int(chunks[0]), chunks[1:])

    @classmethod
    def _of(cls, major: int, chunks: list[str]) -> CoreVersion | None:
        try:
            numbers = [int(chunk) for chunk in chunks[:2]]
        except ValueError:  # two dots in a row, where Racket stumbles
            return None
        return cls(major, sum(number * unit for number, unit in zip(numbers, (1000, 1), strict=False)))

    def meets(self, required: CoreVersion) -> bool:
        """Whether this one will do where ``required`` is asked for.

        As Racket's ``version<=``, which by a slip looks at the first number only: 4.1.2 meets 4.1.3.
        """
        return required.major <= self.major


def fits(required: str | None, core: str | None) -> bool:
    """Whether a package that requires one version of Racket may be used with another; ``None`` and texts that are no
    versions make no demand."""
    wanted = None if required is None else CoreVersion.parse(required)
    had = None if core is None else CoreVersion.parse(core)
    return wanted is None or had is None or had.meets(wanted)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The versions that a request admits: of major version ``major`` (``None``: the highest there is), from minor
    version ``low`` to ``high`` (``None``: no end)."""

    major: int | None = None
    low: int = 0
    high: int | None = None

    def admits_minor(self, minor: int) -> bool:
        """Whether a minor version lies within."""
        return self.low <= minor and (self.high is None or minor <= self.high)

    def __str__(self) -> str:
        """As a version is written behind a package's name: ``:1:2-5``; nothing where all versions will do."""
        if self.major is None:
            return ""
        if self.high is None:
            minor = f":{self.low}" if self.low else ""
        elif self.high == self.low:
            minor = f":={self.low}"
        else:
            minor = f":{self.low}-{self.high}" if self.low else f":<={self.high}"
        return f":{self.major}{minor}"


class Versioned(Protocol):
    """What has a version and may require one of Racket."""

    @property
    def major(self) -> int: ...

    @property
    def minor(self) -> int: ...

    @property
    def required_core(self) -> str | None: ...


V = TypeVar("V", bound=Versioned)


def best_match(candidates: Iterable[V], bounds: Bounds, *, core: str | None = None) -> V | None:
    """The version that PLaneT's client takes of those that are there (``get-best-match``).

    Without a major version the highest one there is, and no lower one if that does not do; of it the highest minor
    version within the bounds that runs on ``core``, a version of Racket (``None``: any). Of two that are the same the
    first.
    """
    known = list(candidates)
    if not known:
        return None
    major = max(candidate.major for candidate in known) if bounds.major is None else bounds.major
    fitting = [
        candidate
        for candidate in known
        if candidate.major == major and bounds.admits_minor(candidate.minor) and fits(candidate.required_core, core)
    ]
    return max(fitting, key=lambda candidate: candidate.minor, default=None)


def best_served(candidates: Iterable[V], bounds: Bounds, *, core: str | None = None) -> V | None:
    """The version that PLaneT's server gave: as :func:`best_match` of those alone that run on ``core``."""
    return best_match((candidate for candidate in candidates if fits(candidate.required_core, core)), bounds)
