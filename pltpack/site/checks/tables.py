"""Checking a catalog in a file of SQLite: what Racket does not read in its tables."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pltpack.errors import CatalogError
from pltpack.site.checks.findings import Finding

_COLUMNS: Final = ("author", "source", "checksum", "desc")


def check_tables(path: Path) -> Iterator[Finding]:
    """Rows of packages that stop clients, or that these do not find. A file that has no tables at all is to them a
    catalog without packages. Raises :class:`~pltpack.errors.CatalogError`."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield from _check(connection, path)
    except sqlite3.Error as error:
        raise CatalogError(f"not a catalog that can be read: {error}", file=os.fspath(path)) from None


def _check(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        yield Finding("list-missing", path.name, "it has no tables")
        return
    for name, *values in connection.execute(f"SELECT name, {', '.join(_COLUMNS)} FROM pkg ORDER BY rowid"):
        for column, value in zip(_COLUMNS, values, strict=True):
            if value is None:
                yield Finding("row-null", f"{path.name}: pkg.{column}", "it is NULL", str(name))
    query = (
        "SELECT name, catalog FROM pkg WHERE catalog IS NULL OR catalog NOT IN (SELECT id FROM catalog) ORDER BY rowid"
    )
    for name, catalog in connection.execute(query):
        yield Finding("row-orphan", f"{path.name}: pkg", f"catalog {catalog} is not listed", str(name))
