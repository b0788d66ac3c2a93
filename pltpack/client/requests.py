"""Requests to a catalog server, repeated where that helps; what is answered, as documents or as errors."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, TypeVar
from urllib.parse import urlencode

import msgspec

from pltpack.client.documents import Problem
from pltpack.errors import BlockedError, FetchError, LimitError, PackageError, PltError
from pltpack.fetch.transport import shown, user_agent
from pltpack.visible import visible

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

_T = TypeVar("_T", bound=msgspec.Struct)

_MOST: Final = 64 << 20
_AGAIN: Final = (429, 502, 503, 504)


class Requests:
    """Sends requests to the server at a URL; may be used from several threads."""

    def __init__(self, url: str, *, token: str | None = None, timeout: float = 60.0, retries: int = 3) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._retries = retries
        self._pools: PoolManager | None = None
        self._lock = threading.Lock()
        self._cookie: str | None = None
        self._csrf: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._pools is not None:
                self._pools.clear()
                self._pools = None

    def enter_session(self, csrf: str) -> None:
        """Show the cookie that was answered last with each request, and ``csrf``, instead of a token."""
        self._csrf = csrf

    def leave_session(self) -> None:
        """Show the token again, if there is one."""
        self._csrf = self._cookie = None

    def get(self, kind: type[_T], path: str, query: Mapping[str, object] | None = None) -> _T:
        """What is at a path."""
        return self.decoded(kind, self.request("GET", with_query(path, query or {})))

    @property
    def has_token(self) -> bool:
        """Whether a token is shown."""
        return self._token is not None

    def show(self, token: str) -> None:
        """Show this token from now on."""
        self._token = token

    def send(
        self,
        kind: type[_T],
        method: str,
        path: str,
        body: msgspec.Struct,
        *,
        headers: Mapping[str, str] = {},
        again: bool = True,
    ) -> _T:
        """Send a document; what is answered."""
        headers = {"Content-Type": "application/json", **headers}
        return self.decoded(kind, self.request(method, path, msgspec.json.encode(body), headers=headers, again=again))

    def decoded(self, kind: type[_T], body: bytes) -> _T:
        """An answer as a document."""
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise FetchError(f"the answer is not what it should be: {error}", file=shown(self.url)) from None

    def request(
        self,
        method: str,
        path: str,
        body: bytes | BinaryIO | None = None,
        *,
        headers: Mapping[str, str] = {},
        again: bool = True,
    ) -> bytes:
        """Send a request, again if the server asks for patience, and with ``again`` if the connection breaks: nearly
        every one of ours may come twice. The body of the answer."""
        from urllib3.exceptions import HTTPError

        address = f"{self.url}/api/v1/{path}"
        sent = {"User-Agent": user_agent(), "Accept": "application/json", **headers}
        sent |= self._credentials()
        attempt = 0
        while True:
            wait: float
            try:
                if body is not None and not isinstance(body, bytes):
                    body.seek(0)
                with self._answer(method, address, body, sent) as response:
                    content = response.read(_MOST, decode_content=False)
                    if 200 <= response.status < 300:
                        self._keep_cookie(response.headers.get("Set-Cookie"))
                        return bytes(content)
                    if response.status not in _AGAIN or attempt >= self._retries:
                        raise _error(address, response.status, response.headers, bytes(content))
                    given = response.headers.get("Retry-After", "")
                    wait = min(30.0, float(given)) if given.isdigit() else 0.5 * 2**attempt
            except (HTTPError, ValueError) as error:
                if not again or attempt >= self._retries or isinstance(error, ValueError):
                    raise FetchError(f"no answer: {error}", file=shown(address), hint="try again later") from None
                wait = 0.2 * 2**attempt
            attempt += 1
            threading.Event().wait(wait)

    def _credentials(self) -> dict[str, str]:
        if self._csrf is not None and self._cookie is not None:
            return {"Cookie": self._cookie, "X-CSRF-Token": self._csrf}
        if self._token is None:
            return {}
        if not (self._token.isascii() and self._token.isprintable()):
            # What is wrong with a header would be told with all of it.
            raise FetchError("the token holds what none can: a line break, or what is not ASCII", file=shown(self.url))
        return {"Authorization": f"Bearer {self._token}"}

    def _keep_cookie(self, given: str | None) -> None:
        """The name and the value of a cookie that the server sets; it sets one at most."""
        if given is not None:
            self._cookie = given.partition(";")[0].strip()

    @contextlib.contextmanager
    def _answer(
        self, method: str, address: str, body: bytes | BinaryIO | None, headers: Mapping[str, str]
    ) -> Iterator[BaseHTTPResponse]:
        response = self._pool().request(
            method,
            address,
            body=body,
            headers=dict(headers),
            preload_content=False,
            decode_content=False,
            redirect=False,
            retries=False,
            timeout=self._timeout,
        )
        try:
            yield response
        finally:
            if not response.closed:
                response.close()
            response.release_conn()

    def _pool(self) -> PoolManager:
        from urllib3 import PoolManager

        with self._lock:
            if self._pools is None:
                self._pools = PoolManager(4, maxsize=16)
            return self._pools


def _error(address: str, status: int, headers: Mapping[str, str], body: bytes) -> PltError:
    """The error for an answer that is none that was asked for."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
        message, lines = visible(problem.detail), [visible(line) for line in problem.problems]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        message, lines = f"the server answered {status}", []
    where = shown(address)
    if status in (409, 410, 412, 428):
        return BlockedError(message, file=where, details=lines)
    if status == 413:
        return LimitError(message, file=where, details=lines)
    if status in (400, 411, 415, 422):
        return PackageError(message, file=where, details=lines)
    hint = None
    if status == 401:
        hint = "pltpack login, or the variable PLTPACK_TOKEN, gives a token"
    elif 300 <= status < 400:
        hint = f"the server is at {headers.get('Location', 'another URL')}"
    error = FetchError(message, file=where, hint=hint, status=status)
    error.details = tuple(lines)
    return error


def with_query(path: str, query: Mapping[str, Any]) -> str:
    """A path with those parameters that have a value."""
    given = {key: "true" if value is True else value for key, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
