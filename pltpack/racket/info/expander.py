"""The forms of the ``info`` language, checked before anything runs: the part of Racket's expander that is needed.

The rules are those of ``setup/infotab``: a module body of definitions, the names it exports, and ``quasiquote``
of ``racket/private/qq-and-or``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from pltpack.datum.values import Box, Dotted, HashTable, Keyword, Prefab, Symbol, Vector
from pltpack.errors import InfoError
from pltpack.racket.info.expressions import (
    Application,
    Choice,
    Constant,
    Expression,
    Part,
    Reference,
    Spliced,
    Task,
    run,
)
from pltpack.racket.info.functions import FUNCTIONS, TABLE_MAKERS, join
from pltpack.racket.info.module import MODULE_BEGIN, Syntax, as_definition
from pltpack.racket.info.text import Text
from pltpack.racket.info.values import Procedure


def expand(forms: tuple[Syntax, ...], text: Text) -> list[tuple[str, Expression]]:
    """The definitions of a module body with their expressions, in order.

    Raises :class:`~pltpack.errors.InfoError` of category ``syntax`` for what Racket's expander refuses.
    """
    names: dict[str, int] = {}
    for form in forms:
        definition = as_definition(form.datum)
        if definition is None:
            raise text.error("syntax", "not a definition (define NAME VALUE)", form.start, hint=_definition_hint(form))
        if definition.name in names:
            raise text.error("syntax", f"{definition.name} is defined twice", form.parts[1].start)
        names[definition.name] = form.start
    after = names.get("define", len(text.data))
    for form in forms:
        if form.start > after:
            raise text.error("syntax", "no definition, as define itself is defined above", form.start)
    expander = _Expander(frozenset(names), text)
    return [(name, run(expander.expression(form.parts[2]))) for name, form in zip(names, forms, strict=True)]


def _definition_hint(form: Syntax) -> str | None:
    match form.datum:
        case [Symbol("define"), [*_] | Dotted(), *_]:
            return "functions cannot be defined in an info file"
        case [Symbol("require" | "provide"), *_] | Symbol(MODULE_BEGIN.name):
            return "info files hold definitions only"
        case [Symbol("define"), Symbol(), _, *_]:
            return "one value for each name"
        case _:
            return None


class _Expander:
    """Turns expressions into checked ones. Names that are ``defined`` in the module hide those of the language."""

    def __init__(self, defined: frozenset[str], text: Text) -> None:
        self.defined = defined
        self.text = text

    def error(self, message: str, at: Syntax, hint: str | None = None) -> InfoError:
        return self.text.error("syntax", message, at.start, hint)

    def expression(self, syntax: Syntax) -> Task[Expression]:
        """Any expression."""
        match syntax.datum:
            case Symbol(name):
                return self._name(name, syntax)
            case list() | Dotted():
                form = self._form(syntax)
                if form is None and "#%app" in self.defined:
                    raise self.error("calls are not possible, as #%app is defined", syntax)
                expanded: Expression = (
                    yield self._application(syntax, syntax.parts) if form is None else form(self, syntax)
                )
                return expanded
            case _:
                return self._literal(syntax)

    def _name(self, name: str, syntax: Syntax) -> Expression:
        if name in self.defined:
            return Reference(name, syntax.start)
        if name in FUNCTIONS:
            return Constant(Procedure(name))
        if name in _FORMS:
            raise self.error(f"{name} is no value", syntax)
        raise self.error(f"{name} is not defined", syntax, "the language info has few functions, see its manual")

    def _form(self, syntax: Syntax) -> _Rule | None:
        """The rule for the form that stands at the head, if there is one."""
        match syntax.parts:
            case (Syntax(Symbol(name)), *_) if name not in self.defined:
                return _FORMS.get(name)
            case _:
                return None

    def _is_named(self, syntax: Syntax, name: str) -> bool:
        return syntax.datum == Symbol(name) and name not in self.defined

    def _literal(self, syntax: Syntax) -> Constant:
        if "#%datum" in self.defined:
            raise self.error("literal data are not possible, as #%datum is defined", syntax)
        if isinstance(syntax.datum, Keyword):
            raise self.error(f"the keyword #:{syntax.datum.name} is no expression", syntax, "quote it")
        return Constant(syntax.datum)

    def _application(self, syntax: Syntax, parts: tuple[Syntax, ...]) -> Task[Expression]:
        if syntax.tail is not None:
            raise self.error("a dot in a call", syntax)
        if not parts:
            raise self.error("an empty call", syntax, "the empty list is '()")
        function = yield self.expression(parts[0])
        arguments: list[Expression] = []
        keywords: dict[str, Expression] = {}
        items = iter(parts[1:])
        for item in items:
            if not isinstance(item.datum, Keyword):
                arguments.append((yield self.expression(item)))
                continue
            name = item.datum.name
            value = next(items, None)
            if value is None or isinstance(value.datum, Keyword):
                raise self.error(f"no value follows the keyword #:{name}", item)
            if name in keywords:
                raise self.error(f"the keyword #:{name} stands twice", item)
            keywords[name] = yield self.expression(value)
        return Application(function, tuple(arguments), syntax.start, tuple(keywords.items()))

    def explicit_application(self, syntax: Syntax) -> Task[Expression]:
        """``(#%app f x)``."""
        return self._application(syntax, syntax.parts[1:])

    def explicit_datum(self, syntax: Syntax) -> Expression:
        """``(#%datum . 5)``."""
        match syntax.datum:
            case [_, *items]:
                return Constant(items)
            case Dotted(items=(_, *items), tail=tail) if items:
                return Constant(Dotted(tuple(items), tail))
            case _:
                assert syntax.tail is not None
                return self._literal(syntax.tail)

    def explicit_top(self, syntax: Syntax) -> Expression:
        """``(#%top . name)``, which knows the definitions of the module only."""
        match syntax.datum:
            case Dotted(items=(_,), tail=Symbol(name)):
                if name in self.defined:
                    return Reference(name, syntax.start)
                raise self.error(f"{name} is not defined", syntax)
            case _:
                raise self.error("#%top takes one name behind a dot", syntax)

    def quote(self, syntax: Syntax) -> Expression:
        """``(quote datum)``."""
        match syntax.datum:
            case [_, quoted]:
                return Constant(quoted)
            case _:
                raise self.error("quote takes one datum", syntax)

    def choice(self, syntax: Syntax) -> Task[Expression]:
        """``(if test then else)``."""
        if len(syntax.parts) != 4 or syntax.tail is not None:
            raise self.error("if takes three expressions: test, then, else", syntax)
        branches: list[Expression] = []
        for branch in syntax.parts[1:]:
            branches.append((yield self.expression(branch)))
        return Choice(*branches)

    def misplaced(self, syntax: Syntax) -> Expression:
        """A form that is nowhere an expression."""
        name = str(getattr(syntax.parts[0].datum, "name", ""))
        raise self.error(f"{name} cannot stand here", syntax, _MISPLACED_HINTS.get(name))

    def quasiquote(self, syntax: Syntax) -> Task[Expression]:
        """``(quasiquote template)``."""
        if len(syntax.parts) != 2 or syntax.tail is not None:
            raise self.error("quasiquote takes one template", syntax)
        return self._template(syntax.parts[1], 0)

    def _template(self, syntax: Syntax, level: int) -> Task[Expression]:
        """What a template makes; ``level`` counts the quasiquotes around it that are themselves quoted."""
        parts = syntax.parts
        match syntax.datum:
            case list() | Dotted():
                items: Expression = yield self._items(syntax, parts, level)
                return items
            case Vector():
                if parts and self._is_named(parts[0], "unquote"):
                    raise self.error("unquote cannot stand first in a vector", parts[0])
                return _call("list->vector", [(yield self._items(syntax, parts, level))], syntax)
            case Prefab(key):
                return _call("make-prefab-struct", [Constant(key), (yield self._items(syntax, parts, level))], syntax)
            case Box():
                return _call("box", [(yield self._template(parts[0], level))], syntax)
            case HashTable(entries, kind):
                arguments: list[Expression] = []
                for (key, _), value in zip(entries, parts, strict=True):
                    arguments += [Constant(key), (yield self._template(value, level))]
                return _call(TABLE_MAKERS[kind], arguments, syntax)
            case _:
                return Constant(syntax.datum)

    def _items(self, syntax: Syntax, items: tuple[Syntax, ...], level: int) -> Task[Expression]:
        """A list of a template. ``unquote`` and its like count at every place of it, as in ``(x unquote y)``."""
        parts: list[Part] = []
        heads_count = syntax.tail is None
        rest = list(reversed(items))
        while rest:
            item = rest.pop()
            if heads_count and self._is_named(item, "unquote"):
                if len(rest) != 1:
                    raise self.error("unquote takes one expression", syntax)
                if level == 0:
                    end = rest.pop()
                    if parts and end.datum == []:
                        break  # Racket takes a bare () for the end of the list here, and nowhere else
                    return _sequence(parts, (yield self.expression(end)), syntax)
                level -= 1
                parts.append(Part(Constant(item.datum)))
            elif heads_count and self._is_named(item, "quasiquote"):
                level += 1
                parts.append(Part(Constant(item.datum)))
            elif heads_count and self._is_named(item, "unquote-splicing"):
                raise self.error("unquote-splicing has no list around it to splice into", syntax)
            elif isinstance(item.datum, list) and item.parts and self._is_named(item.parts[0], "unquote-splicing"):
                if level == 0 and heads_count and parts and not rest and item.datum[1:] == [[]]:
                    break
                parts.append((yield self._splice(item, level)))
            else:
                parts.append(Part((yield self._template(item, level))))
        tail = None if syntax.tail is None else (yield self._template(syntax.tail, level))
        return _sequence(parts, tail, syntax)

    def _splice(self, item: Syntax, level: int) -> Task[Part]:
        """``,@x`` inside a list: what it splices or, where it is itself quoted, the list that it is."""
        if len(item.parts) != 2:
            raise self.error("unquote-splicing takes one expression", item)
        head, inner = item.parts
        if level == 0:
            return Part((yield self.expression(inner)), splice=True)
        made = yield self._template(inner, level - 1)
        return Part(_sequence([Part(Constant(head.datum)), Part(made)], None, item))


def _sequence(parts: list[Part], tail: Expression | None, syntax: Syntax) -> Expression:
    """A list of parts, put together at once where all of them are known."""
    if not parts and tail is not None:
        return tail
    known = [part.expression.value for part in parts if isinstance(part.expression, Constant) and not part.splice]
    if len(known) == len(parts) and (tail is None or isinstance(tail, Constant)):
        return Constant(join(known, [] if tail is None else tail.value))
    return Spliced(tuple(parts), tail, syntax.start)


def _call(function: str, arguments: Sequence[Expression], syntax: Syntax) -> Application:
    return Application(Constant(Procedure(function)), tuple(arguments), syntax.start)


_Rule: TypeAlias = Callable[[_Expander, Syntax], Expression | Task[Expression]]

_FORMS: Final[dict[str, _Rule]] = {
    "quote": _Expander.quote,
    "quasiquote": _Expander.quasiquote,
    "if": _Expander.choice,
    "#%app": _Expander.explicit_application,
    "#%datum": _Expander.explicit_datum,
    "#%top": _Expander.explicit_top,
    **dict.fromkeys(("define", "unquote", "unquote-splicing", "require", "lib", "#%module-begin"), _Expander.misplaced),
}
_MISPLACED_HINTS: Final = {
    "define": "definitions stand at the top only",
    "unquote": "a comma belongs into a quasiquoted list",
    "unquote-splicing": "a comma belongs into a quasiquoted list",
}
