"""What all pages have in common: head, style, the small program that sorts and filters, and escaping."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator
from typing import Final

from pltpack.inspection.findings import Finding, Level
from pltpack.inspection.wording import counted
from pltpack.visible import visible

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5f6368; --line: #dadce0; --ground: #fff; --card: #f6f7f9;
  --bad: #b3261e; --link: #1a5fb4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #9aa0a6; --line: #3c4043; --ground: #17181a; --card: #202124;
    --bad: #f2b8b5; --link: #99c1f1 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1168px; padding: 24px; color: var(--ink); background: var(--ground);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere }
h2 { font-size: 16px; margin: 32px 0 8px }
p { margin: 4px 0 16px; color: var(--soft) }
.damage { color: var(--bad); border: 1px solid; border-radius: 8px; padding: 8px 12px }
table { border-collapse: collapse; width: 100%; background: var(--card); border-radius: 8px; overflow: hidden }
a { color: var(--link) }
th, td { text-align: left; vertical-align: top; padding: 5px 12px; font-weight: normal }
th { color: var(--soft); white-space: nowrap; width: 1% }
td { overflow-wrap: anywhere; white-space: pre-wrap }
tr + tr th:not(:empty), tr + tr th:not(:empty) + td { border-top: 1px solid var(--line) }
svg { width: 100%; height: auto; display: block; border-radius: 8px; background: var(--card) }
svg.narrow { display: none }
@media (max-width: 640px) {
  body { padding: 16px }
  svg.narrow { display: block }
  svg.wide { display: none }
}
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
.findings { list-style: none; padding: 0; margin: 0 }
.findings li { padding: 3px 0; overflow-wrap: anywhere }
.findings b { font-weight: 600 }
.findings .damage-level, .findings .unsafe-level { color: var(--bad) }
.tools { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0; align-items: center; color: var(--soft) }
input, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--soft);
  border-radius: 6px; padding: 3px 10px }
input { flex: 1 1 200px; min-width: 0 }
button { cursor: pointer }
[hidden] { display: none !important }
.scroll { overflow-x: auto; border-radius: 8px }
.scroll table { min-width: 900px }
.scroll td { overflow-wrap: break-word }
.scroll a { overflow-wrap: anywhere }
.scroll thead th { width: auto; padding: 2px 4px }
.scroll thead button { border: 0; background: none; padding: 3px 8px; color: var(--soft); text-align: left }
.scroll tbody th { color: var(--ink); white-space: normal; width: auto; min-width: 190px; overflow-wrap: anywhere }
.scroll tbody tr + tr > * { border-top: 1px solid var(--line) }
.scroll .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.scroll td { white-space: normal }
tr:target { outline: 2px solid var(--link); outline-offset: -2px }
"""

_SCRIPT: Final = """
"use strict";
const all = (place, selector) => Array.from(place.querySelectorAll(selector));
const order = (one, other) => one.localeCompare(other, "en", { numeric: true });
for (const box of all(document, "input[data-for]")) {
  const place = document.getElementById(box.dataset.for);
  const rows = all(place, "[data-text]");
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => row.dataset.text.includes(word));
      shown += !row.hidden;
    }
    for (const folder of all(place, "details").reverse()) {
      const found = folder.querySelector("[data-text]:not([hidden])") !== null;
      folder.parentElement.hidden = words.length > 0 && !found;
      if (words.length && found) folder.open = true;
    }
    const told = document.getElementById(box.dataset.for + "-shown");
    if (told) told.textContent = words.length ? shown + " shown" : "";
  });
}
for (const button of all(document, "thead button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement;
    const body = head.closest("table").tBodies[0];
    const column = Array.from(head.parentElement.children).indexOf(head);
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.children[column].dataset.key || row.children[column].textContent;
    const rows = Array.from(body.rows).sort((one, other) => order(key(one), key(other)));
    body.append(...(down ? rows.reverse() : rows));
  });
}
for (const button of all(document, "button[data-sort]")) {
  button.addEventListener("click", () => {
    const key = button.dataset.sort;
    const sign = key === "size" ? -1 : 1;
    for (const list of all(document.getElementById("content"), "ul").concat(document.getElementById("content"))) {
      const items = Array.from(list.children);
      items.sort((one, other) => sign * order(one.dataset[key], other.dataset[key]));
      list.append(...items);
    }
    for (const other of all(document, "button[data-sort]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}
"""

_SCRIPT_DIGEST: Final = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()

_POLICY: Final = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_SCRIPT_DIGEST}'"
"""Should a name ever get past the escaping, the browser still loads nothing, and runs nothing but our own lines."""

_MOST_FINDINGS: Final = 2000


def document(title: str, body: Iterable[str]) -> Iterator[str]:
    """A whole page; ``title`` is text, ``body`` is HTML."""
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    yield from body
    yield f"</main>\n<footer>Made by pltpack.</footer>\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"


def escaped(text: str) -> str:
    """Text from strangers as HTML."""
    return html.escape(visible(text))


def search_box(place: str, label: str) -> str:
    """A box that filters what has the id ``place``."""
    return (
        f'<input type="search" data-for="{place}" aria-label="{label}" placeholder="{label}">'
        f'<span id="{place}-shown" role="status"></span>'
    )


def findings(told: Iterable[tuple[str, Finding]]) -> Iterator[str]:
    """A list of findings, each behind what stands in front of it as HTML; the worst first, notes left out."""
    levels = list(Level)
    shown = [pair for pair in told if pair[1].level is not Level.NOTE]
    if not shown:
        yield "<p>Nothing is wrong.</p>\n"
        return
    yield '<ul class="findings">\n'
    for place, finding in sorted(shown, key=lambda pair: levels.index(pair[1].level))[:_MOST_FINDINGS]:
        level = finding.level.value
        yield f'<li><b class="{level}-level">{level}</b> {place}{escaped(str(finding))}</li>\n'
    yield "</ul>\n"
    if len(shown) > _MOST_FINDINGS:
        yield f"<p>And {counted(len(shown) - _MOST_FINDINGS, 'other')}.</p>\n"
