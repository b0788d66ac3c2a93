"""``pltpack server import``: the packages and users of another catalog."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import DAMAGED, complain, print_json, write_line
from ..documents import document
from .server_options import Config, Root, opened


def import_catalog(
    source: Annotated[str, typer.Argument(metavar="CATALOG", help="The root of an original server, or any catalog.")],
    config: Config = None,
    root: Root = None,
    owner: Annotated[
        str, typer.Option("--owner", metavar="USER", help="Who gets packages of which nobody is the author.")
    ] = "admin",
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Take over records and users of the original server (pkgs, users.new), or the records of any catalog.

    What is there already stays. Sources are looked at by the server, or by `pltpack server refresh`; a package is in
    the catalog once that went well.

    \b
    pltpack server import --root catalog-root official/root
    pltpack server import --config server.toml https://pkgs.example.org/catalog/
    """
    with opened(config, root) as room:
        from pltpack.server.keeping import importing

        done = importing.import_catalog(room, source, owner=owner, dry_run=dry_run)
    if json:
        print_json(
            document(
                "server-import",
                dryRun=dry_run,
                packages=list(done.packages),
                users=len(done.users),
                skipped=list(done.skipped),
                failed=dict(done.failed),
            )
        )
    elif not quiet:
        would = "would be " if dry_run else ""
        write_line(f"{len(done.packages):,} packages and {len(done.users):,} users {would}taken over")
        if done.skipped:
            write_line(f"{len(done.skipped):,} were there already")
    for name, reason in done.failed.items():
        complain(f"{name}: {reason}")
    if done.failed:
        raise typer.Exit(DAMAGED)
