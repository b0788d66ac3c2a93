"""The whole database as lines of JSON, which either kind of database can be filled from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
import sqlalchemy as sql
from sqlalchemy import Table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from pltpack.errors import BlockedError, DatabaseError, FormatError
from pltpack.server.database.engine import Database
from pltpack.server.database.migrations import current_step, steps
from pltpack.server.database.tables import CODES, METADATA, SESSIONS, USERS

FORMAT: Final = 1
_FIRST: Final = ("users", "packages")
"""Tables that others refer to."""
_PASSING: Final = (SESSIONS, CODES)
"""Tables whose rows hold for a while: people sign in anew after a restoration, and what had ended does not return."""
_MANY: Final = 500


def dump_tables(database: Database) -> Iterator[bytes]:
    """All rows of all tables that last, as they are at one moment, a line each; the first line says what this is."""
    with database.read() as connection:
        if database.kind == "postgresql":
            connection.execute(sql.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        step = current_step(database)
        yield msgspec.json.encode({"format": FORMAT, "step": step}) + b"\n"
        for table in _tables():
            for row in connection.execute(sql.select(table)):
                fields = {str(name): value for name, value in row._mapping.items()}
                yield msgspec.json.encode({"table": str(table.name), "row": fields}) + b"\n"


def load_tables(database: Database, lines: Iterable[bytes]) -> int:
    """Fill an empty database, which has the shape of today; how many rows.

    Raises :class:`~pltpack.errors.FormatError` for lines of another kind, :class:`~pltpack.errors.BlockedError` if the
    database is not empty, ``DatabaseError``.
    """
    known = {table.name: table for table in _tables()}
    found = iter(lines)
    _check_head(next(found, b""))
    count = 0
    with database.write() as connection:
        if connection.execute(sql.select(USERS.c.name).limit(1)).first() is not None:
            raise BlockedError("the database is not empty", file=database.shown, hint="restore into a new one")
        pending: tuple[Table, list[dict[str, object]]] | None = None
        try:
            for number, line in enumerate(found, 2):
                table, row = _row(line, number, known)
                if pending is None or pending[0] is not table or len(pending[1]) >= _MANY:
                    _insert(connection, pending)
                    pending = (table, [])
                pending[1].append(row)
                count += 1
            _insert(connection, pending)
        except SQLAlchemyError as error:
            raise FormatError(f"the rows do not fit the tables: {error}".splitlines()[0]) from None
        if database.kind == "postgresql":
            for name in ("events", "jobs", "deliveries"):
                # What comes next has a number that was not there.
                text = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), coalesce(max(id), 0) + 1) FROM {name}"
                connection.execute(sql.text(text))
    return count


def _tables() -> list[Table]:
    tables = [table for table in METADATA.tables.values() if table not in _PASSING]
    return sorted(tables, key=lambda table: _FIRST.index(table.name) if table.name in _FIRST else len(_FIRST))


def _check_head(line: bytes) -> None:
    try:
        head = msgspec.json.decode(line, type=dict[str, int])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        head = {}
    if head.get("format") != FORMAT:
        raise FormatError("these are not the tables of a server", layer="dump of the database")
    last = steps()[-1].number
    if head.get("step") != last:
        raise DatabaseError(
            f"the tables are of step {head.get('step')}, and this version has {last}",
            hint="restore with the pltpack that has saved them, then migrate",
        )


def _row(line: bytes, number: int, known: dict[str, Table]) -> tuple[Table, dict[str, object]]:
    try:
        found = msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FormatError(f"line {number} is no JSON: {error}", layer="dump of the database") from None
    table, row = known.get(str(found.get("table"))), found.get("row")
    if table is None or not isinstance(row, dict) or not set(row) <= set(table.columns.keys()):
        raise FormatError(f"line {number} is no row of a table", layer="dump of the database")
    return table, row


def _insert(connection: Connection, pending: tuple[Table, list[dict[str, object]]] | None) -> None:
    if pending is not None:
        connection.execute(pending[0].insert(), pending[1])
