"""``pltpack site snapshots``: which snapshots stay, which one is current, and their page."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .site_options import Snapshots, line_json, written_json, written_line


def snapshots(
    snapshots: Snapshots,
    most: Annotated[int | None, typer.Option("--max", min=1, metavar="N", help="Keep the N latest, by name.")] = None,
    weeks: Annotated[
        int | None,
        typer.Option(
            "--weeks", min=0, metavar="W", help="Keep the oldest of each of the last 7 days and of the last W weeks."
        ),
    ] = None,
    current: Annotated[
        str | None, typer.Option("--current", metavar="STAMP", help="The one that current leads to from now on.")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option("--racket-version", metavar="V", help="That of the current installers, if it is not recorded."),
    ] = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """See to a folder of snapshots: remove old ones, and show the current one on its page.

    Installers get names with "current" in the place of the version; what could not be made leads to its last success.
    The current snapshot stays whatever its name. With --max and --weeks what either keeps stays; without both it is as
    site.toml says (by itself: 5). Directories that are no sites are neither counted nor touched, and by weeks those
    stay that have no date.
    """
    from pltpack.distribution.snapshots import manage_snapshots

    managed = manage_snapshots(snapshots, current=current, keep=most, weeks=weeks, version=version, dry_run=dry_run)
    if json:
        print_json(
            document(
                "site-snapshots",
                dryRun=dry_run,
                current=managed.current,
                removed=list(managed.removed),
                kept=list(managed.kept),
                links=dict(managed.links),
                lines=[line_json(line) for line in managed.lines],
                **written_json(managed.written),
            )
        )
    elif not quiet:
        for name in managed.removed:
            write_line(f"snapshot {name} {'would be removed' if dry_run else 'removed'}")
        for description, past in managed.past.items():
            write_line(f"last success of {description}: {past.stamp}")
        write_line(f"current is {managed.current}; {written_line(managed.written, dry_run=dry_run)}")
