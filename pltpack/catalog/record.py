"""What a catalog says of a package: a table with symbol keys, all of them kept, the known ones typed.

The keys are those of the package manager's *catalog protocol*; servers add others, which are passed on untouched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pltpack.catalog.written import WrittenTable, split_records
from pltpack.datum.limits import DatumLimits
from pltpack.datum.values import Datum, HashTable, Keyword, Regexp, Symbol
from pltpack.errors import CatalogError, FormatError, LimitError
from pltpack.racket.info.fields import Dependency

DEFAULT: Final = Symbol("default")
"""The key in ``versions`` for every version that has no entry of its own."""


class Record:
    """A package in a catalog: its name, and the table that stands under it.

    The attributes raise :class:`~pltpack.errors.CatalogError` for a value of the wrong type; :meth:`get` gives any
    value as it is. ``catalog`` is the URL of the catalog that it came from, if it came from one. A record does not
    change; one that is kept as the text of its table is read as far as somebody asks.
    """

    __slots__ = ("_table", "catalog", "name")

    def __init__(self, name: str, table: HashTable | WrittenTable, catalog: str | None = None) -> None:
        self.name = name
        self.catalog = catalog
        self._table = table

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        return (self.name, self.catalog, self.table) == (other.name, other.catalog, other.table)

    __hash__ = None  # type: ignore[assignment]  # its table holds lists

    def __repr__(self) -> str:
        return f"Record(name={self.name!r}, table={self.table!r}, catalog={self.catalog!r})"

    @property
    def table(self) -> HashTable:
        """The table that stands under the name."""
        if isinstance(self._table, WrittenTable):
            self._table = self._table.table()
        return self._table

    @classmethod
    def of(cls, name: str, fields: Mapping[str, Datum], *, catalog: str | None = None) -> Record:
        """A record with these fields, by the names of their keys."""
        return cls(name, HashTable(tuple((Symbol(key), value) for key, value in fields.items())), catalog)

    @classmethod
    def parse(
        cls, name: str, text: bytes, *, catalog: str | None = None, limits: DatumLimits = DatumLimits()
    ) -> Record:
        """Read a record: the first datum of a text, as in ``pkg/NAME``. Raises ``CatalogError``, ``LimitError``."""
        return cls(name, record_table(read_first(text, limits=limits)), catalog)

    def get(self, key: str) -> Datum | None:
        """The value under a key; ``None`` if there is none."""
        if isinstance(self._table, WrittenTable):
            return self._table.get(key)
        return next((value for name, value in self._table if isinstance(name, Symbol) and name.name == key), None)

    def agrees(self, fields: Mapping[str, Datum]) -> bool:
        """Whether it has these values under these keys; of strings, numbers and lists of strings."""
        return all(type(own := self.get(key)) is type(value) and own == value for key, value in fields.items())

    def write(self) -> bytes:
        """The text of ``pkg/NAME``, as Racket writes it: keys in order, no newline at the end."""
        if isinstance(self._table, WrittenTable) and self._table.ordered():
            return self._table.text
        from pltpack.datum.writer import encode_datum

        return encode_datum(self.table)

    def updated(self, fields: Mapping[str, Datum]) -> Record:
        """The record with some fields set."""
        if isinstance(self._table, WrittenTable) and (written := self._table.updated(fields)) is not None:
            return Record(self.name, written, self.catalog)
        table = {key: value for key, value in self.table if isinstance(key, Symbol)}
        table.update({Symbol(key): value for key, value in fields.items()})
        others = tuple((key, value) for key, value in self.table if not isinstance(key, Symbol))
        return Record(self.name, HashTable((*table.items(), *others), self.table.kind), self.catalog)

    def for_version(self, version: str | None) -> Record:
        """The record as it is for one version of Racket.

        What stands in ``versions`` under exactly that version, or else under the symbol ``default``, takes the place
        of the fields of the same names. The table of versions stays.
        """
        versions = self.get("versions")
        if not isinstance(versions, HashTable):
            return self
        for key in (version, DEFAULT):
            own = next((value for name, value in versions if type(name) is type(key) and name == key), None)
            if isinstance(own, HashTable):
                return self.updated({key.name: value for key, value in own if isinstance(key, Symbol)})
        return self

    @property
    def source(self) -> str | None:
        """Where the package is: a package source."""
        return self._text("source")

    @property
    def checksum(self) -> str | None:
        """What its content must have: a SHA-1, a commit, any text for a URL directory; ``None``: none is said."""
        return self._text("checksum")

    @property
    def author(self) -> str:
        """E-mail addresses, separated by blanks."""
        return self._text("author") or ""

    @property
    def description(self) -> str:
        """What it is for."""
        return self._text("description") or ""

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find it by."""
        return tuple(self._strings("tags"))

    @property
    def ring(self) -> int | None:
        """How far its curators vouch for it: 0, 1 or 2; ``None``: not said."""
        value = self.get("ring")
        if value is None or value is False:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong("ring", "an integer or #f")
        return value

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """What it needs, as the catalog says; versions are not looked at."""
        found = []
        for datum in self._list("dependencies"):
            dependency = as_dependency(datum)
            if dependency is None:
                raise self._no_dependency(datum)
            found.append(dependency)
        return tuple(found)

    @property
    def modules(self) -> tuple[Datum, ...]:
        """The module paths that it provides, as data: ``(lib "a/b.rkt")``."""
        return tuple(self._list("modules"))

    @property
    def versions(self) -> dict[str | None, HashTable]:
        """What is different for some versions of Racket; ``None`` stands for ``default``."""
        value = self.get("versions")
        if value is None:
            return {}
        if not isinstance(value, HashTable):
            raise self.wrong("versions", "a hash table")
        found: dict[str | None, HashTable] = {}
        for key, own in value:
            if not isinstance(own, HashTable) or not (isinstance(key, str) or key == DEFAULT):
                raise self.wrong("versions", "a hash table from versions to hash tables")
            found[key if isinstance(key, str) else None] = own
        return found

    def written_dependencies(self) -> Iterator[tuple[Dependency, Datum]]:
        """Each dependency, and the datum that it was written as."""
        for datum in self._list("dependencies"):
            dependency = as_dependency(datum)
            if dependency is None:
                raise self._no_dependency(datum)
            yield dependency, datum

    def wrong(self, key: str, expected: str) -> CatalogError:
        """The error for a field that is not what it should be."""
        return CatalogError(f"the {key} of package {self.name} is not {expected}", file=self.catalog)

    def _no_dependency(self, datum: Datum) -> CatalogError:
        from pltpack.datum.writer import write_datum

        return self.wrong("dependencies", f"a list of dependencies: {write_datum(datum)} is none")

    def _text(self, key: str) -> str | None:
        value = self.get(key)
        if value is None or value is False:
            return None
        if not isinstance(value, str):
            raise self.wrong(key, "a string")
        return value

    def _list(self, key: str) -> list[Datum]:
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        return value

    def _strings(self, key: str) -> Iterator[str]:
        for item in self._list(key):
            if not isinstance(item, str):
                raise self.wrong(key, "a list of strings")
            yield item


def as_dependency(datum: Datum) -> Dependency | None:
    """A dependency as a catalog may write it, whatever the version; ``None`` if it has no such shape."""
    if isinstance(datum, list) and len(datum) == 1 and isinstance(datum[0], str):
        return Dependency(datum[0])
    match datum:
        case str(source):
            return Dependency(source)
        case [str(source), str(version)]:
            return Dependency(source, version)
        case [str(source), *keywords]:
            return _with_keywords(source, keywords)
        case _:
            return None


def _with_keywords(source: str, keywords: list[Datum]) -> Dependency | None:
    version: str | None = None
    platform: str | Symbol | Regexp | None = None
    if len(keywords) % 2:
        return None
    for key, value in zip(keywords[::2], keywords[1::2], strict=True):
        match key, value:
            case Keyword("version"), str(text):
                version = version or text
            case Keyword("platform"), str() | Symbol() | Regexp():
                platform = platform or value
            case _:
                return None
    return Dependency(source, version, platform)


def dependency_datum(dependency: Dependency) -> Datum:
    """A dependency as it is written: ``("x")``, ``("x" #:version "1.0" #:platform windows)``."""
    datum: list[Datum] = [dependency.source]
    if dependency.version is not None:
        datum += [Keyword("version"), dependency.version]
    if dependency.platform is not None:
        datum += [Keyword("platform"), dependency.platform]
    return datum


def read_first(text: bytes, *, limits: DatumLimits = DatumLimits()) -> Datum:
    """The first datum of a text; what follows is not looked at, as Racket does not. Raises ``CatalogError``."""
    from pltpack.datum.reader import END, read_datum

    try:
        datum, _ = read_datum(text, limits=limits)
    except LimitError:
        raise
    except FormatError as error:
        raise CatalogError(f"not Racket data: {error.message}", offset=error.offset) from None
    if datum is END:
        raise CatalogError("it holds no data")
    found: Datum = datum
    return found


def record_table(datum: Datum) -> HashTable:
    """A datum that is a record: a hash table with symbol keys. Raises ``CatalogError``."""
    if not isinstance(datum, HashTable):
        raise CatalogError("not a record: no hash table", hint="a record starts with #hash((")
    if not all(isinstance(key, Symbol) for key, _ in datum):
        raise CatalogError("not a record: its keys are not all symbols", hint="write (source . ...), without quotes")
    return datum


def read_records(text: bytes, *, catalog: str | None = None, limits: DatumLimits = DatumLimits()) -> dict[str, Record]:
    """The records in the text of a ``pkgs-all``, each kept as text if it can be. Raises ``CatalogError``."""
    tables = split_records(text, limits=limits)
    if tables is None:
        return records_of(read_first(text, limits=limits), catalog=catalog)
    return {name: Record(name, table, catalog) for name, table in tables.items()}


def records_of(datum: Datum, *, catalog: str | None = None) -> dict[str, Record]:
    """The records of a ``pkgs-all``. Raises ``CatalogError``."""
    if not isinstance(datum, HashTable):
        raise CatalogError("not a table of records: no hash table", hint="pkgs-all starts with #hash((")
    found: dict[str, Record] = {}
    for name, table in datum:
        if not isinstance(name, str):
            from pltpack.datum.writer import write_datum

            raise CatalogError(f"not a table of records: the name {write_datum(name)} is no string")
        try:
            found[name] = Record(name, record_table(table), catalog)
        except CatalogError as error:
            raise error.within(entry=name) from None
    return found


def names_of(datum: Datum) -> list[str]:
    """The names of a ``pkgs``. Raises ``CatalogError``."""
    if not isinstance(datum, list):
        raise CatalogError("not a list of names")
    names = [name for name in datum if isinstance(name, str)]
    if len(names) != len(datum):
        raise CatalogError("not a list of names: not all are strings")
    return names
