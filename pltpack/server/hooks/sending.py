"""Sending to a URL that a stranger has named: under the rules for sources, with one answer, whose body nobody reads.

Redirects are not followed: what was meant for one place is told to no other.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from pltpack.errors import FetchError
from pltpack.fetch.guarded import Guard, allowed_addresses

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: the status that was answered, ``message``, what was wrong with it or why there is none, and
    for how many seconds the server asked to be left alone (``wait``)."""

    status: int | None
    message: str | None = None
    wait: int | None = None

    @property
    def is_good(self) -> bool:
        """Whether it was taken."""
        return self.status is not None and 200 <= self.status < 300


def send(url: str, body: bytes, headers: Mapping[str, str], *, guard: Guard, seconds: float) -> Outcome:
    """Send a body with ``POST``; all of it takes ``seconds`` at most, however slowly an answer comes. ``guard`` looks
    at each address that the host has before one of them is connected to."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        with _connected(host, port, guard, seconds) as plain, _Patience(plain, seconds) as patience:
            try:
                outcome = _answered(patience, url, body, headers)
            except (OSError, http.client.HTTPException):
                if not patience.ended.is_set():
                    raise
            if patience.ended.is_set():
                # What was cut off in the middle of the headers looks like an answer.
                return Outcome(None, f"no answer in {seconds:g} seconds")
            return outcome
    except FetchError as error:
        return Outcome(None, error.message)
    except ssl.SSLCertVerificationError as error:
        return Outcome(None, f"its certificate is not good: {error.verify_message}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return Outcome(None, f"no answer: {reason}")


class _Patience:
    """A connection that is cut off after some seconds, whatever is waited for. A context manager."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self.connection = connection
        self.ended = threading.Event()
        self._timer = threading.Timer(seconds, self._end)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()

    def _end(self) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            # That of TLS would first forget what it is reading with.
            socket.socket.shutdown(self.connection, socket.SHUT_RDWR)


def _connected(host: str, port: int, guard: Guard, seconds: float) -> socket.socket:
    failure: OSError | None = None
    for address in allowed_addresses(host, port, guard):
        try:
            return socket.create_connection((address, port), seconds)
        except OSError as error:
            failure = error
    raise failure or OSError("it has no address")


def _answered(patience: _Patience, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
    parts = urlsplit(url)
    host = parts.hostname or ""
    with contextlib.ExitStack() as stack:
        if parts.scheme == "https":
            secure = ssl.create_default_context().wrap_socket(
                patience.connection, server_hostname=host, do_handshake_on_connect=False
            )
            patience.connection = stack.enter_context(secure)
            secure.do_handshake()
        connection = http.client.HTTPConnection(host, parts.port or _PORTS[parts.scheme])
        stack.callback(connection.close)
        # The address that was looked at is the one that is used.
        connection.sock = patience.connection
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", target, body, {"Host": parts.netloc, **headers})
        answer = connection.getresponse()
        stack.callback(answer.close)
        wait = answer.headers.get("Retry-After", "")
        seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 8 else None
        return Outcome(answer.status, _told(answer.status), seconds)


def _told(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"the server answered {status}: redirects are not followed"
    return f"the server answered {status}"
