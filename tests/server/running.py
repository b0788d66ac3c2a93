"""A catalog server of the tests: a real one on a free port of this machine, or its room alone."""

from __future__ import annotations

import http.client
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from pltpack.client.client import CatalogClient
from pltpack.server.asgi import create_app
from pltpack.server.jobs.worker import Worker
from pltpack.server.keeping.init import init_server
from pltpack.server.keeping.people import token_for
from pltpack.server.room import Room

INFO = '#lang info\n(define version "1.0")\n(define pkg-desc "fruit")\n(define deps (quote ()))\n'


def package_zip(files: Mapping[str, str] = {}, *, info: str = INFO) -> bytes:
    """The bytes of a package; the same files give the same bytes."""
    out = io.BytesIO()
    main = "#lang racket/base\n(provide fruit)\n(define fruit 1)\n"
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in {"info.rkt": info, "main.rkt": main, **files}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return out.getvalue()


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Answer:
    """What a server has answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server at work: ``token`` is good for everything."""

    room: Room
    token: str
    port: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token_of(self, user: str, *scopes: str, packages: tuple[str, ...] = ("*",), role: str | None = None) -> str:
        """A token of a user, who comes with it."""
        return token_for(
            self.room, user, label="test", scopes=scopes or ("upload", "edit"), packages=packages, role=role
        )[0]

    def client(self, token: str | None = None) -> CatalogClient:
        return CatalogClient(self.url, token=self.token if token is None else token, retries=0)

    def work(self) -> int:
        """Do all jobs that are due; how many."""
        return Worker(self.room).run_all()

    def ask(
        self, method: str, path: str, body: bytes | object = None, *, token: str | None = None, **headers: str
    ) -> Answer:
        """Send a request; a body that is no bytes is sent as JSON."""
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            found = {key.lower(): value for key, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    def push(self, name: str, data: bytes | None = None, *, token: str | None = None, **headers: str) -> Answer:
        """Push an archive."""
        body = package_zip() if data is None else data
        return self.ask("PUT", f"/api/v1/packages/{name}/archive", body, token=token or self.token, **headers)


@contextmanager
def room(folder: Path, settings: str = "", *, database: str = "", clock: Clock | None = None) -> Iterator[Running]:
    """A server that answers no requests. ``settings`` are put behind its configuration."""
    made = init_server(folder / "server", database=database)
    if settings:
        with made.config.open("a") as stream:
            stream.write("\n")
        text = made.config.read_text()
        made.config.write_text(_with(text, settings))
    opened = Room.open(made.config, clock=clock) if clock is not None else Room.open(made.config)
    with opened:
        yield Running(opened, made.token)


@contextmanager
def running(
    folder: Path, settings: str = "", *, database: str = "", workers: int = 0, clock: Clock | None = None
) -> Iterator[Running]:
    """A server on a free port. Without ``workers`` jobs wait until they are done by :meth:`Running.work`."""
    with room(folder, settings, database=database, clock=clock) as server, serving(server, workers=workers):
        yield server


@contextmanager
def serving(
    server: Running, *, workers: int = 0, around: Callable[[ASGIApp], ASGIApp] = lambda app: app
) -> Iterator[None]:
    """Have a server answer requests; ``around`` puts something around its application."""
    app = around(create_app(server.room, workers=workers))
    config = uvicorn.Config(app, port=0, log_level="critical", log_config=None)
    socket = config.bind_socket()
    socket.listen(256)
    http_server = uvicorn.Server(config)
    thread = threading.Thread(target=http_server.run, kwargs={"sockets": [socket]})
    thread.start()
    server.port = socket.getsockname()[1]
    try:
        yield
    finally:
        http_server.should_exit = True
        thread.join()
        socket.close()


def _with(text: str, settings: str) -> str:
    """A configuration with ``[section] key = value`` lines put into their sections."""
    lines = text.splitlines()
    section = ""
    for line in settings.strip().splitlines():
        if line.startswith("["):
            section = line.strip()
            continue
        lines.insert(lines.index(section) + 1 if section in lines else len(lines), line)
    return "\n".join(lines) + "\n"
