"""``pltpack site merge``: what builds leave behind becomes a site."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from .site_options import Site, tell


def merge(
    site: Site,
    builds: Annotated[
        list[str],
        typer.Argument(metavar="BUILD...", help="Directories with installers/, log/, origin/: builds, sites."),
    ],
    link: Annotated[bool, typer.Option("--link", help="Make hard links and no copies, where that can be.")] = False,
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Let the later build count where two have the same description.")
    ] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Take the installers, logs and origin of one or several builds into a site: their tables become one."""
    from pltpack.distribution.merge import merge_builds

    report = merge_builds(site, builds, link=link, force=force, dry_run=dry_run)
    tell("site-merge", report, json=json, quiet=quiet, dry_run=dry_run)
