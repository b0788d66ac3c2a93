"""A site as an ASGI application, for any server that runs such: read-only, with the answers that clients need.

An unknown name is 404 and never 403, which makes ``raco pkg`` give up; nothing is compressed, which it could not undo.
``uvicorn pltpack.site.asgi:app`` serves the site that ``PLTPACK_SITE`` names.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pltpack.site.headers import cache_control, content_type
from pltpack.site.layout import ALL

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

VARIABLE: Final = "PLTPACK_SITE"
"""The environment variable that names the site of :data:`app`."""

_SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'",
}


def create_app(site: str | os.PathLike[str], *, metrics: bool = False) -> Starlette:
    """The application that serves a site; ``/healthz`` answers 200 when there is a catalog, 503 otherwise.

    With ``metrics`` (needs ``prometheus-client``) ``/metrics`` tells what was asked for, by kind and status.
    """
    path = Path(site)
    routes = [Route("/healthz", _health(path), methods=["GET", "HEAD"])]
    files: ASGIApp = SiteFiles(path)
    if metrics:
        measured = _Measured(files)
        routes.append(Route("/metrics", measured.report, methods=["GET"]))
        files = measured
    return Starlette(routes=[*routes, Mount("/", files)])


class SiteFiles(StaticFiles):
    """The files of a site. What begins with a dot is the site's own and not there for anybody."""

    def __init__(self, site: Path) -> None:
        super().__init__(directory=site, html=True, check_dir=False)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        if any(part.startswith(".") and part != "." for part in path.split(os.sep)) or "\0" in path:
            return "", None
        return super().lookup_path(path)

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except (HTTPException, ValueError) as error:
            if isinstance(error, HTTPException) and error.status_code == 405:
                raise
            # Whatever the reason: for clients there is no such thing.
            raise HTTPException(404) from None
        response.headers.update(_SECURITY)
        if isinstance(response, FileResponse) or response.status_code == 304:
            response.headers["Cache-Control"] = cache_control(path)
        if isinstance(response, FileResponse):
            response.headers["Content-Type"] = content_type(os.path.relpath(response.path, self.directory or "."))
        return response


def _health(site: Path) -> Callable[[Request], Awaitable[Response]]:
    async def health(_request: Request) -> Response:
        there = (site / ALL).is_file()
        return PlainTextResponse("ok\n" if there else "there is no catalog\n", 200 if there else 503)

    return health


class _Measured:
    """Counts what passes through to the files."""

    def __init__(self, app: ASGIApp) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._app = app
        self._registry: CollectorRegistry = CollectorRegistry()
        self._requests = Counter(
            "pltpack_requests", "Requests by what they ask for and status", ["kind", "status"], registry=self._registry
        )
        self._bytes = Counter("pltpack_sent_bytes", "Bytes of bodies sent", ["kind"], registry=self._registry)
        self._seconds = Histogram("pltpack_request_seconds", "Seconds of a request", ["kind"], registry=self._registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = _kind(scope["path"])
        status, start = 500, time.perf_counter()

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                self._bytes.labels(kind).inc(len(message.get("body", b"")))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except HTTPException as error:
            status = error.status_code
            raise
        finally:
            self._requests.labels(kind, str(status)).inc()
            self._seconds.labels(kind).observe(time.perf_counter() - start)

    async def report(self, _request: Request) -> Response:
        """All figures, in Prometheus' format."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)


def _kind(path: str) -> str:
    first = path.lstrip("/").partition("/")[0]
    return first if first in ("catalog", "pkgs", "package", "snapshots", "json") else "other"


app = create_app(os.environ.get(VARIABLE, "."))
"""The application for the site that ``PLTPACK_SITE`` names, or the one in the current directory."""
