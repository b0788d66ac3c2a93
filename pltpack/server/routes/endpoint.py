"""From a declaration to an answer: who is asking, whether they may, what they send, and what went wrong."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import anyio
import msgspec
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pltpack.client import documents
from pltpack.errors import BlockedError, DatabaseError, PltError
from pltpack.server.accounts.sessions import check_csrf
from pltpack.server.database.memory import NotRememberedError
from pltpack.server.identity.authentication import authenticate
from pltpack.server.identity.identity import Identity, Scope
from pltpack.server.identity.throttle import take
from pltpack.server.metrics import count_request
from pltpack.server.problems import Problem, forbidden, unauthenticated, unavailable, unknown, unprocessable
from pltpack.server.room import Room
from pltpack.server.routes.operation import Body, Call, NoQuery, Operation, Reply

_log = logging.getLogger("pltpack.server.requests")

REQUEST: Final = "X-Request-ID"
_REQUEST: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PARAMETER: Final = re.compile(r"[\x21-\x7e]{1,200}")
_JSON: Final = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_BODY_SECONDS: Final = 900
"""For how long a body may come."""
_THREADS: Final = 16

_NO_QUERY: Final = NoQuery()

_SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

_SECURITY_LINES: Final = [(name.lower().encode(), value.encode()) for name, value in _SECURITY.items()]
_REQUEST_NAME: Final = REQUEST.lower().encode()

_T = TypeVar("_T")


class Endpoint:
    """Answers all requests to one path, by method."""

    def __init__(self, room: Room, operations: Mapping[str, Operation]) -> None:
        self._room = room
        self._operations = operations
        self._threads = anyio.CapacityLimiter(_THREADS)

    async def __call__(self, request: Request) -> Response:
        operation = self._operations["GET" if request.method == "HEAD" else request.method]
        start = time.perf_counter()
        number = request_id(request.headers)
        answering = _Answering(self._room, operation, request, number)
        try:
            reply = await self._reply(answering)
            response = _response(reply)
        except Problem as problem:
            response = problem_response(problem, number)
        except ClientDisconnect:
            # Nobody waits for it; what was sent is forgotten.
            response = problem_response(Problem(400, "cut-off", "the body was cut off"), number)
        except (PltError, OSError, SQLAlchemyError) as error:
            response = problem_response(problem_of(error, number), number)
        note_answer(request, response, number, route=operation.id, start=start, user=answering.identity.user)
        return response

    async def _reply(self, answering: _Answering) -> Reply:
        operation = answering.operation
        if operation.remembers:
            with contextlib.suppress(NotRememberedError):
                return self._room.database.memory.at_once(answering.answer)
        if operation.body is None:
            return await self._in_thread(answering.answer)
        await self._in_thread(answering.admit)
        if operation.body is not Body.UPLOAD:
            answering.body = decoded(await answering.read(self._room.config.limits.request_bytes), operation.body)
            return await self._in_thread(answering.handle)
        length = answering.length(operation.most(self._room.config.limits))
        self._room.places.spool.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix="incoming-", dir=self._room.places.spool, ignore_cleanup_errors=True
        ) as folder:
            answering.body = Path(folder, "upload")
            await answering.save(answering.body, length)
            return await self._in_thread(answering.handle)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await anyio.to_thread.run_sync(work, limiter=self._threads)


class _Answering:
    """One request on its way to an answer."""

    def __init__(self, room: Room, operation: Operation, request: Request, number: str) -> None:
        self.room = room
        self.operation = operation
        self.request = request
        self.number = number
        self.client = client_of(request)
        self.identity = Identity()
        self.body: msgspec.Struct | Path | None = None

    def answer(self) -> Reply:
        """Look who is asking, and answer."""
        return self.operation.handler(self.admit())

    def admit(self) -> Call:
        """Look whether they may ask. Raises a :class:`~pltpack.server.problems.Problem`."""
        operation, room = self.operation, self.room
        for name, value in self.request.path_params.items():
            if not _PARAMETER.fullmatch(value):
                raise unknown(f"{name} of that name")
        self.identity = authenticate(room, self.request.headers, self.client)
        if operation.method != "GET" and self.identity.how == "session":
            check_csrf(room, self.request.headers)
        call = self._call()
        admit(operation, call)
        return call

    def handle(self) -> Reply:
        """Answer, once the body is there."""
        return self.operation.handler(self._call())

    def length(self, most: int) -> int:
        """How long the body says it is. Raises a :class:`~pltpack.server.problems.Problem`: 411, 413."""
        given = self.request.headers.get("content-length")
        if given is None or not given.isascii() or not given.isdigit():
            raise Problem(411, "length-required", "send Content-Length")
        if int(given) > most:
            raise Problem(413, "too-large", f"a body of this kind has at most {most} bytes")
        return int(given)

    async def read(self, most: int) -> bytes:
        """A short body. Raises a :class:`~pltpack.server.problems.Problem`: 413, 415."""
        kind = self.request.headers.get("content-type", "")
        if not _JSON.fullmatch(kind.strip()):
            raise Problem(415, "not-json", "send application/json")
        if "content-length" in self.request.headers:
            self.length(most)
        return await short_body(self.request, most)

    async def save(self, path: Path, length: int) -> None:
        """Put the body into a file. Raises a :class:`~pltpack.server.problems.Problem` unless all of it comes."""
        done = 0
        with path.open("wb") as stream:
            async with asyncio.timeout(_BODY_SECONDS):
                async for block in self.request.stream():
                    done += len(block)
                    if done > length:
                        raise Problem(400, "wrong-length", "the body is longer than it says")
                    stream.write(block)
        if done != length:
            raise Problem(400, "wrong-length", f"the body says {length} bytes, and has {done}")

    def _call(self) -> Call:
        return Call(
            room=self.room,
            identity=self.identity,
            request=self.number,
            path=self.request.path_params,
            query=_query(self.request, self.operation.query),
            body=self.body,
            headers=self.request.headers,
            client=self.client,
        )


def admit(operation: Operation, call: Call) -> None:
    """Look whether a call may be answered, and count it. Raises a :class:`~pltpack.server.problems.Problem`: 401, 403,
    429, and what the operation itself has against it."""
    check_needs(call.room, operation, call.identity, call.path)
    if operation.method != "GET":
        take(call.room, f"edit {call.identity.user or call.client}", call.room.config.limits.edits)
    if operation.before is not None:
        operation.before(call)


def check_needs(room: Room, operation: Operation, identity: Identity, path: Mapping[str, str]) -> None:
    """Raise a :class:`~pltpack.server.problems.Problem` unless somebody may call a route: 401 for nobody, 403 else."""
    needs = operation.needs
    if needs.scope is None or (needs.scope == Scope.READ and room.config.server.public_read):
        # Who shows credentials is held to them all the same.
        if identity.is_anonymous or identity.may(Scope.READ) or needs.scope is None:
            return
        raise forbidden("these credentials are not good for reading", "no-scope")
    if identity.is_anonymous:
        raise unauthenticated()
    if not identity.may(needs.scope):
        raise forbidden(f"these credentials are not good for {needs.scope}", "no-scope")
    if needs.package and needs.scope != Scope.READ and "name" in path and not identity.reaches(path["name"]):
        raise forbidden(f"the token is not for package {path['name']}", "other-package")


async def short_body(request: Request, most: int) -> bytes:
    """The body of a request. Raises a :class:`~pltpack.server.problems.Problem` (413) for more than ``most`` bytes."""
    found = bytearray()
    async with asyncio.timeout(_BODY_SECONDS):
        async for block in request.stream():
            found += block
            if len(found) > most:
                raise Problem(413, "too-large", f"a body of this kind has at most {most} bytes")
    return bytes(found)


def decoded(body: bytes, kind: type[_T]) -> _T:
    """A body as a value. Raises a :class:`~pltpack.server.problems.Problem`: 400 for what is no JSON, 422 for JSON of
    another shape."""
    if b"\\u0000" in body:
        raise unprocessable("a text holds a NUL")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise unprocessable(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "no-json", "the body is no JSON") from None


def problem_response(problem: Problem, number: str) -> Response:
    """A problem as an answer."""
    document = documents.Problem(
        title=problem.title,
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
        request=number,
        problems=tuple(problem.problems),
    )
    headers = {**_SECURITY, **problem.headers}
    return Response(
        msgspec.json.encode(document), problem.status, headers=headers, media_type="application/problem+json"
    )


def note_answer(
    request: Request, response: Response, number: str, *, route: str, start: float, user: str | None
) -> None:
    """Count and log a request that is answered; ``start`` is when it came, by the clock of ``time.perf_counter``."""
    seconds = time.perf_counter() - start
    count_request(route, response.status_code, seconds)
    response.raw_headers.append((_REQUEST_NAME, number.encode()))
    if _log.isEnabledFor(logging.INFO):
        fields = {
            "request": number,
            "method": request.method,
            "path": request.scope["path"],
            "route": route,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
            "user": user,
            "client": client_of(request),
        }
        # Which line of ours says it need not be found out.
        _log.handle(_log.makeRecord(_log.name, logging.INFO, __file__, 0, "request", (), None, extra=fields))


def client_of(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client is not None else ""


def request_id(headers: Mapping[str, str]) -> str:
    """What a request is called in answers, logs and events: as its sender calls it, or something new."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST.fullmatch(given) else secrets.token_hex(8)


def _query(request: Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    if kind is NoQuery and not request.scope["query_string"]:
        return _NO_QUERY
    pairs = request.query_params.multi_items()
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Problem(400, "bad-query", "a parameter stands there twice")
    if any("\0" in value for value in values.values()):
        raise Problem(400, "bad-query", "a parameter holds a NUL")
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad-query", str(error)) from None


def _response(reply: Reply) -> Response:
    content, type = reply.body, None if reply.body is None else reply.type
    if isinstance(content, msgspec.Struct):
        content = msgspec.json.encode(content)
    response = Response(content, reply.status, headers=reply.headers, media_type=type)
    response.raw_headers.extend(_SECURITY_LINES)
    return response


async def failed(request: Request, error: Exception) -> Response:
    """The answer where the server has made a mistake, of which it tells nothing; the log does."""
    number = request_id(request.headers)
    _log.error("a request failed: %s", type(error).__name__, extra={"request": number})
    return problem_response(Problem(500, "internal", "the server has made a mistake; its log tells which"), number)


def problem_of(error: PltError | OSError | SQLAlchemyError, number: str) -> Problem:
    """What is answered to an error that no handler has foreseen."""
    if isinstance(error, DatabaseError):
        _log.error("the database cannot be used: %s", error.message, extra={"request": number})
        return unavailable("the database cannot be used just now")
    if isinstance(error, BlockedError):
        return unavailable("the site is being changed just now")
    if isinstance(error, TimeoutError):
        return Problem(408, "too-slow", "the body took too long")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE):
        _log.error("nothing can be written: %s", error.strerror, extra={"request": number})
        return unavailable("there is no room on the server's disk just now")
    _log.exception("a request failed", exc_info=error, extra={"request": number})
    return Problem(500, "failed", "the server could not do it; its log tells why")
