"""HTTP: one request and its answer, with retries, redirects, proxies and limits.

A :class:`Transport` is all that the rest knows of the network, so that tests and programs can bring their own.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from pltpack.dataclass import dataclass
from pltpack.errors import FetchError, LimitError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

    from pltpack.fetch.guarded import Guard

BLOCK: Final = 1 << 18
_RETRIED: Final = frozenset({408, 409, 429, *range(500, 600)})
"""As the package manager; and 429, with which servers ask for patience."""


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """How patient to be: ``timeout`` seconds for a connection and between two pieces of data, ``longest`` seconds for
    one answer in all; ``retries`` more attempts after the first, the first after ``pause`` seconds, twice that each
    time, with jitter; ``redirects`` at most; ``largest`` bytes of one answer; ``connections`` to one host at once."""

    timeout: float = 30.0
    longest: float = 3600.0
    retries: int = 5
    pause: float = 0.1
    redirects: int = 25
    largest: int = 4 << 30
    connections: int = 16

    def pauses(self) -> Iterator[float | None]:
        """How many seconds to wait after each attempt that failed; ``None`` after the last one."""
        yield from (self.pause * 2**attempt for attempt in range(self.retries))
        yield None


class Answer(Protocol):
    """What a server answers. ``url`` is where it came from, after redirects; ``headers`` are found in any case."""

    @property
    def status(self) -> int: ...

    @property
    def url(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    def blocks(self) -> Iterator[bytes]:
        """The body as it was sent, not decoded. Raises ``FetchError`` where it is cut off, ``LimitError``."""
        ...


class Transport(Protocol):
    """Sends requests. From several threads, too."""

    def get(self, url: str, *, headers: Mapping[str, str] = {}) -> contextlib.AbstractContextManager[Answer]:
        """Ask for a URL; the answer is open inside the block. Raises ``FetchError`` where no answer can be had."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class HttpTransport:
    """HTTP and HTTPS by urllib3. Certificates are checked, against those of ``SSL_CERT_FILE`` where that is set;
    proxies are those of the environment; credentials those of the user's ``netrc``.

    With a ``guard``, for URLs of strangers, there are no proxies and no credentials, and it looks at each address."""

    def __init__(self, policy: NetworkPolicy = NetworkPolicy(), *, guard: Guard | None = None) -> None:
        self.policy = policy
        self._guard = guard
        self._pools: dict[str | None, PoolManager] = {}
        self._proxies: dict[tuple[str, str], str | None] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def get(self, url: str, *, headers: Mapping[str, str] = {}) -> Iterator[Answer]:
        """Ask for a URL, see :class:`Transport`."""
        from urllib3.exceptions import HTTPError
        from urllib3.util import Retry, Timeout

        from pltpack.fetch.credentials import authorization

        policy = self.policy
        plain = without_credentials(url)
        login = authorization(url) if self._guard is None else {}
        retries = Retry(
            total=None,
            connect=policy.retries,
            read=policy.retries,
            status=policy.retries,
            other=policy.retries,
            redirect=policy.redirects,
            status_forcelist=_RETRIED,
            backoff_factor=policy.pause,
            backoff_jitter=policy.pause,
            backoff_max=10,
            raise_on_status=False,
            retry_after_max=30,
        )
        timeout = Timeout(connect=policy.timeout, read=policy.timeout)
        try:
            response = self._pool(plain).request(
                "GET",
                plain,
                headers={"User-Agent": user_agent(), **login, **headers},
                preload_content=False,
                decode_content=False,
                retries=retries,
                timeout=timeout,
            )
        except (HTTPError, ValueError) as error:
            raise FetchError(f"no answer: {_reason(error)}", file=plain, hint="try again later") from None
        try:
            yield _HttpAnswer(response, plain, policy)
        finally:
            # What was not read to its end cannot be used for another request.
            if not response.closed:
                response.close()
            response.release_conn()

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for manager in self._pools.values():
                # Of the pools that are only let go of, urllib3 closes those that no error has a hold on.
                for key in manager.pools.keys():  # noqa: SIM118  it cannot be iterated otherwise
                    if (pool := manager.pools.get(key)) is not None:
                        pool.close()
                manager.clear()
            self._pools.clear()

    def _proxy(self, scheme: str, host: str) -> str | None:
        """The proxy for a host; the environment is looked at once for each."""
        if (scheme, host) not in self._proxies:
            from urllib.request import getproxies, proxy_bypass

            proxies = getproxies()
            proxy = proxies.get(scheme) or proxies.get("all")
            if proxy and proxy_bypass(host):
                proxy = None
            self._proxies[scheme, host] = f"http://{proxy}" if proxy and "://" not in proxy else proxy
        return self._proxies[scheme, host]

    def _pool(self, url: str) -> PoolManager:
        from urllib3 import PoolManager, ProxyManager

        if self._guard is not None:
            return self._guarded(self._guard)
        parts = urlsplit(url)
        proxy = self._proxy(parts.scheme, parts.hostname or "")
        with self._lock:
            if proxy not in self._pools:
                size = self.policy.connections
                self._pools[proxy] = (
                    ProxyManager(proxy, num_pools=size, maxsize=size) if proxy else PoolManager(size, maxsize=size)
                )
            return self._pools[proxy]

    def _guarded(self, guard: Guard) -> PoolManager:
        from pltpack.fetch.guarded import guarded_pools

        with self._lock:
            if None not in self._pools:
                self._pools[None] = guarded_pools(guard, self.policy.connections)
            return self._pools[None]


class _HttpAnswer:
    def __init__(self, response: BaseHTTPResponse, asked: str, policy: NetworkPolicy) -> None:
        self._response = response
        self._policy = policy
        self._end = time.monotonic() + policy.longest
        self.status = response.status
        self.url = response.geturl() or asked
        self.headers: Mapping[str, str] = response.headers

    def blocks(self) -> Iterator[bytes]:
        from urllib3.exceptions import HTTPError

        done = 0
        try:
            while block := self._response.read1(BLOCK, decode_content=False):
                done += len(block)
                if done > self._policy.largest:
                    raise too_large(self.url, self._policy.largest)
                if time.monotonic() > self._end:
                    raise FetchError(
                        f"the answer took longer than {self._policy.longest:g} seconds", file=shown(self.url)
                    )
                yield block
        except HTTPError as error:
            raise FetchError(
                f"the answer was cut off after {done} bytes: {_reason(error)}", file=shown(self.url)
            ) from None


@functools.cache
def user_agent() -> str:
    """What servers are told about who asks."""
    from importlib.metadata import version

    return f"pltpack/{version('pltpack')}"


def read_all(answer: Answer, most: int) -> bytes:
    """The whole body of a short answer. Raises ``LimitError`` and ``FetchError``."""
    found = bytearray()
    for block in answer.blocks():
        found += block
        if len(found) > most:
            raise too_large(answer.url, most)
    return bytes(found)


def too_large(url: str, most: int) -> LimitError:
    """The error for an answer with more bytes than allowed."""
    return LimitError(f"the answer has more than {most} bytes", file=shown(url))


def refused(answer: Answer, hint: str | None = None) -> FetchError:
    """The error for an answer that is not the content that was asked for."""
    wait = answer.headers.get("retry-after", "")
    return FetchError(
        f"the server answered {answer.status} {_phrase(answer.status)}".rstrip(),
        file=shown(answer.url),
        hint=hint,
        status=answer.status,
        retry_after=int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 8 else None,
    )


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def without_credentials(url: str) -> str:
    """A URL without the user and the password in it."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def shown(url: str) -> str:
    """A URL as messages may show it: without credentials."""
    try:
        return without_credentials(url)
    except ValueError:
        return url.rpartition("@")[2]


def _reason(error: Exception) -> str:
    """Why there is no answer, in few words: the innermost cause."""
    reason: object = error
    while isinstance(inner := getattr(reason, "reason", None), BaseException):
        reason = inner
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    text = str(reason)
    return text.partition(": ")[2] or text if text.startswith("<") else text
