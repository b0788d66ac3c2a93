"""The keys of issuers, as they publish them: fetched from the issuer's own host alone, and kept for some hours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

import msgspec

from pltpack.errors import FetchError, PltError
from pltpack.fetch.transport import HttpTransport, NetworkPolicy, read_all, refused
from pltpack.server.sources.addresses import Addresses

Fetch: TypeAlias = Callable[[str], bytes]
"""Gives what is at a URL. Raises :class:`~pltpack.errors.PltError` if it cannot be had."""
Key: TypeAlias = Mapping[str, object]
"""A key as its issuer has published it (RFC 7517)."""

_T = TypeVar("_T", bound=msgspec.Struct)

CONFIGURATION: Final = "/.well-known/openid-configuration"
FRESH: Final = 6 * 3600
"""Seconds for which keys are not asked for again."""
STALE: Final = 24 * 3600
"""Seconds for which keys are used while their issuer does not answer."""
PATIENCE: Final = 60
"""Seconds between two looks for a key that is not known."""
_AFTER_FAILURE: Final = 10
_MOST_BYTES: Final = 256 << 10
_MOST_KEYS: Final = 100


class _Configuration(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, object]]


@dataclass(slots=True)
class _Known:
    """The keys of an issuer: when they were fetched, and when that was tried last."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: dict[str, Key] = field(default_factory=dict)
    fetched: float | None = None
    tried: float | None = None
    failed: PltError | None = None


class KeyRing:
    """The keys of issuers; may be used from several threads. ``fetch`` is how documents of theirs are had, ``clock``
    gives seconds since 1970."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float]) -> None:
        self.fetch = fetch
        self._clock = clock
        self._issuers: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def find(self, issuer: str, number: str) -> Key | None:
        """The key of an issuer that has a number; ``None`` if it has none. One that is not known is looked for, not
        more often than once a minute.

        Raises :class:`~pltpack.errors.PltError` if the issuer does not answer, and no key of before will do.
        """
        with self._lock:
            known = self._issuers.setdefault(issuer, _Known())
        with known.lock:
            if number not in known.keys or not self._within(known.fetched, FRESH):
                self._look(issuer, known)
            if not self._within(known.fetched, STALE):
                assert known.failed is not None
                raise known.failed
            return known.keys.get(number)

    def _look(self, issuer: str, known: _Known) -> None:
        if self._within(known.tried, PATIENCE if known.failed is None else _AFTER_FAILURE):
            return
        known.tried = self._clock()
        try:
            known.keys = self._fetched(issuer)
        except PltError as error:
            known.failed = error
        else:
            known.fetched, known.failed = known.tried, None

    def _within(self, since: float | None, seconds: float) -> bool:
        # A clock that was set back makes nothing fresh again.
        return since is not None and 0 <= self._clock() - since < seconds

    def _fetched(self, issuer: str) -> dict[str, Key]:
        said = _decoded(self.fetch(issuer + CONFIGURATION), _Configuration, issuer)
        if said.issuer != issuer:
            raise FetchError("it says that it is another issuer", file=issuer)
        if urlsplit(said.jwks_uri)[:2] != urlsplit(issuer)[:2]:
            raise FetchError("its keys are on another host", file=issuer)
        found = _decoded(self.fetch(said.jwks_uri), _Keys, issuer).keys[:_MOST_KEYS]
        return {number: key for key in found if isinstance(number := key.get("kid"), str)}


def guarded_fetch(networks: Iterable[str]) -> Fetch:
    """How documents of issuers are fetched: as sources of packages are, from public addresses and ``networks``, without
    redirects."""
    guard = Addresses(networks)
    policy = NetworkPolicy(timeout=5.0, longest=15.0, retries=1, redirects=0, largest=_MOST_BYTES)

    def fetch(url: str) -> bytes:
        transport = HttpTransport(policy, guard=guard)
        try:
            with transport.get(url, headers={"Accept": "application/json"}) as answer:
                if answer.status != 200:
                    raise refused(answer)
                return read_all(answer, _MOST_BYTES)
        finally:
            transport.close()

    return fetch


def _decoded(body: bytes, kind: type[_T], issuer: str) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise FetchError("what it answers is not what an issuer of id tokens does", file=issuer) from None
