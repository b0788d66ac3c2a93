"""Connections to the database, and transactions that either happen or do not."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import sqlalchemy as sql
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pltpack.errors import ConfigError, DatabaseError
from pltpack.server.database.memory import Memory

BUSY_SECONDS: Final = 15
"""How long a transaction waits for another one to end."""
_PAUSE: Final = 0.01
"""Seconds between two attempts where SQLite does not wait by itself."""


class Database:
    """A database of one of two kinds; may be used from several threads and processes at once.

    In SQLite one transaction writes at a time, and each commit is on the disk when it returns; in PostgreSQL many do,
    and lock the rows that they change.
    """

    def __init__(self, url: str, *, connections: int = 20) -> None:
        """``url`` is ``sqlite:///PATH`` or ``postgresql://...``. Raises :class:`~pltpack.errors.ConfigError`."""
        try:
            parsed = sql.make_url(url)
            if parsed.get_backend_name() == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            self.url = parsed
            self.engine = _engine(parsed, connections)
            self.memory = Memory(self.path)
        except (ArgumentError, NoSuchModuleError) as error:
            raise ConfigError(f"no database can be at {_hidden(url)!r}: {error}") from None
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"this database needs {error.name}, which is not installed", hint="pip install 'pltpack[postgres]'"
            ) from None

    @property
    def kind(self) -> Literal["sqlite", "postgresql"]:
        """Which of the two it is."""
        return "postgresql" if self.url.get_backend_name() == "postgresql" else "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of SQLite."""
        return Path(self.url.database) if self.kind == "sqlite" and self.url.database else None

    @property
    def shown(self) -> str:
        """Its URL as messages may show it."""
        return self.url.render_as_string(hide_password=True)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state. Raises :class:`~pltpack.errors.DatabaseError` if there is none."""
        self.memory.check_reading()
        with self._errors(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, which is committed at the end of the block, or undone by an error.

        Raises :class:`~pltpack.errors.DatabaseError`; what the database says of contents (``IntegrityError``) passes.
        """
        self.memory.check_reading()
        with self._errors(), self.engine.connect() as connection:
            if self.kind == "sqlite":
                # Who will write says so at once: a reader that turns writer could only fail.
                connection.execution_options(pltpack_writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close all connections."""
        self.memory.close()
        self.engine.dispose()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeoutError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()
            raise DatabaseError(
                f"the database cannot be used: {reason[0] if reason else type(error).__name__}", file=self.shown
            ) from error


def _engine(url: sql.URL, connections: int) -> Engine:
    if url.get_backend_name() == "postgresql":
        return sql.create_engine(
            url, pool_size=connections, max_overflow=0, pool_pre_ping=True, pool_timeout=10, hide_parameters=True
        )
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise ArgumentError("sqlite:///PATH and postgresql://HOST/NAME are known")
    # Errors go into the log, and what is in the rows does not: digests of passwords, for one.
    engine = sql.create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # Transactions are begun by us: the driver would begin them late, as readers.
    connection.isolation_level = None
    cursor = connection.cursor()
    for setting in (f"busy_timeout={BUSY_SECONDS * 1000}", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Have a log that is written ahead. Of several who want it first, SQLite refuses all but one at once: each has the
    lock of a reader, and waiting would be for ever."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_PAUSE)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("pltpack_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _hidden(url: str) -> str:
    try:
        return sql.make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.partition("@")[2] or url
