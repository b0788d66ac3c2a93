"""Racket's regular expressions matched against a version, as links files want it.

The text is always a version: digits and dots. So properties of characters and ends of lines need no more of Unicode
than those eleven characters show.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pltpack.datum.values import Regexp

_VERSION_CHARACTERS: Final = "0123456789."
_POSIX: Final = {
    "alpha": "a-zA-Z",
    "upper": "A-Z",
    "lower": "a-z",
    "digit": "0-9",
    "xdigit": "0-9a-fA-F",
    "alnum": "a-zA-Z0-9",
    "word": "a-zA-Z0-9_",
    "blank": r" \t",
    "space": r" \t\n\v\f\r",
    "graph": "!-~",
    "print": "!-~ \\t",
    "cntrl": r"\x00-\x1f",
    "ascii": r"\x00-\x7f",
}
_GROUP: Final = re.compile(r"\(\?(?:[:=!>]|<[=!]|[a-z-]*:|\([0-9]+\))")
_PROPERTY: Final = re.compile(r"\\([pP])\{(\^?)([A-Za-z&]+)\}")
_POSIX_CLASS: Final = re.compile(r"\[:([a-z]+):\]")


def matches_version(expression: Regexp, version: str) -> bool:
    """Whether a character regexp (``#rx`` or ``#px``) matches somewhere in a version.

    Raises ``ValueError`` for a byte regexp or what is no regular expression.
    """
    if not isinstance(expression.source, str):
        raise ValueError("a byte regexp")
    try:
        return re.search(_translate(expression.source, expression.perl), version, re.ASCII | re.DOTALL) is not None
    except (re.error, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    except RecursionError:
        raise ValueError("a regular expression nested too deeply") from None


def _translate(source: str, perl: bool) -> str:
    """The same expression in Python's syntax."""
    parts: list[str] = []
    at = 0
    while at < len(source):
        character = source[at]
        if character == "[":
            part, at = _range(source, at + 1, perl)
        elif character == "\\":
            part, at = _escape(source, at, perl)
        elif character == "(" and (group := _GROUP.match(source, at)):
            part, at = group[0], group.end()
        else:
            # in #rx only, braces stand for themselves
            part, at = f"\\{character}" if character in "{}" and not perl else character, at + 1
        parts.append(part)
    return "".join(parts)


def _escape(source: str, at: int, perl: bool) -> tuple[str, int]:
    """A backslash and what belongs to it, outside a range."""
    if perl and (found := _PROPERTY.match(source, at)):
        return f"[{_property(found)}]", found.end()
    escaped = source[at + 1 : at + 2]
    if perl and escaped.isalnum():
        return f"\\{escaped}", at + 2
    return re.escape(escaped) if escaped else "\\", at + 2


def _range(source: str, at: int, perl: bool) -> tuple[str, int]:
    """A range, from behind its bracket; the first character may be a bracket that stands for itself."""
    parts = ["["]
    if source[at : at + 1] == "^":
        parts.append("^")
        at += 1
    first = at
    while at < len(source):
        character = source[at]
        if character == "]" and at > first:
            return "".join((*parts, "]")), at + 1
        if perl and (found := _POSIX_CLASS.match(source, at)) and found[1] in _POSIX:
            part, at = _POSIX[found[1]], found.end()
        elif perl and (found := _PROPERTY.match(source, at)):
            part, at = _property(found), found.end()
        elif perl and character == "\\" and at + 1 < len(source):
            part, at = f"\\{source[at + 1]}", at + 2
        elif character == "-" and parts[-1] != "-":
            part, at = "-", at + 1
        else:
            part, at = re.escape(character), at + 1  # also the second of two dashes, which Python warns about
        parts.append(part)
    return "".join(parts), at


def _property(found: re.Match[str]) -> str:
    """The characters of a version that have a Unicode property, or have it not."""
    negated = (found[1] == "P") != bool(found[2])
    wanted = [
        character
        for character in _VERSION_CHARACTERS
        if unicodedata.category(character).startswith(found[3]) != negated
    ]
    # \uffff is in no version: it keeps the class from being empty
    return "".join(re.escape(character) for character in wanted) or "\uffff"
