"""The raw stream of an archive, seen through a window that moves along it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol


class Digest(Protocol):
    """What can be fed bytes, such as ``hashlib.sha256()``."""

    def update(self, data: bytes, /) -> None: ...


class RawStream:
    """The bytes in memory, ``data``, are used up to ``position``; what lies behind them comes when it is needed."""

    __slots__ = ("_chunks", "_digest", "base", "data", "ended", "position")

    def __init__(self, chunks: Generator[bytes, None, None], digest: Digest | None = None) -> None:
        """``chunks`` are the stream in pieces, none of them empty; ``digest`` is fed all of them."""
        self._chunks = chunks
        self._digest = digest
        self.base = 0
        """How many bytes of the stream came before ``data``."""
        self.data = b""
        self.position = 0
        self.ended = False
        """Whether nothing comes behind ``data``."""

    @property
    def offset(self) -> int:
        """How many bytes of the stream are used."""
        return self.base + self.position

    @property
    def unused(self) -> int:
        """How many bytes in memory are not used yet."""
        return len(self.data) - self.position

    def fill(self, wanted: int = 1) -> bool:
        """Get at least ``wanted`` more bytes, keeping the unused ones; ``False`` if there was not one."""
        parts = [self.data[self.position :]]
        self.base += self.position
        self.position = 0
        while wanted > 0 and (chunk := self._next_chunk()):
            parts.append(chunk)
            wanted -= len(chunk)
        self.data = parts[0] if len(parts) == 1 else b"".join(parts)
        return len(parts) > 1

    def take(self, most: int) -> bytes:
        """Use up to ``most`` bytes, at least one unless the stream ends; whole chunks are handed on without a copy."""
        if self.position == len(self.data):
            self.base += self.position
            self.position = 0
            self.data = self._next_chunk()
        start = self.position
        piece = self.data if not start and most >= len(self.data) else self.data[start : start + most]
        self.position = start + len(piece)
        return piece

    def close(self) -> None:
        """Forget the stream."""
        self._chunks.close()
        self.data = b""
        self.position = 0

    def _next_chunk(self) -> bytes:
        chunk = next(self._chunks, b"")
        if not chunk:
            self.ended = True
        elif self._digest is not None:
            self._digest.update(chunk)
        return chunk
