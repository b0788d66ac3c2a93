"""One page about one archive for the browser: facts, a map of sizes, the tree. It loads nothing from elsewhere."""

from __future__ import annotations

import colorsys
import html
from collections import Counter
from collections.abc import Iterator
from typing import Final

from pltpack.inspection.facts import facts
from pltpack.inspection.members import Member
from pltpack.inspection.package import PackageView
from pltpack.inspection.places import Places
from pltpack.inspection.summary import Summary
from pltpack.inspection.tree import Node, tree
from pltpack.inspection.treemap import Tile, treemap
from pltpack.inspection.wording import counted, totals
from pltpack.visible import visible

_WIDTH, _HEIGHT = 1120, 560
_MOST_TILES: Final = 6000
_MOST_ROWS: Final = 20_000
_KINDS: Final = 9
"""How many kinds of files have a colour of their own."""

_GREY: Final = "#9aa0a6"

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Should a name ever get past the escaping, the browser still loads and runs nothing."""

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5f6368; --line: #dadce0; --ground: #fff; --card: #f6f7f9 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #9aa0a6; --line: #3c4043; --ground: #17181a; --card: #202124 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1168px; padding: 24px; color: var(--ink); background: var(--ground);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere }
h2 { font-size: 16px; margin: 32px 0 8px }
p { margin: 4px 0 16px; color: var(--soft) }
.damage { color: #b3261e; border: 1px solid; border-radius: 8px; padding: 8px 12px }
table { border-collapse: collapse; width: 100%; background: var(--card); border-radius: 8px; overflow: hidden }
th, td { text-align: left; vertical-align: top; padding: 5px 12px; font-weight: normal }
th { color: var(--soft); white-space: nowrap; width: 1% }
td { overflow-wrap: anywhere; white-space: pre-wrap }
tr + tr th:not(:empty), tr + tr th:not(:empty) + td { border-top: 1px solid var(--line) }
svg { width: 100%; height: auto; display: block; border-radius: 8px; background: var(--card) }
svg text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: #1c1e21; pointer-events: none }
svg rect { stroke: var(--ground); stroke-width: 1 }
svg .folder { fill: var(--line) }
svg .folder + text { fill: var(--ink) }
svg .folder.deep { fill-opacity: .6 }
svg g:hover > rect { stroke: var(--ink); stroke-width: 2 }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; padding: 0; margin: 10px 0 0;
  color: var(--soft) }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px }
.tree, .tree ul { list-style: none; margin: 0; padding-left: 20px; border-left: 1px solid var(--line) }
.tree { border: 0; padding: 0 }
.tree li { display: flex; gap: 12px; justify-content: space-between; padding: 1px 0 }
.tree li:has(> details) { display: block }
.tree summary { cursor: pointer }
.tree summary > span { float: right }
.tree .name { overflow-wrap: anywhere }
.tree .size { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap }
footer { margin-top: 40px; color: var(--soft); font-size: 13px }
"""


def page(summary: Summary, name: str, places: Places | None = None, package: PackageView | None = None) -> str:
    """The page, as HTML text in which everything from the archive is escaped. ``name`` is what to call the archive."""
    return "".join(_page(summary, name, places, package))


def _page(summary: Summary, name: str, places: Places | None, package: PackageView | None) -> Iterator[str]:
    root = tree(summary.members, name)
    shown = _text(name.rpartition("/")[2] or name)
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{shown}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    yield f"<h1>{shown}</h1>\n<p>{_text(totals(summary))}</p>\n"
    if summary.damage is not None:
        yield f'<p class="damage">The archive is damaged: {_text(str(summary.damage))}</p>\n'
    yield "<table>\n"
    for label, text in facts(summary, name, places, package):
        yield f"<tr><th>{_text(label)}</th><td>{_text(text)}</td></tr>\n"
    yield "</table>\n"
    if root.size:
        yield from _map(root, summary.members)
    yield "<h2>Content</h2>\n"
    yield from _tree(root)
    yield "<footer>Made by pltpack.</footer>\n</body>\n</html>\n"


def _map(root: Node, members: list[Member]) -> Iterator[str]:
    """The picture, and what its colours mean."""
    colours = _colours(members)
    yield "<h2>Sizes</h2>\n"
    yield f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="A map of sizes">\n'
    for number, tile in enumerate(treemap(root, _WIDTH, _HEIGHT)):
        if number == _MOST_TILES:
            break
        yield from _tile(tile, colours)
    yield '</svg>\n<ul class="legend">\n'
    sizes = Counter[str]()
    for member in members:
        sizes[_kind(member.path) if _kind(member.path) in colours else ""] += member.size
    for kind, colour in [*colours.items(), ("", _GREY)]:
        if sizes[kind]:
            share = f"{_text(kind) if kind else 'others'} {counted(sizes[kind], 'byte')}"
            yield f'<li><i style="background:{colour}"></i>{share}</li>\n'
    yield "</ul>\n"


def _tile(tile: Tile, colours: dict[str, str]) -> Iterator[str]:
    box, node = tile.box, tile.node
    folder = node.kind == "directory"
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    amount = f"{counted(node.files, 'file')}, {counted(node.size, 'byte')}" if folder else counted(node.size, "byte")
    yield f"<g><title>{_text(tile.path)}{'/' * folder}: {amount}</title>"
    if folder:
        yield f'<rect class="folder{" deep" * (tile.depth % 2)}" {place}/>'
    else:
        yield f'<rect {place} fill="{colours.get(_kind(node.name), _GREY)}"/>'
    room = int((box.width - 8) / 6.5)
    if box.height >= 14 and room >= 3:
        name = visible(node.name) + "/" * folder
        label = html.escape(name if len(name) <= room else name[: room - 1] + "…")
        yield f'<text x="{box.x + 4:.1f}" y="{box.y + 11.5:.1f}">{label}</text>'
    yield "</g>\n"


def _colours(members: list[Member]) -> dict[str, str]:
    """A colour for each of the kinds of files that take the most room, the first of them the most."""
    sizes = Counter[str]()
    for member in members:
        if member.kind == "file" and (kind := _kind(member.path)):
            sizes[kind] += member.size
    kinds = [kind for kind, _ in sizes.most_common(_KINDS)]
    return {kind: _colour(number) for number, kind in enumerate(kinds)}


def _colour(number: int) -> str:
    """Light colours, neighbours far apart on the wheel (by the golden angle)."""
    red, green, blue = colorsys.hls_to_rgb((0.58 + number * 0.381966) % 1, 0.74, 0.6)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _kind(path: str) -> str:
    """The kind of a file by its suffix; ``""`` without one."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if dot and stem and len(suffix) <= 10 else ""


def _tree(root: Node) -> Iterator[str]:
    """The tree as lists that fold; only the first levels are open."""
    yield '<ul class="tree">\n'
    rows = 0
    pending = [list(root)]
    while pending:
        if not pending[-1]:
            pending.pop()
            yield "</ul></details></li>\n" if pending else "</ul>\n"
            continue
        node = pending[-1].pop(0)
        rows += 1
        if rows > _MOST_ROWS:
            yield from ("</ul></details></li>\n" for _ in pending[1:])
            yield f"</ul>\n<p>The first {counted(_MOST_ROWS, 'entry', 'entries')} are shown.</p>\n"
            return
        if node.kind == "directory":
            size = f"{counted(node.files, 'file')}, {counted(node.size, 'byte')}"
            opened = " open" if len(pending) <= 2 and len(node.children) <= 40 else ""
            yield f'<li><details{opened}><summary><span class="size">{size}</span>{_text(node.name)}/</summary><ul>\n'
            pending.append(list(node))
        else:
            name = _text(node.name) + (f" → {_text(node.target)}" if node.kind == "link" else "")
            yield f'<li><span class="name">{name}</span><span class="size">{counted(node.size, "byte")}</span></li>\n'


def _text(text: str) -> str:
    return html.escape(visible(text))
