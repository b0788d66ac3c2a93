"""``pltpack catalog snapshot``: freeze a site."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import Json, document
from .site_options import Site


def snapshot(
    site: Site,
    stamp: Annotated[
        str | None, typer.Option("--stamp", metavar="NAME", help="What to call it (default: today's date).")
    ] = None,
    listed: Annotated[bool, typer.Option("-l", "--list", help="Only list the snapshots that there are.")] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Freeze a site: a catalog that never changes, whose URL a client can pin.

    It shares the archives with the site. snapshots/current leads to the latest.

    \b
    pltpack catalog snapshot site/
    pltpack catalog snapshot site/ --list
    raco pkg install --catalog https://host/snapshots/2026-11-28/catalog/ mypkg
    """
    from pathlib import Path

    from pltpack.site.snapshots import stamps, take_snapshot

    if listed:
        if stamp is not None or dry_run:
            usage_error("--list takes no snapshot: --stamp and --dry-run have no meaning with it")
        names = stamps(Path(site))
        if json:
            print_json(document("catalog-snapshots", snapshots=list(names)))
        else:
            for name in names:
                write_line(name)
        return
    try:
        taken = take_snapshot(site, stamp, dry_run=dry_run)
    except ValueError as error:
        usage_error(str(error))
    if json:
        packages: Json = dict(taken.packages)
        print_json(document("catalog-snapshot", dryRun=dry_run, stamp=taken.stamp, packages=packages))
    elif not quiet:
        from pltpack.inspection.wording import counted

        done = "would be" if dry_run else "is"
        write_line(f"{taken.stamp} {done} a snapshot of {counted(len(taken.packages), 'package')}")
