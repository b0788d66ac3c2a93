"""Packages and what they depend on, drawn: from the left what depends on others, to the right what others need."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pltpack.visible import visible

MOST: Final = 400
"""Packages that are drawn; with more nobody could follow a line."""

_WIDTH: Final = 230
_HEIGHT: Final = 24
_GAP: Final = 90
_STEP: Final = 34
_MARGIN: Final = 12
_LONGEST: Final = 32
_ROUNDS: Final = 4


@dataclass(slots=True)
class Box:
    """A package in the picture, at its column and row."""

    name: str
    missing: bool
    column: int = 0
    row: float = 0


def layout(graph: dict[str, list[str]], missing: frozenset[str]) -> list[Box]:
    """Where each package is drawn: in a column right of all that depend on it, but for those in rings.

    Packages that depend on none, and that none depends on, are left out.
    """
    following = {name: sorted(set(names) - {name}) for name, names in graph.items()}
    named = {name for names in following.values() for name in names}
    nodes = sorted({name for name, names in following.items() if names} | named)
    columns = _columns(nodes, following)
    boxes = {name: Box(name, name in missing, columns[name]) for name in nodes}
    by_column: dict[int, list[Box]] = {}
    for box in boxes.values():
        by_column.setdefault(box.column, []).append(box)
    for found in by_column.values():
        for row, box in enumerate(found):
            box.row = row
    before = {name: [other for other in nodes if name in following.get(other, ())] for name in nodes}
    for turn in range(_ROUNDS):
        for column in sorted(by_column, reverse=turn % 2 == 1):
            beside = before if turn % 2 == 0 else following
            _sort(by_column[column], {box.name: beside.get(box.name, []) for box in by_column[column]}, boxes)
    return [boxes[name] for name in nodes]


def _columns(nodes: list[str], following: dict[str, list[str]]) -> dict[str, int]:
    """The longest way to each node from one that nothing leads to; a step that closes a ring does not count."""
    order: list[str] = []
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    for root in nodes:
        if root in state:
            continue
        work = [(root, iter(following.get(root, ())))]
        state[root] = 1
        while work:
            node, steps = work[-1]
            step = next(steps, None)
            if step is None:
                work.pop()
                state[node] = 2
                order.append(node)
            elif step not in state:
                state[step] = 1
                work.append((step, iter(following.get(step, ()))))
            elif state[step] == 1:
                back.add((node, step))
    columns = dict.fromkeys(nodes, 0)
    for node in reversed(order):
        for step in following.get(node, ()):
            if (node, step) not in back:
                columns[step] = max(columns[step], columns[node] + 1)
    return columns


def _sort(column: list[Box], beside: dict[str, list[str]], boxes: dict[str, Box]) -> None:
    """Order a column by the middle of what each package is connected with."""

    def middle(box: Box) -> tuple[float, str]:
        rows = [boxes[name].row for name in beside[box.name]]
        return (sum(rows) / len(rows) if rows else box.row, box.name)

    column.sort(key=middle)
    for row, box in enumerate(column):
        box.row = row


def drawing(graph: dict[str, list[str]], missing: frozenset[str]) -> Iterator[str]:
    """The picture as SVG, in pieces; nothing if no package depends on another, or too many do."""
    boxes = {box.name: box for box in layout(graph, missing)}
    if not boxes or len(boxes) > MOST:
        return
    width = 2 * _MARGIN + (max(box.column for box in boxes.values()) + 1) * (_WIDTH + _GAP) - _GAP
    height = 2 * _MARGIN + int(max(box.row for box in boxes.values()) + 1) * _STEP
    yield f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="Packages and dependencies">\n'
    for name, names in sorted(graph.items()):
        for other in names:
            if other != name and name in boxes:
                yield _line(boxes[name], boxes[other])
    for box in boxes.values():
        yield _box(box)
    yield "</svg>\n"


def _place(box: Box) -> tuple[float, float]:
    return _MARGIN + box.column * (_WIDTH + _GAP), _MARGIN + box.row * _STEP


def _line(source: Box, target: Box) -> str:
    x, y = _place(source)
    to_x, to_y = _place(target)
    x, y, to_y = x + _WIDTH, y + _HEIGHT / 2, to_y + _HEIGHT / 2
    half = max(_GAP / 2, abs(to_x - x) / 2)
    kind = "missing" if target.missing else "needs"
    return f'<path class="{kind}" d="M{x:g} {y:g}C{x + half:g} {y:g} {to_x - half:g} {to_y:g} {to_x:g} {to_y:g}"/>\n'


def _box(box: Box) -> str:
    x, y = _place(box)
    name = visible(box.name)
    label = html.escape(name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…")
    kind = "missing" if box.missing else "package"
    anchor = f'<a href="#{html.escape(name)}">' if not box.missing else "<a>"
    return (
        f"<g>{anchor}<title>{html.escape(name)}</title>"
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"/>'
        f'<text x="{x + 8:g}" y="{y + 16:g}">{label}</text></a></g>\n'
    )
