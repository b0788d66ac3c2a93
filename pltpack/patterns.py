"""Patterns of paths, as ``.gitignore`` files hold them.

The rules are those of gitignore(5), with characters where git has bytes. What git takes in silence although it is no
pattern (``!``, a backslash at the end, ``[z-a]``, a bracket that is never closed) matches nothing here as well. Names
may come from strangers: the time for one is at most the length of the name times that of the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from pltpack.arguments import check_several
from pltpack.dataclass import dataclass

_CLASSES: Final = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t-\r ", "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_CLASS: Final = re.compile(r"\[:([^\]]*):\]")
_NOTHING: Final = "(?!)"


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A function that says whether a relative path (``/`` between names, one behind a directory) matches a pattern.

    What is below a directory that matches, matches too. Later patterns win, and ``!`` takes back.

    >>> [matcher(["*.bak", "/doc/"])(path) for path in ("a/x.bak", "doc/", "doc/a.txt", "a/doc/")]
    [True, True, True, False]
    """
    return _Matcher(_parsed(patterns))


def excluder(patterns: Sequence[str]) -> Callable[[str], bool]:
    """The same for what is left out: below a directory that is left out, ``!`` brings nothing back, as git has it.

    >>> [decide(["doc/", "!doc/a.txt"])("doc/a.txt") for decide in (excluder, matcher)]
    [True, False]
    """
    return _Excluder(_parsed(patterns))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One pattern; ``runs`` are the names between ``**``, each as a regular expression."""

    runs: tuple[tuple[re.Pattern[str], ...], ...]
    taking_back: bool
    directory: bool
    """Whether only directories match."""
    anywhere: bool
    """Whether only the last name of a path is looked at."""
    below: bool
    """Whether ``**`` is last, which stands for one name or more, not for none."""

    def matches(self, names: Sequence[str], *, directory: bool) -> bool:
        """Whether the path of these names itself matches."""
        if self.directory and not directory:
            return False
        if self.anywhere:
            return self.runs[0][0].match(names[-1]) is not None
        first, *middle = self.runs
        stop = len(names) - self.below
        if not _matches(first, names, 0, stop):
            return False
        at = len(first)
        if not middle:
            return at == len(names)
        *middle, last = middle
        for run in middle:  # the first place that fits leaves most to those behind it
            while not _matches(run, names, at, stop):
                at += 1
                if at > stop:
                    return False
            at += len(run)
        if self.below:
            return at <= stop
        return at <= stop - len(last) and _matches(last, names, stop - len(last), stop)


def _matches(run: Sequence[re.Pattern[str]], names: Sequence[str], at: int, stop: int) -> bool:
    return at + len(run) <= stop and all(
        pattern.match(name) is not None for pattern, name in zip(run, names[at : at + len(run)], strict=True)
    )


class _Matcher:
    """The patterns, the last one first, and what is known of the directory that was asked for last."""

    def __init__(self, patterns: Sequence[_Pattern]) -> None:
        self._patterns = patterns
        self._parent: tuple[Sequence[str], int] = (), len(patterns)

    def __call__(self, path: str) -> bool:
        names = [name for name in path.split("/") if name not in ("", ".")]
        if not names:
            return False
        parent = self._parent
        if parent[0] != names[:-1]:
            self._parent = parent = names[:-1], self._below(names[:-1])
        return self._says(self._winner(names, path.endswith("/"), parent[1]))

    def _below(self, parent: Sequence[str]) -> int:
        """The pattern that decides on what no pattern of its own decides on, in this directory."""
        winner = len(self._patterns)
        for count in range(1, len(parent) + 1):
            winner = self._winner(parent[:count], True, winner)
        return winner

    def _winner(self, names: Sequence[str], directory: bool, inherited: int) -> int:
        """The number of the pattern that decides on a path; that of all patterns if none does."""
        for number, pattern in enumerate(self._patterns[:inherited]):
            if pattern.matches(names, directory=directory):
                return number
        return inherited

    def _says(self, winner: int) -> bool:
        return winner < len(self._patterns) and not self._patterns[winner].taking_back


class _Excluder(_Matcher):
    """The same, where what is above a path is looked at first."""

    def _winner(self, names: Sequence[str], directory: bool, inherited: int) -> int:
        if self._says(inherited):
            return inherited
        return super()._winner(names, directory, len(self._patterns))


def _parsed(lines: Sequence[str]) -> tuple[_Pattern, ...]:
    """The patterns, the last one first."""
    check_several("patterns", lines)
    found = [pattern for line in lines if (pattern := _pattern(line)) is not None]
    return tuple(reversed(found))


def _pattern(line: str) -> _Pattern | None:
    """The pattern of a line; ``None`` for an empty line, a comment, and what can match nothing."""
    if line.startswith("#"):
        return None
    text = _trimmed(line.removesuffix("\r"))
    taking_back = text.startswith("!")
    text = text[taking_back:]
    directory = text.endswith("/")
    text = text.removesuffix("/")
    anywhere = "/" not in text
    names = _names(text.removeprefix("/")) if text else None
    if names is None:
        return None
    runs: list[list[re.Pattern[str]]] = [[]]
    for name in names:
        if len(name) > 1 and not any(name) and not anywhere:
            runs.append([])
        else:
            runs[-1].append(re.compile(_expression(name), re.DOTALL))
    return _Pattern(tuple(map(tuple, runs)), taking_back, directory, anywhere, len(runs) > 1 and not runs[-1])


def _trimmed(line: str) -> str:
    """The line without the spaces at its end; one behind a backslash stays."""
    text = line.rstrip(" ")
    quoted = (len(text) - len(text.rstrip("\\"))) % 2
    return text + line[len(text) : len(text) + quoted]


def _names(text: str) -> list[list[str]] | None:
    """The names of a pattern, each as expressions for one character, ``""`` for a star; ``None`` if it is broken."""
    names: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        character = text[at]
        at += 1
        if character == "[":
            found = _bracket(text, at)
            if found is None:
                return None
            expression, at = found
            names[-1].append(expression)
            continue
        if character == "\\":
            if at == len(text):
                return None
            character = text[at]
            at += 1
        elif character in "*?":
            names[-1].append("." if character == "?" else "")
            continue
        if character == "/":
            names.append([])
        else:
            names[-1].append(re.escape(character))
    return names


def _bracket(text: str, at: int) -> tuple[str, int] | None:
    """What the bracket before ``at`` matches, and the offset behind it; ``None`` if it is broken."""
    negated = text[at : at + 1] in ("!", "^")
    at += negated
    parts: list[str] = []
    before = ""
    start = at
    while at < len(text):
        character = text[at]
        if character == "]" and at > start:
            inside = "".join(parts)
            nothing = "." if negated else _NOTHING
            return (f"[{'^' * negated}{inside}]" if inside else nothing), at + 1
        if character == "[" and (named := _CLASS.match(text, at)):
            if named[1] not in _CLASSES:
                return None
            parts.append(_CLASSES[named[1]])
            before, at = "", named.end()
            continue
        spanning = character == "-" and before != "" and text[at + 1 : at + 2] not in ("", "]")
        at += spanning
        if text[at] == "\\":
            at += 1
            if at == len(text):
                return None
        character = text[at]
        at += 1
        if not spanning:
            parts.append(re.escape(character))
            before = character
        else:
            if before <= character:
                parts.append(f"{re.escape(before)}-{re.escape(character)}")
            before = ""
    return None


def _expression(name: Sequence[str]) -> str:
    """A regular expression for a name, which never goes back behind a star that has found its place."""
    first, *others = _split(name)
    if not others:
        return rf"{first}\Z"
    *middle, last = others
    return first + "".join(f"(?>.*?{piece})" for piece in middle) + rf".*{last}\Z"


def _split(name: Sequence[str]) -> list[str]:
    """The expressions between the stars."""
    pieces = [""]
    for expression in name:
        if expression:
            pieces[-1] += expression
        else:
            pieces.append("")
    return pieces
