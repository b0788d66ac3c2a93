"""``raco-pkg``: the commands of ``raco pkg`` that we have."""

from __future__ import annotations

from typing import Final

from ..commands import Command, run
from ..console import program_name

COMMANDS: Final = {
    "create": Command("packages.create", "create"),
    "catalog-show": Command("catalogs.catalog_show", "catalog_show"),
    "catalog-copy": Command("catalogs.catalog_copy", "catalog_copy"),
}


def overview() -> None:
    """Packages, as raco pkg handles them."""


def main() -> None:
    """The program ``raco-pkg``."""
    run(COMMANDS, overview, program=program_name())
