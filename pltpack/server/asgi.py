"""The catalog server as an ASGI application, for any server that runs such.

``uvicorn pltpack.server.asgi:app`` runs the server whose configuration ``PLTPACK_SERVER`` names, or the ``server.toml``
in the current directory.
"""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import anyio
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pltpack.server.config import CONFIG, VARIABLE
from pltpack.server.jobs.schedule import tick
from pltpack.server.jobs.worker import working
from pltpack.server.legacy.answering import legacy_routes
from pltpack.server.pages.answering import page_routes
from pltpack.server.pages.table import PAGES
from pltpack.server.problems import Problem
from pltpack.server.room import Room
from pltpack.server.routes.endpoint import Endpoint, failed, problem_response, request_id
from pltpack.server.routes.openapi import PATH, openapi_document
from pltpack.server.routes.operation import Operation
from pltpack.server.routes.table import OPERATIONS
from pltpack.site.asgi import SiteFiles

_CODES: Final = {404: "not-found", 405: "wrong-method"}


def create_app(
    room: Room,
    *,
    workers: int | None = None,
    operations: Sequence[Operation] = OPERATIONS,
    extra: Sequence[BaseRoute] = (),
    close: bool = False,
) -> Starlette:
    """The application of a server. ``workers`` are threads that do jobs (default: as its configuration says),
    ``operations`` the routes of the API, ``extra`` others that come before the site; with ``close`` the end of the
    application closes the room."""
    threads = room.config.server.workers if workers is None else workers

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with contextlib.ExitStack() as stack:
            if close:
                stack.callback(room.close)
            work = working(room, threads, tick=partial(tick, room))
            work.__enter__()
            try:
                yield
            finally:
                # What is under way is finished; requests are over by now.
                await anyio.to_thread.run_sync(partial(work.__exit__, None, None, None))

    pages = page_routes(room, PAGES) if room.config.server.pages else []
    legacy = legacy_routes(room) if room.config.server.legacy_api else []
    routes: list[BaseRoute] = [*routes_of(room, operations), *legacy, *pages, *extra]
    if room.config.server.serve_site:
        routes.append(Mount("/", SiteFiles(room.places.site)))
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _told, Exception: failed})


class AtSocket:
    """An application that is asked through a Unix socket, whose peers have no address: they are of this machine, and
    count as 127.0.0.1 where proxies are believed, figures shown and failures counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope.get("client"):
            scope = {**scope, "client": ("127.0.0.1", 0)}
        await self._app(scope, receive, send)


def routes_of(room: Room, operations: Sequence[Operation]) -> list[BaseRoute]:
    """The routes of the API, and that of its description."""
    paths: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations:
        paths[operation.path][operation.method] = operation
    text = msgspec.json.encode(openapi_document(operations))

    async def description(_request: Request) -> Response:
        return Response(text, media_type="application/json")

    return [
        Route(PATH, description, methods=["GET"]),
        *(Route(path, _endpoint(Endpoint(room, known)), methods=[*known]) for path, known in paths.items()),
    ]


def _endpoint(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await endpoint(request)

    return answer


async def _told(request: Request, error: Exception) -> Response:
    """What is no route, or a method that one does not know."""
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "wrong-request")
    problem = Problem(error.status_code, code, error.detail, headers=error.headers or {})
    return problem_response(problem, request_id(request.headers))


def __getattr__(name: str) -> object:
    """``app``, which is made when it is asked for: a configuration must be there then."""
    if name == "app":
        return create_app(Room.open(os.environ.get(VARIABLE) or CONFIG), close=True)
    raise AttributeError(name)
