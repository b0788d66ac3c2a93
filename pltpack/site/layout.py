"""Where things are in a site: paths relative to its directory, with ``/``."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "catalog"
"""What ``raco pkg`` takes as the catalog; its URL ends with a slash."""

ALL: Final = "catalog/pkgs-all"
ARCHIVES: Final = "pkgs"
STATE: Final = ".site"
"""What a site keeps for itself; a web server need not show it."""

BESIDE: Final = (
    "atom.xml",
    "notice.json",
    "packages.js",
    "pkgs-all.json",
    "pkgs-all.json.gz",
    "pkgs.json",
    "search.js",
    "style.css",
)
"""What lies beside the page of all packages, which has a name of its own choosing."""

PACKAGES: Final = ".site/packages"
KEPT: Final = ".site/overrides.json"
"""What a catalog server says of packages; ``overrides.toml`` goes before it."""

SNAPSHOTS: Final = "snapshots"
CURRENT: Final = "snapshots/current"
DONE: Final = "done"
"""The file that says that a snapshot is complete."""


def record_path(name: str) -> str:
    """The record of a package in the catalog."""
    return f"{CATALOG}/pkg/{name}"


def state_path(name: str) -> str:
    """What the site knows of a package."""
    return f"{PACKAGES}/{name}.json"


def content_path(name: str) -> str:
    """What is in a package whose archive is elsewhere."""
    return f"{STATE}/content/{name}.json"


def archive_path(sha1: str, file: str) -> str:
    """An archive, by its content: two hosts that have the same archive have it at the same place.

    >>> archive_path("da39a3ee5e6b4b0d3255bfef95601890afd80709", "games.zip")
    'pkgs/da/da39a3ee5e6b4b0d3255bfef95601890afd80709/games.zip'
    """
    return f"{ARCHIVES}/{sha1[:2]}/{sha1}/{file}"


def relative_source(archive: str, catalog: str = CATALOG) -> str:
    """The source of an archive as the record in a catalog has it: relative to the catalog's own URL.

    >>> relative_source("pkgs/da/x.zip"), relative_source("pkgs/da/x.zip", "snapshots/2026-11-28/catalog")
    ('../pkgs/da/x.zip', '../../../pkgs/da/x.zip')
    """
    return "../" * (catalog.count("/") + 1) + archive


def json_path(name: str) -> str:
    """The record of a package as JSON."""
    return f"json/{name}.json"


def page_path(name: str) -> str:
    """The page of a package."""
    return f"package/{name}/index.html"


def files_of(name: str) -> tuple[str, ...]:
    """Everything that a site has of one package alone, its archives aside: the record first, so that none is left
    that names what is gone."""
    return record_path(name), json_path(name), f"package/{name}", content_path(name), state_path(name)
