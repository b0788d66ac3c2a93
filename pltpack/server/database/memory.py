"""What was read from the database, remembered until anything in it changes: for what is asked again and again.

SQLite tells at once whether another connection has committed anything, in this process or another one, so that nothing
is remembered for a moment too long: a token that was revoked is no good any more. PostgreSQL does not tell that; there
nothing is remembered.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Final, TypeVar, cast

_T = TypeVar("_T")

MOST: Final = 4096
"""So many things are remembered; before one more all are forgotten."""
_UNKNOWN: Final = object()


class NotRememberedError(Exception):
    """Something is not remembered, and may not be read here."""


class Memory:
    """Remembers what was read from the SQLite file at ``path`` (``None``: nothing). From several threads, too."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._watch: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._state: int | None = None
        self._known: dict[Hashable, object] = {}
        self._here = threading.local()

    def get(self, key: Hashable, read: Callable[[], _T]) -> _T:
        """What ``read`` gives, or gave before, if nothing has changed since then. What it raises is not remembered."""
        if self._path is None:
            return read()
        if getattr(self._here, "only", False):
            found = self._known.get(key, _UNKNOWN)
            if found is _UNKNOWN:
                raise NotRememberedError
            return cast(_T, found)
        with self._lock:
            state = self._look()
            found = self._known.get(key, _UNKNOWN)
        if found is not _UNKNOWN:
            return cast(_T, found)
        # What is read now may be newer than the state that was seen; then the next look tells another one.
        new = read()
        with self._lock:
            if state is not None and state == self._state:
                self._known[key] = new
        return new

    def at_once(self, work: Callable[[], _T]) -> _T:
        """Do something with nothing but what is remembered, which never waits. Raises :class:`NotRememberedError` where
        that is not enough: then nothing was done."""
        with self._lock:
            if self._path is None or self._look() is None:
                raise NotRememberedError
        self._here.only = True
        try:
            return work()
        finally:
            self._here.only = False

    def check_reading(self) -> None:
        """Raise :class:`NotRememberedError` where nothing may be read."""
        if getattr(self._here, "only", False):
            raise NotRememberedError

    def close(self) -> None:
        """Forget everything, and close the connection."""
        with self._lock:
            self._forget()

    def _look(self) -> int | None:
        """Forget everything if something has changed. A number that is another one then; ``None`` where the database
        cannot be read."""
        try:
            if self._watch is None:
                # It is not made if it is gone: whoever reads it says so.
                where = f"{cast(Path, self._path).absolute().as_uri()}?mode=ro"
                self._watch = sqlite3.connect(where, uri=True, check_same_thread=False)
            (state,) = self._watch.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            self._forget()
            return None
        if state != self._state or len(self._known) >= MOST:
            self._known.clear()
            self._state = int(state)
        return self._state

    def _forget(self) -> None:
        self._known.clear()
        self._state = None
        if self._watch is not None:
            self._watch.close()
            self._watch = None
