"""``pltpack hook change``: another URL, other events, or none for a while."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..client.client_options import Server, connected
from ..console import print_json, usage_error, write_line
from ..documents import document
from .hook_options import Hook, hook_json, hook_line


def change(
    hook: Hook,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where it is told from now on.")] = None,
    action: Annotated[
        list[str], typer.Option("--action", metavar="NAME", help="Of this alone; all: of everything; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    enable: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Tell it again; tell it nothing for now.")
    ] = None,
    server: Server = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Change a webhook; have one told again that was disabled after many failures.

    \b
    pltpack hook change 0123456789abcdef --enable --server https://pkgs.example.org
    """
    if url is None and not action and enable is None:
        usage_error("give --url, --action, --enable or --disable")
    if "all" in action and len(action) > 1:
        usage_error("--action all excludes others")
    from msgspec import UNSET

    from pltpack.client.hook_documents import HookChange

    wanted = HookChange(
        url=UNSET if url is None else url,
        actions=UNSET if not action else () if action == ["all"] else tuple(action),
        enabled=UNSET if enable is None else enable,
    )
    with connected(server) as client:
        changed = client.change_hook(hook, wanted)
    if json:
        print_json(document("hook-change", hook=hook_json(changed)))
    elif not quiet:
        write_line(hook_line(changed))
