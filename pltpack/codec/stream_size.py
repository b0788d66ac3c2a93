"""How many bytes a stream has, where that can be known without reading it."""

from __future__ import annotations

import io
from typing import BinaryIO


def stream_size(stream: BinaryIO) -> int | None:
    """The bytes from where the stream stands to its end, and there it stays; ``None`` if that is not known.

    A stream that has counted them already says so in its attribute ``total``: seeking may cost it something.
    """
    total = getattr(stream, "total", None)
    if isinstance(total, int):
        return total
    try:
        if not stream.seekable():
            return None
        here = stream.tell()
        size = stream.seek(0, io.SEEK_END) - here
        stream.seek(here)
    except (AttributeError, OSError, ValueError):
        return None
    return size
