"""A plan carried out: packages, both tables and the trash change in one transaction, whole or not at all.

New directories come first, then what is taken away, then the links file and the table: whatever moment a process is
killed at, what a running ``raco pkg`` finds are records and links of packages that are there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from pltpack.dataclass import dataclass
from pltpack.errors import BlockedError, BusyError, UnsafePathError
from pltpack.input import Progress
from pltpack.racket.installation import Installation
from pltpack.scope.access import silent
from pltpack.scope.plan.values import Content, Plan, Step
from pltpack.scope.state import trash
from pltpack.scope.state.links import LinkEntries
from pltpack.scope.state.lock import DEFAULT_TIMEOUT, ScopeLock, patiently
from pltpack.scope.state.places import TRASH, Places
from pltpack.scope.state.records import Record, read_records, write_records
from pltpack.transaction.destination import BytesData, Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.directory import recover as recover_roots

_NS: Final = 10**9
_OTHERS_WRITE: Final = 0o002


class ScopeChangedError(BlockedError):
    """The scope is not any more what the plan was made for: make another plan."""


@dataclass(frozen=True, slots=True)
class TrashLimits:
    """How much the trash keeps: packages, and seconds."""

    packages: float = 512
    seconds: float = 172800


@dataclass
class Applied:
    """What was done. ``trashed`` says where replaced and removed packages went, ``trash_pruned`` what had to go there;
    ``aside`` is what lay in the way of a package, and went into the trash as well."""

    plan: Plan
    trashed: dict[str, Path] = field(default_factory=dict)
    trash_pruned: tuple[str, ...] = ()
    aside: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Manner:
    """How to carry plans out: how much the trash keeps, how long to wait for others, whom to tell of the wait; whether
    to wait for the disk. ``clock`` gives the seconds since 1970 that trashed packages are named by."""

    limits: TrashLimits = TrashLimits()
    lock_timeout: float = DEFAULT_TIMEOUT
    waiting: Callable[[Path], None] | None = None
    durable: bool = False
    progress: Progress | None = None
    tell: Callable[[str], None] = silent
    clock: Callable[[], float] | None = None
    put: Callable[[DirectoryDestination, Root, Content], None] | None = None
    """Puts the files of a package among the packages, instead of unpacking them there."""

    def now(self) -> int:
        """The seconds since 1970."""
        return int((self.clock or time.time)())


def apply_plan(plan: Plan, installation: Installation, places: Places, manner: Manner = Manner()) -> Applied:
    """Carry out a plan, all of it or nothing.

    Raises :class:`ScopeChangedError`, :class:`~pltpack.errors.BusyError`, what reading the content raises, and
    ``OSError``; then everything is as it was.
    """
    if not plan.steps:
        return Applied(plan)
    recover(places, manner)
    return patiently(lambda: _apply(plan, installation, places, manner), timeout=manner.lock_timeout)


def _apply(plan: Plan, installation: Installation, places: Places, manner: Manner) -> Applied:
    applied = Applied(plan)
    with DirectoryDestination(durable=manner.durable) as destination:
        change = _Change(plan, installation, places, manner, destination, applied)
        try:
            _stage(change, places)
            with ScopeLock(places.packages, timeout=manner.lock_timeout, waiting=manner.waiting):
                change.finish()
        except BaseException:
            change.forget_clones()
            raise
    return applied


def _stage(change: _Change, places: Places) -> None:
    try:
        change.stage()
    except FileNotFoundError as error:
        # Whoever had made the directory of a new scope has taken it back, before anything was in it.
        if isinstance(error.filename, str) and Path(error.filename).is_relative_to(places.packages):
            raise ScopeChangedError(
                "the directory of packages is gone", file=str(places.packages), hint="try again"
            ) from error
        raise


def recover(places: Places, manner: Manner = Manner()) -> None:
    """Undo what a process that was killed has left half done; nothing to do in nearly all cases. Raises as
    :func:`apply_plan`."""
    roots = [Root(directory) for directory in {places.packages, places.links.parent}]
    if not any(name.startswith(".pltpack-") for root in roots for name in _names(root.path)):
        return
    lock = ScopeLock(places.packages, timeout=manner.lock_timeout, waiting=manner.waiting)
    with contextlib.suppress(BusyError), lock:  # somebody who is at work there has seen to it
        recover_roots(*roots)


def _names(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []


class _Change:
    """One plan on its way into a scope."""

    def __init__(
        self,
        plan: Plan,
        installation: Installation,
        places: Places,
        manner: Manner,
        destination: DirectoryDestination,
        applied: Applied,
    ) -> None:
        self.plan = plan
        self.places = places
        self.manner = manner
        self.destination = destination
        self.applied = applied
        self.share = installation.share_dir if places.scope == "installation" else None
        self.packages = Root(places.packages, "packages")
        self.beside = self.packages if places.links.parent == places.packages else Root(places.links.parent, "links")
        self.now = manner.now()
        self.in_trash = trash.list_trash(places.trash) or []
        self.fresh: list[str] = []
        self.done = 0
        self.records = dict(plan.records)
        self.clones: list[Path] = []

    # everything that takes time

    def stage(self) -> None:
        """Put down all new packages where nobody looks, and say what they replace.

        The steps of the commit are those said here, in this order, so that a reader who comes between them, or after a
        kill, finds what the table says: a package is there before it is recorded, and one that is replaced is gone
        for no longer than it takes to put the new one there.
        """
        for step in self.plan.of("remove"):
            if self._makes_way(step):
                self._discard(step)
        for step in self.plan.of("install", "replace"):
            assert step.content is not None
            if step.kind == "replace":
                self._discard(step)
            if not step.content.origin.linked:
                self._make_room(step)
                if self.manner.put is not None:
                    self.manner.put(self.destination, self.packages, step.content)
                else:
                    self._put(step.content)
            elif step.content.wish.clone is not None:
                self._pull(step)

    def _makes_way(self, step: Step) -> bool:
        """Whether a package that goes lies where another one is to be."""
        assert step.before is not None
        return any(new.name == (step.before.folder or step.name) for new in self.plan.of("install", "replace"))

    def _pull(self, step: Step) -> None:
        """Have the commit in the clone."""
        from pltpack.scope.cloning import pull

        assert step.content is not None
        assert step.content.checksum is not None
        wish = step.content.wish
        pulled = pull(wish, step.content.checksum, self.plan.options.pull, self.manner.tell)
        if pulled.created and wish.clone is not None:
            self.clones.append(wish.clone)
        if not pulled.merged:
            self.records[step.name] = replace(self.records[step.name], checksum=None)

    def forget_clones(self) -> None:
        """Remove the clones that were made, after an error."""
        for clone in self.clones:
            shutil.rmtree(clone, ignore_errors=True)

    def _discard(self, step: Step) -> None:
        assert step.before is not None
        if step.before.origin.linked:
            return
        name = (step.before.folder or step.name,)
        if not os.path.lexists(self.places.packages.joinpath(*name)):
            return  # somebody has deleted it: then the record may go, too
        if self._keeps_trash():
            self._trash(step.name, name, step.before)
        else:
            self.destination.remove(self.packages, name)

    def _make_room(self, step: Step) -> None:
        """What lies where a package is to be, and is in no record, goes into the trash; Racket deletes it."""
        before = step.before if step.kind == "replace" else None
        if before is not None and not before.origin.linked and before.folder in (None, step.name):
            return
        place = self.places.packages / step.name
        if os.path.lexists(place):
            self._trash(step.name, (step.name,), None)
            self.applied.aside = (*self.applied.aside, place)

    def _keeps_trash(self) -> bool:
        return self.plan.options.trash and self.manner.limits.packages > 0

    def _trash(self, name: str, path: tuple[str, ...], record: Record | None) -> None:
        there = trash.trash_name(name, self.now, (*self.in_trash, *self.fresh))
        if record is not None:
            note = trash.sidecar(name, record)
            beside = (TRASH, there + trash.SIDECAR)
            self.destination.write_file(self.packages, beside, len(note), BytesData(note), Existing.REPLACE)
            self.applied.trashed[name] = self.places.trash / there
        self.destination.move(self.packages, path, self.packages, (TRASH, there))
        self.fresh.append(there)

    def _put(self, content: Content) -> None:
        from pltpack.formats.tree import Links
        from pltpack.scope.bodies import data_of
        from pltpack.scope.look import entries_of, is_licence

        options = self.plan.options
        kept = options.keep_modes or content.format != "zip"
        timed = content.format != "plt"
        self.destination.make_directory(self.packages, (content.name,))
        for entry in entries_of(content.place, content.format, links=Links.FOLLOW, reader=content.reader):
            path = (content.name, *entry.path.split("/"))
            if entry.kind == "directory":
                self.destination.make_directory(self.packages, path)
            elif entry.kind == "link":
                reason = "is a link, which there was none of when the package was looked at"
                raise UnsafePathError(f"{entry.path!r} {reason}", paths=[(entry.path, reason)])
            elif not is_licence(entry, self.share):
                mode = entry.mode & ~_OTHERS_WRITE if kept and content.format != "plt" else None
                mtime = entry.mtime * _NS if timed else None
                with data_of(entry) as data:
                    self.destination.write_file(
                        self.packages, path, entry.size, data, Existing.ERROR, mode=mode, mtime_ns=mtime
                    )
                self._tell(entry.size)

    def _tell(self, size: int) -> None:
        self.done += size
        if self.manner.progress is not None:
            self.manner.progress(self.done, self.plan.size)

    # everything that must not be disturbed

    def finish(self) -> None:
        """Change the tables and let everything appear. Racket's lock is held."""
        before = {step.name: step.before for step in self.plan.steps}
        self._refuse_changes(before)
        links = LinkEntries.read(self.places.links, as_racket=self.plan.options.as_racket)
        links.remove_all(
            (step.before.directory(step.name, self.places.packages), step.before)
            for step in self.plan.steps
            if step.before is not None and step.kind in ("replace", "remove")
        )
        for step in self.plan.of("install", "replace"):
            assert step.after is not None
            static = step.after.origin.kind == "static-link"
            directory = step.after.directory(step.name, self.places.packages)
            links.add(directory, step.after.collection, static=static)
        self._write(self.beside, self.places.links.name, links.text() if links.changed else None)
        self._write(self.packages, self.places.table.name, write_records(self.records))
        for step in self.plan.of("remove"):
            if not self._makes_way(step):
                self._discard(step)
        self._prune()
        self.destination.commit()

    def _write(self, root: Root, name: str, text: bytes | None) -> None:
        if text is not None:
            self.destination.write_file(
                root, (name,), len(text), BytesData(text), Existing.REPLACE, mode=0o666 & ~_umask()
            )

    def _refuse_changes(self, before: dict[str, Record | None]) -> None:
        """Raise an error if the table is not what the plan started from."""
        found = read_records(self.places.table)
        expected = dict(self.plan.records)
        for name, record in before.items():
            if record is None:
                expected.pop(name, None)
            else:
                expected[name] = record
        if found != expected:
            raise ScopeChangedError("somebody else has changed the packages meanwhile", hint="try again")

    def _prune(self) -> None:
        """Take out of the trash what is too old or too much, before something new comes in."""
        if not self.fresh:
            return
        names = trash.list_trash(self.places.trash) or []
        limits = self.manner.limits
        gone: list[str] = []
        for _ in self.fresh:
            left = [name for name in names if name not in gone]
            gone += trash.pruned(left, now=self.now, most=limits.packages, seconds=limits.seconds)
        for name in gone:
            self.destination.remove(self.packages, (TRASH, name))
            if (self.places.trash / (name + trash.SIDECAR)).exists():
                self.destination.remove(self.packages, (TRASH, name + trash.SIDECAR))
        self.applied.trash_pruned = tuple(gone)


def _umask() -> int:
    """The umask; a process can only read it by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
