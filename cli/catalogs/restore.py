"""``pltpack catalog restore``: a site as it was when a snapshot was taken."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from .site_options import Site, tell


def restore(
    site: Site,
    stamp: Annotated[str, typer.Argument(metavar="STAMP", help="The name of the snapshot.")],
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Have the packages of a snapshot in the site again.

    Packages that have come since then leave tombstones.

    \b
    pltpack catalog restore site/ 2026-11-28
    """
    from pltpack.site.build import restore_snapshot

    report = restore_snapshot(site, stamp, dry_run=dry_run)
    tell("catalog-restore", report, json=json, quiet=quiet, dry_run=dry_run)
