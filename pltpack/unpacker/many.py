"""Many archives at once, in whatever runs functions: processes, a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pltpack.errors import PltError
from pltpack.unpacker.unpack import Extraction, extract

StrPath: TypeAlias = str | os.PathLike[str]
Unpack: TypeAlias = Callable[[StrPath, Path], Extraction]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one archive of many: an ``extraction``, or the ``error`` that left its directory as it was."""

    archive: str
    dest: Path
    extraction: Extraction | None = None
    error: PltError | OSError | None = None


def own_directory(dest: StrPath) -> Callable[[str], Path]:
    """A directory for each archive, below ``dest``, that has the archive's name without its suffix."""
    return lambda archive: Path(dest, Path(archive).stem)


def extract_many(
    archives: Iterable[StrPath],
    dest: StrPath | Callable[[str], StrPath],
    *,
    unpack: Unpack = extract,
    executor: Executor | None = None,
) -> Iterator[Attempt]:
    """Unpack archives, each all or nothing, and say of each what became of it, in their order.

    ``dest``: one directory for all of them, or a function that names the one for an archive, such as
    :func:`own_directory`. Archives with the same directory are unpacked one after the other, since a later one may find
    in its way what an earlier one has put there; different directories are filled at the same time. ``unpack`` is
    ``extract``, with other options by ``functools.partial``. ``executor``: any ``concurrent.futures.Executor``, such as
    a ``ProcessPoolExecutor`` or ``Client.get_executor()`` of dask, whose workers see the same file system; ``None``
    works in this process. When the iteration is given up, what has not begun is cancelled.
    """
    if executor is None:
        for each in archives:
            archive = os.fspath(each)
            yield _attempt(unpack, archive, _directory(dest, archive))
        return
    groups: dict[str, list[tuple[str, Path]]] = {}
    places: list[tuple[str, int]] = []
    for each in archives:
        archive = os.fspath(each)
        directory = _directory(dest, archive)
        real = os.path.realpath(directory)
        group = groups.setdefault(real, [])
        places.append((real, len(group)))
        group.append((archive, directory))
    futures = {real: executor.submit(_attempts, unpack, group) for real, group in groups.items()}
    try:
        for real, index in places:
            yield futures[real].result()[index]
    finally:
        for future in futures.values():
            future.cancel()


def _directory(dest: StrPath | Callable[[str], StrPath], archive: str) -> Path:
    return Path(dest(archive) if callable(dest) else dest)


def _attempts(unpack: Unpack, group: Sequence[tuple[str, Path]]) -> list[Attempt]:
    return [_attempt(unpack, archive, dest) for archive, dest in group]


def _attempt(unpack: Unpack, archive: str, dest: Path) -> Attempt:
    try:
        return Attempt(archive, dest, extraction=unpack(archive, dest))
    except (PltError, OSError) as error:
        return Attempt(archive, dest, error=error)
