"""A transport that remembers short answers, and without a network gives what it remembers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.errors import FetchError
from pltpack.fetch.cache import Cache, Key
from pltpack.fetch.transport import BLOCK, Answer, NetworkPolicy, Transport, shown

_MOST: Final = 64 << 20
"""Longer answers are not remembered: archives are kept otherwise."""
_KEPT: Final = (200, 404, 410)
"""Also that something is not there: a checksum beside an archive need not be."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    url: str
    content: bytes
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)

    def blocks(self) -> Iterator[bytes]:
        for at in range(0, len(self.content), BLOCK):
            yield self.content[at : at + BLOCK]


class RememberingTransport:
    """Passes requests on and keeps what is answered: records and lists of catalogs, checksums, manifests.

    With ``offline`` nothing is passed on, and what is not remembered is an error that says so.
    """

    def __init__(
        self, transport: Transport, cache: Cache, *, offline: bool = False, policy: NetworkPolicy = NetworkPolicy()
    ) -> None:
        self._transport = transport
        self._cache = cache
        self._offline = offline
        self._policy = policy

    @contextlib.contextmanager
    def get(self, url: str, *, headers: Mapping[str, str] = {}) -> Iterator[Answer]:
        """Ask for a URL, see :class:`~pltpack.fetch.transport.Transport`.

        What is remembered, and cut off, is asked for again, as often as the policy says.
        """
        key: Key = ("answer", shown(url))
        if self._offline:
            entry = self._cache.get(key)
            if entry is None:
                raise missing(url)
            status, _, content = entry.path.read_bytes().partition(b"\n")
            yield _Remembered(url, content, int(status))
            return
        for pause in self._policy.pauses():
            with self._transport.get(url, headers=headers) as answer:
                length = answer.headers.get("content-length", "")
                if answer.status not in _KEPT or headers or not length.isdigit() or int(length) > _MOST:
                    yield answer
                    return
                try:
                    content = b"".join(answer.blocks())
                except FetchError:
                    if pause is None:
                        raise
                else:
                    with contextlib.suppress(OSError):
                        self._cache.add_bytes(key, b"%d\n%b" % (answer.status, content))
                    yield _Remembered(answer.url, content, answer.status, answer.headers)
                    return
            threading.Event().wait(pause)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def missing(source: str) -> FetchError:
    """The error for what would have to be fetched, and may not be."""
    return FetchError("it is not in the cache, and the network may not be used", file=shown(source), hint="--offline")
