"""``pltpack hook deliveries``: what a webhook was told."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from .. import options
from ..client.client_options import Server, connected
from ..console import print_json, usage_error
from ..documents import document
from .hook_options import Hook, tell_delivery


def deliveries(
    hook: Hook,
    most: Annotated[int, typer.Option("--most", min=1, max=1000, metavar="N", help="So many, the latest first.")] = 20,
    trial: Annotated[bool, typer.Option("--trial", help="First tell it something, to see whether it hears.")] = False,
    retry: Annotated[
        int | None, typer.Option("--retry", metavar="DELIVERY", help="First have this one told again.")
    ] = None,
    server: Server = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """List what a webhook was told, the latest first, and what it answered.

    \b
    pltpack hook deliveries 0123456789abcdef --server https://pkgs.example.org
    pltpack hook deliveries 0123456789abcdef --retry 42 --server https://pkgs.example.org
    """
    if trial and retry is not None:
        usage_error("--trial and --retry exclude each other")
    with connected(server) as client:
        if trial:
            client.try_hook(hook)
        if retry is not None:
            client.retry_delivery(hook, retry)
        found = client.deliveries(hook, most=most)
    if json:
        rows: list[Any] = [msgspec.to_builtins(delivery) for delivery in found.deliveries]
        print_json(document("hook-deliveries", hook=hook, deliveries=rows, next=found.next))
    elif not quiet:
        for delivery in found.deliveries:
            tell_delivery(delivery)
