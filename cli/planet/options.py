"""Options that the commands about PLaneT share, and what they turn into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ..console import usage_error

if TYPE_CHECKING:
    from pltpack.planet.index import Index
    from pltpack.planet.places import Places
    from pltpack.planet.release import Release

Folder: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER",
        help="A folder of archives as OWNER/PKG.plt/MAJ/MIN/PKG.plt, or the cache of a client of PLaneT.",
    ),
]
Table: TypeAlias = Annotated[
    Path | None,
    typer.Option("--table", metavar="FILE", help="What other archives are: lines FILE,OWNER,MAJ,MIN[,PKG.plt]."),
]
Addon: TypeAlias = Annotated[
    Path | None,
    typer.Option("--addon", metavar="DIR", help="Racket's directory of add-ons (default: the user's own)."),
]
Versions: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--racket-version",
        metavar="V",
        help="For the client of this version of Racket (default: that of the racket on PATH); repeatable.",
    ),
]
Version: TypeAlias = Annotated[str, typer.Argument(metavar="OWNER/PKG:MAJ:MIN", help="A version of a package.")]


def find_index(folder: Path, table: Path | None) -> Index:
    """The index of a folder."""
    from pltpack.planet.index import index_planet

    return index_planet(folder, table=table)


def find_places(addon: Path | None, versions: list[str]) -> list[Places]:
    """The clients that are meant."""
    from pltpack.planet.places import places, planet_base
    from pltpack.racket.installation import Installation

    installation = Installation.discover(addon_dir=addon)
    base = planet_base(installation.addon_dir) if addon is None else planet_base(addon, environ={})
    return [places(base, version) for version in versions or [str(installation.installation_name)]]


def parse_release(text: str, path: Path) -> Release:
    """``OWNER/PKG:MAJ:MIN`` as a release at a path; anything else is a wrong call."""
    import re

    from pltpack.planet.release import Release
    from pltpack.planet.request import SUFFIX, short_name

    found = re.fullmatch(r"([^/:\s]+)/([^/:\s]+):([0-9]{1,9}):([0-9]{1,9})", text)
    if found is None or set(found[1]) == {"."} or set(found[2]) == {"."}:
        usage_error(f"{text} is not OWNER/PKG:MAJ:MIN")
    return Release(found[1], short_name(found[2]) + SUFFIX, int(found[3]), int(found[4]), path)
