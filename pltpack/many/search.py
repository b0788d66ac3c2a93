"""Searching archives of all formats, without unpacking them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from pltpack.codec.entries import File, display_path
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import PltError
from pltpack.formats.entries import chunks
from pltpack.formats.formats import open_entries
from pltpack.formats.recognise import recognise
from pltpack.many.discover import StrPath, discover
from pltpack.many.each import each
from pltpack.many.query import MOST_LINES, Compiled, Line, Query


@dataclass(frozen=True, slots=True)
class Match:
    """A file that was found. ``count`` is how many of its lines are what was searched for; ``lines`` the first of them.

    Both are empty where nothing in the file was searched for.
    """

    path: str
    size: int
    count: int = 0
    lines: tuple[Line, ...] = ()


@dataclass(slots=True)
class Searched:
    """An archive that was searched: what was found in it, and the ``error`` that ended it (``None``: its end)."""

    archive: str
    matches: list[Match] = field(default_factory=list)
    error: PltError | OSError | None = None


def search(
    paths: Iterable[StrPath],
    query: Query,
    *,
    recursive: bool = False,
    executor: Executor | None = None,
    limits: Limits = Limits(),
) -> Iterator[Searched]:
    """Search archives, and directories with archives in them (see :func:`~pltpack.many.discover.discover`).

    ``executor``: any of ``concurrent.futures``; results come in the order of the archives all the same. Data is looked
    at as it is read, and never kept. Raises ``ValueError`` for a query that is none, ``OSError`` for a directory that
    cannot be read.
    """
    query.compiled()  # what is wrong with it is told here, and not by every process
    work = partial(search_archive, query=query, limits=limits)
    return each(work, discover(paths, recursive=recursive), executor)


def search_archive(path: str, query: Query, *, source: BinaryIO | None = None, limits: Limits = Limits()) -> Searched:
    """Search one archive; ``source`` is where it is read instead. Damage ends it, and is told with what came before."""
    found = Searched(path)
    compiled = query.compiled()
    opened: str | BinaryIO = path if source is None else source
    try:
        format = recognise(opened)
        if format == "plt":
            if isinstance(opened, str):
                with open(opened, "rb", buffering=0) as stream:
                    _search_plt(stream, path, compiled, found, limits)
            else:
                _search_plt(opened, path, compiled, found, limits)
        else:
            with open_entries(opened, format=format, limits=limits) as entries:
                for entry in entries:
                    if entry.kind == "file" and compiled.takes(entry.path):
                        _take(entry.path, entry.size, chunks(entry), compiled, found)
    except (PltError, OSError) as error:
        found.error = error
    return found


def _search_plt(stream: BinaryIO, name: str, query: Compiled, found: Searched, limits: Limits) -> None:
    with ArchiveReader(stream, limits=limits, name=os.fspath(name)) as archive:
        for entry in archive:
            if isinstance(entry, File) and query.takes(path := display_path(entry.path)):
                _take(path, entry.size, entry.body.chunks(), query, found)


def _take(path: str, size: int, data: Iterator[bytes], query: Compiled, found: Searched) -> None:
    if not query.reads:
        found.matches.append(Match(path, size))
        return
    lines: list[Line] = []
    count = 0
    for line in query.lines(data) or ():
        count += 1
        if count <= MOST_LINES:
            lines.append(line)
    if count:
        found.matches.append(Match(path, size, count, tuple(lines)))
