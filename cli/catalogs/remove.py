"""``pltpack catalog remove``: packages leave a site."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from .site_options import Names, Site, tell


def remove(
    site: Site,
    packages: Names,
    forget: Annotated[
        bool,
        typer.Option("--forget", help="Leave no tombstone: who has the package cannot update any package any more."),
    ] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Remove packages from a site.

    Each leaves its record as a tombstone: without it `raco pkg update --all` fails for everyone who has the package.

    \b
    pltpack catalog remove site/ old
    pltpack catalog remove --forget site/ mistake
    """
    from pltpack.site.build import remove_packages

    report = remove_packages(site, packages, forget=forget, dry_run=dry_run)
    tell("catalog-remove", report, json=json, quiet=quiet, dry_run=dry_run)
