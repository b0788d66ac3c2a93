"""The raw stream beside its reader: entries as they are spelled, to be written again without a change."""

from __future__ import annotations

from collections import deque


class Tap:
    """Sees the raw stream as it is read (as a :class:`~pltpack.codec.raw_stream.Digest`) and hands out parts of it.

    Holds only what may still be asked for: never file data that is skipped.
    """

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._start = 0  # the offset of the first piece
        self.end = 0
        """How many bytes were seen."""
        self._position = 0

    def update(self, data: bytes, /) -> None:
        """Take the next piece of the raw stream."""
        self._pieces.append(data)
        self.end += len(data)
        self._drop()

    def take(self, stop: int) -> bytes:
        """What lies between the place where the last part ended and ``stop``, which has been seen."""
        parts = []
        offset = self._start
        for piece in self._pieces:
            if offset >= stop:
                break
            if offset + len(piece) > self._position:
                parts.append(piece[max(self._position - offset, 0) : stop - offset])
            offset += len(piece)
        self.skip(stop - self._position)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Let the next part begin so many bytes later."""
        self._position += max(size, 0)
        self._drop()

    def _drop(self) -> None:
        while self._pieces and self._start + len(self._pieces[0]) <= self._position:
            self._start += len(self._pieces.popleft())
