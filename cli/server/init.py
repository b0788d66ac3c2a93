"""``pltpack server init``: a server to start from."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .server_options import needed


def init(
    root: Annotated[str, typer.Option("--root", metavar="DIR", help="The folder of the server (default: here).")] = ".",
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="postgresql://... (default: SQLite, a file in the folder).")
    ] = "",
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where people will find the catalog.")] = "",
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Set up a catalog server: server.toml, a database, an empty catalog, and a token for everything, shown once.

    \b
    pltpack server init --root catalog-root
    pltpack server run --config catalog-root/server.toml
    """
    with needed():
        from pltpack.server.keeping.init import check_root, init_server
    if dry_run:
        check_root(root)
        token, config = None, os.path.join(root, "server.toml")
    else:
        made = init_server(root, database=database, url=url)
        token, config = made.token, str(made.config)
    if json:
        print_json(document("server-init", dryRun=dry_run, config=config, token=token))
        return
    if not quiet:
        write_line(f"{config} {'would be ' if dry_run else ''}written")
    if token is not None:
        write_line(f"token: {token}" if not quiet else token)
    if not quiet and token is not None:
        write_line("it is good for everything, and shown this once: keep it safe")
