"""Writing catalogs as directories, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pltpack.catalog.directory import ALL, NAMES, RECORDS
from pltpack.catalog.record import Record
from pltpack.datum.writer import encode_datum
from pltpack.errors import CatalogError
from pltpack.pkg.names import is_package_name
from pltpack.transaction.destination import BytesData, Existing, Root
from pltpack.transaction.directory import DirectoryDestination


class DirectoryCatalogWriter:
    """Writes ``pkg/NAME`` for each record, ``pkgs-all`` and ``pkgs``, the bytes that Racket's ``write`` gives.

    All of it appears together; an error, a signal or a kill leaves what was there. Files of other names stay as they
    are, and files that would be the same are not written again.
    """

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = False) -> None:
        """``durable``: wait for the disk, for the case of a power cut."""
        self.path = Path(os.path.abspath(path))
        self._durable = durable

    def write(self, records: Iterable[Record]) -> None:
        """Have exactly these records there, see :class:`~pltpack.catalog.catalog.CatalogWriter`."""
        tables = {record.name: record for record in records}
        root = Root(self.path, "catalog")
        with DirectoryDestination(durable=self._durable) as destination:
            destination.make_directory(root, (RECORDS,))
            there = _names(self.path / RECORDS)
            for path, data in catalog_files(tables):
                is_new = path[0] == RECORDS and path[-1] not in there
                if is_new or not _is_there(os.path.join(self.path, *path), data):
                    destination.write_file(root, path, len(data), BytesData(data), Existing.REPLACE)
            # Last: who has read the old list can still ask for what stands in it.
            for name in sorted(there - tables.keys()):
                if is_package_name(name):
                    destination.remove(root, (RECORDS, name))
            destination.commit()


def catalog_files(records: dict[str, Record]) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """The files of a directory catalog, those that others are told by last. Raises ``CatalogError``."""
    texts = {}
    for name in sorted(records):
        if not is_package_name(name):
            raise CatalogError(f"{name!r} is no package name", hint="ASCII letters, digits, - and _ make a name")
        texts[name] = records[name].write()
        yield (RECORDS, name), texts[name]
    for path, text in list_files(texts):
        yield (path,), text


def list_files(texts: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """``pkgs-all`` and ``pkgs`` for the written records, by name."""
    # What `write` makes of the table of all records, whose keys it sorts, too.
    yield ALL, b"#hash(%b)" % b" ".join(b'("%b" . %b)' % (name.encode(), texts[name]) for name in sorted(texts))
    yield NAMES, encode_datum([*sorted(texts)])


def _is_there(path: str, data: bytes) -> bool:
    try:
        if os.stat(path).st_size != len(data):
            return False
        with open(path, "rb", buffering=0) as stream:
            return stream.read(len(data)) == data
    except OSError:
        return False


def _names(folder: Path) -> set[str]:
    return set(os.listdir(folder)) if folder.is_dir() else set()
