"""Records of catalogs before they are asked for: each says what its package needs.

What a package needs is certain once the package itself has come, and only then are its dependencies asked for, one
level after the other. The catalog has told of them long before, so that their records can come meanwhile.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from pltpack.catalog.record import Record
from pltpack.errors import PltError
from pltpack.pkg.metadata import dependency_name

_MOST: Final = 1024
"""So many records are asked for ahead, whatever a catalog says."""


class RecordsAhead:
    """Looks names up, and at the same time those that the records say are needed, if ``wanted`` says so.

    Nothing depends on it but time: what a catalog says wrongly is looked up in vain, and what it does not say when it
    is asked for. Threads may share it.
    """

    def __init__(self, look_up: Callable[[str], Record], wanted: Callable[[str], bool], jobs: int) -> None:
        self._look_up = look_up
        self._wanted = wanted
        self._pool = ThreadPoolExecutor(jobs)
        self._begun: dict[str, Future[Record]] = {}
        self._lock = threading.Lock()
        self._open = True

    def __getitem__(self, name: str) -> Record:
        """The record of a name. Raises what looking it up raises."""
        with self._lock:
            begun = self._begun.get(name)
        # What still waits for a thread is sooner had by this one.
        return self._found(name) if begun is None or begun.cancel() else begun.result()

    def close(self) -> None:
        """Begin nothing any more, and wait for what was begun."""
        with self._lock:
            self._open = False
        self._pool.shutdown(cancel_futures=True)

    def _found(self, name: str) -> Record:
        record = self._look_up(name)
        with contextlib.suppress(PltError):  # whoever reads what is needed tells what is wrong with it
            for dependency in record.dependencies:
                self._begin(dependency_name(dependency))
        return record

    def _begin(self, name: str | None) -> None:
        if name is None or not self._wanted(name):
            return
        with self._lock:
            if self._open and name not in self._begun and len(self._begun) < _MOST:
                self._begun[name] = self._pool.submit(self._found, name)
