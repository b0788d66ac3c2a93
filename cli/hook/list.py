"""``pltpack hook list``: webhooks that are there."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..client.client_options import Server, connected
from ..console import print_json, write_line
from ..documents import document
from .hook_options import hook_json, hook_line


def list_hooks(
    package: Annotated[str | None, typer.Argument(metavar="[PACKAGE]", help="Of this package alone.")] = None,
    server: Server = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """List webhooks of one's own packages, for admins of all.

    \b
    pltpack hook list --server https://pkgs.example.org
    """
    with connected(server) as client:
        found = client.hooks(package)
    if json:
        print_json(document("hook-list", hooks=[hook_json(hook) for hook in found]))
    elif not quiet:
        for hook in found:
            write_line(hook_line(hook))
        if not found:
            write_line("there are none")
