"""The table of a scope's packages, ``pkgs.rktd``: every shape of a record, read and written as Racket does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum, HashTable, Prefab, Symbol
from pltpack.datum.writer import encode_datum
from pltpack.errors import ConfigError
from pltpack.pkg.names import is_package_name
from pltpack.racket.config import path_text, read_table
from pltpack.racket.simplify import simplify

LINKED: Final = frozenset({"link", "static-link", "clone"})
"""The kinds of sources whose packages stay where they are."""

_KINDS: Final = frozenset({"catalog", "url", "git", "file", "dir", *LINKED})
_FIELDS: Final = {
    "pkg-info": ("source", "checksum", "auto"),
    "pkg-info/alt": ("source", "checksum", "auto", "folder"),
    "sc-pkg-info": ("source", "checksum", "auto", "collection"),
    "sc-pkg-info/alt": ("source", "checksum", "auto", "collection", "folder"),
}
_KEYS: Final[Mapping[tuple[bool, bool], Datum]] = {
    # single-collection, another directory
    (False, False): Symbol("pkg-info"),
    (False, True): [Symbol("pkg-info/alt"), Symbol("pkg-info"), 3],
    (True, False): [Symbol("sc-pkg-info"), Symbol("pkg-info"), 3],
    (True, True): [Symbol("sc-pkg-info/alt"), Symbol("sc-pkg-info"), 1, Symbol("pkg-info"), 3],
}


_USUAL: Final = re.compile(
    r'(?:\A| )\("(?P<name>[-_a-zA-Z0-9]+)" \. #s\((?:pkg-info|(?P<single>\(sc-pkg-info pkg-info 3\))) '
    r'\((?P<kind>[a-z-]+) "(?P<first>[^"\\\0]*)"(?: "(?P<second>[^"\\]*)")?\) '
    r'(?:#f|"(?P<checksum>[^"\\]*)") #(?P<auto>[tf])(?: "(?P<collection>[^"\\]*)")?\)\)'
)
"""A record without escapes and without another directory, as it stands in the table."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a package came from: the ``kind`` of the source, and what stands behind it in the record.

    The kinds are ``catalog`` (a name and, if the catalog leads to a repository, its URL), ``url``, ``git``, ``file``,
    ``dir`` (a path), ``link``, ``static-link`` (a path that may be relative to the packages), ``clone`` (path, URL).
    """

    kind: str
    arguments: tuple[str, ...]

    @property
    def linked(self) -> bool:
        """Whether the package stays where it is."""
        return self.kind in LINKED

    def data(self) -> list[Datum]:
        """As it stands in the record."""
        return [Symbol(self.kind), *self.arguments]


@dataclass(frozen=True, slots=True)
class Record:
    """What is recorded of one package. ``collection`` is that of a single-collection package, ``folder`` the name of
    its directory where that is not its own."""

    origin: Origin
    checksum: str | None
    auto: bool
    collection: str | None = None
    folder: str | None = None

    def directory(self, name: str, packages: Path) -> Path:
        """Where the package called ``name`` is, in the scope with these packages."""
        if self.origin.linked:
            return simplify(packages / self.origin.arguments[0])
        return packages / (self.folder or name)

    def with_auto(self, auto: bool) -> Record:
        """The same, explicit or not."""
        return replace(self, auto=auto)

    def datum(self) -> Prefab:
        """As it stands in the table."""
        named = [self.collection] if self.collection is not None else []
        elsewhere = [self.folder] if self.folder is not None else []
        key = _KEYS[bool(named), bool(elsewhere)]
        checksum: Datum = False if self.checksum is None else self.checksum
        return Prefab(key, (self.origin.data(), checksum, self.auto, *named, *elsewhere))


Records: TypeAlias = Mapping[str, Record]
"""The packages of a scope by name."""


def parse_records(text: bytes, file: Path) -> dict[str, Record]:
    """The table in a text: its first datum.

    Raises :class:`~pltpack.errors.ConfigError` for what is no table and for the first record of no known shape: Racket
    takes the one for an empty table, which loses all records with the next change, and stops at the other.
    """
    usual = _usual_records(text)
    if usual is not None:
        return usual
    try:
        entries = read_table(text, file)
    except ConfigError as error:
        error.hint = "it is left as it is; put a copy back, or mend it with raco-pkg check --repair"
        raise
    records: dict[str, Record] = {}
    for name, value in entries:
        record = _record(value)
        if not isinstance(name, str) or record is None or not _is_safe(name, record):
            raise ConfigError(f"the record of package {name!r} is not one that is known", file=str(file))
        records[name] = record
    return records


def _usual_records(text: bytes) -> dict[str, Record] | None:
    """The table in a text that is spelled as Racket spells nearly all of them; otherwise ``None``.

    Hundreds of packages are read with every command, and the datum reader takes ten times as long.
    """
    if not text.startswith(b"#hash(") or not text.endswith(b")\n"):
        return None
    try:
        words = text[6:-2].decode()
    except UnicodeDecodeError:
        return None
    records: dict[str, Record] = {}
    at = 0
    while at < len(words):
        found = _USUAL.match(words, at)
        if found is None or found["kind"] not in _KINDS or (found["single"] is None) != (found["collection"] is None):
            return None
        arguments = (found["first"], *((found["second"],) if found["second"] is not None else ()))
        if not found["first"] or found["name"] in records:
            return None
        origin = Origin(found["kind"], arguments)
        records[found["name"]] = Record(origin, found["checksum"], found["auto"] == "t", found["collection"])
        at = found.end()
    return records


def read_records(file: Path) -> dict[str, Record]:
    """The table in a file; empty if there is no such file. Raises as :func:`parse_records`, and ``OSError``."""
    try:
        text = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return parse_records(text, file)


def write_records(records: Records) -> bytes:
    """The text of a table, as Racket writes it."""
    return encode_datum(HashTable(tuple((name, record.datum()) for name, record in records.items()))) + b"\n"


def _record(value: Datum) -> Record | None:
    if not isinstance(value, Prefab):
        return None
    key = value.key[0] if isinstance(value.key, list) and value.key else value.key
    names = _FIELDS.get(key.name, ()) if isinstance(key, Symbol) else ()
    if not names or len(names) != len(value.fields):
        return None
    fields = dict(zip(names, value.fields, strict=True))
    origin = _origin(fields["source"])
    checksum, auto = fields["checksum"], fields["auto"]
    collection, folder = fields.get("collection"), fields.get("folder")
    if origin is None or not (isinstance(checksum, str) or checksum is False) or not isinstance(auto, bool):
        return None
    if not (collection is None or isinstance(collection, str)) or not (folder is None or isinstance(folder, str)):
        return None
    return Record(origin, checksum if isinstance(checksum, str) else None, auto, collection, folder)


def _origin(value: Datum) -> Origin | None:
    if not isinstance(value, list) or len(value) < 2 or not isinstance(value[0], Symbol):
        return None
    kind = "catalog" if value[0].name == "pnr" else value[0].name
    arguments = [path_text(item) if isinstance(item, bytes) else item for item in value[1:]]
    if kind not in _KINDS or not all(isinstance(argument, str) for argument in arguments):
        return None
    return Origin(kind, tuple(argument for argument in arguments if isinstance(argument, str)))


def _is_safe(name: str, record: Record) -> bool:
    """Whether the names can be those of directories: what comes from here is moved and deleted."""
    folder = name if record.folder is None else record.folder
    if record.origin.linked and not path_text(record.origin.arguments[0]):
        return False
    return is_package_name(name) and folder not in ("", ".", "..") and "/" not in folder and "\0" not in folder
