"""``pltpack site forget``: take installers out of a site."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from .site_options import Site, tell


def forget(
    site: Site,
    descriptions: Annotated[
        list[str], typer.Argument(metavar="DESCRIPTION...", help="What the installers are called in the tables.")
    ],
    keep_files: Annotated[bool, typer.Option("--keep-files", help="Let the files stay where they are.")] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Take installers out of the tables, and their files and signatures out of the site."""
    from pltpack.distribution.record import forget_installers

    report = forget_installers(site, descriptions, keep_files=keep_files, dry_run=dry_run)
    tell("site-forget", report, json=json, quiet=quiet, dry_run=dry_run)
