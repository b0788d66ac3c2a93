"""``pltpack planet unlink``: no directory stands in for a package any more."""

from __future__ import annotations

from pathlib import Path

from pltpack.signals import termination_raises

from .. import options
from ..console import print_json, write_line
from ..documents import document
from . import options as planet_options


def unlink(
    package: planet_options.Version,
    addon: planet_options.Addon = None,
    racket_version: planet_options.Versions = [],  # noqa: B006  typer copies it
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Take a development link away, as raco planet unlink does. The directory stays.

    \b
    pltpack planet unlink ada/util:1:0
    """
    from pltpack.planet.cache import unlink as unlink_package

    release = planet_options.parse_release(package, Path())
    clients = planet_options.find_places(addon, racket_version)
    with termination_raises():
        for places in clients:
            unlink_package(release, places, dry_run=dry_run)
    if json:
        tables = [str(places.links) for places in clients]
        print_json(document("planet-unlink", written=not dry_run, package=str(release), tables=list(tables)))
    elif not quiet:
        write_line(f"{'would be ' if dry_run else ''}unlinked: {release}")
