"""Taking back what a commit has moved, from the last step to the first."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pltpack.transaction.destination import Kind
from pltpack.transaction.folders import close, kind_at, open_below
from pltpack.transaction.journal import Journal, Record, Step
from pltpack.transaction.removal import remove_tree
from pltpack.transaction.staging import NEW, OLD

_GONE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Reached(NamedTuple):
    """An area that was found again: the open directory that holds it, and the area itself."""

    base: int
    area: int
    """-1: its making had only begun."""


def undo(journal: Journal, areas: Sequence[Reached | None]) -> None:
    """Take back every move. ``areas``: those of the journal, ``None`` where they cannot be reached any more.

    What somebody changed later than the journal was written stays. Raises ``OSError``.
    """
    for record, parent, area in _with_parents(journal.records, areas):
        name = os.fsencode(record.path[-1])
        if record.step is Step.TREE:
            _undo_tree(record, area, parent, name, journal.moments[record.area])
        elif record.step is Step.FILE:
            _undo_file(record, area, parent, name)
        elif record.step is Step.REMOVAL:
            _undo_removal(record, area, parent, name)
        elif (target := areas[record.to[0]]) is not None:
            _undo_transfer(record, parent, name, target.base)


def _with_parents(records: Sequence[Record], areas: Sequence[Reached | None]) -> Iterator[tuple[Record, int, int]]:
    """The records, the last one first, with the open parent of their place and their area."""
    parent, at = -1, None
    try:
        for record in reversed(records):
            held = areas[record.area]
            if held is None:
                continue
            if at != (record.area, record.path[:-1]):
                close(parent)
                parent, at = -1, None
                try:
                    parent = _open(held.base, record.path[:-1])
                except OSError as error:
                    if error.errno in _GONE:
                        continue  # Somebody has taken the directory away, and with it all that was in it.
                    raise
                at = (record.area, record.path[:-1])
            yield record, parent, held.area
    finally:
        close(parent)


def _open(base: int, names: Sequence[str]) -> int:
    return open_below(base, [os.fsencode(name) for name in names])


def _undo_tree(record: Record, area: int, parent: int, name: bytes, moment: int) -> None:
    if kind_at(area, b"%s/%d" % (NEW, record.number))[0] is not Kind.ABSENT:
        return
    kind, status = kind_at(parent, name)
    if kind is not Kind.DIRECTORY or status is None or status.st_ino != record.inode:
        return
    ours = frozenset(record.inside)

    def spared(found: os.stat_result) -> bool:
        """Directories that are not ours may have been moved here with all that is in them."""
        return found.st_ino not in ours if stat.S_ISDIR(found.st_mode) else found.st_ctime_ns > moment

    remove_tree(parent, name, spared=spared)


def _undo_file(record: Record, area: int, parent: int, name: bytes) -> None:
    kind, status = kind_at(parent, name)
    ours = status is not None and (status.st_ino, status.st_size, status.st_mtime_ns) == (
        record.inode,
        record.size,
        record.mtime,
    )
    if not ours and kind is not Kind.ABSENT:
        return
    try:
        os.rename(b"%s/%d" % (OLD, record.number), name, src_dir_fd=area, dst_dir_fd=parent)
    except FileNotFoundError:
        if ours:
            os.unlink(name, dir_fd=parent)


def _undo_removal(record: Record, area: int, parent: int, name: bytes) -> None:
    """Put back what was put aside: under another name if somebody has put something in its place."""
    kept = b"%s/%d" % (OLD, record.number)
    if kind_at(area, kept)[0] is Kind.ABSENT:
        return
    free, number = name, 0
    while kind_at(parent, free)[0] is not Kind.ABSENT:
        number += 1
        free = f"{name[:200].decode(errors='ignore')}.before-{number}".encode()
    os.rename(kept, free, src_dir_fd=area, dst_dir_fd=parent)


def _undo_transfer(record: Record, parent: int, name: bytes, base: int) -> None:
    try:
        target = _open(base, record.to[1:-1])
    except OSError as error:
        if error.errno in _GONE:
            return
        raise
    try:
        moved = os.fsencode(record.to[-1])
        _, status = kind_at(target, moved)
        if status is not None and status.st_ino == record.inode and kind_at(parent, name)[0] is Kind.ABSENT:
            os.rename(moved, name, src_dir_fd=target, dst_dir_fd=parent)
    finally:
        close(target)
