"""Sources in a catalog: relative to it, or absolute."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin

from pltpack.catalog.record import Record
from pltpack.datum.values import Datum, HashTable, Symbol

if TYPE_CHECKING:
    from pltpack.pkg.source import PackageSource

_AS_IT_IS: Final = "/%?#=&;:@!$'()*+,~-._[]"
_SOURCE: Final = Symbol("source")
_URL: Final = re.compile(r"[a-zA-Z0-9+.-]*://")
_PLAIN_FILE: Final = re.compile(r"(?:\.\./|\./)*(?:[a-zA-Z0-9_-][a-zA-Z0-9_.-]*/)+[a-zA-Z0-9_-]+\.(?:zip|tgz|plt)")
"""A path to a file for whoever looks at it; most relative sources are such paths."""


def absolute_source(base: str, source: str) -> str:
    """A source of the catalog at the URL ``base``, as it is to be used from anywhere.

    Only what is a relative path by its looks depends on the catalog. As in Racket it is joined as a URL: to a path of
    the disk, too, which makes it a ``file://`` URL. A ``base`` that is a directory ends with a slash.
    """
    if _URL.match(source) or os.path.isabs(source):
        return source
    if not _PLAIN_FILE.fullmatch(source) and _parsed(source).type not in ("file", "dir"):
        return source
    return urljoin(base, quote(source, safe=_AS_IT_IS))


def relative_source(directory: Path, source: str) -> str:
    """A source on this disk, as it is to be written in a catalog that is in ``directory``; others stay as they are."""
    # With a slash at its end a file:// URL has no type for Racket, although that is what its catalogs make of "x/".
    parsed = _parsed(source.rstrip("/"))
    if parsed.type not in ("file", "dir") or parsed.path is None:
        return source
    slash = "/" if source.endswith("/") else ""
    return quote(os.path.relpath(parsed.path, directory)) + slash


def with_sources(record: Record, change: Callable[[str], str]) -> Record:
    """The record with all its sources changed, those in ``versions``, too."""
    source = record.get("source")
    if record.get("versions") is None:
        if not isinstance(source, str) or (changed := change(source)) == source:
            return record
        return record.updated({"source": changed})
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
    return source.startswith("file://") or _parsed(source).type in ("file", "dir", "link", "static-link")


def _parsed(source: str) -> PackageSource:
    from pltpack.pkg.source import parse_source

    return parse_source(source, strict=False)
