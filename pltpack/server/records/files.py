"""Records as files: what the server knows of each package, in the form that the original server keeps.

``records/NAME.rktd`` holds one table. The keys of the original have its meaning, so that it can read the folder; what
it does not know (``pltpack``) it keeps. From these files and the site the database can be made anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from pltpack.catalog.record import Record
from pltpack.datum.limits import DatumLimits
from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.errors import CatalogError, FormatError
from pltpack.server.records.package import Archive, Edition, Fields, Package
from pltpack.server.room import Room
from pltpack.site.config import VersionOverride
from pltpack.site.enrich import strings
from pltpack.transaction.file import replacing

SUFFIX: Final = ".rktd"
OWN: Final = "pltpack"
"""The key under which stands what the original has no key for, as JSON."""

_MOST: Final = 16 << 20


class Own(msgspec.Struct, frozen=True):
    """What only this server knows of a package."""

    edition: Edition
    archive: Archive | None
    version: int
    revision: int


def write_records(room: Room, packages: Iterable[Package]) -> None:
    """Write the records of packages, and remove those of purged ones; each is whole at any moment."""
    folder = room.places.records
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        path = folder / f"{package.name}{SUFFIX}"
        if package.purged is not None:
            path.unlink(missing_ok=True)
            continue
        with replacing(path) as stream:
            stream.write(record_text(package))


def record_text(package: Package) -> bytes:
    """The content of a package's file."""
    edition, facts = package.edition, None if package.archive is None else package.archive.facts
    fields = edition.fields
    known: dict[str, Datum] = {
        "name": package.name,
        "source": fields.source,
        "checksum": edition.checksum or ("" if facts is None else facts.sha1),
        # The original takes authors for owners.
        "author": " ".join(edition.owners),
        "description": fields.description or ("" if facts is None else facts.description),
        "tags": [*fields.tags],
        "ring": edition.ring,
        "versions": HashTable(
            tuple(
                (version, HashTable(((Symbol("checksum"), own.checksum), (Symbol("source"), own.source))))
                for version, own in sorted(fields.versions.items())
            )
        ),
        "date-added": package.added,
        "last-edit": package.edited,
        "last-updated": package.edited,
    }
    if facts is not None:
        known |= {
            "modules": [[Symbol("lib"), path] for path in facts.modules],
            "dependencies": [read_datum(text.encode())[0] for text in facts.dependencies],
            "rt-dependencies": [read_datum(text.encode())[0] for text in facts.runtime],
            "implies": [read_datum(text.encode())[0] for text in facts.implies],
            "collection": [Symbol("multi")] if facts.collection is None else facts.collection,
            "license": fields.license or facts.license or False,
        }
    own = Own(edition, package.archive, package.version, package.revision)
    known[OWN] = msgspec.json.encode(own).decode()
    return Record.of(package.name, known).write() + b"\n"


def read_record(path: Path) -> Package:
    """A package from its file, also from one that the original server wrote.

    Raises :class:`~pltpack.errors.CatalogError` for a file that is damaged or no record, and ``OSError``.
    """
    with path.open("rb") as stream:
        text = stream.read(_MOST)
    name = path.name.removesuffix(SUFFIX)
    try:
        # No datum of a record is nested deeply.
        record = Record.parse(name, text, limits=DatumLimits(depth=64))
    except FormatError as error:
        raise error.within(file=os.fspath(path)) from None
    return record_package(record, path)


def record_package(record: Record, path: Path | None = None) -> Package:
    """A package from a record of any catalog; the owners are its authors. Raises as :func:`read_record` does."""
    own = record.get(OWN)
    added, edited = _time(record, "date-added"), _time(record, "last-edit")
    if isinstance(own, str):
        try:
            kept = msgspec.json.decode(own, type=Own)
        except msgspec.MsgspecError as error:
            raise CatalogError(
                f"what this server knows of it is damaged: {error}", file=None if path is None else os.fspath(path)
            ) from None
        return Package(
            name=record.name,
            edition=kept.edition,
            archive=kept.archive,
            version=kept.version,
            revision=kept.revision,
            added=added,
            edited=edited,
        )
    ring = record.get("ring")
    fields = Fields(
        source=record.source or "",
        description=record.description or None,
        author=record.author or None,
        tags=tuple(strings(record.get("tags"))),
        versions=_versions(record),
    )
    edition = Edition(
        fields=fields,
        owners=tuple(record.author.split()),
        ring=ring if type(ring) is int and ring in (0, 1, 2) else 2,
        ring_by="curator" if ring in (0, 1) else "default",
    )
    return Package(name=record.name, edition=edition, version=1, revision=1, added=added, edited=edited)


def _versions(record: Record) -> dict[str, VersionOverride]:
    found = {}
    for version, table in record.versions.items():
        values = {key.name: value for key, value in table if isinstance(key, Symbol)}
        source, checksum = values.get("source"), values.get("checksum")
        if version is not None and isinstance(source, str):
            found[version] = VersionOverride(source, checksum if isinstance(checksum, str) else "")
    return found


def _time(record: Record, key: str) -> int:
    value = record.get(key)
    return value if type(value) is int and 0 <= value < 1 << 40 else 0
