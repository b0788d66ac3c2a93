"""The journal: what a commit moves, so that it can be taken back; a journal to undo, as databases keep one.

A transaction that has moved anything has a journal on disk, and is committed by removing it. Whoever finds a journal
whose owner is gone takes every move in it back. Undoing looks at the disk and not at how far the owner came, so it
may be repeated and interrupted at will.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

from pltpack.dataclass import dataclass
from pltpack.transaction.folders import Folder

_PLAIN_NAME: Final = re.compile(r"(?!\.{1,2}\Z)[^/\0]{1,255}")
"""A name of a directory or file."""


class Step(StrEnum):
    """What a step of a commit does."""

    FILE = "file"
    """Puts a staged file or link into its place; a file that it replaces is kept."""
    TREE = "tree"
    """Puts a staged directory into its place."""
    REMOVAL = "removal"
    """Puts aside what is in place."""
    TRANSFER = "transfer"
    """Moves what is in place to another one."""


class Record(NamedTuple):
    """A step as the journal holds it; inode, size and time of change (ns) tell later whether it is still ours."""

    step: Step
    area: int
    number: int
    """Of what is staged, or put aside."""
    path: tuple[str, ...]
    """From the directory that holds the area."""
    inode: int
    size: int
    mtime: int
    to: tuple[Any, ...] = ()
    """Of a transfer: number of the area and path from its directory."""
    inside: tuple[int, ...] = ()
    """Of a tree: the inodes of the directories in it."""

    @classmethod
    def of(cls, step: Step, area: int, number: int, folder: Folder, name: bytes, status: os.stat_result) -> Self:
        path = tuple(os.fsdecode(each) for each in (*folder.path_from_top(), name))
        return cls(step, area, number, path, status.st_ino, status.st_size, status.st_mtime_ns)

    @classmethod
    def read(cls, fields: Sequence[Any]) -> Self:
        """A record from JSON. Raises ``ValueError``, ``TypeError`` and ``IndexError`` if it is none."""
        step, area, number, path, inode, size, mtime, to, inside = fields
        return cls(Step(step), area, number, tuple(path), inode, size, mtime, tuple(to), tuple(inside))

    def is_sound(self, areas: int) -> bool:
        """Whether it can have been written by us: paths are plain names, and numbers are numbers."""
        numbers = (self.area, self.number, self.inode, self.size, *self.to[:1], *self.inside)
        return (
            all(type(number) is int and 0 <= number < 1 << 64 for number in numbers)
            and type(self.mtime) is int
            and all(area < areas for area in (self.area, *self.to[:1]))
            and _is_path(self.path)
            and (_is_path(self.to[1:]) if self.step is Step.TRANSFER else not self.to)
        )


def _is_path(path: tuple[object, ...]) -> bool:
    return bool(path) and all(isinstance(name, str) and _PLAIN_NAME.fullmatch(name) for name in path)


@dataclass(frozen=True, slots=True)
class Journal:
    """What one transaction moves; ``moments``: for each of its areas, when the journal was written (ns there)."""

    records: tuple[Record, ...]
    moments: tuple[int, ...]

    def content(self) -> dict[str, object]:
        """The journal as JSON can hold it."""
        return {"records": self.records, "moments": self.moments}

    @classmethod
    def of(cls, content: Any, areas: int) -> Journal | None:
        """The journal of a transaction with so many areas; ``None`` if it makes no sense, so that nothing was moved."""
        try:
            journal = cls(tuple(map(Record.read, content["records"])), tuple(content["moments"]))
        except (KeyError, TypeError, IndexError, ValueError):
            return None
        sound = len(journal.moments) == areas and all(type(moment) is int for moment in journal.moments)
        return journal if sound and all(record.is_sound(areas) for record in journal.records) else None
