"""``pltpack yank``: a package that should not be used any more."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from .changing import tell_change
from .client_options import Package, Server, Wait, connected


def yank(
    package: Package,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; everybody reads it.")],
    server: Server = None,
    wait: Wait = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Say that a package should not be used any more, and why; who has it can go on.

    \b
    pltpack yank games --reason "deletes saved games" --server https://pkgs.example.org
    """
    with connected(server) as client:
        tell_change("client-yank", client, client.yank(package, reason), "yanked", wait=wait, quiet=quiet, json=json)
