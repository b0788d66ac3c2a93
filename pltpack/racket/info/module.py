"""The module that an ``info.rkt`` is: its notations, and its definitions before anything is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.datum.reader import END, DatumLimits, Implied, read_datum
from pltpack.datum.source import SPACE
from pltpack.datum.values import Box, Datum, Dotted, HashTable, Prefab, Symbol, Vector
from pltpack.errors import DatumError, FormatError, InfoError, LimitError
from pltpack.racket.info.text import Text

Notation: TypeAlias = Literal["lang", "module"]
"""``#lang info`` and the like, or a written-out ``(module info ...)``."""

INFO_LIMITS: Final = DatumLimits(depth=10_000, length=16 << 20, count=1_000_000)
"""How large an ``info.rkt`` may be. Racket has no limits; the largest real file is far below these."""

MODULE_BEGIN: Final = Symbol("#%module-begin")
_INFOTAB: Final = Symbol("setup/infotab")
_LIB: Final = Symbol("lib")
_LANGUAGES: Final[tuple[Datum, ...]] = (
    _INFOTAB,
    Symbol("info"),
    [_LIB, "infotab.rkt", "setup"],
    [_LIB, "infotab.ss", "setup"],
    [_LIB, "setup/infotab.rkt"],
    [_LIB, "setup/infotab.ss"],
    [_LIB, "main.rkt", "info"],
)
_LANG_NAMES: Final = (b"info", b"setup/infotab")
_READERS: Final[tuple[Datum, ...]] = (
    Symbol("setup/infotab/lang/reader"),
    [Symbol("submod"), Symbol("info"), Symbol("reader")],
)
_MISSING_READERS: Final[tuple[Datum, ...]] = (
    # allowed by the guard of get-info, but there are no such modules
    Symbol("info/lang/reader"),
    [Symbol("submod"), Symbol("setup/infotab"), Symbol("reader")],
)
_NAME: Final = re.compile(rb"(?:#lang |#!)([a-zA-Z0-9+_/-]*+)")
_PLAIN_LANG: Final = re.compile(rb"#lang (?:info|setup/infotab)(?=[\t-\r ])")
"""How nearly all info files begin."""
_LANGUAGE_HINT: Final = "the first line must be #lang info or #lang setup/infotab"


@dataclass(frozen=True, slots=True)
class Definition:
    """``(define name value)``; ``value`` is the expression as it was read."""

    name: str
    value: Datum


@dataclass(frozen=True, slots=True)
class InfoModule:
    """An ``info.rkt`` as it was read, nothing evaluated.

    ``language`` is the module's language as a datum (the symbol ``setup/infotab`` for both ``#lang`` lines), ``forms``
    what stands in the module, without a ``#%module-begin`` around it; ``module_begin`` tells whether there was one,
    which holds for each ``#lang`` (``notation`` ``lang``).
    """

    language: Datum
    forms: tuple[Datum, ...]
    module_begin: bool
    notation: Notation
    file: str | None = None

    def definitions(self) -> list[Definition]:
        """The definitions in order. Raises :class:`~pltpack.errors.InfoError` if a form is anything else."""
        found = []
        for form in self.forms:
            definition = as_definition(form)
            if definition is None:
                raise InfoError("not a definition (define NAME VALUE)", category="syntax", file=self.file)
            found.append(definition)
        return found


def as_definition(form: Datum) -> Definition | None:
    """The form as a definition of one name with one expression, ``None`` if it is anything else."""
    match form:
        case [Symbol("define"), Symbol(name), value]:
            return Definition(name, value)
        case _:
            return None


def read_info_module(data: bytes, *, file: str | None = None, limits: DatumLimits = INFO_LIMITS) -> InfoModule:
    """Read the text of an ``info.rkt`` as ``get-info/full`` does, without evaluating it.

    ``file`` is the name for errors. Raises :class:`~pltpack.errors.InfoError` of the categories ``read`` and
    ``shape`` (and ``runtime``, for ``#reader`` with a module that does not exist), and ``LimitError``.
    """
    text = Text(data, file)
    reading = _Reading(text, limits, syntax=False)
    module, at = reading.next(0, notation_allowed=True)
    if isinstance(module, _Language):
        return InfoModule(_INFOTAB, tuple(reading.body(module.body)), True, "lang", file)
    if reading.next(at, notation_allowed=False)[0] is not END:
        raise text.error("shape", "more than one expression in the file", at)
    match module:
        case [Symbol("module"), Symbol("info"), language, *forms] if language in _LANGUAGES:
            match forms:
                case [[Symbol("#%module-begin"), *inner]]:
                    return InfoModule(language, tuple(inner), True, "module", file)
            return InfoModule(language, tuple(forms), False, "module", file)
    raise text.error("shape", "not a module info in the language info", 0, hint=_LANGUAGE_HINT)


@dataclass(frozen=True, slots=True)
class Syntax:
    """A datum with its place, in byte offsets.

    ``parts`` are the data in it with theirs: the items of a list or vector, the value of a box, the fields of a
    structure, the values of a table. ``tail`` is what stands behind the dot of a dotted list.
    """

    datum: Datum
    start: int
    end: int
    parts: tuple[Syntax, ...] = ()
    tail: Syntax | None = None


def read_syntax(module: InfoModule, text: Text, limits: DatumLimits) -> tuple[Syntax, ...]:
    """The forms of a module that has been read, with places, by the stricter rules of ``read-syntax``."""
    reading = _Reading(text, limits, syntax=True)
    found, _ = reading.next(0, notation_allowed=True)
    if isinstance(found, _Language):
        return tuple(reading.body(found.body))
    assert isinstance(found, Syntax)
    forms = found.parts[3:]
    return forms[0].parts[1:] if module.module_begin else forms


@dataclass(frozen=True, slots=True)
class _Language:
    """A ``#lang`` or ``#reader`` that makes a module of the rest of the text; the body starts at ``body``."""

    body: int


class _Reading:
    """Reading of data that may run into a ``#lang`` or ``#reader``, which the reader of data refuses."""

    def __init__(self, text: Text, limits: DatumLimits, *, syntax: bool) -> None:
        self.text = text
        self.limits = limits
        self.wrap = _wrap if syntax else None
        self.implied = Implied()
        self.data = text.data

    def next(self, at: int, *, notation_allowed: bool) -> tuple[Any, int]:
        """The next datum, ``END``, or the language that the rest is written in; and the offset behind it."""
        if notation_allowed and (plain := _PLAIN_LANG.match(self.data, at)):
            return _Language(plain.end()), len(self.data)
        try:
            return read_datum(self.data, at, limits=self.limits, wrap=self.wrap, implied=self.implied)
        except LimitError as error:
            raise error.within(file=self.text.file) from None
        except DatumError as error:
            place = error.offset
            if not notation_allowed or place is None or not self.data.startswith((b"#lang", b"#!", b"#reader"), place):
                raise self.text.read_error(error) from None
        except FormatError as error:
            raise self.text.read_error(error) from None
        body = self._body_start(place)
        if self._only_blanks(at, place):
            return _Language(body), len(self.data)
        self._replace_rest(place, body)
        return self.next(at, notation_allowed=False)

    def body(self, at: int) -> Iterator[Any]:
        """The data of a module body up to the end of the text. ``#reader`` may stand there, ``#lang`` may not."""
        while True:
            try:
                datum, at = read_datum(self.data, at, limits=self.limits, wrap=self.wrap, implied=self.implied)
            except LimitError as error:
                raise error.within(file=self.text.file) from None
            except FormatError as error:
                place = error.offset
                if place is None or not self.data.startswith(b"#reader", place):
                    raise self.text.read_error(error) from None
                self._replace_rest(place, self._body_start(place))
                continue
            if datum is END:
                return
            yield datum

    def _replace_rest(self, place: int, body: int) -> None:
        """A language inside something else: its body is read, then the module stands there as one datum."""
        for _ in self.body(body):
            pass
        self.data = self.data[:place] + b"(module)"

    def _only_blanks(self, start: int, stop: int) -> bool:
        """Whether nothing but white space and whole comments stands there."""
        try:
            return read_datum(self.data[:stop], start, limits=self.limits)[0] is END
        except FormatError:
            return False

    def _body_start(self, at: int) -> int:
        """Where the body behind ``#lang``, ``#!`` or ``#reader`` starts. Raises if it is not ours."""
        if self.data.startswith(b"#reader", at):
            return self._behind_reader(at)
        match = _NAME.match(self.data, at)
        if match is None or not match[1]:
            raise self.text.error("read", "one space and the name of a language must follow #lang", at)
        name, end = match[1], match.end()
        blank = SPACE.match(self.data, end)
        if end < len(self.data) and (blank is None or blank.end() == end):
            raise self.text.error("read", "the name of a language is letters, digits, - + _ / and a blank behind", at)
        if name.startswith(b"/") or name.endswith(b"/"):
            raise self.text.error("read", "the name of a language does not begin or end with /", at)
        if name not in _LANG_NAMES:
            message = f"#lang {name.decode('ascii')} is not the language of info files"
            raise self.text.error("shape", message, at, hint=_LANGUAGE_HINT)
        return end

    def _behind_reader(self, at: int) -> int:
        try:
            reader, end = read_datum(self.data, at + len(b"#reader"), limits=self.limits)
        except FormatError as error:
            raise self.text.read_error(error) from None
        if reader is END:
            raise self.text.error("read", "a module must follow #reader", at)
        if reader in _MISSING_READERS:
            raise self.text.error("runtime", "the module that #reader names does not exist", at)
        if reader not in _READERS:
            raise self.text.error("shape", "#reader names another reader than that of info files", at)
        return end


def _wrap(datum: Any, start: int, end: int) -> Syntax:
    """A datum whose parts are wrapped already."""
    parts: Any = ()
    tail: Any = None
    plain: Datum
    match datum:
        case list():
            parts = datum
            plain = _plain(parts)
        case Dotted():
            parts, tail = datum.items, datum.tail
            plain = Dotted(tuple(_plain(parts)), tail.datum)
        case Vector():
            parts = datum.items
            plain = Vector(tuple(_plain(parts)))
        case Box():
            parts = (datum.value,)
            plain = Box(*_plain(parts))
        case Prefab(key):
            if isinstance(key, list) and any(isinstance(part, Vector) for part in key):
                raise DatumError("a structure with mutable fields is no syntax", offset=start)
            parts = datum.fields
            plain = Prefab(key, tuple(_plain(parts)))
        case HashTable(entries, kind):
            parts = [value for _, value in entries]
            keys = [key for key, _ in entries]
            plain = HashTable(tuple(zip(keys, _plain(parts), strict=True)), kind)
        case _:
            plain = datum
    return Syntax(plain, start, end, tuple(parts), tail)


def _plain(parts: Sequence[Syntax]) -> list[Datum]:
    return [part.datum for part in parts]
