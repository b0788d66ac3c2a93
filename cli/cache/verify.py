"""``pltpack cache verify``: checks what is in the cache."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import DIFFERENT, print_json, write_line
from ..documents import Json, document
from .choice import CacheDirectory


def cache_verify(
    remove: Annotated[bool, typer.Option("--remove", help="Remove what is damaged.")] = False,
    cache: CacheDirectory = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Compare everything in the cache with its digests; exits with 1 if something is damaged."""
    from pltpack.fetch.cache import Cache
    from pltpack.inspection.wording import counted

    from .show import entry_json

    store = Cache(cache)
    found = list(store.verify())
    damaged = [entry for entry, whole in found if not whole]
    if remove:
        store.remove(*damaged)
    if json:
        rows: list[Json] = [entry_json(entry) for entry in damaged]
        print_json(document("cache-verify", checked=len(found), removed=remove, damaged=rows))
    elif not quiet:
        for entry in damaged:
            write_line(f"damaged: {' '.join(filter(None, entry.key))}")
        write_line(f"{counted(len(found), 'entry', 'entries')} checked, {len(damaged)} damaged")
    if damaged:
        raise typer.Exit(DIFFERENT)
