"""``pltpack catalog yank``: a package that should not be used any more."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import usage_error
from .site_options import Site, tell


def yank(
    site: Site,
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="The name of the package.")],
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is on its page and in its description.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="It may be used again.")] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Say that a package should not be used, and why.

    It stays installable for who has it; `catalog check` tells of packages that depend on it.

    \b
    pltpack catalog yank site/ games --reason "deletes saved games"
    pltpack catalog yank site/ games --undo
    """
    if undo == (reason is not None):
        usage_error("give --reason TEXT, or --undo")
    from pltpack.site.build import yank_package

    report = yank_package(site, package, reason, dry_run=dry_run)
    tell("catalog-yank", report, json=json, quiet=quiet, dry_run=dry_run)
