"""Making a scope equal to a lock: what is missing comes from the cache or is fetched by its digest; then all of it is
put in place in one transaction."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pltpack.dataclass import dataclass
from pltpack.errors import BlockedError, BusyError, ChecksumError, PltError
from pltpack.lock.placing import DEFAULT_MODE, LinkMode, put
from pltpack.lock.plan import Meant, plan_sync, target_for
from pltpack.lock.stamp import read_stamp, write_stamp
from pltpack.lock.targets import open_fetcher, target_of
from pltpack.lock.trees import find_tree, forget
from pltpack.lock.values import Lock, LockedPackage
from pltpack.scope.commit import Applied, ScopeChangedError, TrashLimits, apply_plan, recover
from pltpack.scope.plan.values import Content, Options, Plan, Step
from pltpack.scope.scope import Scope
from pltpack.scope.state.lock import patiently
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.waiting_room import WaitingRoom, waiting_room

if TYPE_CHECKING:
    from pltpack.lock.contents import Contents

_TRIES: Final = 5
_AT_ONCE: Final = 32


@dataclass(frozen=True)
class SyncOptions:
    """How a scope is made equal to a lock: where packages are looked for before their sources (``places``, see
    :class:`~pltpack.lock.contents.Contents`), how files come from the cache (``mode``), whether what goes is put into
    the ``trash``, whether packages that no sync has put there may be removed (``force``), and whether linked packages
    are linked (``links``). An installation keeps what it has by itself, and with ``force`` what it needs of that."""

    places: tuple[str, ...] = ()
    mode: LinkMode = DEFAULT_MODE
    trash: bool = True
    force: bool = False
    links: bool = True


@dataclass(frozen=True)
class Synced:
    """What a sync has come to: the plan, and what was done; ``None`` after a dry run."""

    plan: Plan
    applied: Applied | None
    contents: Mapping[str, str] = field(default_factory=dict)


def sync_lock(
    scope: Scope,
    lock: Lock,
    base: Path,
    options: SyncOptions = SyncOptions(),
    *,
    key: str = "",
    dry_run: bool = False,
    before: Callable[[Plan], None] | None = None,
) -> Synced:
    """Make a scope equal to a lock, whose file is in the directory ``base``: all of it or nothing.

    Nothing is resolved and no catalog asked. ``key`` is what the lock file is known by, see
    :func:`~pltpack.lock.stamp.lock_key`; ``before`` is shown the plan. Raises :class:`~pltpack.errors.BlockedError`
    (another Racket, something missing, packages in the way), :class:`~pltpack.errors.ChecksumError` (a wrong byte),
    :class:`~pltpack.errors.FetchError`, :class:`~pltpack.errors.PltError`, ``OSError``; then the scope is as it was.
    """
    run = _Sync(scope, lock, base.absolute(), options, before)
    return patiently(lambda: run.run(key, dry_run=dry_run), timeout=scope.manner.lock_timeout)


class _Sync:
    def __init__(
        self, scope: Scope, lock: Lock, base: Path, options: SyncOptions, before: Callable[[Plan], None] | None
    ) -> None:
        self.scope = scope
        self.lock = lock
        self.base = base
        self.options = options
        self.target = target_of(scope.installation)
        self.before = before
        self._told = False

    def run(self, key: str, *, dry_run: bool) -> Synced:
        for _ in range(_TRIES):
            plan = self.plan()
            if self.before is not None and not self._told:
                self._told = True
                self.before(plan)
            contents = self._contents(plan)
            if dry_run:
                return Synced(plan, None, contents)
            with contextlib.suppress(ScopeChangedError):
                applied = self.apply(plan)
                write_stamp(self.scope.places, key, contents)
                return Synced(plan, applied, contents)
        raise BlockedError("others keep changing the packages of this scope", file=str(self.scope.places.packages))

    def plan(self) -> Plan:
        """What is to be done."""
        recover(self.scope.places, self.scope.manner)
        stamp = read_stamp(self.scope.places)
        known = {} if stamp is None else stamp.contents
        situation = self.scope.surroundings().situation()
        options = Options(deps="force", trash=self.options.trash)
        meant = Meant(self.lock, self.base, known, self.options.links, self.options.force)
        plan = plan_sync(situation, meant, self.target, options)
        removed = [step.name for step in plan.of("remove") if step.name not in known]
        if removed and stamp is None and not self.options.force:
            raise BlockedError(
                "the scope holds packages that are not in the lock",
                details=tuple(f"  {name}" for name in removed),
                hint="--force removes them; raco-pkg env makes a scope that is the project's own",
            )
        return plan

    def _blocks(self) -> dict[str, LockedPackage]:
        return self.lock.for_target(target_for(self.lock, self.target))

    def _contents(self, plan: Plan) -> dict[str, str]:
        blocks = self._blocks()
        found = ((name, blocks[name].content) for name in plan.records if name in blocks)
        return {name: content for name, content in found if content is not None}

    # what is to be done, done

    def apply(self, plan: Plan) -> Applied:
        """Fetch what is not there, and put all of it in place."""
        settings = self.scope.settings
        limits = TrashLimits(settings.number("trash-max-packages"), settings.number("trash-max-seconds"))
        manner = replace(self.scope.manner, limits=limits)
        places, installation = self.scope.places, self.scope.installation
        steps = [step for step in plan.of("install", "replace") if step.content and not step.content.origin.linked]
        if not steps:
            return apply_plan(plan, installation, places, manner)
        with _room(places.packages) as room, _Trees(self.scope, self.base, self.options.places) as trees:
            place = _place(room)
            self._placed(steps, place, trees)
            plan = replace(plan, steps=tuple(_with_collections(step, place.path) for step in plan.steps))
            with room.opened(place) as tree:

                def put_down(destination: DirectoryDestination, root: Root, content: Content) -> None:
                    destination.graft(root, tree, Existing.ERROR, (content.name,))

                return apply_plan(plan, installation, places, replace(manner, put=put_down))

    def _placed(self, steps: Sequence[Step], place: Root, trees: _Trees) -> None:
        """Every package in a place on the disk of the scope, checked."""
        known = self._blocks()
        blocks = [known[step.name] for step in steps]
        near = [trees.near(block) for block in blocks]
        missing = [block for block, path in zip(blocks, near, strict=True) if path is None]
        if missing:
            trees.fetch(missing)
        for block, path in zip(blocks, near, strict=True):
            self._place(block, place, trees, path or trees.near(block))

    def _place(self, block: LockedPackage, place: Root, trees: _Trees, path: Path | None) -> None:
        assert block.content is not None
        there = os.path.join(place.path, block.name)
        if path is not None:
            try:
                put(path, there, block.content, self.options.mode)
                return
            except ChecksumError:
                forget(path)
                _empty(there)
        put(trees.contents.tree(block).path, there, block.content, self.options.mode)


class _Trees(contextlib.ExitStack):
    """The trees of packages: mostly all are in the cache, and what would fetch others is not even made."""

    def __init__(self, scope: Scope, base: Path, places: Sequence[str]) -> None:
        super().__init__()
        self._scope, self._base, self._places = scope, base, places
        self._cache = scope.access.open_cache()

    @cached_property
    def contents(self) -> Contents:
        """What finds contents wherever they are."""
        from pltpack.lock.contents import Contents

        access = self._scope.access
        fetcher = self.enter_context(open_fetcher(self._scope.installation, access, self._cache))
        return Contents(fetcher, self._base, self._places, tell=access.tell)

    def near(self, block: LockedPackage) -> Path | None:
        """The tree of a package if it is in the cache; it was not checked."""
        assert block.content is not None
        return find_tree(self._cache, block.content)

    def fetch(self, blocks: Sequence[LockedPackage]) -> None:
        """Have the trees of packages in the cache, many at once. Raises the first error."""
        from concurrent.futures import ThreadPoolExecutor

        contents = self.contents
        with ThreadPoolExecutor(self._scope.access.jobs or _AT_ONCE) as pool:
            for error in pool.map(lambda block: _attempt(contents, block), blocks):
                if error is not None:
                    raise error


def _attempt(contents: Contents, block: LockedPackage) -> PltError | OSError | None:
    try:
        contents.tree(block)
    except (PltError, OSError) as error:
        return error
    return None


def _empty(there: str) -> None:
    import shutil

    shutil.rmtree(there)


def _place(room: WaitingRoom) -> Root:
    place = room.place()
    if place is None:
        raise OSError("there is no place to put packages down")
    return place


def _with_collections(step: Step, place: Path) -> Step:
    """A step that knows the collections of its package, for raco setup."""
    if step.content is None or step.content.origin.linked:
        return step
    collection = step.content.facts.collection
    found = (collection,) if collection is not None else _directories(place / step.name)
    return replace(step, content=replace(step.content, setup_collections=found))


def _directories(directory: Path) -> tuple[str, ...]:
    from pltpack.packer.filters import std_filter

    with os.scandir(directory) as found:
        return tuple(sorted(entry.name for entry in found if entry.is_dir() and std_filter(entry.name)))


@contextlib.contextmanager
def _room(packages: Path) -> Iterator[WaitingRoom]:
    """A place on the disk of the scope. Raises :class:`~pltpack.errors.BusyError` and ``OSError``."""
    with waiting_room(os.path.realpath(packages)) as room:
        if room is None:
            place = next(one for one in (packages, *packages.parents) if one.exists())
            if not os.access(place, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
            raise BusyError("another process is putting packages there", file=str(packages))
        yield room
