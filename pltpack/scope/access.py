"""How sources are reached."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from pltpack.dataclass import dataclass
from pltpack.input import Progress

if TYPE_CHECKING:
    from pltpack.fetch.cache import Cache


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Access:
    """How sources are reached: the ``catalogs`` to ask instead of the configured ones, whether what was downloaded
    before is used, whether servers are asked at all, and how many at once (``None``: as many as Racket asks).

    ``cache`` is a directory instead of the usual one. ``tell`` is told of each look-up and download, ``progress`` of
    the bytes that have come, of all downloads together.
    """

    catalogs: tuple[str, ...] | None = None
    use_cache: bool = True
    offline: bool = False
    jobs: int | None = None
    cache: Path | None = None
    tell: Callable[[str], None] = silent
    progress: Progress | None = None
    rooms: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)

    def open_cache(self) -> Cache:
        """The cache: without the use of one, a new one that is gone when the scope is closed."""
        import tempfile

        from pltpack.fetch.cache import Cache

        if self.use_cache:
            return Cache(self.cache)
        return Cache(self.rooms.enter_context(tempfile.TemporaryDirectory(prefix="pltpack-")))
