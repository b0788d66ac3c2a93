"""A catalog server that was made once, as files: tests that need one of many times write them down."""

from __future__ import annotations

import functools
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
from starlette.types import ASGIApp, Receive, Scope, Send

from pltpack.server.jobs.worker import Worker
from pltpack.server.room import Room
from tests.server.running import Running, package_zip, running, serving
from tests.trees import write_tree

UNREACHABLE = "http://127.0.0.1:9/far.zip"
"""A source that no server may look at."""


@functools.cache
def prepared() -> tuple[dict[str, bytes], str]:
    """A server with the package ``games``, ``old``, which is yanked, and ``far``, whose source cannot be had: its
    files, and its token."""
    with tempfile.TemporaryDirectory() as folder:
        with running(Path(folder)) as server:
            server.push("games")
            server.push("old", package_zip(info="#lang info\n"))
            server.ask("POST", "/api/v1/packages/old/yank", {"reason": "old"}, token=server.token)
            server.ask("PUT", "/api/v1/packages/far", {"source": UNREACHABLE}, token=server.token)
            server.work()
        root = Path(folder, "server")
        files = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        return files, server.token


def write_server(root: Path) -> str:
    """Have that server in a folder; its token."""
    files, token = prepared()
    write_tree(root, files)
    return token


@contextmanager
def working_when_waited_for(root: Path) -> Iterator[str]:
    """Such a server at work, its URL. Jobs are done when somebody asks for the second time how it goes with one, so
    that a client that does not wait sees none of them done."""
    with Room.open(root / "server.toml") as room:
        server = Running(room, "")
        asked: Counter[str] = Counter()

        def around(app: ASGIApp) -> ASGIApp:
            async def application(scope: Scope, receive: Receive, send: Send) -> None:
                path = scope.get("path", "")
                asked[path] += 1
                if "/jobs/" in path and asked[path] > 1:
                    await anyio.to_thread.run_sync(Worker(room).run_all)
                await app(scope, receive, send)

            return application

        with serving(server, around=around):
            yield f"{server.url}/"
