"""``pltpack owner``: who owns a package."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .client_options import Package, Server, connected


def owner(
    package: Package,
    add: Annotated[list[str], typer.Option("--add", metavar="USER", help="Make a user an owner; repeatable.")] = [],  # noqa: B006  typer copies it
    remove: Annotated[
        list[str], typer.Option("--remove", metavar="USER", help="Let a user be none any more; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    server: Server = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Tell who owns a package, after making users owners or not any more.

    Users are named as they sign in; others see names that tell no address. Somebody always owns a package.

    \b
    pltpack owner games --server https://pkgs.example.org
    pltpack owner games --add ben@example.org --server https://pkgs.example.org
    """
    with connected(server) as client:
        if add or remove:
            client.owners(package, add=add, remove=remove)
        found = client.package(package)
    if json:
        print_json(document("client-owner", name=found.name, recordVersion=found.version, owners=list(found.owners)))
    elif not quiet:
        for name in found.owners:
            write_line(name)
