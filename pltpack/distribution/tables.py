"""The tables of a distribution site: which installers there are, their sums, logs, and the version, as Racket data.

Each table ``NAME.rktd`` has a twin ``NAME.json`` that says the same. The bytes are those that Racket's *distro-build*
writes, and its readers and those of ``raco cross`` read them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from pltpack.datum.reader import END, read_datum
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.datum.writer import encode_datum
from pltpack.distribution.layout import LOG_TABLE, SUMS, TABLE, VERSION
from pltpack.errors import FormatError, LimitError, PltError

MOST: Final = 16 << 20
"""Bytes of a table."""

_KNOWN: Final = ("filename", "sha1", "sha256", "size")

Contents: TypeAlias = Iterator[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Installer:
    """What ``installers.rktd`` says of an installer. ``file`` is ``None``, and the sums are empty, for one that was
    recorded before it was there. ``others`` are entries of other names, which are kept."""

    file: str | None
    sha1: str = ""
    sha256: str = ""
    size: int = 0
    others: tuple[tuple[str, Datum], ...] = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a site, by descriptions; what a table that is not there would say is nothing."""

    files: Mapping[str, str] = field(default_factory=dict)
    """``table.rktd``: the file of each installer."""
    installers: Mapping[str, Installer] = field(default_factory=dict)
    """``installers.rktd``."""
    logs: Mapping[str, str] = field(default_factory=dict)
    """``log/logs-table.rktd``: the file of each log."""
    version: str | None = None
    """``version.rktd``: the version of Racket that the installers have."""


def read_tables(site: Path) -> Tables:
    """The tables of a site. Raises :class:`~pltpack.errors.FormatError` for one that cannot be read, ``OSError``."""
    return Tables(
        files=names_in(_read(site, f"{TABLE}.rktd"), f"{TABLE}.rktd"),
        installers=installers_in(_read(site, f"{SUMS}.rktd"), f"{SUMS}.rktd"),
        logs=names_in(_read(site, f"{LOG_TABLE}.rktd"), f"{LOG_TABLE}.rktd"),
        version=version_in(_read(site, VERSION), VERSION),
    )


def _read(site: Path, name: str) -> bytes | None:
    try:
        with (site / name).open("rb") as stream:
            text = stream.read(MOST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(text) > MOST:
        raise LimitError(f"a table has more than {MOST} bytes", file=str(site / name))
    return text


def names_in(text: bytes | None, where: str) -> dict[str, str]:
    """A table of names by descriptions. Raises :class:`~pltpack.errors.FormatError` and ``LimitError``."""
    found = {}
    for description, value in _entries(text, where):
        if not isinstance(value, str):
            raise FormatError(f"the file of {description!r} is no string", file=where)
        found[description] = value
    return found


def installers_in(text: bytes | None, where: str) -> dict[str, Installer]:
    """A table of sums by descriptions. Raises as :func:`names_in`."""
    found = {}
    for description, value in _entries(text, where):
        if not isinstance(value, HashTable):
            raise FormatError(f"what is said of {description!r} is no table", file=where)
        found[description] = _installer(value, description, where)
    return found


def _installer(table: HashTable, description: str, where: str) -> Installer:
    said = {key.name: value for key, value in table if isinstance(key, Symbol)}
    file, sha1, sha256, size = (said.get(key) for key in _KNOWN)
    if not isinstance(file, str | None) or not isinstance(sha1, str | None) or not isinstance(sha256, str | None):
        raise FormatError(f"the name or a sum of {description!r} is no string", file=where)
    if size is not None and type(size) is not int:
        raise FormatError(f"the size of {description!r} is no number", file=where)
    others = tuple((key, value) for key, value in said.items() if key not in _KNOWN)
    return Installer(file, sha1 or "", sha256 or "", size or 0, others)


def version_in(text: bytes | None, where: str) -> str | None:
    """The version in ``version.rktd``. Raises as :func:`names_in`."""
    datum = _datum(text, where)
    if datum is None or isinstance(datum, str):
        return datum
    raise FormatError("the version is no string", file=where)


def _entries(text: bytes | None, where: str) -> Iterator[tuple[str, Datum]]:
    datum = _datum(text, where)
    if datum is None:
        return
    if not isinstance(datum, HashTable):
        raise FormatError("it is no table", file=where, hint="it starts with #hash(")
    for key, value in datum:
        if not isinstance(key, str):
            raise FormatError("a description is no string", file=where)
        yield key, value


def _datum(text: bytes | None, where: str) -> Datum | None:
    if text is None:
        return None
    try:
        datum, _ = read_datum(text)
    except PltError as error:
        raise error.within(file=where) from None
    if datum is END:
        raise FormatError("it holds no data", file=where)
    found: Datum = datum
    return found


def table_files(tables: Tables, *, changed: Tables | None = None) -> Contents:
    """The files of tables, twins behind each: the sums before the names, so that what is named has its sums.

    With ``changed``, the tables as they were, only those that differ.
    """
    if changed is None or tables.installers != changed.installers:
        sums = {description: _fields(installer) for description, installer in tables.installers.items()}
        yield from _twins(SUMS, sums)
    if changed is None or tables.files != changed.files:
        yield from _twins(TABLE, dict(tables.files))
    if tables.logs if changed is None else tables.logs != changed.logs:
        yield from _twins(LOG_TABLE, dict(tables.logs))
    if tables.version is not None and (changed is None or tables.version != changed.version):
        yield VERSION, encode_datum(tables.version) + b"\n"


def _fields(installer: Installer) -> dict[str, Datum]:
    fields: dict[str, Datum] = {"sha1": installer.sha1, "sha256": installer.sha256, "size": installer.size}
    if installer.file is not None:
        fields["filename"] = installer.file
    return {**fields, **dict(installer.others)}


def _twins(name: str, table: Mapping[str, Any]) -> Contents:
    """A table as Racket data, and as JSON, both with a newline at the end."""
    yield f"{name}.rktd", encode_datum(_hash(table, symbols=False)) + b"\n"
    text = json.dumps(_plain(table), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    yield f"{name}.json", text.replace("\x7f", "\\u007f").encode("utf-8", "replace") + b"\n"


def _hash(table: Mapping[str, Any], *, symbols: bool) -> HashTable:
    return HashTable(
        tuple(
            (Symbol(key) if symbols else key, _hash(value, symbols=True) if isinstance(value, dict) else value)
            for key, value in table.items()
        )
    )


def _plain(value: Any) -> Any:
    """A value as JSON; what only Racket has is its text."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value if isinstance(value, str | bool | int) else encode_datum(value).decode()
