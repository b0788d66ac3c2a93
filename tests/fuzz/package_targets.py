"""Targets for packages in other formats, and for conversions between them."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

from pltpack.conversion.compare import compare
from pltpack.conversion.convert import convert
from pltpack.errors import PltError
from pltpack.formats.entries import BytesContent, Entry
from pltpack.formats.formats import Format, entry_reader, entry_writer
from pltpack.formats.recognise import by_content
from pltpack.pkg.view import View
from tests.fuzz.bounds import LIMITS


def zip(data: bytes) -> None:
    """A zip package."""
    _package(data, "zip")


def tar(data: bytes) -> None:
    """A tar package, compressed or not."""
    _package(data, "tgz")


def _package(data: bytes, format: Format) -> None:
    """Paths are safe and each the name of one thing; what was read is written and read again."""
    by_content(data)
    entries = _entries(data, format)
    if entries is None:
        return
    copy = io.BytesIO()
    try:
        with entry_writer(copy, format, name="x") as writer:
            for entry, _ in entries:
                writer.add(entry)
    except PltError:
        return
    again = _entries(copy.getvalue(), format)
    assert again is not None, "the copy cannot be read"
    assert [(entry.path, entry.kind, content) for entry, content in again] == [
        (entry.path, entry.kind, content) for entry, content in entries
    ], "the copy has another content"


def _entries(data: bytes, format: Format) -> list[tuple[Entry, bytes]] | None:
    """The entries with their data, checked; ``None`` for what is no package."""
    found: list[tuple[Entry, bytes]] = []
    try:
        with entry_reader(io.BytesIO(data), format, limits=LIMITS) as reader:
            for entry in reader:
                content = entry.read() if entry.kind == "file" else b""
                assert len(content) == entry.size
                kept = BytesContent(content) if entry.kind == "file" else None
                copied = Entry(entry.path, entry.kind, entry.mode, entry.mtime, entry.size, kept, entry.target)
                found.append((copied, content))
    except PltError as error:
        str(error)
        return None
    names = [entry.path for entry, _ in found]
    for name in names:
        assert all(part not in ("", ".", "..") and "\0" not in part for part in name.split("/")), name
    files = {entry.path for entry, _ in found if entry.kind != "directory"}
    assert len(files) == sum(entry.kind != "directory" for entry, _ in found), "two files have one name"
    return found


def converted(data: bytes) -> None:
    """Any archive, written in another format: nothing is gone, and nothing new, but what the conversion reports."""
    target: Format = ("zip", "tgz", "plt")[len(data) % 3]
    view: View = "stored" if len(data) % 2 else "package"
    with tempfile.TemporaryDirectory(prefix="pltpack-fuzz-") as folder, contextlib.suppress(PltError):
        place = Path(folder, f"x.{target}")
        done = convert(io.BytesIO(data), place, view=view, limits=LIMITS)
        comparison = compare(io.BytesIO(data), place, view=view, limits=LIMITS)
        reported = {path for loss in done.losses for path in loss.paths} | set(done.dropped)
        copies = tuple(f"{path}/" for path in reported)  # of what a link points to
        assert all(path in done.added or path.startswith(copies) for path in comparison.added), "something is new"
        assert set(comparison.removed) <= reported, "something is gone"
        assert {change.path for change in comparison.changed} <= reported, "something has changed"
