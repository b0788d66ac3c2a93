"""``pltpack server doctor``: whether all is well."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import DIFFERENT, print_json, write_line
from ..documents import Json, document
from .server_options import Config, Root, opened


def doctor(
    config: Config = None,
    root: Root = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read all archives, and compare their digests.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Publish again what the site or the records do not have as it is.")
    ] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Look at a server: its database, its records, its site, its jobs. Exit code 1 if there is an error.

    \b
    pltpack server doctor --config server.toml --deep
    """
    with opened(config, root) as room:
        from pltpack.server.keeping import doctor as keeping

        found = keeping.examine_server(room, deep=deep)
        mended = keeping.mend(room, found) if repair else 0
        if mended:
            from pltpack.server.jobs.worker import Worker
            from pltpack.server.records.edits import PUBLISH

            Worker(room, kinds=[PUBLISH]).run_all()
            found = keeping.examine_server(room, deep=deep)
    if json:
        rows: list[Json] = [
            {"level": item.level, "what": item.what, "package": item.package, "remedy": item.remedy} for item in found
        ]
        print_json(document("server-doctor", findings=rows, mended=mended))
    elif not quiet:
        for item in found:
            where = f"{item.package}: " if item.package else ""
            remedy = f" ({item.remedy})" if item.remedy else ""
            write_line(f"{item.level:8}{where}{item.what}{remedy}")
        if mended:
            write_line(f"{mended} packages were published again")
        if not found:
            write_line("all is well")
    if any(item.level == "error" for item in found):
        raise typer.Exit(DIFFERENT)
