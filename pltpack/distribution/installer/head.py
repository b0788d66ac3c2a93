"""The head of a self-extracting installer (``.sh``): what it says of itself, and where the archive begins.

It is a program of the shell, and nothing of it is run: only lines that set a variable to a plain text are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from pltpack.errors import FormatError

MOST_LINES: Final = 10_000
MOST_BYTES: Final = 1 << 20
"""How long a head may be; those that are made have some hundred lines."""

VARIABLES: Final = ("DISTNAME", "TARGET", "BINSUM", "ORIGSIZE", "RELEASED")
_START: Final = "BINSTARTLINE"
_SETTING: Final = re.compile(rb'[ \t]*([A-Z]+)="([^"\n]*)"[ \t\r]*\n')
_EXPANDED: Final = re.compile(r"[$`\\]")
_SHELL: Final = re.compile(rb"#! ?/\S*sh\b")


@dataclass(frozen=True, slots=True)
class ShellHead:
    """What the head of an installer says.

    ``declared`` are the values of :data:`VARIABLES`. The archive begins with line ``start_line`` (from 1), which is at
    byte ``offset``.
    """

    start_line: int
    offset: int
    declared: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it installs: ``Racket v8.7``."""
        return self.declared.get("DISTNAME", "")

    @property
    def target(self) -> str:
        """The directory that it makes."""
        return self.declared.get("TARGET", "")

    @property
    def checksum(self) -> int | None:
        """The checksum (``cksum``) that the archive has; ``None`` if none is said."""
        text = self.declared.get("BINSUM", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else None


def is_shell(start: bytes) -> bool:
    """Whether a file begins as a program of the shell does."""
    return _SHELL.match(start) is not None


def read_head(stream: BinaryIO) -> ShellHead:
    """The head of an installer, from a stream that stands at its beginning. Reads :data:`MOST_BYTES` at most.

    Raises :class:`~pltpack.errors.FormatError` for what is no such installer.
    """
    text = stream.read(MOST_BYTES)
    if not is_shell(text):
        raise FormatError("not a self-extracting installer: it is no program of the shell")
    settings: dict[str, str] = {}
    ends: list[int] = [0]
    for line in re.finditer(rb"[^\n]*\n", text):
        ends.append(line.end())
        if len(ends) > MOST_LINES or (_START in settings and len(ends) > _line_number(settings[_START])):
            break
        found = _SETTING.fullmatch(line[0])
        if found is None or found[1].decode() not in (*VARIABLES, _START):
            continue
        name, value = found[1].decode(), found[2].decode("utf-8", "replace")
        if settings.setdefault(name, value) != value:
            raise FormatError(f"{name} is set twice", offset=line.start())
        if _EXPANDED.search(value):
            raise FormatError(f"{name} is what the shell makes of {value!r}, which is not told here")
    if _START not in settings:
        raise FormatError("no BINSTARTLINE says where the archive begins", hint="this is no installer of Racket's form")
    number = _line_number(settings.pop(_START))
    if number > len(ends):
        raise FormatError(f"the archive is to begin with line {number}, and the head has {len(ends) - 1} lines")
    return ShellHead(number, ends[number - 1], settings)


def _line_number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < (number := int(text[:9])) <= MOST_LINES:
        raise FormatError(f"BINSTARTLINE is {text[:40]!r}, which is no number of a line")
    return number
