"""Sources in a catalog: relative to it, or absolute."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urljoin

from pltpack.catalog.record import Record
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.pkg.source import parse_source

_AS_IT_IS: Final = "/%?#=&;:@!$'()*+,~-._[]"
_SOURCE: Final = Symbol("source")
_URL: Final = re.compile(r"[a-zA-Z0-9+.-]*://")


def absolute_source(base: str, source: str) -> str:
    """A source of the catalog at the URL ``base``, as it is to be used from anywhere.

    Only what is a relative path by its looks depends on the catalog. As in Racket it is joined as a URL: to a path of
    the disk, too, which makes it a ``file://`` URL. A ``base`` that is a directory ends with a slash.
    """
    if _URL.match(source) or os.path.isabs(source):
        return source
    if parse_source(source, strict=False).type not in ("file", "dir"):
        return source
    return urljoin(base, quote(source, safe=_AS_IT_IS))


def relative_source(directory: Path, source: str) -> str:
    """A source on this disk, as it is to be written in a catalog that is in ``directory``; others stay as they are."""
    # With a slash at its end a file:// URL has no type for Racket, although that is what its catalogs make of "x/".
    parsed = parse_source(source.rstrip("/"), strict=False)
    if parsed.type not in ("file", "dir") or parsed.path is None:
        return source
    slash = "/" if source.endswith("/") else ""
    return quote(os.path.relpath(parsed.path, directory)) + slash


def with_sources(record: Record, change: Callable[[str], str]) -> Record:
    """The record with all its sources changed, those in ``versions``, too."""
    source = record.get("source")
    if record.get("versions") is None and (not isinstance(source, str) or change(source) == source):
        return record
    table = _changed(record.table, change)
    return record if table is record.table else Record(record.name, table, record.catalog)


def _changed(table: HashTable, change: Callable[[str], str]) -> HashTable:
    def entry(key: Datum, value: Datum) -> Datum:
        if key == _SOURCE and isinstance(value, str):
            return change(value)
        if key == Symbol("versions") and isinstance(value, HashTable):
            own = ((version, _changed(v, change) if isinstance(v, HashTable) else v) for version, v in value)
            return HashTable(tuple(own), value.kind)
        return value

    entries = tuple((key, entry(key, value)) for key, value in table)
    same = all(new[1] is old[1] for new, old in zip(entries, table, strict=True))
    return table if same else HashTable(entries, table.kind)


def is_local(source: str) -> bool:
    """Whether a source is on the disk of whoever reads it."""
    return source.startswith("file://") or parse_source(source, strict=False).type in (
        "file",
        "dir",
        "link",
        "static-link",
    )
