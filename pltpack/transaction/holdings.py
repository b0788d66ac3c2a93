"""What a transaction holds of the world while it lasts: descriptors, locks, areas, and the claims to them."""

from __future__ import annotations

import contextlib
import os

from pltpack.signals import Shield
from pltpack.transaction.folders import Descriptors
from pltpack.transaction.lock import Lock, this_process
from pltpack.transaction.staging import Area
from pltpack.transaction.state import Claim, Identity, Site, State


class Holdings:
    """All that has to be given back at the end, whatever the end is. ``shared``: without locks on directories."""

    def __init__(self, *, shared: bool) -> None:
        self.transaction = os.urandom(8).hex()
        self.descriptors = Descriptors()
        self.areas: list[Area] = []
        """The areas that exist on disk, in the order of their making."""
        self.created: list[str] = []
        """Directories made for roots that did not exist."""
        self._shared = shared
        self._held: dict[Identity, Lock] = {}
        self._state: State | None = None
        self._sites: list[Site] = []
        self._is_left = False

    @property
    def state(self) -> State:
        """Where it is written down what is ours. Raises ``OSError`` if there is no place for that."""
        if self._state is None:
            self._state = State.open()
        return self._state

    def make(self, area: Area) -> None:
        """Make an area, and write down that it is ours. Raises ``OSError``."""
        number = len(self.areas)

        def announce(site: Site) -> None:
            self._sites[number:] = [site]
            process = {**this_process(), "shared": self._shared}
            self.state.claim(Claim(self.transaction, process, tuple(self._sites)))

        with Shield():
            if not number:
                for lock in self._held.values():
                    lock.tell()
            self.areas.append(area)
            try:
                area.make(self.state, announce)
            finally:
                if not area.made:
                    self.areas.remove(area)
                    del self._sites[number:]

    def leave(self) -> None:
        """Leave areas and what is written down about them for the next transaction."""
        self.areas.clear()
        self.created.clear()
        self._is_left = True

    def close(self) -> None:
        """Remove the areas and let go of everything; what cannot be removed now the next transaction removes."""
        with contextlib.ExitStack() as ending:  # in reverse, each whatever becomes of the others
            ending.callback(self.descriptors.close)
            if self._state is not None:
                ending.callback(self._state.close)
            for lock in self._held.values():
                ending.callback(lock.release)
            ending.callback(self._forget)
            for path in self.created:
                ending.callback(_remove_empty, path)
            for area in self.areas:
                ending.callback(self._remove, area)
            self.descriptors.forget()

    def _remove(self, area: Area) -> None:
        try:
            area.remove()
        except (OSError, MemoryError):
            self._is_left = True

    def _forget(self) -> None:
        if self._state is not None and not self._is_left:
            with contextlib.suppress(OSError):
                self._state.forget(self.transaction)


def _remove_empty(path: str) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(path)
