"""Writing catalogs into a file of SQLite, complete, so that Racket reads it without changing it."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pltpack.catalog.record import Record
from pltpack.datum.values import Datum, Symbol
from pltpack.datum.writer import write_datum
from pltpack.errors import CatalogError
from pltpack.racket.info.fields import valid_version
from pltpack.transaction.file import replacing

SCHEMA: Final = (
    "CREATE TABLE catalog (id SMALLINT, url TEXT, pos SMALLINT)",
    "CREATE TABLE pkg (name TEXT, catalog SMALLINT, author TEXT, source TEXT, checksum TEXT, desc TEXT)",
    "CREATE INDEX pkg_index ON pkg (name, catalog)",
    "CREATE TABLE tags (pkg TEXT, catalog SMALLINT, tag TEXT)",
    "CREATE INDEX tags_index ON tags (pkg, catalog)",
    "CREATE TABLE modules (name TEXT, pkg TEXT, catalog SMALLINT, checksum TEXT)",
    "CREATE INDEX modules_index ON modules (pkg, catalog, checksum)",
    "CREATE TABLE dependencies"
    " (onpkg TEXT, onversion TEXT, onplatform TEXT, pkg TEXT, catalog SMALLINT, checksum TEXT)",
    "CREATE INDEX dependencies_index ON dependencies (pkg, catalog, checksum)",
    "CREATE TABLE ring (pkg TEXT, catalog SMALLINT, ring SMALLINT)",
    "CREATE INDEX ring_index ON ring (pkg, catalog)",
    "INSERT INTO catalog VALUES (0, 'local', 0)",
)
"""The tables of ``pkg/db``, with one catalog in them."""

_PLAIN: Final = re.compile(r"[ !#-\[\]-~]*+")
"""A string that is written as it is."""


class SqliteCatalogWriter:
    """Writes records as they are for one version of Racket: these tables have no place for ``versions``, nor for keys
    that are not known."""

    def __init__(self, path: str | os.PathLike[str], *, version: str | None = None) -> None:
        self.path = Path(os.path.abspath(path))
        self._version = version

    def write(self, records: Iterable[Record]) -> None:
        """Have exactly these records there, see :class:`~pltpack.catalog.catalog.CatalogWriter`."""
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            for statement in SCHEMA:
                connection.execute(statement)
            rows = _Rows()
            for record in sorted(records, key=lambda record: record.name):
                rows.add(record.for_version(self._version))
            rows.insert(connection)
            connection.commit()
            data = connection.serialize()
        with replacing(self.path) as stream:
            stream.write(data)


class _Rows:
    """The rows of each table, which are inserted all at once."""

    def __init__(self) -> None:
        self._packages: list[tuple[str, ...]] = []
        self._tags: list[tuple[str, ...]] = []
        self._modules: list[tuple[str, ...]] = []
        self._dependencies: list[tuple[str, ...]] = []
        self._rings: list[tuple[str, int]] = []

    def add(self, record: Record) -> None:
        """Take a record."""
        name, checksum = record.name, record.checksum or ""
        self._packages.append((name, record.author, record.source or "", checksum, record.description))
        self._tags += [(name, tag) for tag in record.tags]
        self._modules += [(_written(module), name, checksum) for module in record.modules]
        self._dependencies += [(*columns, name, checksum) for columns in _dependencies(record)]
        if record.ring is not None:
            self._rings.append((name, record.ring))

    def insert(self, connection: sqlite3.Connection) -> None:
        """Insert what was taken."""
        connection.executemany("INSERT INTO pkg VALUES (?, 0, ?, ?, ?, ?)", self._packages)
        connection.executemany("INSERT INTO tags VALUES (?, 0, ?)", self._tags)
        connection.executemany("INSERT INTO modules VALUES (?, ?, 0, ?)", self._modules)
        connection.executemany("INSERT INTO dependencies VALUES (?, ?, ?, ?, 0, ?)", self._dependencies)
        connection.executemany("INSERT INTO ring VALUES (?, 0, ?)", self._rings)


def _written(module: Datum) -> str:
    """What ``write`` makes of a module; most are of one plain form."""
    match module:
        case [Symbol("lib"), str(path)] if _PLAIN.fullmatch(path):
            return f'(lib "{path}")'
        case _:
            return write_datum(module)


def _dependencies(record: Record) -> Iterator[tuple[str, str, str]]:
    for dependency in record.dependencies:
        version, platform = dependency.version, dependency.platform
        if version is not None and not valid_version(version):
            raise CatalogError(
                f"package {record.name} depends on {dependency.source} in the version {version}, which is none",
                hint="a version has two to four parts and no zero at its end, like 1.0 or 6.2.1",
            )
        yield dependency.source, version or "", "" if platform is None else write_datum(platform)
