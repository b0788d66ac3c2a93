"""``pltpack cache show``: what is in the cache."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .. import options
from ..console import print_json, write_line
from ..documents import Json, document
from .choice import CacheDirectory

if TYPE_CHECKING:
    from pltpack.fetch.cache import CacheEntry


def cache_show(cache: CacheDirectory = None, json: options.Json = False) -> None:
    """List what is in the cache: when it was last used, its size, and what it is."""
    from pltpack.fetch.cache import Cache
    from pltpack.inspection.wording import counted

    found = sorted(Cache(cache).entries(), key=lambda entry: (-entry.used, entry.key))
    total = sum({entry.path: entry.size for entry in found}.values())
    if json:
        print_json(document("cache-show", bytes=total, entries=[entry_json(entry) for entry in found]))
        return
    for entry in found:
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used))
        write_line(f"{used}  {entry.size:>12,}  {' '.join(filter(None, entry.key))}")
    write_line(f"{counted(len(found), 'entry', 'entries')}, {counted(total, 'byte')}")


def entry_json(entry: CacheEntry) -> dict[str, Json]:
    """An entry in a document."""
    return {
        "key": [*entry.key],
        "kind": entry.kind,
        "sha256": entry.sha256,
        "checksum": entry.checksum,
        "size": entry.size,
        "path": str(entry.path),
        "used": round(entry.used),
    }
