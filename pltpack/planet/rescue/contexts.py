"""Where in a program a module path may stand, so that a planet form means a package and nothing else.

Elsewhere a macro may be given it that means something by the word ``planet``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Iterator, Sequence
from enum import IntEnum
from typing import Any, Final

from pltpack.datum.at_forms import AtForm
from pltpack.datum.program import Mode, Node, Program, ReaderPath
from pltpack.datum.values import Box, Char, Dotted, HashTable, Keyword, Prefab, Symbol, Vector


class Context(IntEnum):
    """What is known of a place."""

    UNKNOWN = 0
    """Anything may be meant here."""
    QUOTED = 1
    """Inside a quotation of any kind: what looks like a module path is one, or will be."""
    PATH = 2
    """Where module paths stand."""
    TEXT = 3
    """The code of a Scribble text, where forms are shown or required."""
    BODY = 4
    """Directly in a module or a file: a form that stands alone here is a module path for a reader."""


_QUOTES: Final = {"quote", "quasiquote", "syntax", "quasisyntax"}
_UNQUOTES: Final = {"unquote", "unquote-splicing", "unsyntax", "unsyntax-splicing"}
_HOLDERS: Final = {
    "require", "provide", "#%require", "#%provide", "require-for-syntax", "require-for-template", "require-for-label",
    "provide-for-syntax", "provide-for-label", "provide/contract", "provide-and-document", "provide/doc", "require/doc",
    "require/provide", "require/typed", "require/typed/provide", "require/expose", "require/contract",
    "require-typed-struct", "require/opaque-type", "lazy-require", "dynamic-require", "dynamic-require-for-syntax",
    "define-runtime-module-path", "define-runtime-module-path-index", "submod", "for-syntax", "for-template",
    "for-label", "for-meta", "only-in", "except-in", "prefix-in", "rename-in", "combine-in", "all-from-out",
    "all-from", "all-from-except", "relative-in", "multi-in", "subtract-in", "matching-identifiers-in", "filtered-in",
}  # fmt: skip
"""Forms in which module paths stand, at any depth."""
_MODULES: Final = {"module", "module*"}
_ATOMS: Final = {Symbol, Keyword, Char, str, int, bool, float, bytes}
"""Most nodes are these, and nothing is in them."""


def head_of(items: Any) -> str | None:
    """The name of the symbol that a list of nodes begins with."""
    if items and isinstance(items[0].datum, Symbol):
        return str(items[0].datum.name)
    return None


def places(program: Program, around: Sequence[int]) -> Generator[tuple[Node, Context], bool | None, None]:
    """The nodes of a program in whose text one of the offsets ``around`` lies (which ascend), an outer one before those
    in it, with what is known of its place; without recursion.

    A receiver that sends something true keeps what is in the node from being looked at.
    """
    pending: list[tuple[Any, Context]] = [(form, Context.BODY) for form in reversed(program.forms)]
    mode: Mode = program.mode
    while pending:
        node, context = pending.pop()
        first = bisect_left(around, node.start)
        if first == len(around) or around[first] >= node.end:
            continue
        if (yield node, context) or type(node.datum) in _ATOMS:
            continue
        pending.extend(reversed(list(_children(node.datum, context, mode))))


def _children(datum: Any, context: Context, mode: Mode) -> Iterator[tuple[Any, Context]]:
    match datum:
        case list():
            yield from _items(datum, context)
        case Dotted(items, tail):
            yield from _items(list(items), context)
            if isinstance(tail, Node):
                yield tail, _inner(context)
        case Vector(items):
            for item in items:
                yield item, _inner(context)
        case Box(value):
            yield value, _inner(context)
        case Prefab(fields=fields):
            for item in fields:
                yield item, _inner(context)
        case HashTable(entries=entries):
            for _, value in entries:
                yield value, _inner(context)
        case AtForm(command, arguments, body):
            inside = Context.TEXT if mode == "text" else _inner(context)
            for part in (command, *arguments, *body):
                if part is not None:
                    yield part, inside
        case ReaderPath(path):
            yield path, Context.PATH
        case _:
            pass


def _items(items: list[Any], context: Context) -> Iterator[tuple[Any, Context]]:
    head = head_of(items)
    inner = _inner(context)
    if head in _QUOTES:
        inner = Context.QUOTED
    elif head in _UNQUOTES and context is Context.QUOTED:
        inner = Context.UNKNOWN
    elif head in _HOLDERS:
        inner = max(inner, Context.PATH)
    elif head in _MODULES and context in (Context.BODY, Context.UNKNOWN):
        for place, item in enumerate(items):
            yield item, Context.PATH if place == 2 else Context.BODY if place > 2 else Context.UNKNOWN
        return
    for item in items:
        yield item, inner


def _inner(context: Context) -> Context:
    return Context.UNKNOWN if context is Context.BODY else context
