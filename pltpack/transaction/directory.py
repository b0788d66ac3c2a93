"""The destination on a disk: a transaction over one or several directories."""

from __future__ import annotations

import contextlib
import os
from types import TracebackType
from typing import Self

from pltpack.codec.entries import Body
from pltpack.errors import PltError
from pltpack.signals import Shield, termination_raises
from pltpack.transaction.destination import Existing, Kind, Outcome, Root, mismatch, settle_file
from pltpack.transaction.folders import Folder, kind_at
from pltpack.transaction.graft import graft
from pltpack.transaction.ground import Ground
from pltpack.transaction.journal import JOURNAL, Journal, Placement, Record
from pltpack.transaction.paths import SafePath
from pltpack.transaction.staging import Area, create_file, create_file_like


class DirectoryDestination:
    """Directories that take an archive all together or not at all: a ``Destination``.

    What is new is staged in a hidden folder ``.pltpack-UID`` of the root, on its own file system, and moved into
    place by :meth:`commit`, a whole new tree with one rename. Replaced files are kept until the end. An error,
    Ctrl-C, SIGTERM or SIGHUP leaves everything as it was; after a kill the next transaction in the same root sees
    to that first. Each root is locked while it is in use. ``durable``: wait for the disk at each stage, so that all
    this holds for a power cut, too.

    Methods raise ``UnsafePathError`` or ``EntryExistsError`` (the transaction may go on), ``BusyError`` (another
    process is at work in a root) and ``OSError``.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._ground = Ground()
        self._last: tuple[Root, SafePath, Folder] | None = None
        self._open = True
        self._signals = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._signals.enter_context(termination_raises())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._signals:
            self.rollback()

    def make_directory(self, root: Root, path: SafePath, /) -> Outcome:
        """Have a directory; with an empty path the root itself, created with its parents where missing."""
        self._check_open()
        try:
            known = len(self._ground.created)
            if not path:
                self._ground.base(root)
                return Outcome.CREATED if len(self._ground.created) > known else Outcome.KEPT
            parent = self._ground.folder(root, path[:-1])
            return self._ground.child(parent, path, len(path) - 1)[1]
        except OSError as error:
            _name(error, root, path)
            raise

    def write_file(self, root: Root, path: SafePath, size: int, body: Body, existing: Existing, /) -> Outcome:
        """Have a file; a new one gets the usual permissions, one that replaces another keeps the other's."""
        self._check_open()
        try:
            last = self._last
            if last is not None and last[0] is root and last[1] == path[:-1]:
                folder = last[2]
            else:
                folder = self._ground.folder(root, path[:-1])
                self._last = root, path[:-1], folder
            name = path[-1].encode()
            if not folder.staged:
                return self._stage_file(folder, name, path, size, body, existing)
            self._ground.claim(folder, name, path)
            try:
                create_file(self._ground.descriptors.of(folder), name, size, body)
            except FileExistsError:
                return self._stage_again(folder, name, path, size, body, existing)
            return Outcome.CREATED
        except OSError as error:
            _name(error, root, path)
            raise

    def _stage_again(
        self, folder: Folder, name: bytes, path: SafePath, size: int, body: Body, existing: Existing
    ) -> Outcome:
        """A file where the same archive has put something before, within a staged tree."""
        kind = Kind.DIRECTORY if name in folder.children else Kind.FILE
        outcome = settle_file(kind, existing, "/".join(path), again=True)
        if outcome is Outcome.REPLACED:
            assert folder.area is not None
            _rewrite(folder.area, self._ground.descriptors.of(folder), name, size, body)
        return outcome

    def _stage_file(
        self, folder: Folder, name: bytes, path: SafePath, size: int, body: Body, existing: Existing
    ) -> Outcome:
        """A file for a directory that is in place already."""
        if (child := folder.children.get(name)) is not None:
            raise mismatch("/".join(path), "a directory where the archive has a file", again=child.staged)
        if (earlier := folder.placements.get(name)) is not None:
            outcome = settle_file(Kind.FILE, existing, "/".join(path), again=True)
            if outcome is Outcome.REPLACED:
                earlier.staged = _rewrite(
                    earlier.area, earlier.area.new.descriptor, b"%d" % earlier.number, size, body, earlier.replaces
                )
            return outcome
        kind, status = kind_at(self._ground.descriptors.of(folder), name)
        outcome = settle_file(kind, existing, "/".join(path))
        if outcome is not Outcome.KEPT:
            area = self._ground.ready(folder)
            self._ground.claim(folder, name, path)
            number = area.number()
            staged = create_file_like(area.new.descriptor, b"%d" % number, size, body, status)
            placement = Placement(
                area, number, folder, name, "/".join(path), tree=False, staged=staged, replaces=status
            )
            folder.placements[name] = placement
            self._ground.placements.append(placement)
        return outcome

    def graft(self, root: Root, tree: int, existing: Existing) -> dict[str, Outcome]:
        """Have all that is in ``tree``, an open directory on the same file system; it is moved, not copied.

        Returns the outcomes that are not ``CREATED``, by path with ``/``. It stops at the first thing in the way.
        """
        self._check_open()
        try:
            return graft(self._ground, root, tree, existing)
        except OSError as error:
            _name(error, root, ())
            raise

    def commit(self) -> None:
        """Move everything into place. On an error everything is taken back, and the error raised."""
        self._check_open()
        ground = self._ground
        with Shield() as shield:
            if ground.placements:
                self._sync()
                journal, moment = self._write_journal()
                try:
                    self._sync()
                    for placement in ground.placements:
                        shield.check()
                        placement.apply(ground.descriptors)
                    self._sync()
                    shield.check()
                    os.unlink(JOURNAL, dir_fd=ground.areas[0].folder.descriptor)
                except BaseException as error:
                    self._take_back(journal, moment, error)
                    raise
                self._sync()
            ground.created.clear()
            self._end()

    def rollback(self) -> None:
        """Remove what was staged; nothing to do after a commit."""
        with Shield():
            self._end()

    def _write_journal(self) -> tuple[Journal, int]:
        areas = self._ground.areas
        records = tuple(Record.of(placement, areas) for placement in self._ground.placements)
        journal = Journal(self._ground.transaction, tuple(area.path for area in areas), records)
        first = areas[0].folder.descriptor
        journal.write(first)
        return journal, os.stat(JOURNAL, dir_fd=first).st_ctime_ns

    def _take_back(self, journal: Journal, moment: int, error: BaseException) -> None:
        """Undo the moves; if that fails, too, leave journal and areas for the next transaction."""
        ground = self._ground
        try:
            areas = [(ground.descriptors.of(area.base), area.folder.descriptor) for area in ground.areas]
            journal.undo(areas, moment)
            os.unlink(JOURNAL, dir_fd=ground.areas[0].folder.descriptor)
        except OSError as second:
            ground.areas.clear()
            ground.created.clear()
            error.add_note(f"taking everything back failed, too ({second}); the next unpack there will try again")

    def _end(self) -> None:
        if self._open:
            self._open = False
            self._ground.close()

    def _check_open(self) -> None:
        if not self._open:
            raise ValueError("the transaction is over")

    def _sync(self) -> None:
        if self._durable:
            os.sync()


def _rewrite(
    area: Area, directory: int, name: bytes, size: int, body: Body, like: os.stat_result | None = None
) -> os.stat_result:
    """Replace a staged file, which stays as it is if that fails; returns the status of the new one."""
    fresh = b"%d" % area.number()
    status = create_file_like(area.new.descriptor, fresh, size, body, like)
    os.rename(fresh, name, src_dir_fd=area.new.descriptor, dst_dir_fd=directory)
    return status


def _name(error: OSError, root: Root, path: SafePath) -> None:
    """Give an error of the system the whole path: calls on descriptors know only the last name."""
    if not isinstance(error, PltError) and error.errno is not None:
        error.filename = os.path.join(root.path, *path)
