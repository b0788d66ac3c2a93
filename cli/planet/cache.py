"""``pltpack planet cache``: packages where PLaneT's client of a Racket finds them, unchanged."""

from __future__ import annotations

from typing import Annotated

import typer

from pltpack.codec.limits import Limits
from pltpack.signals import termination_raises

from .. import options
from ..console import DONE, complain_of, exit_code, print_json, write_line
from ..documents import Json, document
from ..limits import limited
from . import options as planet_options


@limited
def cache(
    folder: planet_options.Folder,
    table: planet_options.Table = None,
    addon: planet_options.Addon = None,
    racket_version: planet_options.Versions = [],  # noqa: B006  typer copies it
    archives: Annotated[
        bool, typer.Option("--archives", help="Put the archives into the client's own folder of them, too.")
    ] = False,
    latest: Annotated[bool, typer.Option("--latest", help="Only the latest minor version of each major one.")] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace what is installed already.")] = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Install packages for PLaneT's client, which every Racket still has, without Racket and without a network.

    Nothing in them is changed. Then (require (planet ...)) and #lang planet find them, and raco planet show lists them.
    Each package is installed whole or not at all; one that fails does not stop the others.

    \b
    pltpack planet cache archives/
    pltpack planet cache archives/ --addon ~/.local/share/racket --racket-version 8.7 --racket-version 6.12
    """
    from pltpack.planet.cache import cache_planet, chosen

    found = planet_options.find_index(folder, table)
    places = planet_options.find_places(addon, racket_version)
    documents: list[Json] = []
    code = DONE
    with termination_raises():
        releases = chosen(found, latest=latest)
        for cached in cache_planet(releases, places, archives=archives, force=force, dry_run=dry_run, limits=limits):
            if cached.error is not None:
                complain_of(cached.error)
                code = code or exit_code(cached.error)
            elif not (json or quiet):
                write_line(f"{cached.release} for {cached.version}: {cached.outcome} in {cached.path}")
            if json:
                from .documents import cached_json

                documents.append(cached_json(cached))
    if json:
        unplaced: list[Json] = [str(path) for path in found.unplaced]
        print_json(
            document(
                "planet-cache",
                written=not dry_run,
                packages=documents,
                unplaced=unplaced,
                problems=list(found.problems),
            )
        )
    elif not quiet:
        for path in found.unplaced:
            write_line(f"unplaced: {path}: nothing says whose it is in which version; --table can")
        for problem in found.problems:
            write_line(f"passed over: {problem}")
    if code:
        raise typer.Exit(code)
