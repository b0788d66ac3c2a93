"""Maps of sizes as pictures: one for wide screens and one for narrow ones, each with labels that can be read there."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pltpack.inspection.pages.kinds import KINDS, OTHERS, kind_of
from pltpack.inspection.pages.parts import escaped
from pltpack.inspection.pages.treemap import Tile, treemap
from pltpack.inspection.tree import Node
from pltpack.inspection.wording import counted
from pltpack.visible import visible


class _Size(NamedTuple):
    """A picture: for which screens, its size in the pixels that it has there, and how many tiles it may have."""

    screen: str
    width: int
    height: int
    most: int


_SIZES: Final = (_Size("wide", 1120, 560, 6000), _Size("narrow", 358, 560, 2000))


def size_map(root: Node, files: Iterable[tuple[str, int]]) -> Iterator[str]:
    """The pictures, and what their colours mean. ``files`` are names of files and their sizes."""
    for size in _SIZES:
        yield f'<svg class="{size.screen}" viewBox="0 0 {size.width} {size.height}" role="img" '
        yield 'aria-label="A map of sizes">\n'
        for number, tile in enumerate(treemap(root, size.width, size.height)):
            if number == size.most:
                break
            yield from _tile(tile)
        yield "</svg>\n"
    sizes = Counter[str]()
    for name, bytes_ in files:
        sizes[kind_of(name).name] += bytes_
    yield '<ul class="legend">\n'
    for kind in (*KINDS, OTHERS):
        if sizes[kind.name]:
            yield f'<li><i style="background:{kind.colour}"></i>{kind.name} {counted(sizes[kind.name], "byte")}</li>\n'
    yield "</ul>\n"


def _tile(tile: Tile) -> Iterator[str]:
    box, node = tile.box, tile.node
    folder = node.kind == "directory"
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    amount = f"{counted(node.files, 'file')}, {counted(node.size, 'byte')}" if folder else counted(node.size, "byte")
    yield f"<g><title>{escaped(tile.path)}{'/' * folder}: {amount}</title>"
    if folder:
        yield f'<rect class="folder{" deep" * (tile.depth % 2)}" {place}/>'
    else:
        yield f'<rect {place} fill="{kind_of(node.name).colour}"/>'
    room = int((box.width - 8) / 6.5)
    if box.height >= 14 and room >= 3:
        name = visible(node.name) + "/" * folder
        label = html.escape(name if len(name) <= room else name[: room - 1] + "…")
        yield f'<text x="{box.x + 4:.1f}" y="{box.y + 11.5:.1f}">{label}</text>'
    yield "</g>\n"
