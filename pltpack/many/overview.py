"""One page about many archives: a table, a map of sizes over all, what verification found, what they have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.inspection.findings import Finding, Level
from pltpack.inspection.members import Member
from pltpack.inspection.pages.parts import document, escaped, findings, search_box
from pltpack.inspection.pages.picture import size_map
from pltpack.inspection.summary import summarise
from pltpack.inspection.tree import tree
from pltpack.inspection.verify import verify
from pltpack.inspection.wording import counted
from pltpack.many.columns import ARCHIVES, Cell, Row
from pltpack.many.discover import StrPath, discover
from pltpack.many.duplicates import Duplicates, Fingerprint, compared, fingerprint_of
from pltpack.many.each import each
from pltpack.many.rows import empty, failed, summary_row

_Related: TypeAlias = dict[str, tuple[list[str], list[str]]]
"""Of an archive those that are the same, and other versions of its package."""


@dataclass(slots=True)
class Look:
    """What the page tells of one archive: its row of the table, findings, and what is compared with others."""

    row: Row
    fingerprint: Fingerprint
    findings: list[Finding] = field(default_factory=list)


def overview(
    paths: Iterable[StrPath],
    *,
    recursive: bool = False,
    executor: Executor | None = None,
    limits: Limits = Limits(),
) -> str:
    """The page, as HTML text in which everything from the archives is escaped; it loads nothing from elsewhere.

    ``paths`` and ``executor`` are those of :func:`~pltpack.many.rows.archive_rows`. Of every file its name, size and
    digest is kept until the page is written.
    """
    return overview_of(each(partial(look, limits=limits), discover(paths, recursive=recursive), executor))


def look(path: str, *, limits: Limits = Limits()) -> Look:
    """Look at one archive."""
    try:
        summary = summarise(path, digests="members", limits=limits)
        report = verify(path, limits=limits)
    except (PltError, OSError) as error:
        row = failed(empty(ARCHIVES, path), error)
        return Look(row, Fingerprint(path, error=error), [Finding(Level.DAMAGE, "unread", str(row["message"]))])
    return Look(summary_row(summary, path), fingerprint_of(summary, path), report.findings)


def overview_of(looks: Iterable[Look]) -> str:
    """The page about archives that have been looked at."""
    seen = list(looks)
    title = f"{counted(len(seen), 'archive')}"
    return "".join(document(title, _body(seen, title)))


def _body(seen: Sequence[Look], title: str) -> Iterator[str]:
    same = compared(one.fingerprint for one in seen)
    numbers = {str(one.row["archive"]): number for number, one in enumerate(seen)}
    files = sum(len(one.fingerprint.files) for one in seen)
    total = sum(size for one in seen for size, _ in one.fingerprint.files.values())
    where = _where(numbers)
    below = f" in {escaped(where)}" if where else ""
    yield f"<h1>{escaped(title)}{below}</h1>\n<p>{counted(files, 'file')}, {counted(total, 'byte')}</p>\n"
    yield '<h2>Archives</h2>\n<div class="tools">'
    yield search_box("archives", "Search the table")
    yield '</div>\n<div class="scroll" tabindex="0" role="region" aria-label="Table of the archives">\n'
    yield from _table(seen, _related(same), where, numbers)
    yield "</div>\n"
    if total:
        members = [
            Member(f"{str(one.row['archive']).removeprefix(where).strip('/')}/{path}", "file", size)
            for one in seen
            for path, (size, _) in one.fingerprint.files.items()
        ]
        yield "<h2>Sizes</h2>\n"
        yield from size_map(tree(members, "all"), ((member.path, member.size) for member in members))
    yield "<h2>Findings</h2>\n"
    yield from findings(
        (f"{_link(str(one.row['archive']), numbers)}: ", finding) for one in seen for finding in one.findings
    )
    yield from _groups(same, numbers)


def _where(archives: Iterable[str]) -> str:
    """The directory that all of them lie in, with its slash; ``""`` if there is none."""
    directories = [archive.rpartition("/")[0] + "/" for archive in archives]
    first, last = min(directories, default=""), max(directories, default="")
    shared = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: first.rfind("/", 0, shared) + 1]


_HEADS = ("archive", "format", "name", "files", "bytes", "size", "worst finding", "the same", "versions")


def _table(seen: Sequence[Look], related: _Related, where: str, numbers: dict[str, int]) -> Iterator[str]:
    yield "<table>\n<thead><tr>"
    for head in _HEADS:
        yield f'<th scope="col"><button type="button">{head}</button></th>'
    yield '</tr></thead>\n<tbody id="archives">\n'
    levels = list(Level)
    for number, one in enumerate(seen):
        row = one.row
        archive = str(row["archive"])
        worst = min((levels.index(finding.level) for finding in one.findings), default=len(levels))
        told = levels[worst].value if worst < len(levels) else "none"
        codes = " ".join(sorted({finding.code for finding in one.findings}))
        text = escaped(f"{archive} {row['format'] or ''} {row['name'] or ''} {told} {codes}".lower())
        yield f'<tr id="a{number}" data-text="{text}"><th scope="row">{escaped(archive.removeprefix(where))}</th>'
        yield f"<td>{escaped(str(row['format'] or ''))}</td><td>{escaped(str(row['name'] or ''))}</td>"
        for column in ("files", "bytes", "size"):
            yield _number(row[column])
        yield f'<td data-key="{worst}">{told}</td>'
        for others in related.get(archive, ([], [])):
            yield f'<td data-key="{len(others):06}">{", ".join(_link(other, numbers) for other in others)}</td>'
        yield "</tr>\n"
    yield "</tbody>\n</table>\n"


def _number(cell: Cell) -> str:
    if not isinstance(cell, int):
        return '<td class="number" data-key="-"></td>'
    return f'<td class="number" data-key="{cell}">{cell:,}</td>'


def _link(archive: str, numbers: dict[str, int]) -> str:
    return f'<a href="#a{numbers[archive]}">{escaped(archive.rpartition("/")[2])}</a>'


def _related(same: Duplicates) -> _Related:
    """Of each archive those that are the same, and other versions of its package; at most a few of them."""
    found: _Related = defaultdict(lambda: ([], []))
    equal = [*same.raw.values(), *same.content.values()]
    for place, groups in ((0, equal), (1, [group.archives for group in same.versions])):
        for group in groups:
            for archive in group:
                told = found[archive][place]
                twins = found[archive][0]
                told += [other for other in group if other != archive and other not in told and other not in twins][:5]
    return found


def _groups(same: Duplicates, numbers: dict[str, int]) -> Iterator[str]:
    groups = [("the same raw stream", group) for group in same.raw.values()]
    groups += [("the same content", group) for group in same.content.values()]
    groups += [(f"versions of {versions.name}", versions.archives) for versions in same.versions]
    if not groups:
        return
    yield '<h2>What they have in common</h2>\n<ul class="findings">\n'
    for what, archives in groups:
        yield f"<li><b>{escaped(what)}</b>: {', '.join(_link(archive, numbers) for archive in archives)}</li>\n"
    yield "</ul>\n"
