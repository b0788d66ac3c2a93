"""Archives that are named on the command line; ``-`` is standard input, and pipes are read but once."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from typing import BinaryIO

from pltpack.errors import FormatError


@contextlib.contextmanager
def readable(name: str) -> Iterator[str | BinaryIO]:
    """The archive called ``name`` as the library takes it: a path, or standard input or a pipe made seekable."""
    if not is_stream(name):
        yield name
        return
    import shutil
    import tempfile

    with contextlib.ExitStack() as stack:
        given = sys.stdin.buffer if name == "-" else stack.enter_context(open(name, "rb"))
        stream = stack.enter_context(tempfile.TemporaryFile())
        shutil.copyfileobj(given, stream)
        stream.seek(0)
        yield stream


def first_line(name: str, most: int) -> str:
    """The first line of a file of text, or of standard input (``-``), without its end; not more than ``most`` bytes are
    read. Raises :class:`~pltpack.errors.FormatError` for what is not UTF-8, ``OSError``."""
    with contextlib.nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb") as stream:
        line = stream.readline(most)
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise FormatError("its first line is not UTF-8", file=name) from None


def is_stream(name: str) -> bool:
    """Whether what is called ``name`` can be read only once: standard input, a pipe, a terminal."""
    if name == "-":
        return True
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def shown(name: str) -> str:
    """What to call the archive in what is printed."""
    return "standard input" if name == "-" else name
