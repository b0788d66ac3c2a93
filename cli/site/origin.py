"""``pltpack site origin``: the collections that a build began with."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .site_options import Site, written_json, written_line


def origin(
    site: Site,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A directory of collections, or a collects.tgz that is there.")
    ],
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Have origin/collects.tgz in a site, which clients of Racket's own build begin with."""
    from pltpack.distribution.origin import put_origin

    written = put_origin(site, source, dry_run=dry_run)
    if json:
        print_json(document("site-origin", dryRun=dry_run, **written_json(written)))
    elif not quiet:
        write_line(written_line(written, dry_run=dry_run))
