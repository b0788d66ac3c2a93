"""One look at the source of a package, and what becomes of it.

Nothing is locked while it is fetched. What was found is written down only if the package has not been edited or removed
meanwhile; if it was, the edit has brought a look of its own.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from pltpack.errors import PltError, error_code
from pltpack.fetch.fetcher import Fetcher
from pltpack.fetch.sources import parse_fetchable
from pltpack.fetch.transport import HttpTransport, refused
from pltpack.pkg.create import create_package
from pltpack.server.hooks.announce import FAILING, announce
from pltpack.server.problems import Problem
from pltpack.server.records.accept import accept
from pltpack.server.records.edits import publish_job
from pltpack.server.records.events import SERVER, add_event
from pltpack.server.records.package import Archive, Edition, Package, find_package, put_archive, put_package
from pltpack.server.records.spool import incoming
from pltpack.server.room import Room
from pltpack.server.sources.fetching import open_fetcher, patience, public_message
from pltpack.server.sources.state import Check, failed, succeeded
from pltpack.server.sources.watch import find_check, put_check
from pltpack.site.config import VersionOverride

_NOT_MODIFIED: Final = 304


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has: its checksum, an archive of it if that is new, what its server calls it, and the table of
    sources for versions of Racket with their checksums."""

    checksum: str
    archive: Archive | None
    etag: str | None
    versions: dict[str, VersionOverride]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look came to: how it goes with the source now, and the job that publishes what is new."""

    check: Check
    job: int | None = None


def look_at_source(room: Room, name: str) -> Looked | None:
    """Look at the source of a package; ``None`` if there is none, or none any more.

    Failures of the source are noted, not raised. Raises ``OSError`` and :class:`~pltpack.errors.DatabaseError` of our
    own side.
    """
    with room.database.read() as connection:
        package = find_package(connection, name)
        check = find_check(connection, name)
    if package is None or check is None or not package.edition.fields.source:
        return None
    fetcher, transport = open_fetcher(room)
    try:
        found = _find(room, fetcher, transport, package, check)
    except Problem as problem:
        lines = [problem.detail, *problem.problems]
        return _note_failure(room, package, problem.code, "; ".join(lines)[:300], None)
    except PltError as error:
        return _note_failure(room, package, error_code(error), public_message(error), patience(error))
    finally:
        transport.close()
    return _note_success(room, package, found)


def _find(room: Room, fetcher: Fetcher, transport: HttpTransport, package: Package, check: Check) -> Found:
    """What the source has now; its content is fetched only if it is new."""
    fields, edition = package.edition.fields, package.edition
    versions = {
        version: VersionOverride(own.source, fetcher.checksum(own.source, name=package.name) or own.checksum)
        for version, own in fields.versions.items()
    }
    same_place = edition.origin == fields.source and package.archive is not None
    checksum = fetcher.checksum(fields.source, name=package.name)
    if checksum is not None and same_place and checksum == edition.checksum:
        return Found(checksum, None, check.etag, versions)
    etag = None
    if checksum is None and parse_fetchable(fields.source, None, package.name).type == "file-url":
        # Without a checksum beside it the server's own mark tells whether an archive is still the same.
        headers = {"If-None-Match": check.etag} if check.etag is not None and same_place else {}
        with transport.get(fields.source, headers=headers) as answer:
            if answer.status == _NOT_MODIFIED and headers and edition.checksum is not None:
                return Found(edition.checksum, None, check.etag, versions)
            if answer.status != 200:
                raise refused(answer)
            etag = answer.headers.get("etag")
    fetched = fetcher.fetch(fields.source, name=package.name, checksum=checksum)
    with incoming(room) as folder:
        upload = _as_archive(package.name, fetched.path, fetched.kind, folder)
        archive = accept(room, upload, package.name, source=fields.source).archive
    # As an installer has it that is told no other: the SHA-1 of an archive, the commit of a repository.
    checksum = fetched.checksum or archive.sha1
    return Found(checksum, msgspec.structs.replace(archive, checksum=checksum), etag, versions)


def _as_archive(name: str, path: Path, kind: str, folder: Path) -> Path:
    """What was fetched as an archive of our own."""
    if kind == "directory":
        return create_package(path, name=name, dest=folder).path
    copy = folder / "fetched"
    shutil.copyfile(path, copy)
    return copy


def _note_success(room: Room, before: Package, found: Found) -> Looked | None:
    settings = room.config.sources
    with room.database.write() as connection:
        package = find_package(connection, before.name, lock=True)
        check = find_check(connection, before.name)
        if package is None or check is None or package.version != before.version:
            return None
        edition = _with_content(package.edition, found)
        changed = edition != package.edition
        job = None
        if found.archive is not None:
            put_archive(connection, package.name, found.archive)
        if changed or (check.message is not None and package.is_listed):
            put_package(
                connection,
                msgspec.structs.replace(package, edition=edition, revision=package.revision + 1),
                new=False,
            )
            job = publish_job(room, connection, package.name, SERVER)
        if changed:
            add_event(
                connection, "check", SERVER, time=room.now, package=package.name, before=package.edition, after=edition
            )
        new = succeeded(now=room.now, changed=changed, hours=settings.hours, chance=random.random(), etag=found.etag)
        put_check(connection, package.name, new)
    room.wake.set()
    return Looked(new, job)


def _with_content(edition: Edition, found: Found) -> Edition:
    fields = msgspec.structs.replace(edition.fields, versions=found.versions)
    if found.archive is None:
        return msgspec.structs.replace(edition, fields=fields)
    yanked = edition.yanked if edition.archive == found.archive.sha256 else None
    return msgspec.structs.replace(
        edition,
        fields=fields,
        archive=found.archive.sha256,
        origin=edition.fields.source,
        checksum=found.checksum,
        yanked=yanked,
    )


def _note_failure(room: Room, before: Package, code: str, message: str, wait: int | None) -> Looked | None:
    settings = room.config.sources
    with room.database.write() as connection:
        package = find_package(connection, before.name, lock=True)
        check = find_check(connection, before.name)
        if package is None or check is None or package.version != before.version:
            return None
        new = failed(
            check,
            code,
            message,
            now=room.now,
            base=settings.retry_minutes * 60,
            chance=random.random(),
            wait=wait,
        )
        put_check(connection, package.name, new)
        if check.since is None:
            announce(connection, FAILING, time=room.now, package=package.name)
        job = None
        if new.message != check.message and package.is_listed:
            # What is known stays; what went wrong is shown beside it.
            shown = msgspec.structs.replace(package, revision=package.revision + 1)
            put_package(connection, shown, new=False)
            job = publish_job(room, connection, package.name, SERVER)
    room.wake.set()
    return Looked(new, job)
