"""Packages that are elsewhere: repositories and URLs, which a site records where they stay, or keeps a copy of."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pltpack.errors import PackageError, PltError
from pltpack.fetch.sources import GIT_TYPES, parse_fetchable
from pltpack.fetch.transport import shown
from pltpack.pkg.names import is_package_name
from pltpack.site.inputs import Item, named
from pltpack.site.prepare import Failed

if TYPE_CHECKING:
    from pltpack.fetch.fetcher import Fetcher

_REMOTE: Final = (*GIT_TYPES, "file-url", "dir-url")


def is_remote(text: str) -> bool:
    """Whether an input is a source that is fetched, and no path: nothing that is there is one."""
    source = named(text)[1]
    if os.path.lexists(source):
        return False
    try:
        return parse_fetchable(source, None, None).type in _REMOTE
    except PackageError:
        return False


def fetch_items(
    texts: Iterable[str], fetcher: Fetcher, known: Callable[[Item], bool], *, vendor: bool
) -> tuple[list[Item], list[Failed]]:
    """The packages at remote sources, and those that cannot be had. One that is ``known`` as it is is not fetched.

    With ``vendor`` they are to be kept. Raises :class:`~pltpack.errors.PackageError` for a source without a name.
    """
    items: list[Item] = []
    failed: list[Failed] = []
    for name, source in map(_name_and_source, texts):
        item = Item(name, "", shown(source), "", kept=vendor)
        try:
            item = replace(item, stamp=fetcher.checksum(source, name=name) or "")
            if not (item.stamp and known(item)):
                fetched = fetcher.fetch(source, name=name)
                stamp = fetched.checksum or fetched.sha256 or ""
                item = replace(item, path=str(fetched.path), stamp=stamp, checksum=fetched.checksum)
            items.append(item)
        except (PltError, OSError) as error:
            failed.append(Failed(item, error))
    return items, failed


def _name_and_source(text: str) -> tuple[str, str]:
    given, source = named(text)
    name = given or parse_fetchable(source, None, None).name
    if name is None or not is_package_name(name):
        raise PackageError("no package can be called like this", file=shown(source), hint="NAME=SOURCE gives it a name")
    return name, source
