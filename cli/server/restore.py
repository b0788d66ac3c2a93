"""``pltpack server restore``: a server from what was saved, or a database from the records."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import DAMAGED, complain, print_json, usage_error, write_line
from ..documents import document
from .server_options import Config, needed, opened


def restore(
    saved: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="What `pltpack server backup` has written.")
    ] = None,
    root: Annotated[str | None, typer.Option("--root", metavar="DIR", help="A new folder for the server.")] = None,
    database: Annotated[
        str | None, typer.Option("--database", metavar="URL", help="Another database than it was saved from.")
    ] = None,
    records: Annotated[
        bool, typer.Option("--records", help="Fill the empty database of --config from the records and the site.")
    ] = False,
    config: Config = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Make a server anew from a backup; or its database from the files that it keeps beside it.

    From records alone packages and owners come back, and tokens do not: a new one for everything is shown once.

    \b
    pltpack server restore saved.tar --root catalog-root
    pltpack server restore --records --config catalog-root/server.toml
    """
    if records == (saved is not None) or (records and (root is not None or database is not None)):
        usage_error("give a FILE and --root DIR, or --records and --config FILE")
    if records:
        with opened(config) as room:
            from pltpack.server.keeping.backup import restore_from_records

            done = restore_from_records(room)
    else:
        if root is None or saved is None or config is not None:
            usage_error("give --root DIR, a new folder for the server")
        with needed():
            from pltpack.server.keeping.backup import restore as from_archive
        done = from_archive(saved, root, database=database)
    if json:
        print_json(document("server-restore", restored=done.rows, failed=dict(done.failed), token=done.token))
    elif not quiet:
        write_line(f"{done.rows:,} {'packages' if records else 'rows'} restored")
    if done.token is not None and not json:
        write_line(done.token if quiet else f"token: {done.token}")
    for name, reason in done.failed.items():
        complain(f"{name}: {reason}")
    if done.failed:
        raise typer.Exit(DAMAGED)
