"""Taking over another catalog: the folder of the original server with its users, or any catalog that can be read.

What is there already stays. Packages come with their sources, which are then looked at, and a package is in the catalog
once that went well; archives that are files of this machine are taken over at once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sql

from pltpack.catalog.locations import local_path, open_catalog
from pltpack.catalog.record import Record, read_first
from pltpack.datum.limits import DatumLimits
from pltpack.datum.values import Datum, Symbol
from pltpack.errors import CatalogError, DatumError, FormatError, LimitError, PltError
from pltpack.pkg.names import is_package_name
from pltpack.server.database.tables import PACKAGES, USERS
from pltpack.server.identity.users import add_user
from pltpack.server.problems import Problem
from pltpack.server.records.accept import accept
from pltpack.server.records.changes import check_fields
from pltpack.server.records.edits import create_in
from pltpack.server.records.events import SERVER
from pltpack.server.records.files import SUFFIX, record_package
from pltpack.server.records.package import Archive, Package
from pltpack.server.records.spool import incoming
from pltpack.server.room import Room

_RECORDS: Final = ("pkgs", "records")
_USERS: Final = "users.new"
_MOST: Final = 16 << 20
_LIMITS: Final = DatumLimits(depth=64)


@dataclass(slots=True)
class Imported:
    """What was taken over, or with ``dry_run`` would be: names of packages and users; ``skipped`` were there already,
    ``failed`` could not be taken, with the reason."""

    packages: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def import_catalog(room: Room, source: str | os.PathLike[str], *, owner: str, dry_run: bool = False) -> Imported:
    """Take over the packages of a catalog, and the users of an original server.

    ``owner`` gets the packages of which nobody is the author. Raises :class:`~pltpack.errors.CatalogError` for what is
    no catalog, ``FetchError``, ``DatabaseError``, ``OSError``.
    """
    done = Imported()
    place = local_path(os.fspath(source))
    for name, password in _users(Path(source), done):
        _take_user(room, name, password, done, dry_run=dry_run)
    for name, found in _records(os.fspath(source)):
        if isinstance(found, PltError):
            done.failed[name] = str(found)
            continue
        try:
            _take(room, record_package(found), owner, done, place=place, dry_run=dry_run)
        except (Problem, PltError) as error:
            lines = error.problems if isinstance(error, Problem) else ()
            done.failed[name] = "; ".join([str(error), *lines])
    room.wake.set()
    return done


def _take(room: Room, package: Package, owner: str, done: Imported, *, place: Path | None, dry_run: bool) -> None:
    edition = package.edition
    if not is_package_name(package.name):
        raise CatalogError("no package can be called like this")
    file = _local_file(package, place)
    archive = None if dry_run or file is None else _archive(room, package.name, file)
    if file is not None:
        edition = msgspec.structs.replace(edition, fields=msgspec.structs.replace(edition.fields, source=""))
    check_fields(edition.fields)
    owners = tuple(sorted(set(edition.owners))) or (owner,)
    with room.database.write() as connection:
        query = sql.select(PACKAGES.c.name).where(PACKAGES.c.folded == package.name.lower())
        if connection.execute(query).first() is not None:
            done.skipped.append(package.name)
            return
        done.packages.append(package.name)
        if dry_run:
            return
        for name in owners:
            add_user(connection, name, time=room.now)
        # What the other catalog knew of the content is looked at anew.
        made_of = None if archive is None else archive.sha256
        edition = msgspec.structs.replace(edition, owners=owners, archive=made_of, origin="", checksum=None)
        create_in(room, connection, SERVER, package.name, edition, action="import", archive=archive)
        if package.added:
            connection.execute(PACKAGES.update().where(PACKAGES.c.name == package.name).values(added=package.added))


def _local_file(package: Package, place: Path | None) -> Path | None:
    """The archive of a package that stands beside the catalog at a ``place`` of this machine. What records of strangers
    say is a file elsewhere is none of theirs."""
    source = package.edition.fields.source
    path = local_path(source) if source and place is not None else None
    if path is None or place is None or not path.is_file():
        return None
    return path if path.resolve().is_relative_to(place.resolve().parent) else None


def _archive(room: Room, name: str, path: Path) -> Archive:
    """Such an archive, looked at and in the spool."""
    with incoming(room) as folder:
        copy = folder / "copy"
        shutil.copyfile(path, copy)
        return accept(room, copy, name).archive


def _take_user(room: Room, name: str, password: str, done: Imported, *, dry_run: bool) -> None:
    with room.database.write() as connection:
        if connection.execute(sql.select(USERS.c.name).where(USERS.c.name == name)).first() is not None:
            done.skipped.append(name)
            return
        done.users.append(name)
        if not dry_run:
            add_user(connection, name, time=room.now)
            connection.execute(USERS.update().where(USERS.c.name == name).values(password=password))


def _records(source: str) -> Iterator[tuple[str, Record | PltError]]:
    """The records of a catalog; one that cannot be read is an error, and the others come all the same."""
    path = local_path(source)
    folder = None if path is None else next((path / name for name in _RECORDS if (path / name).is_dir()), None)
    if path is not None and folder is None and path.is_dir() and any(path.glob(f"*{SUFFIX}")):
        folder = path
    if folder is None or (path is not None and (path / "pkgs-all").is_file()):
        with open_catalog(source, absolute=True) as catalog:
            for name, record in sorted(catalog.records().items()):
                yield name, record
        return
    for file in sorted(folder.iterdir()):
        if not file.is_file() or file.name.startswith("."):
            continue
        name = file.name.removesuffix(SUFFIX)
        try:
            with file.open("rb") as stream:
                yield name, Record.parse(name, stream.read(_MOST), limits=_LIMITS)
        except (FormatError, LimitError) as error:
            yield name, error.within(file=str(file))


def _users(root: Path, done: Imported) -> Iterator[tuple[str, str]]:
    """The users of an original server, with what is kept of their passwords."""
    folder = root / _USERS
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir()):
        try:
            with file.open("rb") as stream:
                found = user_of(file.name, stream.read(1 << 16))
        except (PltError, OSError) as error:
            done.failed[file.name] = str(error)
            continue
        yield file.name, found


def user_of(name: str, text: bytes) -> str:
    """The hash of a password in a file of ``users.new``: the whole of it, or one in a table that names the user.

    Raises :class:`~pltpack.errors.FormatError` for anything else; such a user cannot sign in at the original either.
    """
    if text.startswith(b"$"):
        password = text.strip()
    else:
        datum = read_first(text, limits=_LIMITS)
        if _field(datum, "email") != name:
            raise DatumError("it is the file of another user")
        value = _field(datum, "password")
        password = value if isinstance(value, bytes) else b""
    if not password.startswith(b"$2") or not password.isascii():
        raise DatumError("it holds no bcrypt hash")
    return password.decode("ascii")


def _field(datum: Datum, key: str) -> Datum:
    for item in datum if isinstance(datum, list) else ():
        match item:
            case [Symbol(name), value] if name == key:
                return value
    return False
