"""The journal: what a commit moves, so that it can be taken back; a journal to undo, as databases keep one.

A transaction that has moved anything has a journal on disk, and is committed by removing it. Whoever finds a journal
whose owner is gone takes every move in it back. Undoing looks at the disk and not at how far the owner came, so it
may be repeated and interrupted at will.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

from pltpack.transaction.folders import Folder
from pltpack.transaction.lock import read_json
from pltpack.transaction.writing import write_whole

JOURNAL: Final = b"journal"

_PLAIN_NAME: Final = re.compile(r"(?!\.{1,2}\Z)[^/\0\ud800-\udfff]{1,255}")
"""A name as the unpacker lets it pass."""


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

    @classmethod
    def of(cls, step: Step, area: int, number: int, folder: Folder, name: bytes, status: os.stat_result) -> Self:
        path = tuple(each.decode() for each in (*folder.path_from_top(), name))
        return cls(step, area, number, path, status.st_ino, status.st_size, status.st_mtime_ns)

    @classmethod
    def read(cls, fields: Sequence[Any]) -> Self:
        """A record from JSON. Raises ``ValueError``, ``TypeError`` and ``IndexError`` if it is none."""
        step, area, number, path, inode, size, mtime, to = fields
        return cls(Step(step), area, number, tuple(path), inode, size, mtime, tuple(to))

    def is_sound(self, areas: int) -> bool:
        """Whether it can have been written by us: paths are plain names, and numbers are numbers."""
        numbers = (self.area, self.number, self.inode, self.size, *self.to[:1])
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
            records = tuple(map(Record.read, content["records"]))
            journal = cls(content["transaction"], tuple(content["areas"]), records)
        except (KeyError, TypeError, IndexError, ValueError):
            return None
        return journal if journal.is_sound else None

    @property
    def is_sound(self) -> bool:
        """Whether it can have been written by us."""
        return (
            isinstance(self.transaction, str)
            and all(isinstance(area, str) for area in self.areas)
            and all(record.is_sound(len(self.areas)) for record in self.records)
        )
