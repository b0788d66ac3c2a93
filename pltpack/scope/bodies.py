"""The data of files as a transaction takes it."""

from __future__ import annotations

from collections.abc import Iterator

from pltpack.formats.entries import CHUNK, Entry, ExactReader


class EntryData(ExactReader):
    """The data of an entry; it fails unless that has the promised size."""

    def chunks(self) -> Iterator[bytes]:
        """What is left, in pieces."""
        while data := self.read(CHUNK):
            yield data


def data_of(entry: Entry) -> EntryData:
    """The data of a file."""
    return EntryData.of(entry)
