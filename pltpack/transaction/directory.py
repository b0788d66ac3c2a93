"""The destination on a disk: a transaction over one or several directories."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from pltpack.errors import PltError
from pltpack.signals import Shield, termination_raises
from pltpack.transaction.destination import Data, Existing, Outcome, Root, in_the_way
from pltpack.transaction.files import graft, stage_again, stage_file, stage_link
from pltpack.transaction.folders import NAMES, Folder
from pltpack.transaction.ground import Ground
from pltpack.transaction.journal import Journal
from pltpack.transaction.moves import Move, Removal, Transfer
from pltpack.transaction.paths import SafePath
from pltpack.transaction.removal import is_empty_directory
from pltpack.transaction.undo import Reached, undo
from pltpack.transaction.writing import USUAL, Attributes, create_file


class DirectoryDestination:
    """Directories that change all together or not at all: a ``Destination`` that can also remove, replace and move.

    What is new is staged in a hidden folder ``.pltpack-UID`` of the root, on its own file system, and moved into
    place by :meth:`commit`, a whole new tree with one rename. What is replaced or removed is put aside there and kept
    until the end. An error, Ctrl-C, SIGTERM or SIGHUP leaves everything as it was; after a kill the next transaction
    in the same root sees to that first. Each root is locked while it is in use. ``durable``: wait for the disk at each
    stage, so that all this holds for a power cut, too. ``lock``: held from before the first look at a root until
    everything is over; for a lock that others honour as well, such as Racket's on a directory of packages. ``shared``:
    let other transactions work in the roots at the same time; nothing of theirs is overwritten, but what is new is in
    no order.

    Methods raise ``UnsafePathError`` or ``EntryExistsError`` (the transaction may go on), ``BusyError`` (another
    process is at work in a root) and ``OSError``.
    """

    def __init__(
        self, *, durable: bool = False, shared: bool = False, lock: AbstractContextManager[Any] | None = None
    ) -> None:
        self._durable = durable
        self._lock = lock
        self._ground = Ground(shared=shared)
        self._last: tuple[Root, SafePath, Folder] | None = None
        self._open = True
        self._around = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as around:
            around.enter_context(termination_raises())
            if self._lock is not None:
                around.enter_context(self._lock)
            self._around = around.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._around:
            self.rollback()

    # What shall be there

    def make_directory(
        self, root: Root, path: SafePath, /, *, mode: int | None = None, mtime_ns: int | None = None
    ) -> Outcome:
        """Have a directory; with an empty path the root itself, created with its parents where missing.

        ``mode`` and ``mtime_ns``: the permissions (its owner has all) and the time of change of one that is new.
        """
        with self._naming(root, path):
            known = len(self._ground.created)
            if not path:
                self._ground.base(root)
                return Outcome.CREATED if len(self._ground.created) > known else Outcome.KEPT
            parent = self._ground.folder(root, path[:-1])
            child, outcome = self._ground.child(parent, path, len(path) - 1)
            if child.staged and (mode is not None or mtime_ns is not None):
                mode = None if mode is None else mode | 0o700
                self._ground.attributes[child] = Attributes(mode, mtime_ns)
            return outcome

    def write_file(
        self,
        root: Root,
        path: SafePath,
        size: int,
        body: Data,
        existing: Existing,
        /,
        *,
        mode: int | None = None,
        mtime_ns: int | None = None,
    ) -> Outcome:
        """Have a file; a new one gets the usual permissions, one that replaces another keeps the other's.

        ``mode`` and ``mtime_ns``: permissions and time of change where they shall be others; no bits that run it as
        somebody else.
        """
        self._check_open()
        try:
            last = self._last
            if last is not None and last[0] is root and last[1] == path[:-1]:
                folder = last[2]
            else:
                folder = self._ground.folder(root, path[:-1])
                self._last = root, path[:-1], folder
            name = path[-1].encode(errors=NAMES)
            attributes = USUAL if mode is None and mtime_ns is None else Attributes(mode, mtime_ns)
            if not folder.staged:
                return stage_file(self._ground, folder, name, path, size, body, existing, attributes)
            self._ground.claim(folder, name, path)
            try:
                create_file(self._ground.descriptors.of(folder), name, size, body, attributes)
            except FileExistsError:
                return stage_again(self._ground, folder, name, path, size, body, existing, attributes)
            return Outcome.CREATED
        except OSError as error:
            _name(error, root, path)
            raise

    def make_link(self, root: Root, path: SafePath, target: str, /, *, mtime_ns: int | None = None) -> Outcome:
        """Have a symbolic link to ``target``, which is taken as it is; nothing may be there yet.

        Nothing is ever written through it.
        """
        with self._naming(root, path):
            folder = self._ground.folder(root, path[:-1])
            stage_link(self._ground, folder, path, target, mtime_ns)
            return Outcome.CREATED

    def replace_directory(
        self,
        root: Root,
        path: SafePath,
        /,
        *,
        mode: int | None = None,
        mtime_ns: int | None = None,
        only_empty: bool = False,
    ) -> Outcome:
        """Have a directory that holds only what this transaction puts into it.

        What stands there, a directory, a file or a link, gives way to it as a whole. ``only_empty``: no more than an
        empty directory does, else ``EntryExistsError`` is raised, here or by the commit.
        """
        with self._naming(root, path):
            outcome = Outcome.REPLACED if self._put_aside(root, path, only_empty=only_empty) else Outcome.CREATED
            self.make_directory(root, path, mode=mode, mtime_ns=mtime_ns)
            return outcome

    def remove(self, root: Root, path: SafePath, /) -> None:
        """Have nothing at ``path``: what stands there, a directory, a file or a link, goes as a whole.

        Raises ``FileNotFoundError`` if nothing is there. The name may then be used for something new.
        """
        with self._naming(root, path):
            if not self._put_aside(root, path):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    def move(self, root: Root, path: SafePath, to_root: Root, to_path: SafePath, /) -> None:
        """Have what stands at ``path``, a directory, a file or a link, at another place, where nothing is yet.

        Missing parents of the new place are created. Both are on the same file system. Raises ``FileNotFoundError``
        if nothing is there, and ``OSError`` (``EXDEV``) for another file system.
        """
        if _is_below(root, path, to_root, to_path):
            raise ValueError(f"the same transaction cannot move {'/'.join(path)!r} into itself")
        with self._naming(root, path):
            found = self._existing(root, path)
            if found is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            folder, name, status = found
            area = self._ground.ready(folder)
            self._ground.vacate(folder, name)
        with self._naming(to_root, to_path):
            to_folder, to_name = self._ground.folder(to_root, to_path[:-1]), to_path[-1].encode(errors=NAMES)
            to_area = self._ground.ready(to_folder)
            if area.device != to_area.device:
                raise OSError(errno.EXDEV, "it would have to be moved to another file system")
            self._ground.occupy(to_folder, to_name, to_path)
            shown, to_shown = "/".join(path), "/".join(to_path)
            self._ground.moves.append(
                Transfer(area, to_area, folder, name, to_folder, to_name, shown, to_shown, status)
            )

    def graft(
        self, root: Root, tree: int, existing: Existing, only: Collection[str] | None = None
    ) -> dict[str, Outcome]:
        """Have all that is in ``tree``, an open directory on the same file system; it is moved, not copied. Of what is
        at its top ``only`` these names, if they are given.

        Returns the outcomes that are not ``CREATED``, by path with ``/``. It stops at the first thing in the way.
        """
        with self._naming(root, ()):
            return graft(self._ground, root, tree, existing, only)

    # The end

    def commit(self) -> None:
        """Move everything into place. On an error everything is taken back, and the error raised."""
        self._check_open()
        ground = self._ground
        with Shield() as shield:
            if ground.moves:
                ground.set_attributes()
                self._sync()
                journal = self._write_journal()
                try:
                    self._sync()
                    for move in ground.moves:
                        shield.check()
                        with _naming_place(move):
                            move.apply(ground.descriptors)
                    self._sync()
                    shield.check()
                    ground.state.remove_journal(ground.transaction)
                except BaseException as error:
                    self._take_back(journal, error)
                    raise
                self._sync()
            ground.created.clear()
            self._end()

    def rollback(self) -> None:
        """Remove what was staged; nothing to do after a commit."""
        with Shield():
            self._end()

    def _write_journal(self) -> Journal:
        ground = self._ground
        numbers = {area.base: number for number, area in enumerate(ground.areas)}
        records = tuple(move.record(numbers) for move in ground.moves)
        journal = Journal(records, tuple(area.moment() for area in ground.areas))
        ground.state.write_journal(ground.transaction, journal.content())
        return journal

    def _take_back(self, journal: Journal, error: BaseException) -> None:
        """Undo the moves; if that fails, too, leave journal and areas for the next transaction."""
        ground = self._ground
        ground.descriptors.forget()
        is_left = True
        try:
            undo(journal, [Reached(ground.descriptors.of(area.base), area.folder.descriptor) for area in ground.areas])
            ground.state.remove_journal(ground.transaction)
            is_left = False
        except OSError as second:
            error.add_note(f"taking everything back failed, too ({second}); the next unpack there will try again")
        finally:
            if is_left:
                ground.leave()

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

    @contextlib.contextmanager
    def _naming(self, root: Root, path: SafePath) -> Iterator[None]:
        """Errors of the system inside the block name the whole path; nothing may be done when all is over."""
        self._check_open()
        try:
            yield
        except OSError as error:
            _name(error, root, path)
            raise

    # Single steps

    def _existing(self, root: Root, path: SafePath) -> tuple[Folder, bytes, os.stat_result] | None:
        if not path:
            raise ValueError("a root is neither removed nor moved; name it by its parent")
        self._last = None
        return self._ground.existing(root, path)

    def _put_aside(self, root: Root, path: SafePath, *, only_empty: bool = False) -> bool:
        """Have what stands at ``path`` put aside by the commit; ``False`` if nothing is there."""
        found = self._existing(root, path)
        if found is None:
            return False
        folder, name, status = found
        shown = "/".join(path)
        if only_empty and not is_empty_directory(self._ground.descriptors.of(folder), name):
            raise in_the_way(shown, "is there already, and not an empty directory")
        area = self._ground.ready(folder)
        self._ground.vacate(folder, name)
        self._ground.moves.append(Removal(area, area.number(), folder, name, shown, status, only_empty))
        return True


def recover(*roots: Root) -> None:
    """See to what a transaction that was killed left in the roots, as any new transaction does.

    Raises ``BusyError`` if another process is at work in one, and ``OSError``.
    """
    with DirectoryDestination() as destination:
        for root in roots:
            destination.make_directory(root, ())


def _is_below(root: Root, path: SafePath, to_root: Root, to_path: SafePath) -> bool:
    """Whether the second place is the first, or in it."""
    if root == to_root:
        return to_path[: len(path)] == path
    here, there = ((os.path.realpath(base.path), *below) for base, below in ((root, path), (to_root, to_path)))
    return os.path.join(*there, "").startswith(os.path.join(*here, ""))


def _name(error: OSError, root: Root, path: SafePath) -> None:
    """Give an error of the system the whole path, unless it has one of elsewhere: calls on descriptors know only the
    last name."""
    named = error.filename if isinstance(error.filename, str) and os.path.isabs(error.filename) else str(root.path)
    if not isinstance(error, PltError) and error.errno is not None and named.startswith(str(root.path)):
        error.filename = os.path.join(root.path, *path)
        error.filename2 = None


@contextlib.contextmanager
def _naming_place(move: Move) -> Iterator[None]:
    """The same for what a commit does: its places are known from the top only."""
    try:
        yield
    except OSError as error:
        if not isinstance(error, PltError):
            names = (*move.folder.path_from_top(), move.name)
            error.filename = os.path.join(move.area.path, *map(os.fsdecode, names))
            error.filename2 = None
        raise
