"""Catalogs on a server: the requests of the package manager, ``pkg/NAME``, ``pkgs`` and ``pkgs-all``."""

from __future__ import annotations

from functools import partial
from typing import Final, Protocol, TypeVar
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from pltpack.catalog.catalog import Catalog, unknown
from pltpack.catalog.directory import ALL, LIMITS, MOST_BYTES, NAMES, RECORDS
from pltpack.catalog.record import Record, names_of, read_first, read_records, record_table
from pltpack.catalog.sources import absolute_source, with_sources
from pltpack.datum.limits import DatumLimits
from pltpack.errors import CatalogError, PltError
from pltpack.fetch.transport import Answer, Transport, read_all, refused, shown
from pltpack.pkg.names import is_package_name

_ABSENT: Final = (404, 410)
_START: Final = 60

Found_co = TypeVar("Found_co", covariant=True)


class _Read(Protocol[Found_co]):
    """Makes something of the text of an answer."""

    def __call__(self, text: bytes, /, *, limits: DatumLimits) -> Found_co: ...


class HttpCatalog(Catalog):
    """A catalog at an HTTP or HTTPS URL, asked for one thing at a time.

    ``version`` is the version of Racket that is named in each request; servers that care answer for it. As for every
    client, the last element of the URL is replaced unless a slash stands at its end, and a query in it is dropped.
    With ``absolute=False`` the sources are as they are written. A transport that is its ``own`` is closed with it.
    """

    remote = True

    def __init__(
        self,
        url: str,
        transport: Transport,
        *,
        version: str | None = None,
        absolute: bool = True,
        own: bool = False,
    ) -> None:
        parts = urlsplit(url)
        self._base = urlunsplit(parts._replace(query="", fragment=""))
        self.url = shown(self._base)
        self._transport = transport
        self._version = version
        self._absolute = absolute
        self._own = own

    def __getitem__(self, name: str) -> Record:
        if not is_package_name(name):
            raise unknown(name, self.url)
        address = self._address(f"{RECORDS}/{name}")
        datum = self._asked(address, read_first)
        if datum is None:
            raise unknown(name, self.url)
        try:
            return self._made_absolute(Record(name, record_table(datum), self.url))
        except CatalogError as error:
            raise error.within(file=shown(address)) from None

    def names(self) -> list[str]:
        address = self._address(NAMES)
        try:
            return names_of(self._needed(address, read_first))
        except CatalogError as error:
            raise error.within(file=shown(address)) from None

    def records(self) -> dict[str, Record]:
        found = self._needed(self._address(ALL), partial(read_records, catalog=self.url))
        return {name: self._made_absolute(record) for name, record in found.items()}

    def close(self) -> None:
        if self._own:
            self._transport.close()

    def _address(self, path: str) -> str:
        query = "" if self._version is None else f"?version={quote(self._version)}"
        return urljoin(self._base, path) + query

    def _made_absolute(self, record: Record) -> Record:
        if not self._absolute:
            return record
        return with_sources(record, lambda source: absolute_source(self.url, source))

    def _needed(self, address: str, read: _Read[Found_co]) -> Found_co:
        found = self._asked(address, read)
        if found is None:
            hint = "does the URL end with a slash? A catalog on a server needs this file"
            raise CatalogError("the server has no such file", file=shown(address), hint=hint)
        return found

    def _asked(self, address: str, read: _Read[Found_co]) -> Found_co | None:
        """What is to be read at an address; ``None`` if nothing is there."""
        with self._transport.get(address) as answer:
            if answer.status in _ABSENT:
                return None
            if answer.status != 200:
                raise refused(answer, _advice(answer.status))
            text = read_all(answer, MOST_BYTES)
            try:
                _check(answer, text)
                return read(text, limits=LIMITS)
            except PltError as error:
                raise error.within(file=shown(address)) from None


def _check(answer: Answer, text: bytes) -> None:
    """Say what is wrong with a server that sends something else."""
    encoding = answer.headers.get("content-encoding", "identity")
    if encoding not in ("", "identity"):
        raise CatalogError(
            f"the server sends it encoded as {encoding}, which was not asked for",
            hint="raco pkg does not decode it either: have the server send catalogs as they are",
        )
    start = text[:_START].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise CatalogError("the server sends a page for people, not Racket data", hint="is the URL that of a catalog?")


def _advice(status: int) -> str:
    if status == 403:
        return "to clients this is fatal; a server must answer 404 for what it does not have, as buckets often do not"
    if status in (204, 206):
        return "a server must answer 200 with the data, or 404"
    if status == 401:
        return "clients of catalogs send no credentials, but for those of your netrc here"
    return "raco pkg gives up here, too"
