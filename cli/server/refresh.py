"""``pltpack server refresh``: sources that are due, for cron or a timer."""

from __future__ import annotations

from typing import Annotated

import typer

from pltpack.errors import MemberError

from .. import options
from ..console import DIFFERENT, print_json, write_line
from ..documents import document
from .server_options import Config, Root, opened


def refresh(
    names: Annotated[list[str], typer.Argument(metavar="[PACKAGE...]", help="These; default: what is due.")] = [],  # noqa: B006  typer copies it
    config: Config = None,
    root: Root = None,
    all: Annotated[bool, typer.Option("--all", help="All sources, due or not.")] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Look at sources of packages now, and publish what is new; the server need not run.

    One source that fails does not stop the others; exit code 1 tells that there was one.

    \b
    pltpack server refresh --config server.toml
    pltpack server refresh --config server.toml games
    """
    with opened(config, root) as room:
        from pltpack.server.keeping.refreshing import refresh_now

        done = refresh_now(room, names, all=all)
    if done.unknown:
        raise MemberError(f"there is no package {done.unknown[0]} with a source")
    if json:
        failed = {name: reason or "" for name, reason in done.failed.items()}
        print_json(
            document("server-refresh", looked=list(done.looked), changed=list(done.changed), failed=dict(failed))
        )
    elif not quiet:
        for name in done.changed:
            write_line(f"changed {name}")
        for name, reason in done.failed.items():
            write_line(f"failed  {name}: {reason}")
        write_line(f"{len(done.looked):,} looked at")
    if done.failed:
        raise typer.Exit(DIFFERENT)
