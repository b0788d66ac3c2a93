"""What a commit does, step by step: things are moved into place, put aside, or moved elsewhere."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import field
from typing import Final, Protocol

from pltpack.dataclass import dataclass
from pltpack.errors import EntryExistsError
from pltpack.transaction.destination import Kind, in_the_way
from pltpack.transaction.folders import Descriptors, Folder, kind_at
from pltpack.transaction.journal import Record, Step
from pltpack.transaction.removal import is_empty_directory
from pltpack.transaction.staging import Area

_NO_LINKS: Final = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES)
_TAKEN: Final = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR)


class Move(Protocol):
    """One step of a commit: either it is done or nothing has changed."""

    @property
    def area(self) -> Area:
        """The area of that directory."""
        ...

    @property
    def folder(self) -> Folder:
        """The directory in which something changes."""
        ...

    @property
    def name(self) -> bytes:
        """The name in it."""
        ...

    def apply(self, descriptors: Descriptors) -> None:
        """Do it. Raises ``EntryExistsError`` where something has appeared meanwhile, and ``OSError``."""
        ...

    def record(self, areas: Mapping[Folder, int]) -> Record:
        """The step as the journal holds it; ``areas``: the numbers of the areas, by their directories."""
        ...


@dataclass(slots=True, eq=False)
class Placement:
    """Something staged, and the place it is meant for: ``name`` in ``folder``."""

    area: Area
    number: int
    folder: Folder
    name: bytes
    shown: str
    staged: os.stat_result
    """The status of what is staged."""
    tree: Folder | None = None
    """The directory that is placed, if it is one."""
    replaces: os.stat_result | None = None
    """The status of the file that it replaces."""
    is_tree: bool = False
    inside: list[int] = field(default_factory=list)
    """The inodes of the directories in a tree."""

    @property
    def kind(self) -> Kind:
        """What is staged."""
        return Kind.DIRECTORY if self.is_tree else Kind.LINK if stat.S_ISLNK(self.staged.st_mode) else Kind.FILE

    def apply(self, descriptors: Descriptors) -> None:
        """Move it into place. Nothing is overwritten but the file that it replaces, and that is kept in ``old``."""
        target = descriptors.of(self.folder)
        staged, new, old = b"%d" % self.number, self.area.new.descriptor, self.area.old.descriptor
        with _Naming(self.shown):
            if self.is_tree or (self.replaces is not None and _put_aside(target, self.name, old, staged)):
                os.rename(staged, self.name, src_dir_fd=new, dst_dir_fd=target)
            else:
                _place_new(new, staged, target, self.name)
        if self.tree is not None:
            self.tree.is_placed()

    def record(self, areas: Mapping[Folder, int]) -> Record:
        step = Step.TREE if self.is_tree else Step.FILE
        record = Record.of(step, areas[self.area.base], self.number, self.folder, self.name, self.staged)
        return record._replace(inside=tuple(self.inside)) if self.is_tree else record


@dataclass(slots=True, eq=False)
class Removal:
    """Something in place that shall be gone: it is put aside, and deleted after the commit."""

    area: Area
    number: int
    folder: Folder
    name: bytes
    shown: str
    found: os.stat_result
    only_empty: bool = False
    """Not if something is in it."""

    def apply(self, descriptors: Descriptors) -> None:
        """Put it aside, if it is there and still what was found."""
        target, old, kept = descriptors.of(self.folder), self.area.old.descriptor, b"%d" % self.number
        if _is_still(target, self.name, self.found, self.shown):
            os.rename(self.name, kept, src_dir_fd=target, dst_dir_fd=old)
            if self.only_empty and not is_empty_directory(old, kept):
                raise in_the_way(self.shown, "is not empty any more", hint="try again")

    def record(self, areas: Mapping[Folder, int]) -> Record:
        return Record.of(Step.REMOVAL, areas[self.area.base], self.number, self.folder, self.name, self.found)


@dataclass(slots=True, eq=False)
class Transfer:
    """Something in place that shall be elsewhere on the same file system: ``to_name`` in ``to_folder``."""

    area: Area
    to_area: Area
    folder: Folder
    name: bytes
    to_folder: Folder
    to_name: bytes
    shown: str
    to_shown: str
    found: os.stat_result

    def apply(self, descriptors: Descriptors) -> None:
        """Move it. Nothing is overwritten."""
        source, target = descriptors.of(self.folder), descriptors.of(self.to_folder)
        if not _is_still(source, self.name, self.found, self.shown):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.shown)
        with _Naming(self.to_shown):
            if kind_at(target, self.to_name)[0] is not Kind.ABSENT:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self.to_shown)
            os.rename(self.name, self.to_name, src_dir_fd=source, dst_dir_fd=target)

    def record(self, areas: Mapping[Folder, int]) -> Record:
        to = areas[self.to_area.base], *(os.fsdecode(name) for name in (*self.to_folder.path_from_top(), self.to_name))
        record = Record.of(Step.TRANSFER, areas[self.area.base], 0, self.folder, self.name, self.found)
        return record._replace(to=to)


class _Naming:
    """Turns what the system says of a place that is taken into an error that names it."""

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, EntryExistsError) and error.errno in _TAKEN:
            raise in_the_way(self._shown, "appeared while the archive was being unpacked", hint="try again") from None


def _is_still(directory: int, name: bytes, found: os.stat_result, shown: str) -> bool:
    """Whether at ``name`` is what was found there; ``False`` if nothing is. Raises ``EntryExistsError``."""
    kind, status = kind_at(directory, name)
    if kind is Kind.ABSENT:
        return False
    if status is None or not os.path.samestat(status, found):
        raise in_the_way(shown, "has become something else meanwhile", hint="try again")
    return True


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
