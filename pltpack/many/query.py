"""What is searched for in archives: by the name of a file, what is in it, the module that it is, what it requires."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from pltpack.arguments import check_several
from pltpack.many.requires import LONGEST, SUFFIXES, required
from pltpack.patterns import matcher

MOST_LINES: Final = 10_000
"""Lines of one file that are told; the others are counted."""

_LONGEST_LINE: Final = 1 << 20
"""Bytes of a line; what is longer counts as several, cut there."""

_MODULE_SUFFIXES: Final = (".rkt", ".ss", ".scm")
_SHOWN: Final = 2000


class Line(NamedTuple):
    """A line of a file, from 1, and its text as far as it can be shown (``""``: the file is no text)."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """What a file must be to be found: all of what is said here.

    ``names``: its path matches one of these patterns (as in .gitignore). ``text``: a line of it holds this, or with
    ``regexp`` matches this expression of Python; ``ignore_case``: whether large letters are small ones, too.
    ``module``: it is what ``(require ...)`` of this module path finds, at whatever depth. ``requires``: a collection
    or module that the program requires, by its forms ``(require ...)`` or by its language.
    """

    names: tuple[str, ...] = ()
    text: str | None = None
    regexp: bool = False
    ignore_case: bool = False
    module: str | None = None
    requires: str | None = None

    def __post_init__(self) -> None:
        check_several("names", self.names)

    def compiled(self) -> Compiled:
        """The query, ready to be asked. Raises ``ValueError`` for what is no regular expression."""
        return Compiled(self)


class Compiled:
    """A query that can be asked of one file after the other."""

    def __init__(self, query: Query) -> None:
        self._names = matcher(query.names) if query.names else None
        self._module = None if query.module is None else _endings(query.module)
        self._requires = None if query.requires is None else query.requires.strip("/")
        # However it is spelled, its names stand in the text.
        self._names_in_text = [part.encode() for part in re.split("[:/]", self._requires or "") if part]
        self._literal: bytes | None = None
        self._pattern: re.Pattern[str] | None = None
        if query.text is not None:
            if not query.regexp and not query.ignore_case:
                self._literal = query.text.encode(errors="surrogateescape")
            flags = re.IGNORECASE if query.ignore_case else 0
            try:
                self._pattern = re.compile(query.text if query.regexp else re.escape(query.text), flags)
            except (re.error, RecursionError) as error:
                raise ValueError(f"{query.text!r} is no regular expression: {error}") from None

    def takes(self, path: str) -> bool:
        """Whether a file of this path may be what is searched for."""
        if self._names is not None and not self._names(path):
            return False
        if self._module is not None and not f"/{path}".endswith(self._module):
            return False
        return self._requires is None or path.endswith(SUFFIXES)

    @property
    def reads(self) -> bool:
        """Whether the data of a file has to be looked at."""
        return self._pattern is not None or self._requires is not None

    def lines(self, chunks: Iterable[bytes]) -> Iterator[Line] | None:
        """The lines of a file that are what is searched for; ``None`` if there is a part of the query that none is.

        With text and requirement both asked for, the lines are those with the text.
        """
        if self._requires is not None:
            data = b"".join(_bounded(chunks, LONGEST))
            if not all(name in data for name in self._names_in_text):
                return None
            modules = [found for found in required(data) if self._is_required(found.module)]
            if not modules:
                return None
            if self._pattern is not None:
                return self._text_lines([data])
            numbers = dict.fromkeys(found.line for found in modules)
            texts = data.split(b"\n")
            return iter([Line(number, _shown(texts[number - 1])) for number in numbers])
        return self._text_lines(chunks)

    def _is_required(self, module: str) -> bool:
        return f"{module}/".startswith(f"{self._requires}/")

    def _text_lines(self, chunks: Iterable[bytes]) -> Iterator[Line]:
        number = 0
        binary: bool | None = None
        for block in _whole_lines(chunks):
            if binary is None:
                binary = b"\0" in block[:8192]
            if self._literal is not None and self._literal not in block:
                number += block.count(b"\n")
                continue
            lines = block.split(b"\n")
            for line in lines[:-1] if block.endswith(b"\n") else lines:
                number += 1
                if self._matches(line.removesuffix(b"\r")):
                    yield Line(number, "" if binary else _shown(line))

    def _matches(self, line: bytes) -> bool:
        if self._literal is not None:
            return self._literal in line
        assert self._pattern is not None
        return self._pattern.search(line.decode("utf-8", "surrogateescape")) is not None


def _endings(module: str) -> tuple[str, ...]:
    """How the path of a file ends that a module path means: games/cards is games/cards.rkt or games/cards/main.rkt."""
    path = module.strip("/")
    if path.endswith(_MODULE_SUFFIXES):
        stem = path.rpartition(".")[0]
        return tuple(f"/{stem}{suffix}" for suffix in _MODULE_SUFFIXES)
    return tuple(f"/{path}{end}{suffix}" for end in ("", "/main") for suffix in _MODULE_SUFFIXES)


def _bounded(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:most]
        most -= len(chunk)
        if most <= 0:
            return


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The data in blocks that end where a line ends, or at the end of the data, or of what is long enough."""
    rest = b""
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end:
            yield rest + chunk[:end]
            rest = chunk[end:]
        else:
            rest += chunk
        if len(rest) > _LONGEST_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


def _shown(line: bytes) -> str:
    return line[:_SHOWN].decode("utf-8", "backslashreplace").rstrip("\r\n")
