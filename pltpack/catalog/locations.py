"""Where catalogs are: a path or a URL becomes a catalog to read, or the writer of one."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pltpack.arguments import check_several
from pltpack.catalog.catalog import Catalog, CatalogWriter
from pltpack.catalog.search_path import SearchPath
from pltpack.errors import CatalogError

if TYPE_CHECKING:
    from pltpack.fetch.transport import Transport
    from pltpack.racket.installation import Installation

SQLITE: Final = ".sqlite"
_HTTP: Final = re.compile(r"https?://")
_SCHEME: Final = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*)?://")


def open_catalog(
    location: str | os.PathLike[str],
    *,
    version: str | None = None,
    absolute: bool = True,
    transport: Transport | None = None,
) -> Catalog:
    """The catalog at a path or URL: a mapping of names to records, which is read when it is asked.

    A path, also as ``file://`` URL, that ends with ``.sqlite`` is a file of SQLite, any other one a directory;
    ``http://`` and ``https://`` name a server, and should end with a slash. ``version`` is the version of Racket that a
    server is told. With ``absolute=False`` relative sources are left as they are written. ``transport`` sends the
    requests, and stays open; without one there is a new one, which closing the catalog closes.

    Raises :class:`~pltpack.errors.CatalogError` for any other URL; nothing is read yet.
    """
    text = os.fspath(location)
    if is_remote(text):
        from pltpack.catalog.http import HttpCatalog
        from pltpack.fetch.transport import HttpTransport

        own = transport is None
        return HttpCatalog(text, transport or HttpTransport(), version=version, absolute=absolute, own=own)
    path = local_path(text)
    if path is None:
        raise CatalogError(
            "no catalog can be at such a URL", file=text, hint="use a path, file://, http:// or https://"
        )
    if path.suffix == SQLITE:
        from pltpack.catalog.sqlite import SqliteCatalog

        return SqliteCatalog(path, absolute=absolute)
    from pltpack.catalog.directory import DirectoryCatalog

    return DirectoryCatalog(path, absolute=absolute)


def open_catalogs(
    locations: Sequence[str | os.PathLike[str]],
    *,
    version: str | None = None,
    transport: Transport | None = None,
) -> SearchPath:
    """Several catalogs as one, the first having precedence."""
    check_several("locations", locations)
    return SearchPath([open_catalog(location, version=version, transport=transport) for location in locations])


def configured_catalogs(
    installation: Installation, *, version: str | None = None, transport: Transport | None = None
) -> SearchPath:
    """The catalogs that the user, or else the scopes around, have configured; ``#f`` stands for the usual ones.

    ``version`` is that of the installation if it is not given. Raises :class:`~pltpack.errors.ConfigError`.
    """
    from pltpack.racket.package_settings import package_settings

    locations = package_settings(installation).catalogs.value
    known = installation.known_version
    version = version or (None if known is None else known.value)
    return open_catalogs(locations, version=version, transport=transport)


def catalog_writer(path: str | os.PathLike[str], *, version: str | None = None) -> CatalogWriter:
    """The writer of a catalog at a path, also as ``file://`` URL: of a file of SQLite if it ends with ``.sqlite``.

    ``version`` is the version of Racket that the records in such a file are for. Raises ``CatalogError`` for URLs.
    """
    place = local_path(os.fspath(path))
    if place is None:
        raise CatalogError("a catalog can be written to a path only", file=os.fspath(path))
    if place.suffix == SQLITE:
        from pltpack.catalog.sqlite_writer import SqliteCatalogWriter

        return SqliteCatalogWriter(place, version=version)
    from pltpack.catalog.directory_writer import DirectoryCatalogWriter

    return DirectoryCatalogWriter(place)


def is_remote(location: str | os.PathLike[str]) -> bool:
    """Whether a location is the URL of a server."""
    return _HTTP.match(os.fspath(location)) is not None


def local_path(location: str) -> Path | None:
    """The path that a location names; ``None`` if it is a URL of another scheme."""
    if location.startswith("file://"):
        return Path(unquote(urlsplit(location).path) or "/")
    return None if _SCHEME.match(location) else Path(os.path.abspath(location))
