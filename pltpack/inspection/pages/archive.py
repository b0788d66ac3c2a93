"""One page about one archive: facts, what verification found, a map of sizes, the tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pltpack.inspection.facts import facts
from pltpack.inspection.findings import Report
from pltpack.inspection.package import PackageView
from pltpack.inspection.pages.parts import document, escaped, findings, search_box
from pltpack.inspection.pages.picture import size_map
from pltpack.inspection.places import Places
from pltpack.inspection.summary import Summary
from pltpack.inspection.tree import Node, tree
from pltpack.inspection.wording import counted, totals

_MOST_ROWS: Final = 20_000


def page(
    summary: Summary,
    name: str,
    places: Places | None = None,
    package: PackageView | None = None,
    report: Report | None = None,
) -> str:
    """The page, as HTML text in which everything from the archive is escaped. ``name`` is what to call the archive."""
    title = name.rpartition("/")[2] or name
    return "".join(document(title, _body(summary, name, title, places, package, report)))


def _body(
    summary: Summary,
    name: str,
    title: str,
    places: Places | None,
    package: PackageView | None,
    report: Report | None,
) -> Iterator[str]:
    root = tree(summary.members, name)
    yield f"<h1>{escaped(title)}</h1>\n<p>{escaped(totals(summary))}</p>\n"
    if summary.damage is not None:
        yield f'<p class="damage">The archive is damaged: {escaped(str(summary.damage))}</p>\n'
    yield "<table>\n"
    for label, text in facts(summary, name, places, package):
        head = f'<th scope="row">{escaped(label)}</th>' if label else "<td></td>"
        yield f"<tr>{head}<td>{escaped(text)}</td></tr>\n"
    yield "</table>\n"
    if report is not None:
        yield "<h2>Findings</h2>\n"
        yield from findings(("", finding) for finding in report.findings)
    if root.size:
        yield "<h2>Sizes</h2>\n"
        yield from size_map(root, ((member.path, member.size) for member in summary.members))
    yield '<h2>Content</h2>\n<div class="tools">'
    yield search_box("content", "Search the names")
    for key in ("name", "size"):
        yield f'<button type="button" data-sort="{key}" aria-pressed="{str(key == "name").lower()}">by {key}</button>'
    yield "</div>\n"
    yield from _tree(root)


def _tree(root: Node) -> Iterator[str]:
    """The tree as lists that fold; only the first levels are open."""
    yield '<ul class="tree" id="content">\n'
    rows = 0
    pending = [list(root)]
    paths = [""]
    while pending:
        if not pending[-1]:
            pending.pop()
            paths.pop()
            yield "</ul></details></li>\n" if pending else "</ul>\n"
            continue
        node = pending[-1].pop(0)
        rows += 1
        if rows > _MOST_ROWS:
            yield from ("</ul></details></li>\n" for _ in pending[1:])
            yield f"</ul>\n<p>The first {counted(_MOST_ROWS, 'entry', 'entries')} are shown.</p>\n"
            return
        keys = f'data-name="{escaped(node.name)}" data-size="{node.size}"'
        if node.kind == "directory":
            size = f"{counted(node.files, 'file')}, {counted(node.size, 'byte')}"
            opened = " open" if len(pending) <= 2 and len(node.children) <= 40 else ""
            yield f"<li {keys}><details{opened}><summary>"
            yield f'<span class="size">{size}</span>{escaped(node.name)}/</summary><ul>\n'
            pending.append(list(node))
            paths.append(f"{paths[-1]}{node.name}/"[-400:])
        else:
            name = escaped(node.name) + (f" → {escaped(node.target)}" if node.kind == "link" else "")
            yield f'<li {keys} data-text="{escaped((paths[-1] + node.name).lower())}">'
            yield f'<span class="name">{name}</span><span class="size">{counted(node.size, "byte")}</span></li>\n'
