"""Bodies for tests that place files without an archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pltpack.unpacker.destination import Destination, Existing, Outcome, Root


@dataclass
class Bytes:
    """A body with this data, handed out in pieces of ``step`` bytes."""

    data: bytes
    step: int = 1 << 16

    def read(self, size: int = -1, /) -> bytes:
        wanted = len(self.data) if size < 0 else size
        piece, self.data = self.data[:wanted], self.data[wanted:]
        return piece

    def chunks(self) -> Iterator[bytes]:
        while self.data:
            yield self.read(self.step)


def put(destination: Destination, root: Root, path: str, data: bytes, existing: Existing = Existing.ERROR) -> Outcome:
    """Write a file from its data; the path has ``/`` between names."""
    return destination.write_file(root, tuple(path.split("/")), len(data), Bytes(data), existing)


def make(destination: Destination, root: Root, path: str) -> Outcome:
    """Make a directory; ``""`` is the root."""
    return destination.make_directory(root, tuple(path.split("/")) if path else ())
