"""``pltpack hook remove``: somebody who is told nothing any more."""

from __future__ import annotations

from .. import options
from ..client.client_options import Server, connected
from ..console import print_json, write_line
from ..documents import document
from .hook_options import Hook


def remove(hook: Hook, server: Server = None, quiet: options.Quiet = False, json: options.Json = False) -> None:
    """Remove a webhook, with the list of what it was told.

    \b
    pltpack hook remove 0123456789abcdef --server https://pkgs.example.org
    """
    with connected(server) as client:
        client.remove_hook(hook)
    if json:
        print_json(document("hook-remove", hook=hook))
    elif not quiet:
        write_line(f"{hook} is removed")
