"""Files that become something else while they are packed, and disks that are full before an archive is whole."""

from __future__ import annotations

import gc
import io
import sys
from pathlib import Path

import pytest

from pltpack.errors import SourceError
from pltpack.formats.directory import DirectoryReader, DirectoryWriter
from pltpack.formats.entries import BytesContent, Entry, EntryWriter
from pltpack.formats.formats import Format, entry_writer
from tests.replacements import REPLACEMENTS

STREAMS: list[Format] = ["zip", "tgz", "tar", "plt"]
FORMATS: list[Format] = [*STREAMS, "dir"]


def write(writer: EntryWriter, entries: list[Entry]) -> None:
    with writer:
        for entry in entries:
            writer.add(entry)


@pytest.mark.parametrize("becomes", sorted(REPLACEMENTS))
@pytest.mark.parametrize("format", FORMATS)
def test_a_file_that_becomes_something_else(tmp_path: Path, format: Format, becomes: str) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "x").write_bytes(b"0123456789")
    entries = list(DirectoryReader(package))
    REPLACEMENTS[becomes](package / "x")
    writer: EntryWriter
    writer = DirectoryWriter(tmp_path / "out") if format == "dir" else entry_writer(io.BytesIO(), format, name="n")
    with pytest.raises(SourceError, match="has taken its place") as caught:
        write(writer, entries)
    assert caught.value.file == str(package / "x")
    assert not (tmp_path / "out").exists()


class Disk(io.BytesIO):
    """Takes so many bytes and no more."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def write(self, data: object, /) -> int:
        assert isinstance(data, bytes | bytearray | memoryview)
        if self.tell() + len(data) > self._size:
            raise OSError(28, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("format", STREAMS)
def test_a_full_disk_is_one_error(format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written once more when what is left of the writer is collected: Python would print a traceback."""
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    data = bytes(range(256)) * 40
    entries = [Entry(f"f{n}", "file", 0o644, 1_000_000_000, len(data), BytesContent(data)) for n in range(5)]
    whole = io.BytesIO()
    write(entry_writer(whole, format, name="n", jobs=1), entries)
    for size in range(0, len(whole.getvalue()), 61):
        with pytest.raises(OSError, match="No space left"):
            write(entry_writer(Disk(size), format, name="n", jobs=1), entries)
    gc.collect()
    assert not unraisable
