"""Forms that name a module of their own package by looking up where their file is in PLaneT's cache.

``planet/version`` and ``planet/scribble`` have them. Out of the cache they find nothing, so each becomes the path that
it meant, where that can be told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from pltpack.datum.at_forms import AtForm
from pltpack.datum.program import Node
from pltpack.datum.values import Keyword, Symbol
from pltpack.planet.request import Request
from pltpack.planet.rescue.contexts import head_of
from pltpack.planet.version import Bounds

IN: Final = "this-package-in"
VERSION_SYMBOL: Final = "this-package-version-symbol"
SUFFIX: Final = "/this-package"

_UNQUOTES: Final = {"unquote", "unsyntax"}
_NAME: Final = re.compile(r"this-package-(?:in|version).*|.+/this-package")
_ONE: Final = {
    "defmodule", "defmodule*", "defmodulelang", "defmodulelang*", "defmodulereader", "defmodulereader*",
    "defmodule*/no-declare", "defmodulelang*/no-declare", "defmodulereader*/no-declare", "racketmod", "schememod",
    "racketmodname", "schememodname", "racketmodlink", "schememodlink",
}  # fmt: skip
"""Forms of ``planet/scribble`` that name one module, their first argument, or several in a list there."""
_ALL: Final = {"declare-exporting"}
_DEFAULT: Final = {"defmodule", "defmodulelang", "defmodulereader", *_ALL}
"""Those that mean the main module where none is named."""


def own_request(owner: str, package: str, major: int, module: str) -> Request:
    """The request that a module name in one of these forms stands for."""
    file = "main.rkt" if module == "main" else f"{module}.ss"
    return Request(owner, package, Bounds(major), file)


def is_looking(name: str) -> bool:
    """Whether a symbol names such a form."""
    return "package" in name and _NAME.fullmatch(name) is not None


def version_symbol(items: Any) -> str | None:
    """The module of ``(planet ,(this-package-version-symbol m))``, a list of nodes; ``None`` for any other."""
    match [node.datum for node in items]:
        case [Symbol("planet"), [mark, inner]] if isinstance(mark.datum, Symbol) and mark.datum.name in _UNQUOTES:
            match [node.datum for node in inner.datum] if isinstance(inner.datum, list) else []:
                case [Symbol(name)] if name == VERSION_SYMBOL:
                    return "main"
                case [Symbol(name), Symbol(module)] if name == VERSION_SYMBOL:
                    return module
    return None


def modules_in(items: Any) -> list[str] | None:
    """The modules of ``(this-package-in m ...)``; ``None`` for any other list."""
    if head_of(items) != IN or len(items) < 2:
        return None
    modules = [node.datum.name for node in items[1:] if isinstance(node.datum, Symbol)]
    return modules if len(modules) == len(items) - 1 else None


def scribbled(form: AtForm, data: bytes, path: Callable[[Node, str], str | None]) -> list[tuple[int, int, str]] | None:
    """What to write in place of parts of ``@defmodule/this-package[m]`` and its like, with their spans.

    ``None`` for another form, or for one whose modules cannot be told. ``path`` gives the path of a module.
    """
    command = form.command
    if command is None:
        return None
    if isinstance(command.datum, list) and not form.brackets:  # @(form m)
        return _rewritten(command.datum, command.end - 1, data, path)
    return _rewritten([command, *form.arguments], _bracket_end(form, data), data, path)


def _bracket_end(form: AtForm, data: bytes) -> int | None:
    """Where a module can be put into empty brackets."""
    if form.brackets and not form.arguments:
        return data.index(b"[", form.command.end) + 1
    return None


def _rewritten(
    items: list[Any], end: int | None, data: bytes, path: Callable[[Node, str], str | None]
) -> list[tuple[int, int, str]] | None:
    head = head_of(items)
    if head is None or not head.endswith(SUFFIX):
        return None
    form = head.removesuffix(SUFFIX)
    if form not in _ONE and form not in _ALL:
        return None
    modules = _modules(items[1:], every=form in _ALL, lists=form in _ALL or "*" in form)
    edits = [(items[0].start, items[0].end, form)]
    if not modules:
        written = path(items[0], "main") if form in _DEFAULT and len(items) == 1 else None
        if written is None or end is None:
            return None
        blank = " " if data[end - 1 : end] not in (b"[",) else ""
        return [*edits, (end, end, blank + written)]
    for module in modules:
        written = path(module, module.datum.name)
        if written is None:
            return None
        edits.append((module.start, module.end, written))
    return edits


def _modules(arguments: list[Any], *, every: bool, lists: bool) -> list[Any]:
    """The nodes of arguments that name modules: the first, or ``every`` one, also those in ``lists``."""
    found: list[Any] = []
    for place, node in enumerate(arguments):
        if isinstance(node.datum, Keyword):
            if node.datum.name != "use-sources" or place + 1 >= len(arguments):
                break
            continue
        inner = node.datum if lists and isinstance(node.datum, list) else [node]
        names = [item for item in inner if isinstance(item.datum, Symbol)]
        if len(names) != len(inner):
            break
        found.extend(names)
        if not every:
            break
    return found
