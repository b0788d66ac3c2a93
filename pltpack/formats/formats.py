"""The formats of packages: what each can hold, and a reader and a writer for each behind the same two classes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias

from pltpack.codec.limits import Limits
from pltpack.dataclass import dataclass
from pltpack.errors import PackageError
from pltpack.formats.entries import EntryReader, EntryWriter
from pltpack.formats.judgement import Purpose
from pltpack.given import well_behaved

Format: TypeAlias = Literal["zip", "tgz", "tar", "plt", "dir"]


@dataclass(frozen=True, slots=True)
class FormatTraits:
    """What a format can hold besides paths, data and directories."""

    suffixes: tuple[str, ...]
    modes: bool
    times: bool
    links: bool


FORMATS: Final[dict[Format, FormatTraits]] = {
    "zip": FormatTraits((".zip",), modes=True, times=True, links=False),
    "tgz": FormatTraits((".tgz", ".tar.gz"), modes=True, times=True, links=True),
    "tar": FormatTraits((".tar",), modes=True, times=True, links=True),
    "plt": FormatTraits((".plt",), modes=False, times=False, links=False),
    "dir": FormatTraits((), modes=True, times=True, links=True),
}


SUFFIXES: Final = tuple(suffix for traits in FORMATS.values() for suffix in traits.suffixes)
"""The ends of the names of packages."""


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format by the name, as the package manager tells it; a directory is one whatever its name.

    Raises :class:`~pltpack.errors.PackageError` for a suffix that is none of a package.
    """
    name = os.path.basename(os.fspath(path))
    if os.path.isdir(path):
        return "dir"
    for candidate, traits in FORMATS.items():
        if name.endswith(traits.suffixes):
            return candidate
    known = ", ".join(SUFFIXES)
    raise PackageError("not a package by its name", file=os.fspath(path), hint=f"a package ends in {known}")


@contextlib.contextmanager
def open_entries(
    source: str | os.PathLike[str] | BinaryIO,
    *,
    format: Format | None = None,
    limits: Limits = Limits(),
    purpose: Purpose = Purpose.USE,
) -> Iterator[EntryReader]:
    """Read an archive or a directory: ``with open_entries("x.zip") as entries: for entry in entries: ...``.

    ``format`` is found by the name of a path, and must be given for a stream (for zip, a seekable one).
    For the ``purpose`` of looking, members of zip and tar archives that may not be unpacked are given, too, and what
    other programs read differently is no error; the reader's ``judgement`` tells of both.
    """
    if not isinstance(source, str | os.PathLike):
        if format is None:
            raise ValueError("the format of a stream must be given")
        name = getattr(source, "name", None)
        name = name if isinstance(name, str) else None
        source = well_behaved("source", source)
        with entry_reader(source, format, limits=limits, name=name, purpose=purpose) as reader:
            yield reader
        return
    format = format or format_of(source)
    if format == "dir":
        from pltpack.formats.directory import DirectoryReader

        yield DirectoryReader(source)
        return
    with (
        open(source, "rb") as stream,
        entry_reader(stream, format, limits=limits, name=os.fspath(source), purpose=purpose) as reader,
    ):
        yield reader


def entry_reader(
    source: BinaryIO,
    format: Format,
    *,
    limits: Limits = Limits(),
    name: str | None = None,
    purpose: Purpose = Purpose.USE,
) -> EntryReader:
    """The reader of an archive on a stream, which stays open."""
    if format == "zip":
        from pltpack.formats.zip import ZipReader

        return ZipReader(source, limits=limits, name=name, purpose=purpose)
    if format in ("tgz", "tar"):
        from pltpack.formats.tar import TarReader

        return TarReader(source, limits=limits, name=name, purpose=purpose)
    if format == "plt":
        from pltpack.formats.plt import PltReader

        return PltReader(source, limits=limits, name=name)
    raise ValueError("a directory is no stream")


def entry_writer(
    sink: BinaryIO, format: Format, *, name: str, collections: tuple[str, ...] = (), jobs: int | None = None
) -> EntryWriter:
    """The writer of an archive on a stream (for zip, a seekable one), which stays open.

    ``name`` and ``collections``, those to set up, are what the header of a ``.plt`` says. ``jobs``: threads that
    deflate a zip (``None``: the cores).
    """
    if format == "zip":
        from pltpack.formats.zip import ZipWriter

        return ZipWriter(sink, jobs=jobs)
    if format in ("tgz", "tar"):
        from pltpack.formats.tar_writer import TarWriter

        return TarWriter(sink, gzip=format == "tgz")
    if format == "plt":
        from pltpack.formats.plt import PltWriter, package_header

        return PltWriter(sink, package_header(name, tuple((collection,) for collection in collections)))
    raise ValueError("a directory is no stream")


def directory_writer(path: str | os.PathLike[str]) -> EntryWriter:
    """The writer of a directory that does not exist yet, or is empty."""
    from pltpack.formats.directory import DirectoryWriter

    return DirectoryWriter(Path(path))
