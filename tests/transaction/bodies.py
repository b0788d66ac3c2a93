"""Placing files without an archive, and what a run does before anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pltpack.transaction.destination import Destination, Existing, Outcome, Root
from pltpack.transaction.directory import DirectoryDestination


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


def clean_up(*roots: Path) -> None:
    """What the next run does before anything else."""
    with DirectoryDestination() as destination:
        for root in roots:
            destination.make_directory(Root(root), ())
