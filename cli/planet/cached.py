"""``pltpack planet cached``: what PLaneT's client of a Racket has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .. import options
from ..console import print_json, write_line
from ..documents import document
from . import options as planet_options

if TYPE_CHECKING:
    from pltpack.planet.cache import CacheContents


def cached(
    addon: planet_options.Addon = None,
    racket_version: planet_options.Versions = [],  # noqa: B006  typer copies it
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """List what is installed for PLaneT's client, as raco planet show does: packages, links and archives.

    \b
    pltpack planet cached
    pltpack planet cached --addon ~/.local/share/racket --racket-version 6.12 --json
    """
    from pltpack.planet.cache import contents

    found = [contents(places) for places in planet_options.find_places(addon, racket_version)]
    if json:
        from .documents import contents_json

        print_json(document("planet-cached", clients=[contents_json(client) for client in found]))
    elif not quiet:
        for client in found:
            for line in _lines(client):
                write_line(line)


def _lines(client: CacheContents) -> Iterator[str]:
    yield f"{client.places.cache}:"
    for label, releases in (
        ("installed", client.installed),
        ("not installed to its end", client.unfinished),
        ("archive", client.archives),
    ):
        for release in releases:
            yield f"  {label}: {release}"
    for link in client.links:
        yield f"  link: {link.owner}/{link.package.removesuffix('.plt')} {link.major}.{link.minor} -> {link.directory}"
