"""Racket's regular expressions as programs for :mod:`pltpack.racket.regexp`, as far as versions can tell.

A program is a list of steps. A step is a tuple of its kind and what it needs; distances are counted from the step.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

Step: TypeAlias = tuple[Any, ...]
Program: TypeAlias = Sequence[Step]

_ALPHABET: Final = frozenset("0123456789.")
_DIGITS: Final = _ALPHABET - {"."}
_NONE: Final[frozenset[str]] = frozenset()
_POSIX: Final = {
    "digit": _DIGITS, "xdigit": _DIGITS, "alnum": _DIGITS, "word": _DIGITS, "graph": _ALPHABET, "print": _ALPHABET,
    "ascii": _ALPHABET,
}  # fmt: skip
"""The classes with characters of versions; the others have none."""
_CLASSES: Final = {"d": _DIGITS, "w": _DIGITS, "s": _NONE}
_POSIX_CLASS: Final = re.compile(r"\[:([a-z]+):\]")
_PROPERTY: Final = re.compile(r"([pP])\{(\^?)([A-Za-z&.]+)\}")
_REPEAT: Final = re.compile(r"\{([0-9]*)(?:(,)([0-9]*))?\}")
_OPENING: Final = re.compile(
    r"\((?:\?(?:(?P<look><?[=!])|(?P<once>>)|\(\?(?P<test><?[=!])|\((?P<group>[0-9]+)\)|(?P<mode>[a-z-]*:)))?"
)
_NUMBER: Final = re.compile(r"[0-9]+")
_DEPTH: Final = 200


def compiled(source: str, perl: bool, longest: int, charge: Callable[[int], None]) -> tuple[Program, int]:
    """The program of an expression that Racket accepts, and the number of groups that it refers to.

    ``longest`` is the length of the text, ``charge`` is told of each step. Raises ``ValueError`` for an expression that
    is nested too deeply, and what ``charge`` raises.
    """
    compiler = _Compiler(source, perl, longest, charge)
    program = compiler.alternatives()
    return program, len(compiler.slots)


class _Compiler:
    """One pass over an expression."""

    def __init__(self, source: str, perl: bool, longest: int, charge: Callable[[int], None]) -> None:
        self.source = source
        self.perl = perl
        self.longest = longest
        self.charge = charge
        self.at = 0
        self.depth = 0
        self.groups = 0
        self.slots = {number: slot for slot, number in enumerate(sorted(_referred(source, perl)))}

    def alternatives(self) -> list[Step]:
        """What stands between parentheses, or the whole: sequences with bars between."""
        found = [self._sequence()]
        while self.source.startswith("|", self.at):
            self.at += 1
            found.append(self._sequence())
        rest = sum(len(part) + 2 for part in found[:-1]) + len(found[-1])
        program: list[Step] = []
        for part in found[:-1]:
            rest -= len(part) + 2
            program += [("either", 1, len(part) + 2), *part, ("go", rest + 1)]
        return program + found[-1]

    def _sequence(self) -> list[Step]:
        program: list[Step] = []
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            program += self._repeated(self._atom())
        return program

    def _atom(self) -> list[Step]:
        self.charge(1)
        character = self.source[self.at]
        if character == "(":
            return self._group()
        self.at += 1
        match character:
            case "^":
                return [("start",)]
            case "$":
                return [("end",)]
            case ".":
                return [("one of", _ALPHABET)]
            case "[":
                return [("one of", self._range())]
            case "\\":
                return self._escape()
            case _:
                return [("one of", _ALPHABET & {character})]

    def _escape(self) -> list[Step]:
        source = self.source
        following = source[self.at : self.at + 1]
        if self.perl and (number := _NUMBER.match(source, self.at)):
            self.at = number.end()
            return [("again", self.slots[int(number[0])])]
        if self.perl and (found := _PROPERTY.match(source, self.at)):
            self.at = found.end()
            return [("one of", _property(found))]
        self.at += 1
        if self.perl and following in ("b", "B"):
            return [("edge", following == "b")]
        if self.perl and following.lower() in _CLASSES:
            return [("one of", _class(following))]
        return [("one of", _ALPHABET & {following})]

    def _group(self) -> list[Step]:
        """From a parenthesis to its end."""
        opening = _OPENING.match(self.source, self.at)
        assert opening is not None
        self.at = opening.end()
        self.depth += 1
        if self.depth > _DEPTH:
            raise ValueError("a regular expression nested too deeply")
        number = 0
        if opening[0] == "(":
            self.groups += 1
            number = self.groups
        if opening["test"] or opening["group"]:
            program = self._conditional(opening["test"], opening["group"])
        else:
            program = self.alternatives()
        self.at += 1
        self.depth -= 1
        if opening["look"]:
            return [("look", program, opening["look"].startswith("<"), opening["look"].endswith("="), None)]
        if opening["once"]:
            return [("once", program)]
        slot = self.slots.get(number)
        return program if slot is None else [("open", slot), *program, ("close", slot)]

    def _conditional(self, test: str | None, group: str | None) -> list[Step]:
        """``(?(test)then|else)``, from behind the opening of the test."""
        part: list[Step] = []
        if test:
            part = self.alternatives()
            self.at += 1
        then = self._sequence()
        otherwise: list[Step] = []
        if self.source.startswith("|", self.at):
            self.at += 1
            otherwise = self._sequence()
        past = len(then) + 2
        if test:
            step: Step = ("look", part, test.startswith("<"), test.endswith("="), past)
        else:
            step = ("if", self.slots[int(group or 0)], past)
        return [step, *then, ("go", len(otherwise) + 1), *otherwise]

    def _repeated(self, part: list[Step]) -> list[Step]:
        """A part with the repetition behind it."""
        sign = self.source[self.at : self.at + 1]
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign, (1, 1))
        if sign in ("*", "+", "?") and sign:
            self.at += 1
        elif self.perl and (repeat := _REPEAT.match(self.source, self.at)):
            self.at = repeat.end()
            least = self._count(repeat[1])
            most = (self._count(repeat[3]) if repeat[3] else None) if repeat[2] else least
        else:
            return part
        lazy = self.source.startswith("?", self.at)
        self.at += lazy
        # What is repeated is never empty, so that more often than there are characters is the same as for ever.
        program: list[Step] = []
        for _ in range(least):
            self.charge(len(part))
            program += part
        if most is None or most > self.longest:
            return [*program, _either(1, len(part) + 2, lazy), *part, ("go", -len(part) - 1)]
        for left in range(most - least, 0, -1):
            self.charge(len(part) + 1)
            program += [_either(1, left * (len(part) + 1), lazy), *part]
        return program

    def _count(self, digits: str) -> int:
        return min(int(digits[-12:] or "0") if len(digits.lstrip("0")) < 10 else 10**9, self.longest + 1)

    def _range(self) -> frozenset[str]:
        """The characters of a range, from behind its bracket."""
        source = self.source
        negated = source.startswith("^", self.at)
        self.at += negated
        first = self.at
        found: set[str] = set()
        low = ""
        while source[self.at] != "]" or self.at == first:
            character = source[self.at]
            if self.perl and (named := _POSIX_CLASS.match(source, self.at)):
                found |= _POSIX.get(named[1], _NONE)
                low, self.at = "", named.end()
                continue
            spanning = character == "-" and low != "" and source[self.at + 1] != "]"
            self.at += spanning
            character = source[self.at]
            if self.perl and character == "\\":
                self.at += 1
                character = source[self.at]
                if character.lower() in _CLASSES:
                    found |= _class(character)
                    low = ""
                    self.at += 1
                    continue
            self.at += 1
            if spanning:
                found |= {one for one in _ALPHABET if low <= one <= character}
                low = ""
            else:
                found.add(character)
                low = character
        self.at += 1
        return _ALPHABET - found if negated else _ALPHABET & found


def _either(first: int, second: int, lazy: bool) -> Step:
    return ("either", second, first) if lazy else ("either", first, second)


def _class(letter: str) -> frozenset[str]:
    found = _CLASSES[letter.lower()]
    return _ALPHABET - found if letter.isupper() else found


def _property(found: re.Match[str]) -> frozenset[str]:
    """The characters of a version that have a Unicode property, or have it not."""
    having = {one for one in _ALPHABET if unicodedata.category(one).startswith(found[3])}
    return frozenset(_ALPHABET - having if (found[1] == "P") != bool(found[2]) else having)


def _referred(source: str, perl: bool) -> set[int]:
    """The groups that an expression refers to (perhaps more: brackets are not looked for)."""
    pattern = r"\\([0-9]+)|\(\?\(([0-9]+)\)" if perl else r"\(\?\(([0-9]+)\)()"
    return {int((match[1] or match[2])[-9:]) for match in re.finditer(pattern, source)}
