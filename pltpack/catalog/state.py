"""What the sources of a mirror were when it was made: the ``--state`` of ``raco pkg catalog-archive``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pltpack.catalog.record import Record
from pltpack.catalog.sqlite import SqliteCatalog
from pltpack.catalog.sqlite_writer import SqliteCatalogWriter

_KEPT: Final = ("author", "checksum", "description", "source")


def read_state(path: Path | None) -> dict[str, Record]:
    """What the catalogs said of the sources, by the names of the packages."""
    if path is None or not path.exists():
        return {}
    return SqliteCatalog(path, absolute=False).records()


def write_state(path: Path, records: Iterable[Record], before: Mapping[str, Record]) -> None:
    """Remember the records of the sources, as Racket does in the same file; what is as ``before`` is there already."""
    kept = {record.name: _kept(record) for record in records}
    if path.exists() and kept == {name: _kept(record) for name, record in before.items()}:
        return
    SqliteCatalogWriter(path).write([Record.of(name, {**fields}) for name, fields in kept.items()])


def _kept(record: Record) -> dict[str, str]:
    values = {key: record.get(key) for key in _KEPT}
    return {key: value for key, value in values.items() if isinstance(value, str) and value}
