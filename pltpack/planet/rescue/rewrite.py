"""Rewriting a program's requests for packages of PLaneT, and nothing else in it.

Spans are replaced; every other byte stays, line ends included. What may mean something else is left alone and told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pltpack.datum.at_forms import AtForm
from pltpack.datum.program import Node, Program, bare, read_program
from pltpack.datum.reader import DatumLimits
from pltpack.datum.source import decode
from pltpack.datum.values import Dotted, Symbol
from pltpack.planet.release import Release
from pltpack.planet.request import Request, parse_form, parse_language
from pltpack.planet.rescue.contexts import Context, head_of, places
from pltpack.planet.rescue.names import Target
from pltpack.planet.rescue.notes import Edit, Lines, Note
from pltpack.planet.rescue.resolve import Resolution, World, resolve, resolve_language
from pltpack.planet.rescue.this_package import (
    VERSION_SYMBOL,
    is_looking,
    modules_in,
    own_request,
    scribbled,
    version_symbol,
)

SOURCE_SUFFIXES: Final = (".ss", ".rkt", ".scm", ".scrbl", ".scribl", ".scs", ".sch", ".rktl", ".sls")
"""Files that are looked into; all others are copied."""

SOURCE_LIMITS: Final = DatumLimits(length=16 << 20, count=2_000_000)
"""How large a program may be; a larger one counts as one that cannot be read."""

_MENTIONS: Final = re.compile(rb"planet|/this-package|this-package-")
_FORM: Final = re.compile(rb"[(\[{]\s*planet\s")
_SHOWN: Final = 160
_LOOSE: Final = frozenset(b" \t\n\v\f\r()[]{}'`,;\"")
"""Bytes beside which a symbol may stand."""
_LIBRARY: Final = re.compile(r"planet/(?!private/)[-+_a-z]+")


@dataclass(slots=True)
class Rewritten:
    """What became of a file: its bytes, what was replaced, notes, and for each package that it needs the request (as
    it is written) that says so. ``program`` is what was read (``None`` for a file that is no source)."""

    data: bytes
    edits: list[Edit] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    dependencies: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    """Of the packages that are not at hand, each as ``owner/pkg MAJ``, the request that wants it."""
    wants: dict[str, Target] = field(default_factory=dict)
    """The packages of PLaneT among the dependencies, by name."""
    program: Program | None = None


def is_source(path: str) -> bool:
    """Whether a file is looked into, by its name."""
    return path.endswith(SOURCE_SUFFIXES)


def rewrite(file: str, data: bytes, own: Release, world: World) -> Rewritten:
    """Rewrite a file of the package ``own``. Nothing is raised for what a file may hold."""
    if not is_source(file):
        return Rewritten(data)
    program = read_program(data, limits=SOURCE_LIMITS)
    if _MENTIONS.search(data) is None:
        return Rewritten(data, program=program)
    writing = _Writing(file, data, own, world, program)
    writing.run()
    return writing.done()


class _Writing:
    def __init__(self, file: str, data: bytes, own: Release, world: World, program: Program) -> None:
        self._file = file
        self._data = data
        self._own = own
        self._world = world
        self._program = program
        self._result = Rewritten(data, program=program)
        self._spans: list[tuple[int, int, str]] = []
        self._written: set[int] = set()
        """Where symbols begin that have been replaced."""
        self._lines = Lines(data)

    def run(self) -> None:
        self._language()
        if self._program.problem is not None:
            self._note("unreadable", self._program.problem.offset or 0, str(self._program.problem))
            return
        for start, end in self._program.comments:
            found = _FORM.search(self._data, start, end)
            if found is not None:
                self._note("comment", found.start(), self._text(found.start(), end))
        walk = places(self._program, [found.start() for found in _MENTIONS.finditer(self._data)])
        known = next(walk, None)
        while known is not None:
            try:
                known = walk.send(self._place(*known))
            except StopIteration:
                break

    def done(self) -> Rewritten:
        result, data = self._result, self._data
        pieces, at = [], 0
        for start, end, text in sorted(self._spans):
            written = self._separated(start, end, text).encode()
            pieces += [data[at:start], written]
            result.edits.append(
                Edit(self._file, self._lines.of(start), decode(data[start:end]), written.decode().strip())
            )
            at = end
        result.data = b"".join([*pieces, data[at:]])
        result.notes.sort(key=lambda note: note.line)
        return result

    def _place(self, node: Node, context: Context) -> bool:
        """Look at a node; true if what is in it has been dealt with."""
        datum = node.datum
        if isinstance(datum, list):
            return self._list(node, context)
        if isinstance(datum, Dotted):
            if isinstance(datum.items[0], Node) and datum.items[0].datum == Symbol("planet"):
                self._note("not-a-path", node.start, self._text(node.start, node.end))
                return True
            return False
        if isinstance(datum, Symbol):
            self._symbol(node, datum.name, context)
        elif isinstance(datum, str | bytes):
            found = _FORM.search(self._data, node.start, node.end)
            if found is not None:
                self._note("string", found.start(), self._text(found.start(), node.end))
        elif isinstance(datum, AtForm) and context in (Context.TEXT, Context.BODY) and self._program.mode == "text":
            return self._scribbled(datum)
        return False

    def _list(self, node: Node, context: Context) -> bool:
        head = head_of(node.datum)
        if head == "planet":
            self._planet(node, context)
            return True
        modules = modules_in(node.datum) if context in (Context.PATH, Context.TEXT, Context.QUOTED) else None
        if modules is not None:
            paths = [self._own_path(node, module) for module in modules]
            if None not in paths:
                written = " ".join(str(path) for path in paths)
                self._replace(node, written if len(paths) == 1 else f"(combine-in {written})")
            return True
        if head == "lib" and len(node.datum) == 3 and node.datum[2].datum == "planet":
            self._note("planet-library", node.start, self._text(node.start, node.end))
        return False

    def _planet(self, node: Node, context: Context) -> None:
        own = version_symbol(node.datum)
        if own is not None:
            path = self._own_path(node, own)
            if path is not None:
                self._replace(node, path)
            return
        request = parse_form(bare(node))
        text = self._text(node.start, node.end)
        if request is None:
            self._note("not-a-path", node.start, text)
        elif context is Context.UNKNOWN:
            self._note("context", node.start, text)
        else:
            found = resolve(request, self._own, self._world)
            self._take(node.start, request, found, text)
            if found.path is not None:
                self._replace(node, found.path)

    def _own_path(self, node: Node, module: str) -> str | None:
        """The path of a module of this package."""
        own = self._own
        request = own_request(own.owner, own.package, own.major, module)
        found = resolve(request, own, self._world)
        self._take(node.start, request, found, self._text(node.start, node.end))
        return found.path

    def _scribbled(self, form: AtForm) -> bool:
        edits = scribbled(form, self._data, self._own_path)
        if edits is None:
            return False
        self._spans.extend(edits)
        self._written.update(start for start, _, _ in edits)
        return False

    def _symbol(self, node: Node, name: str, context: Context) -> None:
        if "p" not in name or node.start in self._written:
            return
        is_library = context in (Context.PATH, Context.TEXT) and _LIBRARY.fullmatch(name)
        if is_library or name == "resolve-planet-path":
            self._note("planet-library", node.start, name)
        elif is_looking(name) and (context is not Context.PATH or name == VERSION_SYMBOL):
            self._note("this-package", node.start, name)

    def _language(self) -> None:
        """``#lang planet``."""
        language = self._program.language
        if language is None or language.name != "planet":
            return
        found = parse_language(self._data[language.end : language.end + 1024])
        if found is None:
            return
        request, length = found
        start = language.end - len("planet")
        text = self._text(start, language.end + length)
        if request is None:
            self._note("not-a-path", start, f"#lang {text}")
            return
        resolution = resolve_language(request, self._own, self._world)
        self._take(start, request, resolution, f"#lang {text}")
        if resolution.path is not None:
            self._spans.append((start, language.end + length, resolution.path))

    def _take(self, start: int, request: Request, found: Resolution, text: str) -> None:
        subject = request.owner + "/" + request.package.removesuffix(".plt")
        if found.target is not None:
            subject += f" {found.target.major}"
        for kind, message in found.notes:
            self._note(kind, start, message, subject)
        if found.missing:
            self._result.missing.setdefault(subject, text)
        if found.dependency is not None:
            self._result.dependencies.setdefault(found.dependency, text)
            if found.target is not None:
                self._result.wants.setdefault(found.dependency, found.target)

    def _replace(self, node: Node, text: str) -> None:
        self._spans.append((node.start, node.end, text))

    def _separated(self, start: int, end: int, text: str) -> str:
        """The text with the blanks it needs where it would grow together with what is beside it."""
        data = self._data
        if text.startswith("(") or start == end:
            return text
        glued = start > 0 and data[start - 1] not in _LOOSE and data[start - 1] != 0x40
        growing = end < len(data) and data[end] not in _LOOSE
        return f"{' ' * glued}{text}{' ' * growing}"

    def _note(self, kind: str, at: int, message: str, subject: str = "") -> None:
        self._result.notes.append(Note(self._file, self._lines.of(at), kind, message, subject or message))

    def _text(self, start: int, end: int) -> str:
        """What stands there, on one line and not too long."""
        text = " ".join(decode(self._data[start : min(end, start + _SHOWN)]).split())
        return text + ("..." if end > start + _SHOWN else "")
