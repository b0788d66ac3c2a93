"""What installers are called: descriptions such as ``{1} Racket | {2} Linux | {3} x86_64; for most people``.

Levels stand between bars, from the general to the particular. ``{...}`` counts when they are put in order and is not
shown; behind a semicolon stands a detail. The rules are those of the download pages that Racket's *distro-build* makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

_HIDDEN: Final = re.compile(r"\{[^}]*\}")
_LOG_DROPPED: Final = re.compile(r"\{[^}]*\}|[][|;*!()]")
_SPACES: Final = re.compile(" +")
_LOWEST: Final = str.maketrans("|;", "\1\1")
MOST_LEVELS: Final = 40
"""Deeper ones are not told apart: no page could show them."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level: what is shown, the detail behind it (``""``: none), and ``raw`` as it was written."""

    raw: str
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a page: a group, or with a ``description`` an installer; ``depth`` counts from 0."""

    depth: int
    level: Level
    description: str | None = None


@lru_cache(maxsize=1 << 13)  # each is asked for several times over
def levels(description: str) -> tuple[Level, ...]:
    """The levels of a description.

    >>> [(level.text, level.detail) for level in levels("{1} Racket | Linux; 64-bit")]
    [('Racket', ''), ('Linux', '64-bit')]
    """
    return tuple(_level(part.strip()) for part in description.split("|", MOST_LEVELS - 1))


def plain(description: str) -> str:
    """A description as it is read out: without numbers and details."""
    return " | ".join(level.text for level in levels(description))


def sort_key(description: str) -> str:
    """The key by which descriptions are put in order: their text, a bar or a semicolon before every letter.

    Numbers count as text, so that ``{10}`` comes before ``{2}``; write ``{02}``.
    """
    return description.translate(_LOWEST)


def rows(descriptions: Iterable[str]) -> list[Row]:
    """The lines of a page, in order: each group once, what is in it below it.

    A description that ends where another one goes on gives a line of its own before the group.
    """
    return list(_rows([(levels(text), text) for text in sorted(descriptions, key=sort_key)], 0))


def _rows(items: list[tuple[tuple[Level, ...], str]], depth: int) -> Iterator[Row]:
    for level, members in groupby(items, key=lambda item: item[0][depth]):
        inner: list[tuple[tuple[Level, ...], str]] = []
        for parts, text in members:
            if len(parts) == depth + 1:
                if inner:
                    yield Row(depth, level)
                    yield from _rows(inner, depth + 1)
                    inner = []
                yield Row(depth, level, text)
            else:
                inner.append((parts, text))
        if inner:
            yield Row(depth, level)
            yield from _rows(inner, depth + 1)


def _level(raw: str) -> Level:
    shown = _HIDDEN.sub("", raw)
    text, _, detail = shown.partition(";")
    return Level(raw, text.strip(), detail.strip())


def log_name(description: str) -> str:
    """The name under which the log of a build is kept; a ``/`` stays, which no name of a file may have.

    >>> log_name("{1} Racket | {2} Linux | {3} x86_64")
    'Racket_Linux_x86_64'
    """
    return _SPACES.sub("_", _LOG_DROPPED.sub("", description).strip(" "))


class MinimalCounterparts:
    """Tells the minimal distribution for the same platform.

    Below their first levels, where one has ``Minimal`` and the other not, two descriptions are the same but for
    details, or the minimal one says more.
    """

    def __init__(self, descriptions: Iterable[str]) -> None:
        self._known: dict[tuple[str, ...], str] = {}
        for description in sorted(descriptions, key=sort_key):
            first, *below = (level.text for level in levels(description))
            if _is_minimal(first):
                for count in range(1, len(below) + 1):
                    self._known.setdefault(tuple(below[:count]), description)

    def of(self, description: str) -> str | None:
        """The description of the counterpart; ``None`` if there is none, or it is minimal itself."""
        first, *below = (level.text for level in levels(description))
        return None if _is_minimal(first) else self._known.get(tuple(below))


def _is_minimal(text: str) -> bool:
    return "minimal" in text.lower()
