"""Libraries that only some need: an error that says which, where they are not installed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pltpack.errors import PltError


@contextlib.contextmanager
def needs(extra: str, library: str) -> Iterator[None]:
    """Say which extra brings a library that cannot be imported."""
    try:
        yield
    except ImportError as error:
        raise PltError(f"this needs the library {library}", hint=f"pip install 'pltpack[{extra}]'") from error
