"""A map of sizes: rectangles whose areas are those of files, laid out as squarely as possible.

The layout is the squarified treemap of Bruls, Huizing and van Wijk (2000).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pltpack.inspection.tree import Node

_HEAD = 15.0
"""Room for the name of a directory above what is in it, in the units of the picture."""
_PADDING = 2.0
_SMALLEST = 3.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its corner at the top left, width and height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of a node in the picture. ``path`` has ``/`` between names; ``depth`` counts from 0 for the top."""

    node: Node
    path: str
    box: Box
    depth: int


def treemap(root: Node, width: float, height: float) -> Iterator[Tile]:
    """The tiles of everything below ``root`` that is large enough to be seen, a directory before what is in it."""
    pending = [(root, "", Box(0, 0, width, height), 0)]
    while pending:
        above, prefix, box, depth = pending.pop()
        nodes = sorted(
            (node for node in above.children.values() if node.size), key=lambda node: (-node.size, node.name)
        )
        for node, place in zip(nodes, squarify([node.size for node in nodes], box), strict=True):
            if min(place.width, place.height) < _SMALLEST:
                continue
            path = prefix + node.name
            yield Tile(node, path, place, depth)
            inner = _inside(place)
            if node.children and inner is not None:
                pending.append((node, f"{path}/", inner, depth + 1))


def _inside(box: Box) -> Box | None:
    """What a directory leaves to its content: all but the head and a margin; nothing if it is too small for them."""
    width, height = box.width - 2 * _PADDING, box.height - _HEAD - _PADDING
    if min(width, height) < _SMALLEST:
        return None
    return Box(box.x + _PADDING, box.y + _HEAD, width, height)


def squarify(sizes: Sequence[int], box: Box) -> list[Box]:
    """A rectangle in ``box`` for each of ``sizes``, which are positive and descending; together they fill it."""
    total = sum(sizes)
    if not total:
        return []
    scale = box.width * box.height / total
    areas = [size * scale for size in sizes]
    placed: list[Box] = []
    start = 0
    while start < len(areas):
        side = min(box.width, box.height)
        stop = start + 1
        row = areas[start]
        while stop < len(areas):
            longer = row + areas[stop]
            if _worst(areas[start], areas[stop], longer, side) > _worst(areas[start], areas[stop - 1], row, side):
                break
            row = longer
            stop += 1
        boxes, box = _lay(areas[start:stop], row, box)
        placed += boxes
        start = stop
    return placed


def _worst(largest: float, smallest: float, row: float, side: float) -> float:
    """The greatest ratio of a rectangle's sides among rectangles that fill a row along ``side``, of area ``row``."""
    if not side or not row or not smallest:
        return float("inf")
    return max(side * side * largest / (row * row), row * row / (side * side * smallest))


def _lay(areas: Sequence[float], row: float, box: Box) -> tuple[list[Box], Box]:
    """Lay a row along the shorter side; the rectangles, and the room that is left."""
    boxes = []
    if box.width >= box.height:
        across = row / box.height if box.height else 0.0
        y = box.y
        for area in areas:
            height = area / across if across else 0.0
            boxes.append(Box(box.x, y, across, height))
            y += height
        return boxes, Box(box.x + across, box.y, max(box.width - across, 0.0), box.height)
    across = row / box.width if box.width else 0.0
    x = box.x
    for area in areas:
        width = area / across if across else 0.0
        boxes.append(Box(x, box.y, width, across))
        x += width
    return boxes, Box(box.x, box.y + across, box.width, max(box.height - across, 0.0))
