"""Many archives at once, in whatever runs functions: processes, a cluster."""

from __future__ import annotations

import contextlib
import os
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeAlias, TypedDict, TypeVar, Unpack

from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.unpacker.ahead import Ahead, ahead
from pltpack.unpacker.destination import Existing, Root
from pltpack.unpacker.directory import DirectoryDestination
from pltpack.unpacker.paths import PathPolicy
from pltpack.unpacker.unpack import Extraction, Placed, extract

P = ParamSpec("P")
R = TypeVar("R")

StrPath: TypeAlias = str | os.PathLike[str]


class Options(TypedDict, total=False):
    """The options of :func:`~pltpack.unpacker.unpack.extract` that can be sent to another process."""

    force: bool
    limits: Limits
    policy: PathPolicy | None
    members: Collection[str] | Callable[[str], bool] | None
    strip_components: int
    dry_run: bool
    salvage: bool
    durable: bool
    keep_entries: bool


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
    executor: Executor | None = None,
    on_entry: Callable[[Placed], object] | None = None,
    **options: Unpack[Options],
) -> Generator[Attempt, None, None]:
    """Unpack archives, each all or nothing, and say of each what became of it, in their order.

    ``dest``: one directory for all of them, or a function that names the one for an archive, such as
    :func:`own_directory`. What is in the end in a directory, and what is in whose way, is as if the archives had come
    one after the other. ``on_entry`` and ``options`` are those of :func:`~pltpack.unpacker.unpack.extract`.

    ``executor``: any ``concurrent.futures.Executor``, such as a ``ProcessPoolExecutor`` or ``Client.get_executor()`` of
    dask, whose workers see the same file system; ``None`` works in this process. With one, archives for the same
    directory are unpacked side by side in a hidden folder there and then moved into place, and ``on_entry`` is called,
    in this process, once an archive is in place. When the iteration is given up, what has not begun is cancelled.
    """
    names = (os.fspath(archive) for archive in archives)
    jobs = ((name, Path(dest(name) if callable(dest) else dest)) for name in names)
    if executor is None:
        for archive, directory in jobs:
            yield _attempt(archive, directory, options, on_entry)
        return
    if on_entry is not None:
        options["keep_entries"] = True
    with contextlib.closing(_side_by_side(list(jobs), executor, options)) as attempts:
        for attempt in attempts:
            if on_entry is not None and attempt.extraction is not None:
                for placed in attempt.extraction.entries:
                    on_entry(placed)
            yield attempt


def _attempt(archive: str, dest: Path, options: Options, on_entry: Callable[[Placed], object] | None = None) -> Attempt:
    try:
        return Attempt(archive, dest, extraction=extract(archive, dest, on_entry=on_entry, **options))
    except (PltError, OSError) as error:
        return Attempt(archive, dest, error=error)


def _side_by_side(jobs: list[tuple[str, Path]], executor: Executor, options: Options) -> Generator[Attempt, None, None]:
    reals = [os.path.realpath(directory) for _, directory in jobs]
    # A dry run puts nothing in anybody's way.
    shared = [] if options.get("dry_run") else [real for real, count in Counter(reals).items() if count > 1]
    working: set[Future[Any]] = set()
    with contextlib.ExitStack() as stack:
        folders = {real: stack.enter_context(ahead(real)) for real in shared}
        stack.callback(_give_up, working)
        turns: deque[Callable[[], Attempt]] = deque()
        for (archive, directory), real in zip(jobs, reals, strict=True):
            if real not in folders:
                turns.append(_submitted(executor, working, _attempt, archive, directory, options).result)
            elif (folder := folders[real]) is None or (place := folder.place()) is None:
                turns.append(partial(_attempt, archive, directory, options))
            else:
                unpacked = _submitted(executor, working, _unpacked, archive, place, options)
                turns.append(partial(_in_turn, archive, directory, options, folder, place, unpacked))
        while turns:
            yield turns.popleft()()


def _submitted(
    executor: Executor, working: set[Future[Any]], work: Callable[P, R], *arguments: P.args, **options: P.kwargs
) -> Future[R]:
    """A future that is in ``working`` until it is done: what came of it is kept by nobody but who waits for it."""
    future = executor.submit(work, *arguments, **options)
    working.add(future)
    future.add_done_callback(working.discard)
    return future


def _unpacked(archive: str, place: Root, options: Options) -> Extraction | None:
    """Unpack an archive ahead; what is wrong with it is found again when it is its turn."""
    with contextlib.suppress(PltError, OSError):
        return extract(archive, place, **options)
    return None


def _in_turn(
    archive: str, dest: Path, options: Options, folder: Ahead, place: Root, unpacked: Future[Extraction | None]
) -> Attempt:
    """Put in place what is unpacked already; where that cannot be, unpack it now as if nothing had been done."""
    attempt = None
    extraction = unpacked.result()
    with contextlib.suppress(PltError, OSError), folder.opened(place) as tree:
        if extraction is not None:
            attempt = Attempt(archive, dest, _moved(extraction, tree, dest, options))
    if attempt is None:
        attempt = _attempt(archive, dest, options)
    if attempt.extraction is not None:
        folder.keep_root()
    return attempt


def _moved(extraction: Extraction, tree: int, dest: Path, options: Options) -> Extraction:
    existing = Existing.REPLACE if options.get("force") else Existing.ERROR
    with DirectoryDestination(durable=options.get("durable", False)) as destination:
        outcomes = destination.graft(Root(dest), tree, existing)
        destination.commit()
    entries = [
        replace(placed, outcome=outcomes[placed.path]) if placed.path in outcomes else placed
        for placed in extraction.entries
    ]
    return replace(extraction, dest=dest, entries=entries)


def _give_up(working: set[Future[Any]]) -> None:
    """Cancel what has not begun, and wait for the rest: it works in folders that are about to go."""
    wait([future for future in list(working) if not future.cancel()])
