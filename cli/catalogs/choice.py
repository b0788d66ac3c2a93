"""Which catalogs are meant, and for which version of Racket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

if TYPE_CHECKING:
    from pltpack.catalog.catalog import Catalog
    from pltpack.catalog.record import Record
    from pltpack.catalog.search_path import SearchPath
    from pltpack.fetch.transport import Transport
    from pltpack.racket.installation import Installation

NEWEST_KNOWN: Final = "8.7"
"""The version that is meant where no Racket is installed and none is named."""

Version: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--version", "-v", metavar="V", help="The version of Racket that is meant (default: the installed one)."
    ),
]
AsRacket: TypeAlias = Annotated[
    bool, typer.Option("--as-racket", help="Do what raco pkg does where we do otherwise, see the docs.")
]


def meant_version(given: str | None, installation: Installation | None = None) -> str:
    """The version that catalogs are asked for."""
    if given is not None:
        return given
    known = (installation or _installation()).known_version
    return NEWEST_KNOWN if known is None else known.value


def for_meant_version(record: Record, version: Callable[[], str]) -> Record:
    """A record as it is for the version that is meant, which is asked for only where that makes a difference."""
    return record if record.get("versions") is None else record.for_version(version())


def version_for(locations: Sequence[str], version: str | None) -> str | None:
    """The version that catalogs at some places are told, which is looked for only where one is a server's."""
    from pltpack.catalog.locations import is_remote

    return meant_version(version) if any(map(is_remote, locations)) else version


def chosen(locations: Sequence[str], version: str | None, transport: Transport, *, as_racket: bool) -> SearchPath:
    """The catalogs that are named, or else those that are configured; to Racket only the last one that is named."""
    from pltpack.catalog.locations import configured_catalogs, open_catalogs

    if not locations:
        installation = _installation()
        return configured_catalogs(installation, version=meant_version(version, installation), transport=transport)
    named = locations[-1:] if as_racket else locations
    found = open_catalogs(named, version=version_for(named, version), transport=transport)
    for catalog in found.catalogs:
        check_there(catalog)
    return found


def with_configured(
    locations: Sequence[str], version: str | None, transport: Transport, *, from_config: bool
) -> list[Catalog]:
    """The catalogs that are named, and behind them those that are configured, if they are asked for."""
    from pltpack.catalog.locations import configured_catalogs, open_catalog

    told = version_for(locations, version)
    catalogs = [open_catalog(where, version=told, transport=transport) for where in locations]
    for catalog in catalogs:
        check_there(catalog)
    if from_config:
        installation = _installation()
        found = configured_catalogs(installation, version=meant_version(version, installation), transport=transport)
        catalogs.extend(found.catalogs)
    return catalogs


def check_there(catalog: Catalog) -> None:
    """A catalog that was named must be there; raco pkg takes it for an empty one, or makes it."""
    import os

    path = getattr(catalog, "path", None)
    if path is not None:
        os.stat(path)


def _installation() -> Installation:
    from pltpack.racket.installation import Installation

    return Installation.discover()
