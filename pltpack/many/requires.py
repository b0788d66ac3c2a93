"""Which modules a Racket program requires, as far as its text says so. Nothing of it is run or expanded."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Final, NamedTuple

from pltpack.datum.reader import END, DatumLimits, read_datum
from pltpack.datum.values import Symbol
from pltpack.errors import FormatError, LimitError

SUFFIXES: Final = (".rkt", ".rktl", ".scm", ".scrbl", ".ss")
"""How the names of Racket programs end."""

LONGEST: Final = 16 << 20
"""Bytes of a program that are looked at."""

_LIMITS: Final = DatumLimits(depth=10_000, length=LONGEST, count=1_000_000)

_LANG: Final = re.compile(rb"^[ \t]*#(?:lang[ ]+|!)([-+_a-zA-Z0-9/]+)", re.MULTILINE)
_HEADS: Final = frozenset(
    ("require", "#%require", "require-for-syntax", "require-for-template", "require-for-label", "lazy-require")
)
_FORM: Final = re.compile(rb"[(\[]#?%?(?:lazy-)?require\b|@require\b")
"""Where a form may begin in text that is not all data: Scribble's, or that of a language with another notation."""

_ALL: Final = frozenset(("for-syntax", "for-template", "for-label", "combine-in", "subtract-in"))
_FIRST: Final = frozenset(("only-in", "except-in", "rename-in", "only", "all-except", "rename", "submod"))
_BEHIND_FIRST: Final = frozenset(("prefix-in", "prefix", "prefix-all-except", "matching-identifiers-in"))
_ALL_BEHIND_FIRST: Final = frozenset(("for-meta", "just-meta", "only-meta-in"))
"""Forms around module paths, by where these stand in them."""


class Required(NamedTuple):
    """A module path, as in ``(require ...)``: ``games/cards``, without a suffix; and the line that it stands in.

    Paths of files and of PLaneT packages begin with ``file:`` and ``planet:``.
    """

    module: str
    line: int


class _Node(NamedTuple):
    datum: Any
    start: int


def required(data: bytes) -> Iterator[Required]:
    """The modules that a program requires, its language among them, in their order; each as often as it stands there.

    Where the text is no data (Scribble's ``@`` forms, other notations), only forms that look like requirements are
    read. Text that is damaged gives what could be found.
    """
    lines = _Lines(data)
    if (language := _LANG.search(data, 0, 1 << 16)) is not None:
        yield Required(_module(language[1].decode()), lines.number(language.start()))
    position = language.end() if language is not None else 0
    plain = language is None or b"scribble" not in language[0]
    if plain:
        position = yield from _from_data(data, position, lines)
    for match in _FORM.finditer(data, position):
        if match.start() < position:
            continue  # within the form before it
        start = match.start() + (data[match.start()] == ord("@"))
        try:
            node, position = read_datum(data, start, limits=_LIMITS, wrap=_wrap)
            if node.datum == Symbol("require"):  # @require[...]
                node, position = read_datum(data, position, limits=_LIMITS, wrap=_wrap)
                node = _Node([_Node(Symbol("require"), start), *_parts(node)], start)
        except (FormatError, LimitError, AttributeError):
            position = match.end()
            continue
        yield from _from_node(node, lines)


def _from_data(data: bytes, position: int, lines: _Lines) -> Generator[Required, None, int]:
    """What stands in the text as far as it is data; returns where that ends."""
    while True:
        try:
            node, end = read_datum(data, position, limits=_LIMITS, wrap=_wrap)
        except (FormatError, LimitError):
            return position
        if node is END:
            return len(data)
        position = end
        yield from _from_node(node, lines)


def _wrap(datum: Any, start: int, _end: int) -> _Node:
    return _Node(datum, start)


def _parts(node: Any) -> Sequence[_Node]:
    """The elements of a list; nothing for all else."""
    return node.datum if isinstance(node, _Node) and isinstance(node.datum, list) else ()


def _head(parts: Sequence[_Node]) -> str:
    return parts[0].datum.name if parts and isinstance(parts[0].datum, Symbol) else ""


def _from_node(node: _Node, lines: _Lines) -> Iterator[Required]:
    pending = [node]
    while pending:
        parts = _parts(pending.pop())
        head = _head(parts)
        if head in _HEADS:
            for spec in parts[1:]:
                part = _parts(spec)
                # Each element of lazy-require is a list of a module path and names.
                yield from _specs([part[0] if part and head == "lazy-require" else spec], lines)
            continue
        if head in ("module", "module*", "module+") and len(parts) > 2 and head != "module+":
            yield from _specs([parts[2]], lines)
        pending += [part for part in reversed(parts) if isinstance(part, _Node) and isinstance(part.datum, list)]


def _specs(specs: Sequence[_Node], lines: _Lines) -> Iterator[Required]:
    pending = [*reversed(specs)]
    while pending:
        spec = pending.pop()
        datum = spec.datum
        line = lines.number(spec.start)
        parts = _parts(spec)
        rest, head = parts[1:], _head(parts)
        if isinstance(datum, Symbol):
            yield Required(_module(datum.name), line)
        elif isinstance(datum, str):
            yield Required(f"file:{datum}", line)
        elif head in ("lib", "file", "planet"):
            yield Required(_long(head, rest), line)
        elif head in _ALL:
            pending += reversed(rest)
        elif head in _FIRST:
            pending += rest[:1]
        elif head in _BEHIND_FIRST:
            pending += rest[1:2]
        elif head in _ALL_BEHIND_FIRST:
            pending += reversed(rest[1:])


def _long(head: str, rest: Sequence[_Node]) -> str:
    """``(lib "cards.ss" "games")`` is games/cards, and so is ``(lib "games/cards.rkt")``."""
    texts = [node.datum for node in rest if isinstance(node.datum, str)]
    if head == "lib":
        names = [*texts[1:], *texts[:1]]
        if len(texts) == 1 and "/" not in texts[0]:
            # A single name without a slash is that of a collection, or of a file of mzlib.
            names = texts if "." not in texts[0] else ["mzlib", *texts]
        return _module("/".join(names))
    if head == "planet":
        symbols = [node.datum.name for node in rest if isinstance(node.datum, Symbol)]
        package = [part.datum for node in rest for part in _parts(node) if isinstance(part.datum, str)]
        return "planet:" + "/".join([*symbols, *package[:2], *texts])
    return f"{head}:{'/'.join(texts)}"


def _module(path: str) -> str:
    """A module path without a suffix."""
    return re.sub(r"\.(?:rkt|ss|scm)\Z", "", path)


class _Lines:
    """Line numbers of a text, asked for in any order; counted from the nearest place that is known."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._known = (0, 1)

    def number(self, offset: int) -> int:
        """The number of the line, from 1, that a byte is in."""
        start, line = self._known
        if offset < start:
            start, line = 0, 1
        line += self._data.count(b"\n", start, offset)
        self._known = (offset, line)
        return line
