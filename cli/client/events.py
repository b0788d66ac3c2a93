"""``pltpack events``: what was done, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from .. import options
from ..console import print_json, usage_error, write_line
from ..documents import document
from .client_options import Server, connected


def events(
    package: Annotated[str | None, typer.Argument(metavar="[PACKAGE]", help="Of this package alone.")] = None,
    server: Server = None,
    most: Annotated[int, typer.Option("--most", min=1, max=1000, metavar="N", help="So many, the latest first.")] = 20,
    undo: Annotated[
        int | None, typer.Option("--undo", metavar="EVENT", help="Have the package as it was before that event.")
    ] = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Tell what was done to a package, or for curators to anything; and take it back.

    \b
    pltpack events games --server https://pkgs.example.org
    pltpack events games --undo 42 --server https://pkgs.example.org
    """
    if undo is not None and package is None:
        usage_error("--undo needs a PACKAGE")
    with connected(server) as client:
        if undo is not None and package is not None:
            client.undo(package, undo)
        found = client.events(package, most=most)
    if json:
        rows: list[Any] = [msgspec.to_builtins(event) for event in found.events]
        print_json(document("client-events", events=rows, next=found.next))
    elif not quiet:
        for event in found.events:
            when = datetime.fromtimestamp(event.time, UTC).strftime("%Y-%m-%d %H:%M")
            what = " ".join(filter(None, (event.action, event.package, event.detail)))
            write_line(f"{event.id:>6}  {when}  {event.actor or 'the server'}  {what}")
            for key in sorted({*event.before, *event.after}) if event.before else ():
                write_line(f"{'':8}{key}: {event.before.get(key)} -> {event.after.get(key)}")
