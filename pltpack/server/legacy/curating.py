"""What curators do: rings said, and many records at once, which come as one datum with the password in it."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from pltpack.client.documents import Line, RecordChange, VersionSource
from pltpack.datum.limits import DatumLimits
from pltpack.datum.reader import read_data
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.errors import DatumError, FormatError, LimitError
from pltpack.pkg.names import is_package_name
from pltpack.server.identity.identity import Identity, Scope
from pltpack.server.legacy.asked import Asked, Said, reaches
from pltpack.server.problems import Problem, unprocessable
from pltpack.server.records.changes import change_record, set_ring
from pltpack.server.records.edits import clash, create_in, edit_in
from pltpack.server.records.events import Actor
from pltpack.server.records.package import Edition, find_package
from pltpack.server.room import Room
from pltpack.server.routes.endpoint import decoded

_LIMITS: Final = DatumLimits(depth=64, length=1 << 20, count=200_000)
_MOST: Final = 10_000
"""Packages in one upload."""
_TEXTS: Final = ("source", "description")


class Curate(msgspec.Struct, frozen=True, rename={"names": "package-names"}):
    """The ring of a package, or of several; Racket may write a number of it as ``1.0``."""

    ring: float
    pkg: Line | None = None
    names: tuple[Line, ...] | None = None


def curate(asked: Asked) -> Said:
    """Say the ring of packages, of all of them or of none."""
    identity = asked.caller(Scope.CURATE)
    wanted = decoded(asked.body, Curate)
    names = (wanted.pkg,) if wanted.names is None else wanted.names
    if wanted.ring not in (0, 1, 2) or None in names:
        raise unprocessable("there are the rings 0, 1 and 2, of a package")
    change, actor = set_ring(int(wanted.ring), "curator"), asked.actor(identity)
    chosen = sorted({name for name in names if name is not None})
    reaches(identity, *chosen)
    with asked.room.database.write() as connection:
        for name in chosen:
            edit_in(asked.room, connection, actor, name, change, action="ring")
    asked.room.wake.set()
    return Said(True)


def upload(asked: Asked) -> Said:
    """Have many records be as they are sent: what is said of each is changed, and the rest stays."""
    user, password, packages = _read(asked.body)
    identity = asked.sign_in(user, password, Scope.CURATE)
    reaches(identity, *packages)
    actor = asked.actor(identity)
    name = ""
    try:
        with asked.room.database.write() as connection:
            for name, table in packages.items():
                _put(asked.room, connection, actor, identity, name, table)
    except IntegrityError:
        raise clash(name) from None
    asked.room.wake.set()
    return Said(True)


def _read(body: bytes) -> tuple[str, str, dict[str, HashTable]]:
    """The user, the password and the records in a body. Raises a :class:`~pltpack.server.problems.Problem`."""
    try:
        data = read_data(body, limits=_LIMITS)
    except LimitError as error:
        raise Problem(413, "too-large", error.message) from None
    except (DatumError, FormatError) as error:
        raise Problem(400, "no-datum", f"the body cannot be read: {error.message}") from None
    match data:
        case [[str(user), bytes(password), HashTable() as table]]:
            packages = {
                name: own
                for name, own in table
                if isinstance(name, str) and is_package_name(name) and isinstance(own, HashTable)
            }
            if len(packages) == len(table.entries) <= _MOST:
                return user, password.decode("utf-8", "replace"), packages
    raise unprocessable("the body is a list of an address, a password as bytes, and a table from names to tables")


def _put(room: Room, connection: Connection, actor: Actor, identity: Identity, name: str, table: HashTable) -> None:
    if table.get(Symbol("name")) not in (None, False, name):
        raise unprocessable(f"the record {name[:200]} has another name in it")
    package = find_package(connection, name, lock=True)
    there = package is not None and package.purged is None
    before = package.edition if package is not None and there else Edition()
    change = change_record(_record(table, before))
    ring, owners = _ring(table), _owners(table)

    def changed(edition: Edition) -> Edition:
        edition = change(edition)
        if ring is not None:
            edition = set_ring(ring, "curator")(edition)
        return edition if owners is None else msgspec.structs.replace(edition, owners=owners)

    if there:
        edit_in(room, connection, actor, name, changed, action="edit", detail="by upload")
        return
    assert identity.user is not None
    edition = changed(Edition(owners=(identity.user,)))
    create_in(room, connection, actor, name, edition, detail="by upload")


def _record(table: HashTable, before: Edition) -> RecordChange:
    """What a table says of a record; what it does not say, or says to be false, stays."""
    said: dict[str, object] = {}
    for key in _TEXTS:
        value = table.get(Symbol(key))
        if value is not None and value is not False:
            said[key] = _text(value, key)
    tags = table.get(Symbol("tags"))
    if tags is not None and tags is not False:
        if not isinstance(tags, list):
            raise unprocessable("tags are a list")
        said["tags"] = [_text(tag, "tags") for tag in tags]
    versions = table.get(Symbol("versions"))
    if isinstance(versions, HashTable):
        known = {version: VersionSource(source=own.source) for version, own in before.fields.versions.items()}
        said["versions"] = known | dict(_version(version, own) for version, own in versions)
    elif versions is not None and versions is not False:
        raise unprocessable("versions are a table")
    try:
        return msgspec.convert(said, RecordChange)
    except msgspec.ValidationError as error:
        raise unprocessable(str(error)) from None


def _version(version: Datum, own: Datum) -> tuple[str, VersionSource]:
    source = own.get(Symbol("source")) if isinstance(own, HashTable) else None
    return _text(version, "versions"), VersionSource(source=_text(source, "versions"))


def _ring(table: HashTable) -> int | None:
    value = table.get(Symbol("ring"))
    if value is None or value is False:
        return None
    if isinstance(value, bool) or value not in (0, 1, 2):
        raise unprocessable("there are the rings 0, 1 and 2")
    assert isinstance(value, int | float)
    return int(value)


def _owners(table: HashTable) -> tuple[str, ...] | None:
    value = table.get(Symbol("author"))
    return None if value is None or value is False else tuple(sorted(set(_text(value, "author").split()))) or None


def _text(value: Datum | None, key: str) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise unprocessable(f"{key}: it is no string that can be shown")
    return value
