"""``pltpack planet show``: what an archive of PLaneT is, says of itself and wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pltpack.codec.limits import Limits

from .. import options
from ..console import print_json, write_lines
from ..documents import document
from ..limits import limited_but_for_paths

if TYPE_CHECKING:
    from pltpack.planet.look import Look

_WIDTH: Final = 24


@limited_but_for_paths
def show(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="A .plt archive.")],
    quiet: options.Quiet = False,
    json: options.Json = False,
    limits: Limits = Limits(),
) -> None:
    """Show what an archive is to PLaneT: its kind, the fields of its info file, and the packages that it wants.

    Nothing in an archive says that it is one of PLaneT, nor whose package it is in which version: that is for its
    place to say (pltpack planet index).

    \b
    pltpack planet show dracula.plt
    pltpack planet show dracula.plt --json
    """
    from pltpack.planet.look import look_at_planet

    found = look_at_planet(archive, limits=limits)
    if json:
        from .documents import look_json

        print_json(document("planet-show", **look_json(found)))
    elif not quiet:
        write_lines(f"{label + ':' if label else '':{_WIDTH}}{text}".rstrip() for label, text in facts(found))


def facts(found: Look) -> Iterator[tuple[str, str]]:
    """Labels and texts, in the order to show them."""
    from pltpack.inspection.wording import counted

    from .documents import shown_datum

    if found.kind == "package":
        yield "kind", "a package for PLaneT, by its shape (raco pack x.plt . packs the like)"
    elif found.installer is not None:
        yield "kind", f"an auto-installer: it holds nothing, and had {found.installer} fetched"
    else:
        yield "kind", "not in the shape of PLaneT's packages"
    for name, value in found.fields.items():
        yield name, value if isinstance(value, str) else shown_datum(value)
    for message in found.objections:
        yield "PLaneT refuses", message
    for message in found.warnings:
        yield "PLaneT warns", message
    yield "content", f"{counted(len(found.files), 'file')}, {counted(found.size, 'byte')}"
    for number, (name, form) in enumerate(found.wants.items()):
        yield "" if number else "wants", f"{name}, by {form}"
    for number, note in enumerate(found.notes):
        yield "" if number else "notes", str(note)
    if found.kind == "package":
        yield "to use it today", "pltpack planet rescue makes a package of it, pltpack planet cache keeps it as it is"
