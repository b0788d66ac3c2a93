"""``pltpack cache dir``: where the cache is."""

from __future__ import annotations

from .. import options
from ..console import print_json, write_line
from ..documents import document
from .choice import CacheDirectory


def cache_dir(cache: CacheDirectory = None, json: options.Json = False) -> None:
    """Print where the cache is."""
    from pltpack.fetch.cache import Cache

    directory = str(Cache(cache).directory)
    if json:
        print_json(document("cache-dir", directory=directory))
    else:
        write_line(directory)
