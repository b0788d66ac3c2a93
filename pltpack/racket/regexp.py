"""Racket's regular expressions matched against a version, as links files want it.

The text is always a version: digits and dots. So properties of characters, modes and ends of lines need no more than
those eleven characters show. A links file may come from a stranger: no state of a match is come to twice, so that the
time is bounded by the size of the expression times that of the version, and what would take longer is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from pltpack.datum.regexps import check_regexp
from pltpack.datum.values import Regexp
from pltpack.racket.regexp_program import Program, compiled

_Spans: TypeAlias = "tuple[tuple[int, tuple[int, int] | None], ...]"
"""Of each group that is referred to: where it began to match last, and from where to where it has matched last."""

_Found: TypeAlias = "tuple[int, _Spans] | None"
"""Where a match ends, and the groups there."""

WORK: Final = 300_000
"""Characters and steps that the expressions of one file may have, and steps that they may make, all together."""


class VersionMatcher:
    """Matches expressions against one version; ``work`` bounds what all of them take together."""

    def __init__(self, version: str, *, work: int = WORK) -> None:
        self._text = version
        self._work = work

    def matches(self, expression: Regexp) -> bool:
        """Whether a character regexp (``#rx`` or ``#px``) matches somewhere in the version.

        Raises ``ValueError`` for a byte regexp, what is no regular expression, and what takes too long.
        """
        if not isinstance(expression.source, str):
            raise ValueError("a byte regexp")
        self.charge(len(expression.source))
        try:
            check_regexp(expression.source, perl=expression.perl)
        except ValueError as error:
            raise ValueError(f"not a regular expression: {error}") from error
        program, groups = compiled(expression.source, expression.perl, len(self._text), self.charge)
        run = _Run(self._text, self)
        return any(
            run.first(program, start, ((0, None),) * groups, None) is not None for start in range(len(self._text) + 1)
        )

    def charge(self, steps: int) -> None:
        """Take note of work; raises ``ValueError`` when it is too much."""
        self._work -= steps
        if self._work < 0:
            raise ValueError("a regular expression that takes too long")


class _Run:
    """One expression that is looked for in a text; what a part of it has found at a place is kept."""

    def __init__(self, text: str, matcher: VersionMatcher) -> None:
        self._text = text
        self._charge = matcher.charge
        self._known: dict[tuple[int, int, _Spans, int | None], _Found] = {}

    def first(self, program: Program, start: int, spans: _Spans, end: int | None) -> _Found:
        """The match from ``start`` that Racket finds first; only one that ends at ``end``, if that is given."""
        question = (id(program), start, spans, end)
        if question not in self._known:
            self._known[question] = self._search(program, start, spans, end)
        return self._known[question]

    def _search(self, program: Program, start: int, spans: _Spans, end: int | None) -> _Found:
        pending = [(0, start, spans)]
        seen: set[tuple[int, int, _Spans]] = set()
        while pending:
            state = pending.pop()
            if state in seen:
                continue
            seen.add(state)
            self._charge(1 + len(spans))
            place, at, spans = state
            if place < len(program):
                pending += self._step(program, place, at, spans)
            elif end is None or at == end:
                return at, spans
        return None

    def _step(self, program: Program, place: int, at: int, spans: _Spans) -> Sequence[tuple[int, int, _Spans]]:
        """What can come next, the most wanted last."""
        text, following = self._text, place + 1
        match program[place]:
            case ("one of", characters):
                return [(following, at + 1, spans)] if text[at : at + 1] in characters and at < len(text) else []
            case ("either", first, second):
                return [(place + second, at, spans), (place + first, at, spans)]
            case ("go", distance):
                return [(place + distance, at, spans)]
            case ("start",):
                return [(following, at, spans)] if at == 0 else []
            case ("end",):
                return [(following, at, spans)] if at == len(text) else []
            case ("edge", wanted):
                edge = _is_digit(text, at - 1) != _is_digit(text, at)
                return [(following, at, spans)] if edge == wanted else []
            case ("once", part):
                found = self.first(part, at, spans, None)
                return [] if found is None else [(following, *found)]
            case ("look", part, behind, wanted, otherwise):
                found = self._look(part, at, spans, behind)
                if (found is not None) == wanted:
                    return [(following, at, spans if found is None else found[1])]
                return [] if otherwise is None else [(place + otherwise, at, spans)]
            case ("open", number):
                return [(following, at, (*spans[:number], (at, spans[number][1]), *spans[number + 1 :]))]
            case ("close", number):
                began = spans[number][0]
                return [(following, at, (*spans[:number], (began, (began, at)), *spans[number + 1 :]))]
            case ("again", number):
                span = spans[number][1]
                if span is None or not text.startswith(text[slice(*span)], at):
                    return []
                return [(following, at + span[1] - span[0], spans)]
            case ("if", number, otherwise):
                return [(following if spans[number][1] is not None else place + otherwise, at, spans)]
            case step:
                raise AssertionError(step)

    def _look(self, part: Program, at: int, spans: _Spans, behind: bool) -> _Found:
        if not behind:
            return self.first(part, at, spans, None)
        ways = (self.first(part, start, spans, at) for start in range(at, -1, -1))
        return next((found for found in ways if found is not None), None)


def _is_digit(text: str, at: int) -> bool:
    """Whether there is a character of a word: dots are none."""
    return 0 <= at < len(text) and text[at] != "."


def matches_version(expression: Regexp, version: str) -> bool:
    """Whether a character regexp matches somewhere in a version. Raises as :meth:`VersionMatcher.matches`."""
    return VersionMatcher(version).matches(expression)
