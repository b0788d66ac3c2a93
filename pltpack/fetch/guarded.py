"""Connections to nothing but addresses that somebody allows: looked at when a name has been resolved, at each redirect.

The address that was looked at is the one that is connected to, so that a name cannot mean another one in between.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import TypeAlias

from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import Timeout
from urllib3.util.connection import create_connection

Guard: TypeAlias = Callable[[str, str], object]
"""Takes the name of a host and one of its addresses. Raises :class:`~pltpack.errors.FetchError` for one that may not be
connected to."""


def guarded_pools(guard: Guard, connections: int) -> PoolManager:
    """A pool of connections that ``guard`` has looked at; no proxy is used, which would resolve names itself."""

    class Connection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, guard)

    class SecureConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, guard)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    manager = PoolManager(connections, maxsize=connections)
    manager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}
    return manager


def allowed_addresses(host: str, port: int, guard: Guard) -> Sequence[str]:
    """The addresses of a host, all of which ``guard`` has looked at. Raises what it raises, and ``OSError``."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    for address in addresses:
        guard(host, address)
    return addresses


def _connected(connection: HTTPConnection, guard: Guard) -> socket.socket:
    """A socket to a host; as urllib3 makes it, but for the look at where it leads."""
    host, port = connection.host, connection.port
    try:
        addresses = allowed_addresses(host, port, guard)
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    failure: OSError | None = None
    for address in addresses:
        try:
            return create_connection((address, port), Timeout.resolve_default_timeout(connection.timeout))
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, f"connecting to {host} took too long") from error
        except OSError as error:
            failure = error
    raise NewConnectionError(connection, f"no connection to {host}: {failure}") from failure
