"""Program text with positions: what :func:`~pltpack.datum.reader.read_datum` reads, and what programs hold beyond data.

That is the line ``#lang``, ``#reader``, comments, and Scribble's ``@`` forms in the languages that have them. Nothing
of a program is run, no reader extension either, so the text of a language with another notation is not understood:
then :attr:`Program.problem` says why. Everything is bounded as it is for data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from pltpack.datum.at_forms import AtReader
from pltpack.datum.compounds import Comment, Quotation
from pltpack.datum.frames import Assembly
from pltpack.datum.limits import DatumLimits
from pltpack.datum.notation import read_plain
from pltpack.datum.reader import END, read_datum
from pltpack.datum.source import Implied, Source
from pltpack.datum.values import Datum, Symbol
from pltpack.errors import DatumError, LimitError, TruncatedError

Mode: TypeAlias = Literal["code", "at", "text"]
"""How a program is written: S-expressions, the same with ``@`` forms, or Scribble text."""

Span: TypeAlias = tuple[int, int]

_LANG: Final = re.compile(rb"#(?:lang[ ]+|!)([-+_a-zA-Z0-9/]*)")
_AT_EXP: Final = re.compile(rb"[ \t]+([-+_a-zA-Z0-9/]+)")
_TEXT_LANGUAGES: Final = ("scribble/",)
_TEXT_READERS: Final = ("docreader", "doc/reader", "doclang")


class Node:
    """A datum (of a compound one the parts are nodes, too), and the bytes of the text it was read from."""

    __slots__ = ("datum", "end", "start")

    def __init__(self, datum: Any, start: int, end: int) -> None:
        self.datum = datum
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return f"<Node {self.start}..{self.end} {self.datum!r}>"


@dataclass(frozen=True, slots=True)
class Language:
    """The line ``#lang name``, up to the name's end. ``within`` is the language behind ``at-exp``."""

    name: str
    start: int
    end: int
    within: str | None = None


@dataclass(frozen=True, slots=True)
class ReaderPath:
    """``#reader`` and the module path behind it, a node. What that reader reads stands behind it as any datum."""

    path: Any


@dataclass(slots=True)
class Program:
    """A text, read: its ``forms`` one after the other, among them, as the first, its ``language``, and ``comments``.

    ``problem``: why reading stopped before the end of the text.
    """

    forms: list[Node] = field(default_factory=list)
    mode: Mode = "code"
    language: Language | None = None
    comments: list[Span] = field(default_factory=list)
    problem: DatumError | TruncatedError | LimitError | None = None


def read_program(data: bytes, *, limits: DatumLimits = DatumLimits()) -> Program:
    """Read the text of a program, which is UTF-8 or anything else in which what is special to Racket is ASCII.

    Nothing is raised for what a text may be.
    """
    program = Program()
    try:
        _Reading(program, data, limits).run()
    except (DatumError, TruncatedError, LimitError) as error:
        program.problem = error.with_traceback(None)  # which would hold on to the program
    return program


def bare(node: Any) -> Datum:
    """The datum of a node with all nodes in it taken away; lists only, as far as they go (without recursion)."""
    if not isinstance(node.datum, list):
        return node.datum  # type: ignore[no-any-return]  # a datum that is no list
    top: list[Datum] = []
    pending: list[tuple[list[Datum], list[Any]]] = [(top, node.datum)]
    while pending:
        target, items = pending.pop()
        for item in items:
            if isinstance(item.datum, list):
                inner: list[Datum] = []
                target.append(inner)
                pending.append((inner, item.datum))
            else:
                target.append(item.datum)
    return top


class _Reading:
    """Fills a program. It keeps none of its own rules, which know it: what is no ring is freed as soon as it is done
    with, all the nodes of the program among it.
    """

    def __init__(self, program: Program, data: bytes, limits: DatumLimits) -> None:
        self._program = program
        self._data = data
        self._limits = limits
        self._implied = Implied()
        self._comments = program.comments

    def run(self) -> None:
        program, at = self._program, 0
        rules: dict[bytes, Callable[[Assembly, int], int]] = {
            b"#l": self._lang,
            b"#!": self._bang,
            b"#r": self._reader,
            b";": self._comment,
            b"#|": self._comment,
            b"#;": self._datum_comment,
        }
        at_reader = AtReader(Node, rules, lambda start, end: self._comments.append((start, end)))
        while program.mode != "text":
            extra = at_reader.extra if program.mode == "at" else rules
            node, at = read_datum(self._data, at, limits=self._limits, wrap=Node, implied=self._implied, extra=extra)
            if node is END:
                return
            program.forms.append(node)
            if isinstance(node.datum, Language):
                program.language = node.datum
                self._speak(node.datum)
            elif isinstance(node.datum, ReaderPath):
                self._read_with(node.datum)
        source = Source(self._data, at, 0, True, self._limits, self._implied)
        program.forms.extend(at_reader.text(source, at))

    def _speak(self, language: Language) -> None:
        if language.name.startswith(_TEXT_LANGUAGES):
            self._program.mode = "text"
        elif language.within is not None:
            self._program.mode = "at"

    def _read_with(self, reader: ReaderPath) -> None:
        words = {str(part) for part in _words(bare(reader.path))}
        if any(name in word for word in words for name in _TEXT_READERS):
            self._program.mode = "text"
        elif any("scribble" in word for word in words):
            self._program.mode = "at"

    def _lang(self, assembly: Assembly, at: int) -> int:
        found = _LANG.match(self._data, at, assembly.source.stop)
        if found is None or not found[1] or assembly.stack or self._program.forms:
            return read_plain(assembly, at)
        name, end, within = found[1].decode("ascii"), found.end(), None
        if name == "at-exp" and (inner := _AT_EXP.match(self._data, end, assembly.source.stop)):
            within, end = inner[1].decode("ascii"), inner.end()
        assembly.deliver(Language(name, at, end, within), at, end)  # type: ignore[arg-type]  # beyond data
        return end

    def _bang(self, assembly: Assembly, at: int) -> int:
        if self._data[at + 2 : at + 3] in (b" ", b"/"):
            return self._comment(assembly, at)
        return self._lang(assembly, at)

    def _reader(self, assembly: Assembly, at: int) -> int:
        if not self._data.startswith(b"#reader", at):
            return read_plain(assembly, at)
        assembly.push(_ReaderFrame(at, None))
        return at + len(b"#reader")

    def _comment(self, assembly: Assembly, at: int) -> int:
        end = read_plain(assembly, at)
        self._comments.append((at, end))
        return end

    def _datum_comment(self, assembly: Assembly, at: int) -> int:
        assembly.push(_Dropped(at, self._comments))
        return at + 2


def _words(datum: Datum) -> list[str]:
    parts = datum if isinstance(datum, list) else [datum]
    return [part.name if isinstance(part, Symbol) else part for part in parts if isinstance(part, Symbol | str)]


class _ReaderFrame(Quotation):
    """``#reader``: the path behind it completes it."""

    __slots__ = ()
    what = "a reader's path"

    def result(self, assembly: Assembly, end: int) -> Any:  # noqa: ARG002  the interface of all frames
        return ReaderPath(self.value)


class _Dropped(Comment):
    """``#;``: the span of what is dropped is put down."""

    __slots__ = ("comments",)

    def __init__(self, start: int, comments: list[Span]) -> None:
        super().__init__(start)
        self.comments = comments

    def take(self, assembly: Assembly, raw: Datum, value: Any, start: int, end: int) -> bool:
        self.comments.append((self.start, end))
        return super().take(assembly, raw, value, start, end)
