"""``pltpack planet link``: a directory that stands in for a package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pltpack.signals import termination_raises

from .. import options
from ..console import print_json, write_line
from ..documents import document
from . import options as planet_options


def link(
    package: planet_options.Version,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory of the package.")],
    addon: planet_options.Addon = None,
    racket_version: planet_options.Versions = [],  # noqa: B006  typer copies it
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Have a directory stand in for a version of a package, as raco planet link does.

    \b
    pltpack planet link ada/util:1:0 src/util
    """
    from pltpack.planet.cache import link as link_package

    release = planet_options.parse_release(package, directory)
    clients = planet_options.find_places(addon, racket_version)
    with termination_raises():
        for places in clients:
            link_package(release, places, dry_run=dry_run)
    if json:
        print_json(
            document(
                "planet-link",
                written=not dry_run,
                package=str(release),
                directory=str(directory.absolute()),
                tables=[str(places.links) for places in clients],
            )
        )
    elif not quiet:
        write_line(f"{'would be ' if dry_run else ''}linked: {release} -> {directory.absolute()}")
