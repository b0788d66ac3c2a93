"""``pltpack server backup``: everything in one file."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .server_options import Config, Root, opened


def backup(
    target: Annotated[str, typer.Argument(metavar="FILE", help="The tar archive to write.")],
    config: Config = None,
    root: Root = None,
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace a file that is there.")] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Save a server, at work or not: its configuration, its database, records, archives and site.

    Nothing is published meanwhile; pushes are taken. The file holds addresses of people: keep it as safe as the server.

    \b
    pltpack server backup --config server.toml saved.tar
    """
    with opened(config, root) as room:
        from pltpack.inspection.wording import counted
        from pltpack.server.keeping import backup as keeping

        saved = keeping.backup(room, target, force=force)
    if json:
        print_json(document("server-backup", file=target, rows=saved.rows, files=saved.files))
    elif not quiet:
        write_line(f"{counted(saved.rows, 'row')} and {counted(saved.files, 'file')} saved in {target}")
