"""``pltpack unyank``: a package that may be used again."""

from __future__ import annotations

from .. import options
from .changing import tell_change
from .client_options import Package, Server, Wait, connected


def unyank(
    package: Package,
    server: Server = None,
    wait: Wait = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Say that a package may be used again.

    \b
    pltpack unyank games --server https://pkgs.example.org
    """
    with connected(server) as client:
        done = client.yank(package, None)
        tell_change("client-unyank", client, done, "not yanked any more", wait=wait, quiet=quiet, json=json)
