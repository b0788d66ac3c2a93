"""Packages in buckets of object stores: archives that are read from there, and kept in the site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pltpack.codec.limits import Limits
from pltpack.errors import LimitError, PackageError, PltError
from pltpack.formats.formats import FORMATS
from pltpack.pkg.names import is_package_name
from pltpack.site.inputs import Item, named
from pltpack.site.prepare import Failed
from pltpack.site.publishing.stores import first_line, is_bucket, open_bucket

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_SUFFIXES = sorted((suffix for format in FORMATS.values() for suffix in format.suffixes), key=len, reverse=True)


def is_stored(text: str) -> bool:
    """Whether an input is in a bucket."""
    return is_bucket(named(text)[1])


def fetch_stored(
    texts: Iterable[str],
    folder: Path,
    known: Callable[[Item], bool],
    *,
    options: Mapping[str, str] = {},
    limits: Limits = Limits(),
) -> tuple[list[Item], list[Failed]]:
    """The packages at URLs in buckets, copied into ``folder``, and those that cannot be had.

    A URL that ends with a slash stands for all archives directly below it. One that is ``known`` as it is there is not
    copied. ``options`` are settings of the store. Raises :class:`~pltpack.errors.PackageError` for one without a name,
    and ``PltError`` where there is no such store.
    """
    items: list[Item] = []
    failed: list[Failed] = []
    for text in texts:
        given, url = named(text)
        place, _, key = url.rpartition("/") if url.count("/") > 2 else (url, "", "")
        store = open_bucket(place, options)
        for name in [key] if key else _listed(store, url):
            item = Item(given or _name(name, url), "", f"{place}/{name}", "")
            try:
                items.append(_copied(store, name, item, folder / f"stored-{len(items)}", known, limits))
            except (PltError, OSError) as error:
                failed.append(Failed(item, error))
    return items, failed


def _listed(store: ObjectStore, url: str) -> Iterator[str]:
    """The archives directly below a prefix, by name."""
    import obstore
    from obstore.exceptions import BaseError

    try:
        found = obstore.list_with_delimiter(store)["objects"]
    except BaseError as error:
        raise PltError(first_line(error), file=url) from None
    return (path for path in sorted(meta["path"] for meta in found) if _suffix(path) is not None)


def _suffix(key: str) -> str | None:
    return next((suffix for suffix in _SUFFIXES if key.endswith(suffix)), None)


def _name(key: str, url: str) -> str:
    suffix = _suffix(key)
    name = key if suffix is None else key.removesuffix(suffix)
    if suffix is None or not is_package_name(name):
        raise PackageError("no package can be called like this", file=url, hint="NAME=URL gives it a name")
    return name


def _copied(
    store: ObjectStore, key: str, item: Item, place: Path, known: Callable[[Item], bool], limits: Limits
) -> Item:
    import obstore
    from obstore.exceptions import BaseError

    try:
        found = obstore.head(store, key)
        stamp = f"{found['size']}:{found['e_tag'] or found['last_modified'].isoformat()}"
        item = replace(item, stamp=stamp, path=str(place))
        if known(item):
            return item
        if found["size"] > limits.total_bytes:
            raise LimitError("the archive is larger than the limit", file=item.origin)
        with place.open("wb") as sink:
            for block in obstore.get(store, key).stream():
                sink.write(block)
    except FileNotFoundError:
        raise PltError("there is no such archive", file=item.origin) from None
    except BaseError as error:
        raise PltError(first_line(error), file=item.origin) from None
    return item
