"""What the commands on sites share: their argument, options, and how changes are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ..console import complain, describe, exit_code, print_json, write_line
from ..documents import Json, document

if TYPE_CHECKING:
    from pltpack.site.change import BuildReport

Site: TypeAlias = Annotated[str, typer.Argument(metavar="SITE", help="The directory of the site.")]
Names: TypeAlias = Annotated[list[str], typer.Argument(metavar="PACKAGE...", help="Names of packages.")]


def tell(kind: str, report: BuildReport, *, json: bool, quiet: bool, dry_run: bool) -> None:
    """Tell what a change of a site came to; failed packages make the exit code."""
    if json:
        print_json(document(kind, **_fields(report, dry_run=dry_run)))
    elif not quiet:
        for line in _lines(report, dry_run=dry_run):
            write_line(line)
    for failed in report.failed:
        complain(f"{failed.item.origin}: {describe(failed.error)}" if not json else describe(failed.error))
    if report.failed:
        raise typer.Exit(max(exit_code(failed.error) for failed in report.failed))


def _fields(report: BuildReport, *, dry_run: bool) -> dict[str, Json]:
    return {
        "dryRun": dry_run,
        "added": list(report.added),
        "updated": list(report.updated),
        "unchanged": list(report.unchanged),
        "removed": list(report.removed),
        "failed": [
            {"name": failed.item.name, "path": failed.item.origin, "error": describe(failed.error)}
            for failed in report.failed
        ],
        "notes": {name: list(notes) for name, notes in report.notes.items()},
        "written": list(report.written.paths),
        "writtenBytes": report.written.size,
    }


def _lines(report: BuildReport, *, dry_run: bool) -> Iterator[str]:
    from pltpack.inspection.wording import counted

    for label, names in (("added", report.added), ("updated", report.updated), ("removed", report.removed)):
        for name in names:
            yield f"{label:9}{name}"
            for note in report.notes.get(name, ()):
                yield f"{'':9}{note}"
    done = "would be written" if dry_run else "written"
    unchanged = f", {counted(len(report.unchanged), 'package')} unchanged" if report.unchanged else ""
    yield f"{counted(len(report.written.paths), 'file')} {done}{unchanged}"
