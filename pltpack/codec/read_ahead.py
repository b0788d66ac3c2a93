"""A second thread that decodes while the first one works with what is decoded already."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

_ALONE: Final = 2
"""Chunks that are made without a thread: small archives need none."""

_AHEAD: Final = 4
"""Chunks that may wait: what the memory holds at most."""


def read_ahead(chunks: Iterator[bytes]) -> Generator[bytes, None, None]:
    """The same chunks (none of them empty), made while those before them are in use; errors come in their place.

    Decompression runs with the interpreter's lock released, so two cores have work. When the iteration is given up, the
    thread is waited for: it makes the few chunks that there is room for, and no more.
    """
    for _ in range(_ALONE):
        if not (chunk := next(chunks, b"")):
            return
        yield chunk
    from queue import SimpleQueue
    from threading import Thread

    ready: SimpleQueue[bytes | BaseException] = SimpleQueue()
    room: SimpleQueue[bool] = SimpleQueue()  # One item for each chunk that may be made; False: no more.

    def make() -> None:
        try:
            while room.get() and (made := next(chunks, b"")):
                ready.put(made)
            ready.put(b"")
        except BaseException as error:
            ready.put(error)

    for _ in range(_AHEAD):
        room.put(True)
    thread = Thread(target=make, name="read-ahead", daemon=True)
    thread.start()
    try:
        while made := ready.get():
            if isinstance(made, BaseException):
                raise made
            yield made
            room.put(True)
    finally:
        room.put(False)
        thread.join()
