"""Several catalogs as one: the first that has a package wins, with its whole record."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

from pltpack.catalog.catalog import Catalog, unknown
from pltpack.catalog.record import Record
from pltpack.errors import CatalogError, FetchError, UnknownPackageError


class SearchPath(Catalog):
    """Catalogs in their order of precedence, as the package manager searches them; each record is asked for once.

    Looking up a name goes on to the next catalog where a catalog does not have it, answers something that is no
    record, or is a directory or file that does not exist; ``complaints`` says which did so and why. An error of a
    server ends the search, as for Racket: what comes later could be another package. :meth:`names` and
    :meth:`records` need all catalogs. ``jobs``: how many of servers are asked for their records side by side.
    """

    def __init__(self, catalogs: Sequence[Catalog], *, jobs: int = 1) -> None:
        self.catalogs = tuple(catalogs)
        self._jobs = jobs
        self.url = " ".join(catalog.url for catalog in catalogs)
        self.remote = any(catalog.remote for catalog in catalogs)
        self.complaints: dict[str, str] = {}
        self._known: dict[str, Record] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Record:
        with self._lock:
            if name in self._known:
                return self._known[name]
        for catalog in self.catalogs:
            try:
                record = catalog[name]
            except UnknownPackageError:
                continue
            except CatalogError as error:
                if not catalog.remote:
                    raise
                self._complain(catalog, str(error))
                continue
            except FileNotFoundError:
                self._complain(catalog, "there is nothing at this place")
                continue
            with self._lock:
                self._known[name] = record
            return record
        raise self._unknown(name)

    def names(self) -> list[str]:
        found: dict[str, None] = {}
        for catalog in self.catalogs:
            found.update(dict.fromkeys(catalog.names()))
        return list(found)

    def records(self) -> dict[str, Record]:
        found: dict[str, Record] = {}
        for records in self._all_records():
            for name, record in records.items():
                found.setdefault(name, record)
        return found

    def _all_records(self) -> Iterator[dict[str, Record]]:
        jobs = min(self._jobs, sum(catalog.remote for catalog in self.catalogs))
        if jobs < 2:
            yield from (catalog.records() for catalog in self.catalogs)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(jobs) as executor:
            yield from executor.map(lambda catalog: catalog.records(), self.catalogs)

    def close(self) -> None:
        with contextlib.ExitStack() as stack:
            for catalog in self.catalogs:
                stack.callback(catalog.close)

    def _complain(self, catalog: Catalog, why: str) -> None:
        with self._lock:
            self.complaints[catalog.url] = why

    def _unknown(self, name: str) -> UnknownPackageError | FetchError:
        error = unknown(name)
        asked = ", ".join(catalog.url for catalog in self.catalogs) or "no catalog"
        complaints = "; ".join(f"{url} was passed over: {why}" for url, why in self.complaints.items())
        error.message = f"there is no package {name} in {asked}"
        error.hint = complaints or None
        return error
