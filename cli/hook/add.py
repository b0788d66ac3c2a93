"""``pltpack hook add``: somebody who is told of what is done."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..client.client_options import Server, connected
from ..console import print_json, write_line
from ..documents import document
from .hook_options import hook_json, hook_line


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where it is told.")],
    package: Annotated[
        str | None, typer.Option("--package", metavar="NAME", help="Of this package (default: of all, for admins).")
    ] = None,
    action: Annotated[
        list[str],
        typer.Option("--action", metavar="NAME", help="Of this alone: push, publish, yank ...; repeatable."),
    ] = [],  # noqa: B006  typer copies it
    server: Server = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Have a URL told of what is done to a package: JSON, signed with a secret that is shown once.

    \b
    pltpack hook add https://example.org/built --package games --action publish --server https://pkgs.example.org
    """
    with connected(server) as client:
        made = client.add_hook(url, package=package, actions=action)
    if json:
        print_json(document("hook-add", hook=hook_json(made)))
        return
    if not quiet:
        write_line(hook_line(made))
    write_line(made.secret if quiet else f"secret: {made.secret}")
    if not quiet:
        write_line("what is told is signed with it; it is shown this once: keep it safe")
