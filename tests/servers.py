"""HTTP servers for tests: real ones on 127.0.0.1, which serve a folder, say what they were asked, and can misbehave."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote


@dataclass(frozen=True)
class Route:
    """A special answer. ``length`` is what the header says, if not the truth; ``stall``: then wait for the end;
    ``reset``: there is none, the connection is reset."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    stall: bool = False
    reset: bool = False


Answering: TypeAlias = Callable[[str, Mapping[str, str]], Route | None]
"""Called with a path and the headers of the request; ``None``: the file is served."""


@dataclass
class Server:
    """A server of the files below ``root``; ``routes`` come first, ``answering`` before them."""

    root: Path
    port: int = 0
    routes: dict[str, Route] = field(default_factory=dict)
    answering: Answering = lambda _path, _headers: None
    log: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/"


class _Ending(ThreadingHTTPServer):
    """A server that has no connections left when it is closed, and does not mind clients that hang up."""

    daemon_threads = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connections: set[socket.socket] = set()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Wake the threads that wait for what comes next; closing waits for all of them."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(root: Path, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server of the files below ``root``; ranges are honoured, connections kept. ``tls``: it speaks HTTPS."""
    server = Server(root, scheme="http" if tls is None else "https")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.headers.append({key.lower(): value for key, value in self.headers.items()})
            path = self.path.split("?")[0]
            route = server.answering(self.path, server.headers[-1])
            route = route or server.routes.get(self.path) or server.routes.get(path) or self.file(path)
            server.log.append(f"GET {self.path} -> {route.status}")
            if route.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            self.send_response(route.status)
            for key, value in route.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(route.body) if route.length is None else route.length))
            self.end_headers()
            self.wfile.write(route.body)
            if route.stall:
                server.ended.wait(60)
            if route.stall or route.length is not None:
                self.close_connection = True

        def file(self, path: str) -> Route:
            file = server.root / unquote(path).lstrip("/")
            if not file.is_file():
                return Route(404, b"no")
            data = file.read_bytes()
            tag = f'"{hash(data):x}"'
            wanted = self.headers.get("Range", "")
            if wanted.startswith("bytes=") and self.headers.get("If-Range", tag) == tag:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                total = len(data)
                span = {"Content-Range": f"bytes {start}-{total - 1}/{total}", "ETag": tag}
                return Route(206, data[start:], span) if start < total else Route(416)
            return Route(200, data, {"ETag": tag})

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = _Ending(("127.0.0.1", 0), Handler)
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        http.shutdown()
        thread.join()
        http.hang_up()
        http.server_close()
