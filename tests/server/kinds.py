"""Databases of both kinds for tests that hold of either."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import sqlalchemy as sql


def new_database(cluster: str, name: str) -> str:
    """The URL of an empty database in a cluster of PostgreSQL, which is named for a test's folder."""
    name = "".join(filter(str.isalnum, name)).lower() + str(len(name))
    engine = sql.create_engine(sql.make_url(cluster).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sql.text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(sql.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return urlunsplit(urlsplit(cluster)._replace(path=f"/{name}"))
