"""Where things are in a distribution site, and which names may stand there: paths with ``/``, relative to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pltpack.errors import UnsafePathError
from pltpack.unpacker.paths import PathPolicy, objection

INSTALLERS: Final = "installers"
LOGS: Final = "log"
ORIGIN: Final = "origin/collects.tgz"
"""The collections that a build began with, from which clients of the original's build are made."""

TABLE: Final = f"{INSTALLERS}/table"
SUMS: Final = f"{INSTALLERS}/installers"
LOG_TABLE: Final = f"{LOGS}/logs-table"
"""Tables, without ``.rktd`` and ``.json``."""

VERSION: Final = f"{INSTALLERS}/version.rktd"
INDEX: Final = "index.html"
README: Final = "README"
CONFIG: Final = "site.toml"
SIGNATURES: Final = (".sig", ".asc", ".minisig")
"""The ends of the names of signatures, which stand beside what they sign."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def name_objection(name: str) -> str | None:
    """Why a file of a table cannot be one that stands in the folder of the table; ``None`` if it can.

    >>> name_objection("racket-8.7.sh"), name_objection("../x.sh")
    (None, 'leads upwards (..)')
    """
    if reason := objection(name, PathPolicy(portable=True), first=True):
        return reason
    if name.startswith("."):
        return "is hidden"
    return "has characters that cannot be seen" if _CONTROL.search(name) else None


def check_name(name: str, table: str) -> str:
    """A name from a table, or from a user, as the name of a file. Raises :class:`~pltpack.errors.UnsafePathError`."""
    if reason := name_objection(name):
        raise UnsafePathError(f"{name!r} {reason}", paths=[(name, reason)], file=table)
    return name


def installer_path(site: Path, name: str) -> Path:
    """Where an installer of a table is. Raises :class:`~pltpack.errors.UnsafePathError`."""
    return site / INSTALLERS / check_name(name, f"{TABLE}.rktd")
