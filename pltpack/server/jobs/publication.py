"""Publishing: all that was edited since the last time becomes the site, in one transaction of it.

One process does it at a time. A publication reads what is to be published, builds, and then says of each package which
revision the site has; what was edited meanwhile waits for the next one, whose job came with the edit. Killed at any
moment, the next publication does the same again.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sql

from pltpack.errors import BusyError
from pltpack.server.database.tables import CHECKS, OWNERS, PACKAGES
from pltpack.server.hooks.announce import PUBLISHED, announce
from pltpack.server.jobs.keep import Kept, keep_packages
from pltpack.server.records.files import write_records
from pltpack.server.records.package import Package, find_package
from pltpack.server.records.spool import clear_spool, content_path
from pltpack.server.room import Room
from pltpack.site.config import PackageOverride
from pltpack.site.inputs import Item, stamp
from pltpack.site.publishing.publish import publish_site

LOCK: Final = 7_005_002
"""The advisory lock of PostgreSQL under which is published."""
_FILE: Final = "publishing.lock"


@dataclass(slots=True)
class Publication:
    """What was published: names of packages, those that could not be, with the reason, and how many files changed."""

    packages: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    files: int = 0


def publish(room: Room) -> Publication:
    """Publish all that is not published yet. Where there is a target, what the site does not have any more goes there,
    too, archives when the time of grace is over.

    A package of which nothing can be made is in the result as failed, and keeps what it has in the spool. Raises
    :class:`~pltpack.errors.BusyError` if another process is at it, ``OSError`` also where the machine has failed at
    some packages alone (the others are published then), and what :func:`~pltpack.server.jobs.keep.keep_packages` and
    :func:`~pltpack.site.publishing.publish.publish_site` raise.
    """
    done = Publication()
    with alone(room):
        with room.database.read() as connection:
            query = sql.select(PACKAGES.c.name).where(PACKAGES.c.revision != PACKAGES.c.published)
            names = connection.execute(query.order_by(PACKAGES.c.name)).scalars().all()
            found = [find_package(connection, name) for name in names]
            packages = [package for package in found if package is not None]
            checks = {row.package: row for row in connection.execute(sql.select(CHECKS))}
        kept = [_kept(room, package, checks.get(package.name)) for package in packages if package.is_listed]
        gone = [package.name for package in packages if package.purged is not None]
        troubles: list[OSError] = []
        new_site = not (room.places.site / "catalog").is_dir()
        if kept or gone or new_site:
            report = keep_packages(room.places.site, kept, gone, limits=room.archive_limits)
            done.failed = {failed.item.name: str(failed.error) for failed in report.failed}
            done.files = len(report.written.paths)
            troubles = [failed.error for failed in report.failed if isinstance(failed.error, OSError)]
        # First the files: what they say the database says, too, whenever somebody looks.
        write_records(room, packages)
        published = [package for package in packages if package.name not in done.failed]
        done.packages = [package.name for package in published]
        _note(room, published)
        # What could not be published is nowhere but in the spool.
        clear_spool(room, [package.archive for package in published if package.archive and package.is_listed])
        if troubles:
            raise troubles[0]
        if room.config.publish.target:
            settings = room.config.publish
            publish_site(
                room.places.site, settings.target, options=settings.options, key=settings.key or None, delete=True
            )
    return done


@contextlib.contextmanager
def alone(room: Room) -> Iterator[None]:
    """Be the only one of all workers that publishes, from looking what there is to noting what was done: one that has
    looked earlier and is done later would publish the past. Raises :class:`~pltpack.errors.BusyError`."""
    # Those of this host, also while a database is gone that knew who has its lock.
    with (room.places.root / _FILE).open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("another worker is publishing") from None
        if room.database.kind == "sqlite":
            yield
            return
        with room.database.read() as connection:
            if not connection.execute(sql.select(sql.func.pg_try_advisory_lock(LOCK))).scalar():
                raise BusyError("another worker is publishing")
            connection.commit()  # the lock is the session's, and no transaction is open meanwhile
            try:
                yield
            finally:
                connection.execute(sql.select(sql.func.pg_advisory_unlock(LOCK)))
                connection.commit()


def _kept(room: Room, package: Package, check: sql.Row[tuple[object, ...]] | None) -> Kept:
    """A package as the site shall have it."""
    edition, archive = package.edition, package.archive
    assert archive is not None
    stays = edition.origin == "" or room.config.sources.vendor
    path = content_path(room, archive)
    item = None
    if path is not None:
        item = Item(
            package.name,
            str(path),
            str(path),
            stamp(path),
            kept=stays,
            checksum=edition.checksum,
            source=edition.origin,
        )
    return Kept(
        package.name,
        item,
        archive.sha256,
        source=None if stays else edition.origin,
        checksum=None if stays else edition.checksum,
        override=_override(package),
        added=package.added,
        checked=None if check is None else check.checked,
        yanked=edition.yanked,
        removed=edition.removed,
        error=None if check is None else check.message,
    )


def _override(package: Package) -> PackageOverride:
    fields = package.edition.fields
    return PackageOverride(
        author=fields.author,
        description=fields.description,
        tags=fields.tags or None,
        ring=package.edition.ring,
        license=fields.license,
        versions=fields.versions,
    )


def _note(room: Room, packages: list[Package]) -> None:
    """Say which revisions the site has now; purged packages are gone."""
    with room.database.write() as connection:
        for package in packages:
            here = PACKAGES.c.name == package.name
            if package.purged is not None:
                connection.execute(OWNERS.delete().where(OWNERS.c.package == package.name))
                connection.execute(PACKAGES.delete().where(here))
            else:
                connection.execute(PACKAGES.update().where(here).values(published=package.revision))
            if package.is_listed or package.purged is not None:
                announce(connection, PUBLISHED, time=room.now, package=package.name)
