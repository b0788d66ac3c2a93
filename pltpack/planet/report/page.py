"""One page about a rescue for the browser. It loads nothing from elsewhere and runs nothing."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final

from pltpack.inspection.wording import counted
from pltpack.planet.report.graph import MOST, drawing
from pltpack.planet.rescue.dependencies import Reason
from pltpack.planet.rescue.notes import KINDS, Edit, Note
from pltpack.planet.rescue.replacements import module_of
from pltpack.planet.rescue.rescued import Rescue, Rescued
from pltpack.visible import visible

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Should a name ever get past the escaping, the browser still loads and runs nothing."""

_MOST_MODULES: Final = 20_000
_LONGEST: Final = 600

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5f6368; --line: #dadce0; --ground: #fff; --card: #f6f7f9;
  --out: #b3261e; --in: #1e7d34; --link: #1a56b0 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #9aa0a6; --line: #3c4043; --ground: #17181a; --card: #202124; --out: #f28b82;
    --in: #81c995; --link: #8ab4f8 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1168px; padding: 24px; color: var(--ink); background: var(--ground);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
h1 { font-size: 22px; margin: 0 }
h2 { font-size: 16px; margin: 32px 0 8px }
h3 { font-size: 14px; margin: 12px 0 2px; color: var(--soft); font-weight: normal }
p { margin: 4px 0 12px; color: var(--soft) }
a { color: var(--link); text-decoration: none }
table { border-collapse: collapse; width: 100%; background: var(--card); border-radius: 8px; overflow: hidden }
th, td { text-align: left; vertical-align: top; padding: 5px 12px; font-weight: normal; overflow-wrap: anywhere }
th { color: var(--soft) }
tr + tr > * { border-top: 1px solid var(--line) }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
details.package { background: var(--card); border-radius: 8px; padding: 6px 14px; margin: 6px 0 }
details.package > summary { cursor: pointer; overflow-wrap: anywhere }
summary small { color: var(--soft); float: right; margin-left: 12px }
.refused { color: var(--out) }
ul { margin: 0; padding-left: 20px }
code, del, ins { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
del, ins { display: block; text-decoration: none; white-space: pre-wrap }
del { color: var(--out) } del::before { content: "- " }
ins { color: var(--in) } ins::before { content: "+ " }
.graph { overflow: auto; background: var(--card); border-radius: 8px; max-height: 760px }
svg { display: block; max-width: none }
svg text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink) }
svg rect { fill: var(--ground); stroke: var(--soft) }
svg rect.missing { stroke: var(--out); stroke-dasharray: 4 3 }
svg path { fill: none; stroke: var(--soft); opacity: .55 }
svg path.missing { stroke: var(--out); stroke-dasharray: 4 3 }
footer { margin-top: 40px; color: var(--soft); font-size: 13px }
"""


def rescue_page(rescue: Rescue) -> Iterator[str]:
    """The page, in pieces of HTML in which everything from the packages is escaped."""
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>Rescue of {counted(len(rescue.packages), 'package')}</title>\n<style>{_STYLE}</style>\n"
    yield "</head>\n<body>\n<h1>Packages of PLaneT, rescued</h1>\n"
    yield f"<p>{_text('; '.join(summary(rescue)))}.</p>\n"
    yield from _refused(rescue)
    yield from _missing(rescue)
    yield from _notes(rescue)
    yield from _graph(rescue)
    yield "<h2>Packages</h2>\n"
    for package in rescue.made:
        yield from _package(package)
    yield from _modules(rescue)
    yield from _others(rescue)
    yield (
        "<footer>Whether a package may be passed on is for its licence to say, which is in the package or nowhere. "
        "Made by pltpack.</footer>\n</body>\n</html>\n"
    )


def summary(rescue: Rescue) -> Iterator[str]:
    """What the rescue came to, in a few phrases."""
    made = rescue.made
    yield f"{counted(len(made), 'package')} made"
    if rescue.refused:
        yield f"{counted(len(rescue.refused), 'release')} refused"
    yield f"{counted(sum(package.sources for package in made), 'source file')} looked into"
    yield f"{counted(sum(len(package.edits) for package in made), 'place')} rewritten"
    yield f"{counted(sum(len(package.notes) for package in made), 'note')} to read"
    missing = rescue.missing()
    if missing:
        yield f"{counted(len(missing), 'package')} missing"
    if rescue.cycles():
        yield f"{counted(len(rescue.cycles()), 'ring')} of packages that need each other"


def _refused(rescue: Rescue) -> Iterator[str]:
    if not rescue.refused:
        return
    yield "<h2>Refused</h2>\n<table>\n<tr><th>release</th><th>why</th></tr>\n"
    for package in rescue.refused:
        yield f'<tr><td class="refused">{_text(str(package.release))}</td><td>{_text(str(package.error))}</td></tr>\n'
    yield "</table>\n"


def _missing(rescue: Rescue) -> Iterator[str]:
    missing = rescue.missing()
    if not missing:
        return
    yield "<h2>Missing</h2>\n<p>Packages whose archives are not here, and who needs them.</p>\n"
    yield "<table>\n<tr><th>package</th><th>needed by</th></tr>\n"
    for name, wanting in missing.items():
        links = ", ".join(_link(other) for other in wanting)
        yield f"<tr><td>{_text(name)}</td><td>{links}</td></tr>\n"
    yield "</table>\n"


def _notes(rescue: Rescue) -> Iterator[str]:
    """How many notes there are of each kind."""
    packages: dict[str, dict[str, int]] = {}
    for package in rescue.made:
        for note in package.notes:
            found = packages.setdefault(note.kind, {})
            found[package.target.name] = found.get(package.target.name, 0) + 1
    if not packages:
        return
    yield "<h2>Notes by kind</h2>\n<table>\n<tr><th>kind</th><th>what it is about</th><th>notes</th><th>in</th></tr>\n"
    for kind, meaning in KINDS.items():
        if kind in packages:
            found = packages[kind]
            links = ", ".join(_link(name) for name in found)
            yield (
                f'<tr><td><code>{kind}</code></td><td>{_text(meaning)}</td><td class="n">{sum(found.values()):,}</td>'
                f"<td><details><summary>{counted(len(found), 'package')}</summary>{links}</details></td></tr>\n"
            )
    yield "</table>\n"


def _graph(rescue: Rescue) -> Iterator[str]:
    graph = rescue.graph()
    missing = frozenset(name for names in graph.values() for name in names if name not in graph)
    picture = list(drawing(graph, missing))
    if picture:
        yield "<h2>Who needs whom</h2>\n<p>Each package leads to those that it needs; dashed ones are missing.</p>\n"
        yield '<div class="graph">\n'
        yield from picture
        yield "</div>\n"
    elif any(graph.values()):
        yield f"<h2>Who needs whom</h2>\n<p>More than {MOST} packages are connected: too many to draw.</p>\n"
    for ring in rescue.cycles():
        yield f"<p>In a ring: {', '.join(map(_link, ring))}.</p>\n"


def _package(package: Rescued) -> Iterator[str]:
    name = package.target.name
    amounts = f"{counted(package.files, 'file')}, {counted(len(package.edits), 'edit')}, "
    amounts += counted(len(package.notes), "note")
    yield f'<details class="package" id="{_text(name)}"><summary>{_text(name)} <small>{amounts}</small></summary>\n'
    yield f"<p>{_text(str(package.release))}, now the collection <code>{_text(package.target.collection)}</code>."
    yield f" {_text(package.description)}</p>\n" if package.description else "</p>\n"
    yield from _dependencies("Depends on", package.deps)
    yield from _dependencies("Needs for building only", package.build_deps)
    if package.edits:
        yield "<h3>Rewritten</h3>\n"
        for edit in package.edits:
            yield _edit(edit)
    if package.notes:
        yield "<h3>Notes</h3>\n<ul>\n"
        for note in package.notes:
            yield _note(note)
        yield "</ul>\n"
    yield "</details>\n"


def _dependencies(title: str, found: dict[str, Reason]) -> Iterator[str]:
    if not found:
        return
    yield f"<h3>{title}</h3>\n<ul>\n"
    for name, reason in found.items():
        why = f"{reason.what} in {reason.file}" if reason.file else reason.what
        yield f"<li>{_text(name)}: <code>{_text(_short(why))}</code></li>\n"
    yield "</ul>\n"


def _edit(edit: Edit) -> str:
    before, after = _text(_short(edit.before)), _text(_short(edit.after))
    return f"<div><code>{_text(edit.file)}:{edit.line}</code><del>{before}</del><ins>{after}</ins></div>\n"


def _note(note: Note) -> str:
    place = f"{note.file}:{note.line}" if note.line else note.file
    return f"<li><code>{_text(place)}</code> {note.kind}: {_text(_short(note.message))}</li>\n"


def _modules(rescue: Rescue) -> Iterator[str]:
    """Every module by its path."""
    found = sorted(
        (f"{package.target.collection}/{module_of(module)}", package.target.name)
        for package in rescue.made
        for module in package.modules
    )
    if not found:
        return
    yield f"<h2>Modules</h2>\n<details><summary>{counted(len(found), 'module')}</summary>\n<table>\n"
    for module, name in found[:_MOST_MODULES]:
        yield f"<tr><td><code>{_text(module)}</code></td><td>{_link(name)}</td></tr>\n"
    yield "</table>\n"
    if len(found) > _MOST_MODULES:
        yield f"<p>The first {_MOST_MODULES:,} are shown.</p>\n"
    yield "</details>\n"


def _others(rescue: Rescue) -> Iterator[str]:
    for title, lines in (
        ("Gave way to later minor versions", [str(release) for release in rescue.superseded]),
        ("Archives of which nothing says what they are", [str(path) for path in rescue.unplaced]),
        ("Passed over", rescue.problems),
    ):
        if lines:
            yield f"<h2>{title}</h2>\n<ul>\n"
            yield from (f"<li>{_text(line)}</li>\n" for line in lines)
            yield "</ul>\n"


def _link(name: str) -> str:
    return f'<a href="#{_text(name)}">{_text(name)}</a>'


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _text(text: str) -> str:
    return html.escape("\n".join(map(visible, text.split("\n"))))
