"""Catalogs in a file of SQLite, as ``pkg/db`` has them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pltpack.catalog.catalog import Catalog, unknown
from pltpack.catalog.record import Record, dependency_datum, read_first
from pltpack.catalog.sources import absolute_source
from pltpack.datum.values import Datum, Regexp, Symbol
from pltpack.errors import CatalogError, PltError
from pltpack.racket.info.fields import Dependency

SUFFIX: Final = ".sqlite"

_NEEDED: Final = ("catalog", "pkg")
_PACKAGES: Final = (
    "SELECT K.name, K.catalog, K.author, K.source, K.checksum, K.desc FROM pkg K, catalog N WHERE N.id = K.catalog"
)


class SqliteCatalog(Catalog):
    """A file of SQLite, which is never written to. Of several catalogs in it the first by ``pos`` wins.

    Only the tables ``catalog`` and ``pkg`` must be there. An empty file is a catalog without packages, as to Racket.
    With ``absolute=False`` the sources are as they are written.
    """

    def __init__(self, path: str | os.PathLike[str], *, absolute: bool = True) -> None:
        self.path = Path(os.path.abspath(path))
        self.url = self.path.as_uri()
        self._absolute = absolute

    def __getitem__(self, name: str) -> Record:
        found = self._read(name)
        if name not in found:
            raise unknown(name, str(self.path))
        return found[name]

    def names(self) -> list[str]:
        with self._opened() as connection:
            query = "SELECT DISTINCT K.name FROM pkg K, catalog N WHERE N.id = K.catalog"
            return [] if self._tables(connection) is None else [_text(row[0]) for row in connection.execute(query)]

    def records(self) -> dict[str, Record]:
        return self._read(None)

    def _read(self, name: str | None) -> dict[str, Record]:
        with self._opened() as connection:
            tables = self._tables(connection)
            if tables is None:
                return {}
            rest = _Rest(connection, tables, name)
            where, values = ("", ()) if name is None else (" AND K.name = ?", (name,))
            found: dict[str, Record] = {}
            for row in connection.execute(f"{_PACKAGES}{where} ORDER BY N.pos, K.rowid", values):
                package = _text(row[0])
                if package not in found:
                    found[package] = self._record(package, row, rest)
            return found

    def _record(self, name: str, row: tuple[object, ...], rest: _Rest) -> Record:
        author, source, checksum, description = map(_text, row[2:])
        return Record.of(
            name,
            {
                "author": author,
                "checksum": checksum,
                "dependencies": rest.dependencies[name, row[1], checksum],
                "description": description,
                "modules": rest.modules[name, row[1], checksum],
                "name": name,
                "ring": rest.rings.get((name, row[1]), False),
                "source": absolute_source(self.url, source) if self._absolute else source,
                "tags": rest.tags[name, row[1]],
            },
            catalog=self.url,
        )

    def _tables(self, connection: sqlite3.Connection) -> set[str] | None:
        """The names of the tables; ``None`` if the file has none at all."""
        tables = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        missing = [name for name in _NEEDED if name not in tables]
        if tables and missing:
            raise CatalogError(f"not a catalog: it has no table {missing[0]}", file=str(self.path))
        return tables or None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        os.stat(self.path)  # SQLite would only say that it cannot open it
        try:
            connection = sqlite3.connect(f"{self.url}?mode=ro", uri=True)
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            with contextlib.closing(connection):
                yield connection
        except sqlite3.Error as error:
            raise CatalogError(f"not a catalog that can be read: {error}", file=str(self.path)) from None
        except PltError as error:
            raise error.within(file=str(self.path)) from None


class _Rest:
    """What stands in the other tables, of one package or of all."""

    def __init__(self, connection: sqlite3.Connection, tables: set[str], name: str | None) -> None:
        self._connection, self._existing, self._name = connection, tables, name
        self.tags: defaultdict[tuple[str, object], list[Datum]] = defaultdict(list)
        self.modules: defaultdict[tuple[str, object, str], list[Datum]] = defaultdict(list)
        self.dependencies: defaultdict[tuple[str, object, str], list[Datum]] = defaultdict(list)
        self.rings: dict[tuple[str, object], Datum] = {}
        read = _Written()
        for package, catalog, tag in self._rows("tags", "pkg, catalog, tag"):
            self.tags[_text(package), catalog].append(_text(tag))
        for package, catalog, checksum, module in self._rows("modules", "pkg, catalog, checksum, name"):
            self.modules[_text(package), catalog, _text(checksum)].append(read(_text(module)))
        columns = "pkg, catalog, checksum, onpkg, onversion, onplatform"
        for package, catalog, checksum, source, version, platform in self._rows("dependencies", columns):
            dependency = Dependency(
                _text(source), _text(version) or None, _platform(read, _text(platform)) if platform else None
            )
            self.dependencies[_text(package), catalog, _text(checksum)].append(dependency_datum(dependency))
        for package, catalog, ring in self._rows("ring", "pkg, catalog, ring"):
            if isinstance(ring, int):
                self.rings[_text(package), catalog] = ring

    def _rows(self, table: str, columns: str) -> Iterator[tuple[object, ...]]:
        if table not in self._existing:
            return
        where, values = ("", ()) if self._name is None else (" WHERE pkg = ?", (self._name,))
        yield from self._connection.execute(f"SELECT {columns} FROM {table}{where} ORDER BY rowid", values)


class _Written:
    """Reads data that are stored as text, each text once."""

    def __init__(self) -> None:
        self._known: dict[str, Datum] = {}

    def __call__(self, text: str) -> Datum:
        if text not in self._known:
            self._known[text] = read_first(text.encode())
        return self._known[text]


def _platform(read: Callable[[str], Datum], text: str) -> str | Symbol | Regexp:
    value = read(text)
    if not isinstance(value, str | Symbol | Regexp):
        raise CatalogError(f"{text} is no platform")
    return value


def _text(value: object) -> str:
    """A column that should be text; what is missing counts as empty."""
    return "" if value is None else str(value)
