"""One progress bar for many downloads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias

from ..progress import progress

Watch: TypeAlias = Callable[[str, int, int | None], None]
"""Called with a source, the bytes of it that have come, and how many it has (``None``: unknown); from any thread."""


@contextlib.contextmanager
def downloads(*, quiet: bool) -> Iterator[Watch]:
    """A function that shows how far all downloads together have come."""
    lock = threading.Lock()
    known: dict[str, tuple[int, int | None]] = {}
    with progress("Fetching", quiet=quiet) as bar:

        def watch(source: str, done: int, total: int | None) -> None:
            if bar is None:
                return
            with lock:
                known[source] = done, total
                whole = [one[1] for one in known.values()]
                bar(sum(one[0] for one in known.values()), None if None in whole else sum(filter(None, whole)))

        yield watch
