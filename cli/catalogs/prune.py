"""``pltpack catalog prune``: remove old snapshots, and archives that nobody needs."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import document
from .site_options import Site


def prune(
    site: Site,
    keep: Annotated[int | None, typer.Option("--keep", min=1, metavar="N", help="Keep the N latest snapshots.")] = None,
    weeks: Annotated[
        int | None,
        typer.Option(
            "--weeks", min=0, metavar="W", help="Keep the oldest of each of the last 7 days and of the last W weeks."
        ),
    ] = None,
    grace: Annotated[
        int | None,
        typer.Option("--grace", min=0, metavar="DAYS", help="Keep unneeded archives so long (default: 7)."),
    ] = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Remove snapshots, and archives that neither the site nor a snapshot needs any more.

    The current snapshot stays. Without --keep and --weeks, and unless catalog.toml says so, all snapshots stay.

    \b
    pltpack catalog prune site/ --keep 5
    pltpack catalog prune site/ --weeks 4 --grace 30
    """
    if keep is not None and weeks is not None:
        usage_error("--keep and --weeks exclude each other")
    from pltpack.inspection.wording import counted
    from pltpack.site.retention import prune_site

    pruned = prune_site(site, keep=keep, weeks=weeks, grace_days=grace, dry_run=dry_run)
    if json:
        print_json(
            document(
                "catalog-prune",
                dryRun=dry_run,
                snapshots=list(pruned.snapshots),
                archives=list(pruned.archives),
                waiting=list(pruned.waiting),
                bytes=pruned.size,
            )
        )
    elif not quiet:
        done = "would be removed" if dry_run else "removed"
        for stamp in pruned.snapshots:
            write_line(f"snapshot {stamp} {done}")
        for archive in pruned.archives:
            write_line(f"{archive} {done}")
        waiting = f"; {counted(len(pruned.waiting), 'archive')} still in grace" if pruned.waiting else ""
        write_line(f"{counted(pruned.size, 'byte')} {done}{waiting}")
