"""A server on this machine for this machine: ``PLTPLANETURL=http://127.0.0.1:PORT/`` has Racket fetch from a folder."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any, Final
from urllib.parse import urlsplit

from pltpack.errors import FormatError, PltError
from pltpack.planet.server.archives import opened_archive
from pltpack.planet.server.protocol import LISTING, SERVLET, PlanetShelf, headers, not_found, parse_question

HOST: Final = "127.0.0.1"

_MOST_AT_ONCE: Final = 32
_PATIENCE: Final = 30.0
"""Seconds that a client may take to ask, and to take the next piece of an answer."""

Report = Callable[[str], object]


class PlanetServer(ThreadingHTTPServer):
    """Serves the releases of a shelf on the loopback interface, and only there. ``port=0`` takes a free one.

    ``report`` is called with a line for each question. To be started with ``serve_forever`` and stopped with
    ``shutdown`` and ``server_close``, or used by :func:`serving`.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, shelf: PlanetShelf, port: int = 0, *, report: Report | None = None) -> None:
        super().__init__((HOST, port), _Handler)
        self.shelf = shelf
        self.report = report
        self._turns = threading.BoundedSemaphore(_MOST_AT_ONCE)

    @property
    def url(self) -> str:
        """What ``PLTPLANETURL`` is to be."""
        return f"http://{HOST}:{self.server_port}/servlets/{SERVLET}"

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        with self._turns:
            super().process_request_thread(request, client_address)

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that goes away is no error of ours; all else is told as Python tells it."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving(shelf: PlanetShelf, port: int = 0, *, report: Report | None = None) -> Iterator[PlanetServer]:
    """A server that answers while the block lasts."""
    with PlanetServer(shelf, port, report=report) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: PlanetServer
    timeout = _PATIENCE
    server_version = "pltpack"
    sys_version = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.endswith(LISTING):
            self._say(HTTPStatus.OK, self.server.shelf.listing(), "text/html; charset=utf-8")
        elif parts.path.endswith(SERVLET) or parts.query:
            self._answer(parts.query)
        else:
            text = f"PLaneT packages: {len(self.server.shelf.index.releases)} releases\n"
            self._say(HTTPStatus.OK, text.encode())

    do_HEAD = do_GET

    def _answer(self, query: str) -> None:
        try:
            question = parse_question(query)
        except FormatError as error:
            self._say(HTTPStatus.BAD_REQUEST, f"{error.message}\n".encode())
            return
        release = self.server.shelf.choose(question)
        if release is None:
            self._say(HTTPStatus.NOT_FOUND, not_found(question).encode())
            return
        try:
            with opened_archive(release) as (stream, size):
                self.send_response(HTTPStatus.OK)
                for name, value in headers(release, size).items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    shutil.copyfileobj(stream, self.wfile)
        except PltError as error:
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error.message}\n".encode())
        except OSError as error:
            if isinstance(error, ConnectionError | TimeoutError):
                raise
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, b"the archive cannot be read\n")

    def _say(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        if self.server.report is not None:
            self.server.report(format % args)
