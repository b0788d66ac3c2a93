"""``pltpack site snapshot``: keep a site as it is now."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import complain, print_json, usage_error, write_line
from ..documents import document
from .site_options import Site, Snapshots


def snapshot(
    site: Site,
    snapshots: Snapshots,
    stamp: Annotated[
        str | None, typer.Option("--stamp", metavar="NAME", help="What to call it (default: date and commit).")
    ] = None,
    commit: Annotated[
        str | None, typer.Option("--commit", metavar="SHA", help="The commit that was built: part of the stamp.")
    ] = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Copy a site into a folder of snapshots, as a whole, and let SNAPSHOTS/current lead to it.

    Large files are hard links, to the snapshot before where they are the same there. A snapshot never changes.
    """
    if stamp is not None and commit is not None:
        usage_error("--stamp and --commit exclude each other")
    from pltpack.distribution.snapshots import take_site_snapshot
    from pltpack.inspection.wording import counted

    taken = take_site_snapshot(site, snapshots, stamp=stamp, commit=commit, dry_run=dry_run)
    for path in taken.left_out:
        complain(f"{path}: is a link that leads out of the site, and is left out")
    if json:
        print_json(
            document(
                "site-snapshot",
                dryRun=dry_run,
                stamp=taken.stamp,
                files=taken.files,
                bytes=taken.size,
                sharedFiles=taken.shared,
                sharedBytes=taken.shared_size,
                leftOut=list(taken.left_out),
            )
        )
    elif not quiet:
        done = "would be" if dry_run else "is"
        shared = f"{counted(taken.shared, 'file')} of them shared"
        write_line(f"{taken.stamp} {done} a snapshot of {counted(taken.files, 'file')}, {shared}")
