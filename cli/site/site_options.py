"""What the commands on distribution sites share: their argument, and how changes of tables are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ..console import print_json, write_line
from ..documents import Json, document

if TYPE_CHECKING:
    from pltpack.distribution.listing import Line
    from pltpack.distribution.record import RecordReport
    from pltpack.site.write import Written

Site: TypeAlias = Annotated[str, typer.Argument(metavar="SITE", help="The directory of the site.")]
Snapshots: TypeAlias = Annotated[str, typer.Argument(metavar="SNAPSHOTS", help="The folder of the snapshots.")]


def tell(kind: str, report: RecordReport, *, json: bool, quiet: bool, dry_run: bool) -> None:
    """Tell what a change of the tables came to."""
    if json:
        print_json(
            document(
                kind,
                dryRun=dry_run,
                installers=[
                    {
                        "description": one.description,
                        "outcome": one.outcome,
                        "file": one.installer.file,
                        "sha1": one.installer.sha1,
                        "sha256": one.installer.sha256,
                        "size": one.installer.size,
                    }
                    for one in report.installers
                ],
                logs=dict(report.logs),
                racketVersion=report.version,
                **written_json(report.written),
            )
        )
        return
    if quiet:
        return
    for one in report.installers:
        write_line(f"{one.outcome:10}{one.description}: {one.installer.file or 'not there yet'}")
    for description, name in report.logs.items():
        write_line(f"{'log':10}{description}: {name}")
    write_line(written_line(report.written, dry_run=dry_run))


def written_json(written: Written) -> dict[str, Json]:
    """What was written, for a document."""
    return {"written": list(written.paths), "writtenBytes": written.size}


def written_line(written: Written, *, dry_run: bool) -> str:
    """What was written, for people."""
    from pltpack.inspection.wording import counted

    return f"{counted(len(written.paths), 'file')} {'would be written' if dry_run else 'written'}"


def line_json(line: Line) -> Json:
    """A line of a page, for a document."""
    past: Json = None
    if line.past is not None:
        past = {"stamp": line.past.stamp, "file": line.past.file, "racketVersion": line.past.version}
    return {
        "kind": line.kind,
        "depth": line.depth,
        "text": line.text,
        "detail": line.detail,
        "help": line.help,
        "description": line.description,
        "file": line.file,
        "href": line.href,
        "size": line.size,
        "sha1": line.sha1,
        "sha256": line.sha256,
        "signature": line.signature,
        "log": line.log,
        "aliases": [name for name, _ in line.aliases],
        "platform": line.platform,
        "minimal": line.minimal,
        "past": past,
    }
