"""A datum as the tree of texts that is printed: each atom formatted once, quotations abbreviated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from pltpack.datum.prefabs import normal_prefab_key
from pltpack.datum.values import (
    Box,
    Datum,
    Dotted,
    FixnumVector,
    FlonumVector,
    HashTable,
    Prefab,
    Symbol,
    Vector,
)
from pltpack.datum.writer import ordered_entries, write_datum

_PREFIXES: Final = {
    "quote": "'",
    "quasiquote": "`",
    "unquote": ",",
    "unquote-splicing": ",@",
    "syntax": "#'",
    "quasisyntax": "#`",
    "unsyntax": "#,",
    "unsyntax-splicing": "#,@",
}
_HASH_NAMES: Final = {"equal": "#hash(", "eq": "#hasheq(", "eqv": "#hasheqv(", "always": "#hashalw("}


@dataclass(slots=True)
class Atom:
    """What is never broken up. ``symbol`` is the name of a symbol."""

    text: str
    symbol: str | None = None


@dataclass(slots=True)
class Row:
    """What may be broken up. ``items`` are nodes (data while the tree is made), the last one a tail if ``dotted``."""

    kind: Literal["pair", "vector", "box"]
    opening: str
    items: list[Any]
    dotted: bool = False

    @property
    def pairs(self) -> int:
        """How many pairs the list is made of."""
        return len(self.items) - self.dotted

    def symbol(self, index: int) -> str | None:
        """The name of the item if it is a symbol."""
        item = self.items[index]
        return item.symbol if isinstance(item, Atom) else None

    def prefix(self) -> str | None:
        """What stands for the head of a quotation: ``'`` for ``(quote x)``."""
        if self.kind == "pair" and self.pairs == len(self.items) == 2:
            return _PREFIXES.get(self.symbol(0) or "")
        return None


Node: TypeAlias = Atom | Row


def printed(datum: Datum) -> Node:
    """The tree for a datum, made without recursion.

    Raises ``TypeError`` for a value that is no datum, ``ValueError`` for text with a surrogate code point.
    """
    top = Row("vector", "", [datum])
    pending = [top]
    while pending:
        items = pending.pop().items
        items[:] = map(_node, items)
        pending += [item for item in items if isinstance(item, Row)]
    node: Node = top.items[0]
    return node


def _node(value: Datum) -> Node:
    match value:
        case list() if value:
            return Row("pair", "(", list(value))
        case Dotted():
            return Row("pair", "(", [*value.items, value.tail], dotted=True)
        case Vector():
            return Row("vector", "#(", list(value.items))
        case FixnumVector():
            return Row("vector", "#fx(", list(value.items))
        case FlonumVector():
            return Row("vector", "#fl(", list(value.items))
        case Prefab():
            return Row("vector", "#s(", [normal_prefab_key(value.key, len(value.fields)), *value.fields])
        case HashTable():
            # An entry is a pair whatever its value is: (key . (a b)) keeps its dot.
            entries: list[Datum] = [Dotted((key,), content) for key, content in ordered_entries(value.entries)]
            return Row("vector", _HASH_NAMES[value.kind], entries)
        case Box():
            return Row("box", "#&", [value.value])
        case Symbol():
            return Atom(write_datum(value), value.name)
        case _:
            return Atom(write_datum(value))


def pieces(node: Node) -> Iterator[str]:
    """The text of a node on one line, piece by piece, so that whoever sees it is too long can stop."""
    pending: list[Iterator[str | Node]] = [iter((node,))]
    while pending:
        part = next(pending[-1], None)
        if part is None:
            pending.pop()
        elif isinstance(part, str):
            yield part
        elif isinstance(part, Atom):
            yield part.text
        else:
            pending.append(_parts(part))


def _parts(row: Row) -> Iterator[str | Node]:
    prefix = row.prefix()
    if prefix is not None:
        yield prefix
        quoted = row.items[1]
        if prefix in (",", "#,") and row.symbol(1) is not None and quoted.text.startswith("@"):
            yield " "  # or it would read as ,@
        yield quoted
        return
    yield row.opening
    if row.kind == "box":
        yield row.items[0]
        return
    for index, item in enumerate(row.items):
        if index and row.dotted and index == len(row.items) - 1:
            yield " . "
        elif index:
            if row.kind == "pair" and index == row.pairs - 2 and not row.dotted and row.symbol(index) == "unquote":
                yield " . ,"
                yield row.items[-1]
                break
            yield " "
        yield item
    yield ")"


def ends_line(text: str) -> bool:
    """Whether a line begins in the text, as Racket's ports count lines (only symbols and keywords can hold that)."""
    return "\n" in text or "\r" in text


def column_behind(column: int, text: str) -> int:
    """The column behind ``text`` as Racket's ports count: tabs stop at eights, line feed and return begin a line."""
    if not ends_line(text) and "\t" not in text:
        return column + len(text)
    for character in text:
        column += 8 - column % 8 if character == "\t" else 1
        if character in "\n\r":
            column = 0
    return column
