"""Saving a server as one tar archive, and making it anew from that, or from its records and its site alone."""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from pltpack.errors import BlockedError, EntryExistsError, FormatError, PltError
from pltpack.server.config import CONFIG
from pltpack.server.database.migrations import migrate
from pltpack.server.database.tables import PACKAGES
from pltpack.server.identity.users import add_user
from pltpack.server.keeping.dump import dump_tables, load_tables
from pltpack.server.keeping.init import ADMIN, first_token
from pltpack.server.records.events import SERVER, add_event
from pltpack.server.records.files import SUFFIX, read_record
from pltpack.server.records.package import Package, put_archive, put_package
from pltpack.server.room import Room
from pltpack.server.sources.watch import follow
from pltpack.site.write import locked
from pltpack.transaction.file import replacing

DUMP: Final = "database.jsonl"
_PARTS: Final = ("spool", "records", "site")
"""In this order: an archive that comes into the site meanwhile has been in the spool, or is in the site."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved: how many rows and files."""

    rows: int
    files: int


@dataclass(slots=True)
class Restored:
    """What was restored: how many rows or packages, and the records that could not be read, with the reason."""

    rows: int
    failed: dict[str, str]
    token: str | None = None


def backup(room: Room, target: str | os.PathLike[str], *, force: bool = False) -> Saved:
    """Save a server, which may be at work: what was acknowledged before is in the archive.

    Nothing is published meanwhile. Raises :class:`~pltpack.errors.EntryExistsError`, ``BusyError``, ``DatabaseError``,
    ``OSError``.
    """
    path = Path(target)
    if path.exists() and not force:
        raise EntryExistsError("it is there already", file=str(path), hint="-f replaces it")
    rows = files = 0
    with locked(room.places.site), replacing(path) as stream, tempfile.TemporaryFile() as dump:
        os.fchmod(stream.fileno(), 0o600)  # addresses of people, digests of what they sign in with
        for line in dump_tables(room.database):
            dump.write(line)
            rows += 1
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, CONFIG, room.places.config.read_bytes())
            _add_stream(archive, DUMP, dump)
            for name in _PARTS:
                for file in _files(room.places.root / name):
                    with contextlib.suppress(FileNotFoundError):  # from the spool into the site just now
                        archive.add(file, file.relative_to(room.places.root).as_posix(), recursive=False)
                        files += 1
    return Saved(rows - 1, files)


def restore(saved: str | os.PathLike[str], root: str | os.PathLike[str], *, database: str | None = None) -> Restored:
    """Make a server anew from what :func:`backup` has saved, in a folder that is not there or empty.

    ``database`` is another one than that of the saved configuration (``""``: SQLite in the folder). Raises
    :class:`~pltpack.errors.FormatError` for what is no such archive, :class:`~pltpack.errors.BlockedError` where
    something is in the way, ``DatabaseError``, ``OSError``.
    """
    folder = Path(root)
    if folder.exists() and any(folder.iterdir()):
        raise BlockedError("the folder is not empty", file=str(folder), hint="restore into a new one")
    try:
        with tarfile.open(saved, mode="r|") as archive:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o750)  # as when it was set up
            # Only what lies below the folder is written, whatever the archive says.
            archive.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise FormatError(f"no archive of a server: {error}", file=os.fspath(saved)) from None
    dump = folder / DUMP
    if not dump.is_file() or not (folder / CONFIG).is_file():
        raise FormatError("no archive of a server: the database is not in it", file=os.fspath(saved))
    if database is not None:
        _set_database(folder / CONFIG, database)
    with Room.open(folder / CONFIG) as room:
        migrate(room.database, time=room.now)
        with dump.open("rb") as stream:
            rows = load_tables(room.database, stream)
    dump.unlink()
    return Restored(rows, {})


def restore_from_records(room: Room) -> Restored:
    """Fill an empty database from the records and the site of a server.

    Packages have their owners again, and people sign in anew; there is a new token for ``admin``. Raises
    :class:`~pltpack.errors.BlockedError` if there are packages, ``DatabaseError``, ``OSError``.
    """
    migrate(room.database, time=room.now)
    failed: dict[str, str] = {}
    count = 0
    with room.database.write() as connection:
        if connection.execute(sql.select(PACKAGES.c.name).limit(1)).first() is not None:
            raise BlockedError("the database is not empty", file=room.database.shown, hint="restore into a new one")
        for path in sorted(room.places.records.glob(f"*{SUFFIX}")):
            try:
                package = read_record(path)
            except PltError as error:
                failed[path.name] = str(error)
                continue
            _put(room, connection, package)
            count += 1
        add_event(connection, "restore", SERVER, time=room.now, detail=f"{count} packages from their records")
    return Restored(count, failed, first_token(room, label="made when the server was restored"))


def _put(room: Room, connection: Connection, package: Package) -> None:
    for owner in package.edition.owners or (ADMIN,):
        add_user(connection, owner, time=room.now)
    # What the site has is told by a publication: none is believed to have been.
    put_package(connection, package, new=True)
    if package.archive is not None:
        put_archive(connection, package.name, package.archive)
    follow(room, connection, package.name, package.edition.fields.source)


def _files(folder: Path) -> Iterator[Path]:
    pending = [folder]
    while pending:
        try:
            entries = sorted(os.scandir(pending.pop()), key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("incoming-"):
                    pending.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                yield Path(entry.path)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _add_stream(archive: tarfile.TarFile, name: str, stream: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = stream.tell()
    stream.seek(0)
    archive.addfile(entry, stream)


def _set_database(config: Path, url: str) -> None:
    """Have another database in a configuration."""
    lines = config.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.replace(" ", "").startswith("database=")]
    at = next((number for number, line in enumerate(kept) if line.strip() == "[server]"), None)
    if at is None:
        kept.insert(0, "[server]")
        at = 0
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    kept.insert(at + 1, f'database = "{quoted}"')
    with replacing(config) as stream:
        stream.write("\n".join([*kept, ""]).encode())
