"""Archives that are named on the command line; ``-`` is standard input."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import BinaryIO


@contextlib.contextmanager
def readable(name: str) -> Iterator[str | BinaryIO]:
    """The archive called ``name`` as the library takes it: a path, or standard input made seekable."""
    if name != "-":
        yield name
        return
    import shutil
    import tempfile

    with tempfile.TemporaryFile() as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
        stream.seek(0)
        yield stream


def shown(name: str) -> str:
    """What to call the archive in what is printed."""
    return "standard input" if name == "-" else name
