"""The routes of the original: its bodies at its paths, with statuses that tell the truth."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import anyio
import msgspec
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pltpack.errors import PltError
from pltpack.server.legacy.asked import Asked, Handler, Said
from pltpack.server.legacy.curating import curate, upload
from pltpack.server.legacy.editing import delete, modify, update
from pltpack.server.legacy.signing import authenticate, notice
from pltpack.server.problems import Problem, unknown
from pltpack.server.room import Room
from pltpack.server.routes.endpoint import note_answer, problem_of, problem_response, request_id, short_body

_BASIC: Final[dict[str, Handler]] = {
    "/api/package/modify-all": modify,
    "/api/package/del": delete,
    "/api/package/curate": curate,
    "/api/update": update,
}
"""Routes that look who is asking by ``Basic``, and say so in their bodies."""
_OTHER: Final[dict[str, Handler]] = {"/api/authenticate": authenticate, "/api/upload": upload}
_DATUM: Final = frozenset({"/api/upload"})

_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "content-type, authorization",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""As the original: pages of others may ask, with credentials that they know; no cookie opens anything here."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_VERSION: Final = re.compile(r"[0-9.]{1,40}")


def legacy_routes(room: Room) -> list[BaseRoute]:
    """The routes of the original's edits, and where its catalog is."""
    threads = anyio.CapacityLimiter(8)
    posts = [
        Route(path, _endpoint(room, handler, threads), methods=["POST", "OPTIONS"])
        for path, handler in {**_BASIC, **_OTHER}.items()
    ]
    return [
        *posts,
        Route("/api/notice", _endpoint(room, notice, threads), methods=["GET"]),
        *(Route(path, _moved(room), methods=["GET"]) for path in ("/pkg/{name}", "/pkgs", "/pkgs-all")),
    ]


def _endpoint(room: Room, handler: Handler, threads: anyio.CapacityLimiter) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        start, number = time.perf_counter(), request_id(request.headers)
        if request.method == "OPTIONS":
            return Response(headers=_HEADERS)
        path = request.url.path
        headers: dict[str, str] = {}
        try:
            said = await _said(room, handler, threads, request, number)
        except ClientDisconnect:
            said = Said(False, 400)
        except (Problem, PltError, OSError, SQLAlchemyError, TimeoutError) as error:
            problem = error if isinstance(error, Problem) else problem_of(error, number)
            said, headers = _told(path, problem), {**problem.headers, "X-Problem": problem.code}
        response = _response(path, said, headers)
        note_answer(request, response, number, route=f"legacy-{handler.__name__}", start=start, user=None)
        return response

    return answer


async def _said(room: Room, handler: Handler, threads: anyio.CapacityLimiter, request: Request, number: str) -> Said:
    # The original's scripts tell no type of what they send.
    body = await short_body(request, room.config.limits.request_bytes)
    asked = Asked(
        room,
        body,
        request.headers.get("authorization"),
        request.client.host if request.client is not None else "",
        number,
    )
    return await anyio.to_thread.run_sync(partial(handler, asked), limiter=threads)


def _told(path: str, problem: Problem) -> Said:
    """A problem in the words of the original."""
    if problem.status == 401 and (path in _BASIC or problem.code == "wrong-code"):
        return Said(problem.code, 401)
    return Said(False, problem.status)


def _response(path: str, said: Said, headers: dict[str, str]) -> Response:
    if path in _DATUM:
        text = b"#t" if said.value else b"#f"
        return Response(text, said.status, headers={**_HEADERS, **headers}, media_type="text/s-expr")
    content = msgspec.json.encode(said.value)
    return Response(content, said.status, headers={**_HEADERS, **headers}, media_type="application/json")


def _moved(room: Room) -> Callable[[Request], Awaitable[Response]]:
    """Where the catalog is, of which clients of the original look for the records and the lists at its root. What they
    are told begins with a slash: they resolve no other address than such a one or a whole one."""
    catalog = f"{urlsplit(room.config.server.url).path.rstrip('/')}/catalog"

    async def answer(request: Request) -> Response:
        name, version = request.path_params.get("name"), request.query_params.get("version", "")
        if name is None:
            return RedirectResponse(f"{catalog}{request.url.path}")
        if not _NAME.fullmatch(name):
            return problem_response(unknown("such package"), request_id(request.headers))
        query = f"?version={version}" if _VERSION.fullmatch(version) else ""
        return RedirectResponse(f"{catalog}/pkg/{name}{query}")

    return answer
