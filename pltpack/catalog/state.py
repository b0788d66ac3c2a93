"""What the sources of a mirror were when it was made: the ``--state`` of ``raco pkg catalog-archive``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pltpack.catalog.record import Record
from pltpack.catalog.sqlite import SqliteCatalog
from pltpack.catalog.sqlite_writer import SqliteCatalogWriter
from pltpack.datum.values import Datum

_KEPT: Final = ("author", "checksum", "description", "source")


def read_state(path: Path | None) -> dict[str, str]:
    """The checksums that the sources had, by the names of the packages."""
    if path is None or not path.exists():
        return {}
    records = SqliteCatalog(path, absolute=False).records()
    return {name: record.checksum for name, record in records.items() if record.checksum}


def write_state(path: Path, records: Iterable[Record]) -> None:
    """Remember the records of the sources, as Racket does in the same file."""
    kept = []
    for record in records:
        fields: dict[str, Datum] = {}
        for key in _KEPT:
            value = record.get(key)
            if isinstance(value, str):
                fields[key] = value
        kept.append(Record.of(record.name, fields))
    SqliteCatalogWriter(path).write(kept)
