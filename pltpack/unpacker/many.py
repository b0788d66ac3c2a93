"""Many archives at once, in whatever runs functions: processes, a cluster."""

from __future__ import annotations

import contextlib
import os
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeAlias, TypedDict, TypeVar, Unpack

from pltpack.arguments import check_several
from pltpack.codec.limits import Limits
from pltpack.errors import PltError
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.portability import folded
from pltpack.transaction.waiting_room import WaitingRoom, waiting_room
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
    dask, whose workers see the same file system and the same working directory; ``None`` works in this process. With
    one, archives for the same directory are unpacked side by side in a hidden folder there (where workers on this
    machine can; others leave it to this process) and then moved into place. One that finds something in its way is
    read again. ``on_entry`` is called, in this process, once an archive is in place, and has entries kept. When the
    iteration is given up, what has not begun is cancelled. What the executor itself raises passes through.
    """
    check_several("archives", archives)
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
    with contextlib.ExitStack() as stack:
        rooms: dict[str, WaitingRoom | None] = {}
        if not options.get("dry_run"):  # It puts nothing in anybody's way.
            rooms.update(dict.fromkeys(_entangled(set(reals))))
            crowded = (real for real, count in Counter(reals).items() if count > 1 and real not in rooms)
            rooms.update((real, stack.enter_context(waiting_room(real))) for real in crowded)
        work = _Work(executor, options, rooms)
        stack.callback(work.give_up)
        turns = deque(work.begun(archive, dest, real) for (archive, dest), real in zip(jobs, reals, strict=True))
        try:
            while turns:
                yield turns.popleft()()
        except BrokenExecutor:
            # It fails all futures itself, and not all versions of Python can bear that one is cancelled meanwhile.
            work.forget()
            raise


def _entangled(reals: set[str]) -> set[str]:
    """Directories that lie in one another, or that are the same on a disk that folds names."""
    places: dict[str, list[str]] = {}
    for real in reals:
        places.setdefault(folded(real), []).append(real)
    found: set[str] = set()
    for place, same in places.items():
        above = [str(parent) for parent in Path(place).parents if str(parent) in places]
        if above or len(same) > 1:
            found.update(same, *(places[parent] for parent in above))
    return found


class _Work:
    """Archives given to an executor. ``rooms``: the directories where turns matter, with the room to wait for them."""

    def __init__(self, executor: Executor, options: Options, rooms: Mapping[str, WaitingRoom | None]) -> None:
        self._executor = executor
        self._options = options
        self._rooms = rooms
        self._working: set[Future[Any]] = set()

    def begun(self, archive: str, dest: Path, real: str) -> Callable[[], Attempt]:
        """Begin with an archive where that can be; the function that is returned ends it when it is its turn."""
        if real not in self._rooms:
            return self._submitted(_attempt, archive, dest, self._options).result
        room = self._rooms[real]
        # A pipe can be read but once, so not ahead and then in its turn.
        place = room.place() if room is not None and os.path.isfile(archive) else None
        if room is None or place is None:
            return partial(_attempt, archive, dest, self._options)
        unpacked = self._submitted(_unpack_ahead, os.path.abspath(archive), place, self._options)
        return partial(_in_turn, archive, dest, self._options, room, place, unpacked)

    def give_up(self) -> None:
        """Cancel what has not begun, and wait for the rest: it works in folders that are about to go."""
        wait([future for future in list(self._working) if not future.cancel()])

    def forget(self) -> None:
        """Leave everything to the executor."""
        self._working = set()

    def _submitted(self, work: Callable[P, R], *arguments: P.args, **options: P.kwargs) -> Future[R]:
        """A future that is known here until it is done: what came of it is kept only by who waits for it."""
        future = self._executor.submit(work, *arguments, **options)
        self._working.add(future)
        future.add_done_callback(self._working.discard)
        return future


def _unpack_ahead(archive: str, place: Root, options: Options) -> Extraction | None:
    """Unpack an archive where it waits; what is wrong with it is found again when it is its turn."""
    with contextlib.suppress(PltError, OSError):
        return extract(archive, place, **options)
    return None


def _in_turn(
    archive: str, dest: Path, options: Options, room: WaitingRoom, place: Root, unpacked: Future[Extraction | None]
) -> Attempt:
    """Put in place what is unpacked already; where that cannot be, unpack it now as if nothing had been done."""
    attempt = None
    extraction = unpacked.result()
    with contextlib.suppress(PltError, OSError), room.opened(place) as tree:
        if extraction is not None:
            attempt = Attempt(archive, dest, _moved(extraction, tree, dest, options))
    if attempt is None:
        attempt = _attempt(archive, dest, options)
    if attempt.extraction is not None:
        room.keep_root()
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
