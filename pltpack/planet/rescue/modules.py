"""Which modules a program requires of Racket's own collections, by its require forms and languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from pltpack.datum.at_forms import AtForm
from pltpack.datum.program import Node, Program, ReaderPath
from pltpack.datum.values import Keyword, Symbol
from pltpack.planet.rescue.contexts import head_of
from pltpack.planet.rescue.replacements import module_of

_REQUIRES: Final = {
    "require", "#%require", "require-for-syntax", "require-for-template", "require-for-label", "require/provide",
    "require/doc", "for-syntax-and-template",
}  # fmt: skip
_FIRST_REQUIRED: Final = {"require/typed", "require/typed/provide", "require/expose", "require/contract"}
_FIRST: Final = {"only", "only-in", "except-in", "rename-in", "all-except", "rename", "submod", "only-space-in"}
_SECOND: Final = {"prefix", "prefix-in", "prefix-all-except"}
_BEHIND: Final = {
    "for-meta", "just-meta", "only-meta-in", "matching-identifiers-in", "filtered-in", "for-space", "just-space",
}  # fmt: skip
_EVERY: Final = {"for-syntax", "for-template", "for-label", "combine-in", "for-run", "subtract-in"}
_NO_MODULES: Final = {"planet", "file", "quote", "quasiquote", "unquote", "unsyntax"}
_QUOTES: Final = {"quote", "quasiquote"}
_NAME: Final = re.compile(r"[-+_A-Za-z0-9]+(?:/[-+_A-Za-z0-9%]+)*")
_READER: Final = "lang/reader"
_MODULE_READER: Final = "syntax/module-reader"


@dataclass(frozen=True, slots=True)
class Required:
    """A module, as a path of collections without ``.ss`` and ``.rkt``; ``at`` is the byte where the request stands.

    ``language``: it is named behind ``#lang``, so that a module ``lang/reader`` below it will do, too.
    """

    module: str
    at: int
    language: bool = False


def required_modules(program: Program) -> Iterator[Required]:
    """The modules of collections that a program requires, in the order of the text; those in quoted data are not.

    Relative files and packages of PLaneT are not told.
    """
    yield from _language(program)
    pending: list[Any] = list(reversed(program.forms))
    while pending:
        datum = pending.pop().datum
        if type(datum) is list:
            if not datum:
                continue
            first = datum[0].datum
            if type(first) is Symbol:
                if first.name in _QUOTES:
                    continue
                form = _FORMS.get(first.name)
                if form is not None:
                    yield from _paths(form(datum))
            for item in reversed(datum):
                if type(item.datum) is list or type(item.datum) is AtForm:
                    pending.append(item)
        elif type(datum) is AtForm:
            pending.extend((*reversed(datum.body), *reversed(datum.arguments)))
            if datum.command is not None:
                pending.append(datum.command)
                if datum.brackets and isinstance(datum.command.datum, Symbol):
                    form = _FORMS.get(datum.command.datum.name)
                    if form is not None:
                        yield from _paths(form([datum.command, *datum.arguments]))
        elif type(datum) is ReaderPath:
            yield from _paths([datum.path])


def _language(program: Program) -> Iterator[Required]:
    language = program.language
    if language is None or language.name == "planet":
        return
    if language.name in ("s-exp", "reader", "module"):
        yield Required(f"{language.name}/{_READER}", language.start)
        yield from _paths(program.forms[1:2])
        if len(program.forms) > 2 and program.forms[1].datum == Symbol(_MODULE_READER):
            yield from _paths(program.forms[2:3])
        return
    yield Required(language.name, language.start, language=True)
    if language.within is not None:
        yield Required(language.within, language.start, language=True)


def _module(items: list[Any]) -> list[Any]:
    """A module's language; for ``(module reader syntax/module-reader ...)`` that of the reader, too."""
    if len(items) > 2 and items[2].datum == Symbol(_MODULE_READER):
        return [items[2], *_reader_module(items[3:])]
    return items[2:3]


def _lazy(items: list[Any]) -> list[Any]:
    return [part for item in items[1:] if isinstance(item.datum, list) for part in item.datum[:1]]


def _runtime(items: list[Any]) -> list[Any]:
    return _unquoted(items[2:3]) or items[2:3]


_FORMS: Final[dict[str, Callable[[list[Any]], list[Any]]]] = {
    **dict.fromkeys(_REQUIRES, lambda items: items[1:]),
    **dict.fromkeys(_FIRST_REQUIRED, lambda items: items[1:2]),
    "module": _module,
    "module*": _module,
    "dynamic-require": lambda items: _unquoted(items[1:2]),
    "lazy-require": _lazy,
    "define-runtime-module-path": _runtime,
    "define-runtime-module-path-index": _runtime,
}
"""Of each form that requires modules the nodes of its require specifications."""


def _reader_module(body: list[Any]) -> list[Any]:
    """The nodes of the language that ``(module reader syntax/module-reader ...)`` names."""
    found = body[:1] if body and not isinstance(body[0].datum, Keyword) else []
    for place, item in enumerate(body[:-1]):
        if item.datum == Keyword("language"):
            found += _unquoted(body[place + 1 : place + 2])
    return found


def _unquoted(nodes: list[Any]) -> list[Any]:
    """What stands quoted; nothing for what is computed."""
    found = []
    for node in nodes:
        match node.datum:
            case [Node(datum=Symbol("quote" | "quasiquote")), inner]:
                found.append(inner)
            case _:
                pass
    return found


def _paths(nodes: list[Any]) -> Iterator[Required]:
    """The modules that require specifications name."""
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        datum = node.datum
        if isinstance(datum, Symbol):
            if _NAME.fullmatch(datum.name):
                yield Required(datum.name if "/" in datum.name else f"{datum.name}/main", node.start)
            continue
        if not isinstance(datum, list) or not datum:
            continue
        head = head_of(datum)
        if head == "lib":
            module = _lib([item.datum for item in datum[1:]])
            if module is not None:
                yield Required(module, node.start)
        elif head in _FIRST:
            pending.extend(datum[1:2])
        elif head in _SECOND:
            pending.extend(datum[2:3])
        elif head in _BEHIND:
            pending.extend(reversed(datum[2:]))
        elif head in _EVERY:
            pending.extend(reversed(datum[1:]))
        elif head not in _NO_MODULES:
            pending.extend(item for item in reversed(datum[1:]) if isinstance(item.datum, list))


def _lib(parts: list[Any]) -> str | None:
    """The module of ``(lib "file" "collection" ...)``; one string without a slash means ``mzlib``."""
    if not parts or not all(isinstance(part, str) and part for part in parts):
        return None
    file, *collections = parts
    if collections:
        return module_of("/".join((*collections, file)))
    if "/" in file:
        return module_of(file)
    return module_of(f"mzlib/{file}") if "." in file else f"{file}/main"
