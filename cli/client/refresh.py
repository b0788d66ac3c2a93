"""``pltpack refresh``: sources that the server is to look at now."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import DIFFERENT, print_json, write_line
from ..documents import Json, document
from .client_options import Server, connected


def refresh(
    packages: Annotated[
        list[str], typer.Argument(metavar="[PACKAGE...]", help="Names; default: all of one's own.")
    ] = [],  # noqa: B006  typer copies it
    server: Server = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait, and tell what was found.")] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Have the server look at the sources of packages now.

    With --wait, exit code 1 tells that a source could not be had.

    \b
    pltpack refresh games --wait --server https://pkgs.example.org
    """
    rows: list[Json] = []
    failed = False
    with connected(server) as client:
        started = client.refresh(packages)
        for number in started.jobs:
            job = client.wait(number) if wait else client.job(number)
            state = job.result.get("state", job.state)
            reason = job.result.get("message") or job.error
            failed = failed or state == "failed"
            rows.append({"job": number, "name": job.package, "state": state, "message": reason})
            if not json and not quiet:
                write_line(f"{job.package}: {state}{f': {reason}' if reason else ''}")
    if json:
        print_json(document("client-refresh", jobs=rows))
    elif not quiet and not rows:
        write_line("there are no sources to look at")
    if failed:
        raise typer.Exit(DIFFERENT)
