"""``pltpack planet remove``: a package out of the cache of PLaneT's client."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pltpack.signals import termination_raises

from .. import options
from ..console import print_json, write_line
from ..documents import Json, document
from . import options as planet_options


def remove(
    package: planet_options.Version,
    addon: planet_options.Addon = None,
    racket_version: planet_options.Versions = [],  # noqa: B006  typer copies it
    archive: Annotated[
        bool, typer.Option("-e", "--archive", help="Remove the archive that the client keeps, too.")
    ] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Remove an installed package, as raco planet remove does, but for rebuilding the index of documentation.

    \b
    pltpack planet remove ada/util:1:0
    """
    from pltpack.planet.cache import remove as remove_package

    release = planet_options.parse_release(package, Path())
    removed: list[str] = []
    with termination_raises():
        for places in planet_options.find_places(addon, racket_version):
            removed += map(str, remove_package(release, places, archive=archive, dry_run=dry_run))
    if json:
        paths: list[Json] = list(removed)
        print_json(document("planet-remove", written=not dry_run, removed=paths))
    elif not quiet:
        for path in removed:
            write_line(f"{'would be ' if dry_run else ''}removed: {path}")
