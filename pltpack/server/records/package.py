"""A package as the server keeps it: what its owners say, what was found in its archive, and where it stands."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, TypeAlias

import msgspec
import sqlalchemy as sql
from sqlalchemy.engine import Connection, Row

from pltpack.server.database.tables import ARCHIVES, OWNERS, PACKAGES
from pltpack.site.config import VersionOverride
from pltpack.site.facts import Facts
from pltpack.site.state import Yank

RingNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2)]


class Fields(msgspec.Struct, frozen=True):
    """What the owners of a package say. ``source`` is where it is, or empty if its archives are pushed; ``None`` where
    the archive is to say it."""

    source: str = ""
    description: str | None = None
    author: str | None = None
    license: str | None = None
    tags: tuple[str, ...] = ()
    versions: dict[str, VersionOverride] = {}


class Edition(msgspec.Struct, frozen=True):
    """All of a package that can be edited, and so also be had back: the history is made of these.

    ``archive`` is the SHA-256 of the archive that it is made of, ``origin`` the source that this came from (empty: it
    was pushed), and ``checksum`` what the source said of it. ``ring_by`` is who said the ring: nobody (``default``), a
    ``curator``, or ``age``. ``removed`` is when it was removed.
    """

    fields: Fields = Fields()
    owners: tuple[str, ...] = ()
    ring: RingNumber = 2
    ring_by: str = "default"
    archive: str | None = None
    origin: str = ""
    checksum: str | None = None
    yanked: Yank | None = None
    removed: int | None = None


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that a package is or was made of, and what was found in it."""

    sha256: str
    sha1: str
    file: str
    size: int
    facts: Facts
    source: str = ""
    checksum: str | None = None
    created: int = 0
    actor: str | None = None


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A package. ``version`` counts the edits of people, ``revision`` all that is to be published, ``published`` is the
    revision that the site has (-1: none). A package that is ``purged`` goes with the next publication."""

    name: str
    edition: Edition
    archive: Archive | None = None
    version: int = 0
    revision: int = 0
    published: int = -1
    purged: int | None = None
    added: int
    edited: int

    @property
    def is_published(self) -> bool:
        """Whether the site has it as it is."""
        return self.published == self.revision and self.purged is None

    @property
    def is_listed(self) -> bool:
        """Whether the site can have it: something was found in it."""
        return self.archive is not None and self.purged is None


def find_package(connection: Connection, name: str, *, lock: bool = False) -> Package | None:
    """A package; with ``lock`` nobody else can change it until the transaction ends."""
    query = sql.select(PACKAGES).where(PACKAGES.c.name == name)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        return None
    owners = connection.execute(sql.select(OWNERS.c.owner).where(OWNERS.c.package == name).order_by(OWNERS.c.owner))
    archive = None if row.archive is None else find_archive(connection, name, row.archive)
    return _package(row, tuple(owners.scalars()), archive)


def select_packages(connection: Connection, *wanted: sql.ColumnElement[bool]) -> list[Package]:
    """The packages whose rows are as wanted, by name; with three queries, however many there are."""
    owners: defaultdict[str, list[str]] = defaultdict(list)
    named = OWNERS.c.package.in_(sql.select(PACKAGES.c.name).where(*wanted))
    for row in connection.execute(sql.select(OWNERS).where(named).order_by(OWNERS.c.owner)):
        owners[row.package].append(row.owner)
    current = (ARCHIVES.c.package == PACKAGES.c.name) & (ARCHIVES.c.sha256 == PACKAGES.c.archive)
    rows = connection.execute(sql.select(ARCHIVES).join(PACKAGES, current).where(*wanted))
    archives = {row.package: _archive(row) for row in rows}
    return [
        _package(row, tuple(owners[row.name]), archives.get(row.name))
        for row in connection.execute(sql.select(PACKAGES).where(*wanted).order_by(PACKAGES.c.name))
    ]


def find_archive(connection: Connection, name: str, sha256: str) -> Archive | None:
    """An archive of a package."""
    query = sql.select(ARCHIVES).where(ARCHIVES.c.package == name, ARCHIVES.c.sha256 == sha256)
    row = connection.execute(query).first()
    return None if row is None else _archive(row)


def archives_of(connection: Connection, name: str) -> list[Archive]:
    """All archives of a package, the latest first."""
    order = (ARCHIVES.c.created.desc(), ARCHIVES.c.sha256)
    return [
        _archive(row)
        for row in connection.execute(sql.select(ARCHIVES).where(ARCHIVES.c.package == name).order_by(*order))
    ]


def put_archive(connection: Connection, name: str, archive: Archive) -> None:
    """Note an archive of a package; one that is known stays as it was noted first."""
    if find_archive(connection, name, archive.sha256) is None:
        connection.execute(
            ARCHIVES.insert().values(
                package=name,
                sha256=archive.sha256,
                sha1=archive.sha1,
                file=archive.file,
                size=archive.size,
                facts=_text(archive.facts),
                source=archive.source,
                checksum=archive.checksum,
                created=archive.created,
                actor=archive.actor,
            )
        )


def put_package(connection: Connection, package: Package, *, new: bool) -> None:
    """Write a package; its owners too."""
    edition = package.edition
    values = {
        "version": package.version,
        "revision": package.revision,
        "published": package.published,
        "fields": _text(edition.fields),
        "ring": edition.ring,
        "ring_by": edition.ring_by,
        "archive": edition.archive,
        "checksum": edition.checksum,
        "origin": edition.origin,
        "yanked": None if edition.yanked is None else _text(edition.yanked),
        "removed": edition.removed,
        "purged": package.purged,
        "added": package.added,
        "edited": package.edited,
    }
    if new:
        connection.execute(PACKAGES.insert().values(name=package.name, folded=package.name.lower(), **values))
    else:
        connection.execute(PACKAGES.update().where(PACKAGES.c.name == package.name).values(**values))
    put_owners(connection, package.name, edition.owners)


def put_owners(connection: Connection, name: str, owners: tuple[str, ...]) -> None:
    """Have exactly these owners."""
    query = sql.select(OWNERS.c.owner).where(OWNERS.c.package == name)
    before = set(connection.execute(query).scalars())
    if gone := before - set(owners):
        connection.execute(OWNERS.delete().where(OWNERS.c.package == name, OWNERS.c.owner.in_(sorted(gone))))
    for owner in sorted(set(owners) - before):
        connection.execute(OWNERS.insert().values(package=name, owner=owner))


def _package(row: Row[tuple[object, ...]], owners: tuple[str, ...], archive: Archive | None) -> Package:
    edition = Edition(
        fields=msgspec.json.decode(row.fields, type=Fields),
        owners=owners,
        ring=row.ring,
        ring_by=row.ring_by,
        archive=row.archive,
        origin=row.origin,
        checksum=row.checksum,
        yanked=None if row.yanked is None else msgspec.json.decode(row.yanked, type=Yank),
        removed=row.removed,
    )
    return Package(
        name=row.name,
        edition=edition,
        archive=archive,
        version=row.version,
        revision=row.revision,
        published=row.published,
        purged=row.purged,
        added=row.added,
        edited=row.edited,
    )


def _archive(row: Row[tuple[object, ...]]) -> Archive:
    return Archive(
        sha256=row.sha256,
        sha1=row.sha1,
        file=row.file,
        size=row.size,
        facts=msgspec.json.decode(row.facts, type=Facts),
        source=row.source,
        checksum=row.checksum,
        created=row.created,
        actor=row.actor,
    )


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
