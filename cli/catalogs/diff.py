"""``pltpack catalog diff``: what differs between two catalogs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import options
from ..console import DIFFERENT, print_json, write_line
from ..documents import document


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A site, a snapshot of one, or any catalog (path or URL).")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The other one.")],
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Tell what differs between two catalogs: packages, checksums, dependencies, modules.

    The exit code is 0 if a client gets the same from both, and 1 otherwise.

    \b
    pltpack catalog diff site/snapshots/2026-11-28 site/
    pltpack catalog diff site/ https://host/catalog/
    """
    from pltpack.catalog.locations import open_catalog
    from pltpack.site.difference import compare_catalogs, difference_lines

    found = compare_catalogs(
        open_catalog(_catalog(old), absolute=False).records(), open_catalog(_catalog(new), absolute=False).records()
    )
    if json:
        print_json(
            document(
                "catalog-diff",
                added=list(found.added),
                removed=list(found.removed),
                changed=[
                    {
                        "name": change.name,
                        "fields": {key: {"old": a, "new": b} for key, (a, b) in change.fields.items()},
                        "gained": {key: list(items) for key, items in change.gained.items()},
                        "lost": {key: list(items) for key, items in change.lost.items()},
                    }
                    for change in found.changed
                ],
            )
        )
    elif not quiet:
        for line in difference_lines(found):
            write_line(line)
    if found:
        raise typer.Exit(DIFFERENT)


def _catalog(location: str) -> str:
    """The catalog at a place: that of a site or a snapshot, if it is one."""
    catalog = Path(location) / "catalog"
    return str(catalog) if "://" not in location and catalog.is_dir() else location
