"""Checking a server as a client meets it: its answers to the requests of ``raco pkg``, and to one that fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from pltpack.errors import PltError
from pltpack.fetch.transport import Transport, read_all, without_credentials
from pltpack.site.checks.findings import Finding

UNKNOWN: Final = "no-package-of-this-name-0"
_MOST: Final = 256 << 20
_CLOCK: Final = 300
"""Seconds by which clocks may differ."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of a server: its status (0: none could be had, and why), headers and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    problem: str = ""


def ask(transport: Transport, url: str) -> Answered:
    """Ask as a client does: any answer is a value."""
    try:
        with transport.get(url) as answer:
            headers = {key.lower(): value for key, value in answer.headers.items()}
            return Answered(answer.status, headers, read_all(answer, _MOST))
    except PltError as error:
        return Answered(0, {}, b"", error.message)


def check_url(url: str) -> Iterator[Finding]:
    """What is wrong with a catalog's URL by itself."""
    parts = urlsplit(url)
    if not parts.path.endswith("/"):
        yield Finding("url-slash", url, f"clients would ask for {url.rpartition('/')[0]}/pkgs-all")
    if parts.username is not None:
        yield Finding("url-credentials", without_credentials(url), "the URL holds a name or a password")
    if parts.query:
        yield Finding("url-query", url, f"?{parts.query}")


def check_answer(url: str, answer: Answered) -> Iterator[Finding]:
    """What is wrong with the answer to a request that should succeed."""
    if answer.status != 200:
        yield Finding("status", url, answer.problem or f"the answer is {answer.status}")
    yield from check_coding(url, answer.headers)


def check_coding(url: str, headers: Mapping[str, str]) -> Iterator[Finding]:
    """Whether an answer with these headers is sent as it is."""
    coding = headers.get("content-encoding", "identity")
    if coding != "identity":
        yield Finding("answer-compressed", url, f"Content-Encoding: {coding}")


def check_unknown(transport: Transport, catalog: str) -> Iterator[Finding]:
    """How the server answers when it is asked for a package that it does not have."""
    url = f"{catalog}pkg/{UNKNOWN}?version=8.7"
    answer = ask(transport, url)
    if answer.status in (404, 410):
        return
    if answer.status == 200:
        yield Finding("unknown-found", url, "the answer is 200")
    else:
        yield Finding("status-unknown", url, answer.problem or f"the answer is {answer.status}")


def check_clock(url: str, answer: Answered, now: datetime | None = None) -> Iterator[Finding]:
    """Whether the server's clock is right: caches and times of update depend on it."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return
    ours = now or datetime.now(UTC)
    if theirs.tzinfo is not None and abs((theirs - ours).total_seconds()) > _CLOCK:
        yield Finding("clock", url, f"the server says {theirs:%Y-%m-%d %H:%M:%S}, here it is {ours:%Y-%m-%d %H:%M:%S}")
