"""``pltpack schema``: what the JSON documents look like, for programs."""

from __future__ import annotations

from typing import Annotated

import typer

from ..console import print_json, usage_error, write_lines
from .schemas import NAMES
from .schemas import schema as schema_of


def schema(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A document, such as pltpack.show.", autocompletion=lambda: list(NAMES)),
    ] = None,
) -> None:
    """Print the JSON Schema of a document, or the names of all that have one.

    \b
    pltpack schema
    pltpack schema pltpack.show-row > row.schema.json
    """
    if name is None:
        write_lines(NAMES)
    elif name in NAMES:
        print_json(schema_of(name))
    else:
        usage_error(f"there is no document {name!r}; pltpack schema lists them")
