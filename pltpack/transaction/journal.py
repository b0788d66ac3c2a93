"""What is moved into place, and how it is taken back: a journal to undo, as databases keep one.

A transaction that has moved anything has a journal on disk, and is committed by removing it. Whoever finds a journal
whose owner is gone takes every move in it back. Undoing looks at the disk and not at how far the owner came, so it
may be repeated and interrupted at will.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from pltpack.errors import EntryExistsError
from pltpack.transaction.destination import Kind, in_the_way
from pltpack.transaction.folders import Descriptors, Folder, close, kind_at, open_below, remove_tree
from pltpack.transaction.lock import read_json
from pltpack.transaction.staging import NEW, OLD, Area, write_whole

JOURNAL: Final = b"journal"

_NO_LINKS: Final = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES)

_PLAIN_NAME: Final = re.compile(r"(?!\.{1,2}\Z)[^/\0\ud800-\udfff]{1,255}")
"""A name as the unpacker lets it pass."""


@dataclass(slots=True, eq=False)
class Placement:
    """Something staged, and the place it is meant for: ``name`` in ``folder``, which is in place already."""

    area: Area
    number: int
    folder: Folder
    name: bytes
    shown: str
    tree: bool
    staged: os.stat_result
    """The status of what is staged."""
    replaces: os.stat_result | None = None
    """The status of the file that it replaces."""

    def apply(self, descriptors: Descriptors) -> None:
        """Move it into place. Nothing is overwritten but the file that it replaces, and that is kept in ``old``."""
        target = descriptors.of(self.folder)
        staged, new, old = b"%d" % self.number, self.area.new.descriptor, self.area.old.descriptor
        try:
            if self.tree or (self.replaces is not None and _put_aside(target, self.name, old, staged)):
                os.rename(staged, self.name, src_dir_fd=new, dst_dir_fd=target)
            else:
                _place_new(new, staged, target, self.name)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR):
                raise self._appeared() from None
            raise

    def _appeared(self) -> EntryExistsError:
        return in_the_way(self.shown, "appeared while the archive was being unpacked", hint="try again")


class Record(NamedTuple):
    """A placement as the journal holds it; inode, size and time of change (ns) tell later whether it is still ours."""

    area: int
    number: int
    tree: bool
    path: tuple[str, ...]
    """From the directory that holds the area."""
    inode: int
    size: int
    mtime: int

    @classmethod
    def of(cls, placement: Placement, areas: Sequence[Area]) -> Record:
        area, status = placement.area, placement.staged
        path = tuple(name.decode() for name in (*placement.folder.path_from_base(), placement.name))
        return cls(
            areas.index(area), placement.number, placement.tree, path, status.st_ino, status.st_size, status.st_mtime_ns
        )

    @property
    def is_sound(self) -> bool:
        """Whether it can have been written by us: the path is plain names, and the numbers are numbers."""
        numbers = (self.area, self.number, self.inode, self.size)
        return (
            all(type(number) is int and 0 <= number < 1 << 64 for number in numbers)
            and type(self.tree) is bool
            and bool(self.path)
            and all(isinstance(name, str) and _PLAIN_NAME.fullmatch(name) for name in self.path)
        )


@dataclass(frozen=True, slots=True)
class Journal:
    """What one transaction moves; ``areas`` are the absolute paths of the directories with its areas, ours first."""

    transaction: str
    areas: tuple[str, ...]
    records: tuple[Record, ...]

    def write(self, area: int) -> None:
        """Write it into an open area, whole at every moment."""
        content = {"transaction": self.transaction, "areas": self.areas, "records": self.records}
        write_whole(area, JOURNAL, json.dumps(content).encode())

    @classmethod
    def read(cls, area: int) -> Journal | None:
        """The journal of an open area; ``None`` if there is none that makes sense, so that nothing was moved."""
        try:
            content = read_json(area, JOURNAL)
            records = tuple(Record(*fields)._replace(path=tuple(fields[3])) for fields in content["records"])
            journal = cls(content["transaction"], tuple(content["areas"]), records)
        except (KeyError, TypeError, IndexError):
            return None
        return journal if journal.is_sound else None

    @property
    def is_sound(self) -> bool:
        """Whether it can have been written by us."""
        return (
            isinstance(self.transaction, str)
            and all(isinstance(area, str) for area in self.areas)
            and all(record.is_sound and record.area < len(self.areas) for record in self.records)
        )

    def undo(self, areas: Sequence[tuple[int, int] | None], moment: int) -> None:
        """Take back every move. ``areas``: base and area descriptors, ``None`` where they cannot be reached any more.

        ``moment``: when the journal was written (ns); what somebody changed later stays. Raises ``OSError``.
        """
        for record, parent, area in _with_parents(self.records, areas):
            name = record.path[-1].encode()
            if record.tree:
                _undo_tree(record, area, parent, name, moment)
            else:
                _undo_file(record, area, parent, name)


def _put_aside(target: int, name: bytes, old: int, number: bytes) -> bool:
    """Keep the file that is about to be replaced; ``False`` if it has vanished meanwhile."""
    try:
        os.link(name, number, src_dir_fd=target, dst_dir_fd=old, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # No hard links here, or not to files of others: for a moment nothing is at the name.
        os.rename(name, number, src_dir_fd=target, dst_dir_fd=old)
    return True


def _place_new(new: int, staged: bytes, target: int, name: bytes) -> None:
    """Put a file where none is: a link, unlike a rename, never overwrites what appeared meanwhile."""
    try:
        os.link(staged, name, src_dir_fd=new, dst_dir_fd=target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if kind_at(target, name)[0] is not Kind.ABSENT:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from None
        os.rename(staged, name, src_dir_fd=new, dst_dir_fd=target)


def _with_parents(
    records: Sequence[Record], areas: Sequence[tuple[int, int] | None]
) -> Iterator[tuple[Record, int, int]]:
    """The records with the open parent of their place and their area."""
    parent, at = -1, None
    try:
        for record in records:
            held = areas[record.area]
            if held is None:
                continue
            base, area = held
            if at != (record.area, record.path[:-1]):
                close(parent)
                parent, at = -1, None
                try:
                    parent = open_below(base, [name.encode() for name in record.path[:-1]])
                except OSError as error:
                    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                        continue  # Somebody has taken the directory away, and with it all that was in it.
                    raise
                at = (record.area, record.path[:-1])
            yield record, parent, area
    finally:
        close(parent)


def _undo_tree(record: Record, area: int, parent: int, name: bytes, moment: int) -> None:
    if kind_at(area, b"%s/%d" % (NEW, record.number))[0] is not Kind.ABSENT:
        return
    kind, status = kind_at(parent, name)
    if kind is Kind.DIRECTORY and status is not None and status.st_ino == record.inode:
        remove_tree(parent, name, unless_changed_after=moment)


def _undo_file(record: Record, area: int, parent: int, name: bytes) -> None:
    kind, status = kind_at(parent, name)
    ours = status is not None and (status.st_ino, status.st_size, status.st_mtime_ns) == record[4:7]
    if not ours and kind is not Kind.ABSENT:
        return
    try:
        os.rename(b"%s/%d" % (OLD, record.number), name, src_dir_fd=area, dst_dir_fd=parent)
    except FileNotFoundError:
        if ours:
            os.unlink(name, dir_fd=parent)
