"""``pltpack site packages``: the catalog of a site."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..catalogs.site_options import tell
from ..console import usage_error
from ..racket_options import Racket
from .site_options import Site


def packages(
    site: Site,
    packages: Annotated[
        list[str], typer.Argument(metavar="[PACKAGE...]", help="The packages that are meant, with all that they need.")
    ] = [],  # noqa: B006  typer copies it
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DIR", help="Take them from a build (build/built), a site, a folder of archives."
        ),
    ] = None,
    racket: Racket = None,
    version: Annotated[
        str | None, typer.Option("--as-version", metavar="V", help="They are for clients of this version alone.")
    ] = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Put packages into the catalog of a site: chosen ones and all that they need.

    They come from a folder, or are packed as they are built from the packages of an installation. Without names all are
    taken, or those of site.toml.
    """
    if (source is None) == (racket is None):
        usage_error("packages come --from a folder, or from the installation that --racket names")
    from pltpack.distribution.packages import put_site_packages
    from pltpack.racket.installation import Installation

    installation = None if racket is None else Installation.discover(racket=racket)
    report = put_site_packages(
        site, packages, source=source, installation=installation, version=version, dry_run=dry_run
    )
    tell("site-packages", report, json=json, quiet=quiet, dry_run=dry_run)
