"""``pltpack cache prune``: removes from the cache what is not needed."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .choice import CacheDirectory


def cache_prune(
    max_entries: Annotated[
        int, typer.Option("--max-entries", min=0, metavar="N", help="Keep at most N entries.")
    ] = 4096,
    max_bytes: Annotated[int, typer.Option("--max-bytes", min=0, metavar="N", help="Keep at most N bytes.")] = 4 << 30,
    older_than: Annotated[
        float | None,
        typer.Option("--older-than", min=0, metavar="DAYS", help="Remove what was not used for so many days."),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="Remove everything, also what was used just now.")] = False,
    cache: CacheDirectory = None,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Remove from the cache what was used longest ago, until it is as small as it should be.

    What was used in the last hour stays, but for --all: another process may be reading it.
    """
    from pltpack.fetch.cache import RECENT, Cache, CacheLimits
    from pltpack.inspection.wording import counted

    from .show import entry_json

    limits = CacheLimits(0, 0) if all else CacheLimits(max_entries, max_bytes)
    age = None if older_than is None else older_than * 24 * 3600
    gone = Cache(cache).prune(limits, older_than=age, recent=0 if all else RECENT, dry_run=dry_run)
    if json:
        print_json(document("cache-prune", dryRun=dry_run, removed=[entry_json(entry) for entry in gone]))
    elif not quiet:
        for entry in gone:
            write_line(f"{'would remove' if dry_run else 'removed'} {' '.join(filter(None, entry.key))}")
        write_line(counted(len(gone), "entry", "entries"))
