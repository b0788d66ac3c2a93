"""The same server in terms of Starlette, which the extra ``server`` brings: imported by ``application`` alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from pltpack.errors import FormatError, PltError
from pltpack.planet.server.archives import opened_archive
from pltpack.planet.server.protocol import LISTING, SERVLET, PlanetShelf, headers, not_found, parse_question

_BLOCK: Final = 1 << 16


def application(shelf: PlanetShelf) -> Starlette:
    """What :func:`pltpack.planet.server.application.planet_app` gives."""

    async def package(request: Request) -> Response:
        return await run_in_threadpool(_answer, shelf, request.url.query)

    async def listing(_: Request) -> Response:
        return Response(await run_in_threadpool(shelf.listing), media_type="text/html")

    return Starlette(
        routes=[Route(f"/servlets/{SERVLET}", package), Route(f"/servlets/{LISTING}", listing), Route("/", package)]
    )


def _answer(shelf: PlanetShelf, query: str) -> Response:
    try:
        question = parse_question(query)
    except FormatError as error:
        return PlainTextResponse(f"{error.message}\n", 400)
    release = shelf.choose(question)
    if release is None:
        return PlainTextResponse(not_found(question), 404)
    stack = contextlib.ExitStack()
    try:
        stream, size = stack.enter_context(opened_archive(release))
    except PltError as error:
        return PlainTextResponse(f"{error.message}\n", 500)
    except OSError:
        return PlainTextResponse("the archive cannot be read\n", 500)

    def blocks() -> Iterator[bytes]:
        with stack:
            while block := stream.read(_BLOCK):
                yield block

    return StreamingResponse(blocks(), headers=headers(release, size))
