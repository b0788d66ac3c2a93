"""Racket's ``pretty-write``, line for line.

``raco unpack -c`` shows with it what has not the shape of today's headers. A datum that fits stands on one line; one
that does not is broken up by the rule of its first symbol (``lambda``, ``case``, ``let``, ...), or as a list. The rules
and the order in which they are tried are those of ``racket/pretty`` in Racket 8.7 with its default settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeAlias

from pltpack.datum.printed import Atom, Node, Row, column_behind, ends_line, pieces, printed
from pltpack.datum.values import Datum

WIDTH: Final = 79
"""Columns of a line, ``pretty-print-columns``."""

_INDENT: Final = 2


def pretty_lines(datum: Datum) -> Iterator[str]:
    """The lines, without line feeds, that Racket's ``pretty-write`` prints for ``datum``.

    Racket's order of the entries of a hash table cannot be foretold unless all keys are of one ordered kind (see
    :mod:`~pltpack.datum.writer`): here they come as they were read. Symbols of more than 4096 bytes, and keywords that
    begin in the last two columns, may be placed otherwise if there are line ends in them. Raises ``TypeError`` for a
    value that is no datum, ``ValueError`` for text with a surrogate code point.
    """
    page = _Page()
    steps = [page.item(printed(datum), 0, _expression)]
    while steps:
        step = next(steps[-1], None)
        if step is None:
            steps.pop()
        else:
            steps.append(step)
        yield from page.full_lines()
    yield page.last_line()


_Steps: TypeAlias = "Iterator[_Steps]"
"""A layout at work: it hands out those of its parts, to be done before it goes on. So depth costs no recursion."""

_Rule: TypeAlias = "Callable[[_Page, Row, int], _Steps]"
"""How to break up a list; the number is that of the brackets behind it, which must fit on its last line too."""


class _Page:
    """What is written so far, and the moves that all rules are made of."""

    def __init__(self) -> None:
        self.column = 0
        self._line: list[str] = []
        self._lines: list[str] = []

    def full_lines(self) -> list[str]:
        """The lines that have become full since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def last_line(self) -> str:
        """The line that is being written."""
        return "".join(self._line)

    def write(self, text: str) -> None:
        self.column = column_behind(self.column, text)
        self._line.append(text)
        if "\n" in text:
            *full, rest = self.last_line().split("\n")
            self._lines += full
            self._line = [rest]

    def write_flat(self, node: Node) -> None:
        """Write on one line what may be too long for it."""
        for piece in pieces(node):
            self.write(piece)

    def indent(self, to: int, *, apart: bool = True) -> None:
        """Go to a column, on a new line if this one is past it or, with ``apart``, just there."""
        if to < self.column or (apart and to == self.column):
            self.write("\n")
        self.write(" " * (to - self.column))

    def item(self, node: Node, extra: int, rule: _Rule) -> _Steps:
        """Write a node: on this line if it fits, else broken up, lists by ``rule``."""
        line = [node.text] if isinstance(node, Atom) else self._one_line(node, WIDTH - extra)
        if line is not None:
            for piece in line:
                self.write(piece)
        elif isinstance(node, Row):
            if node.kind == "pair":
                yield rule(self, node, extra)
            elif node.kind == "box":
                self.write(node.opening)
                yield self.item(node.items[0], extra, rule)
            else:
                yield _list(self, node, extra)

    def _one_line(self, node: Node, limit: int) -> list[str] | None:
        # Racket tries on a port of its own, whose tabs count from here on.
        start, column = self.column, 0
        line = []
        for piece in pieces(node):
            column = column_behind(column, piece)
            if ends_line(piece):
                start = 0
            if start + column > limit:
                return None
            line.append(piece)
        return line

    def beside(self, row: Row, index: int, extra: int, rule: _Rule) -> _Steps:
        """Write an item of a row; behind the last one stands the bracket of the row too."""
        return self.item(row.items[index], extra + 1 if index == len(row.items) - 1 else 0, rule)

    def below(
        self, row: Row, start: int, first: int, column: int, extra: int, rule: _Rule, *, apart: bool = True
    ) -> _Steps:
        """Write the items from ``start`` on, each at ``column`` (the first at ``first``), and the closing bracket."""
        for index in range(start, row.pairs):
            self.indent(first if index == start else column, apart=apart or index > start)
            yield self.beside(row, index, extra, rule)
        if row.dotted:
            self.indent(column)
            self.write(".")
            self.indent(column)
            yield self.beside(row, len(row.items) - 1, extra, rule)
        self.write(")")


def _expression(page: _Page, row: Row, extra: int) -> _Steps:
    """By the style of its first symbol; a quotation with its prefix."""
    prefix = row.prefix()
    if prefix is not None:
        page.write(prefix)
        yield page.item(row.items[1], extra, _expression)
        return
    fewest, style = _STYLES.get(row.symbol(0) or "", (0, _list))
    yield (style if row.pairs >= fewest else _list)(page, row, extra)


def _rows(page: _Page, row: Row, extra: int, *, rule: _Rule) -> _Steps:
    """Item below item, right behind the bracket."""
    page.write(row.opening)
    yield page.below(row, 0, page.column, page.column, extra, rule, apart=False)


_list: Final[_Rule] = partial(_rows, rule=_expression)
_clauses: Final[_Rule] = partial(_rows, rule=_list)


def _body(
    page: _Page, row: Row, extra: int, *, upper: tuple[_Rule, ...] = (), rule: _Rule = _expression, named: bool = False
) -> _Steps:
    """The head, a name if there is to be one, an item for each of ``upper`` beside it; the others two columns in."""
    column = page.column + _INDENT
    page.write(row.opening)
    page.write_flat(row.items[0])
    if named:
        page.write(" ")
        page.write_flat(row.items[1])
    start = 1 + named
    beside = page.column + 1
    for item_rule in upper[: row.pairs - start]:
        page.indent(beside)
        yield page.beside(row, start, extra, item_rule)
        start += 1
    yield page.below(row, start, column, column, extra, rule)


def _let(page: _Page, row: Row, extra: int) -> _Steps:
    named = row.symbol(1) is not None
    if named and row.pairs < 3:
        return _list(page, row, extra)
    return _body(page, row, extra, upper=(_list,), named=named)


def _call(page: _Page, row: Row, extra: int, *, flat: int, hanging: bool = False, rule: _Rule = _expression) -> _Steps:
    """``flat`` items and the next one on the first line; the others below that one (``hanging``) or one column in."""
    page.write(row.opening)
    column = page.column + 1
    for index in range(flat):
        page.write(" " * bool(index))
        page.write_flat(row.items[index])
    beside = page.column + 1
    yield page.below(row, flat, beside, beside if hanging else column, extra, rule)


_STYLES: Final[dict[str, tuple[int, _Rule]]] = {
    head: (fewest, style)
    for heads, fewest, style in (
        ("lambda λ define define-macro define-syntax syntax-rules", 2, partial(_body, upper=(_list,))),
        ("shared unless when", 2, partial(_body, upper=(_list,))),
        ("if set! set!-values", 2, partial(_body, upper=(_expression,))),
        ("cond case-lambda", 1, _clauses),
        ("case class", 2, partial(_body, upper=(_expression,), rule=_list)),
        ("and or import export require require-for-syntax", 1, partial(_call, flat=1, hanging=True)),
        ("require-for-template provide link public private", 1, partial(_call, flat=1, hanging=True)),
        ("override rename inherit field init", 1, partial(_call, flat=1, hanging=True)),
        ("let letrec let* let-values letrec-values let*-values", 2, _let),
        ("let-syntax letrec-syntax let-syntaxes letrec-syntaxes", 2, _let),
        ("begin begin0", 1, _body),
        ("do letrec-syntaxes+values", 3, partial(_body, upper=(_list, _list))),
        ("module send", 3, partial(_call, flat=2)),
        ("syntax-case instantiate", 3, partial(_call, flat=2, rule=_list)),
        ("make-object", 2, partial(_call, flat=1, rule=_list)),
    )
    for head in heads.split()
}
"""The rule for each head, and the fewest pairs that a list must have for it."""
