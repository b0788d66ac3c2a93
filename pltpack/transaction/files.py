"""Single files and links, staged for directories in place or in staged trees; and whole trees, unpacked already."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection

from pltpack.transaction.destination import (
    Data,
    Existing,
    Kind,
    Outcome,
    Root,
    in_the_way,
    mismatch,
    settle_directory,
    settle_file,
)
from pltpack.transaction.folders import NAMES, OPEN_DIRECTORY, Folder, close, open_below
from pltpack.transaction.ground import Ground
from pltpack.transaction.moves import Placement
from pltpack.transaction.paths import SafePath
from pltpack.transaction.removal import inodes
from pltpack.transaction.staging import Area
from pltpack.transaction.writing import Attributes, create_file_like, take_permissions


def stage_again(
    ground: Ground,
    folder: Folder,
    name: bytes,
    path: SafePath,
    size: int,
    data: Data,
    existing: Existing,
    attributes: Attributes,
) -> Outcome:
    """A file where the same transaction has put something before, within a staged tree."""
    kind = Kind.DIRECTORY if name in folder.children else ground.kind(folder, name)[0]
    outcome = settle_file(kind, existing, "/".join(path), again=True)
    if outcome is Outcome.REPLACED:
        _rewrite(ground.ready(folder), ground.descriptors.of(folder), name, size, data, None, attributes)
    return outcome


def stage_file(
    ground: Ground,
    folder: Folder,
    name: bytes,
    path: SafePath,
    size: int,
    data: Data,
    existing: Existing,
    attributes: Attributes,
) -> Outcome:
    """A file for a directory that is in place already."""
    if (child := folder.children.get(name)) is not None:
        raise mismatch("/".join(path), "a directory where the archive has a file", again=child.staged)
    if (earlier := ground.files.get((folder, name))) is not None:
        outcome = settle_file(earlier.kind, existing, "/".join(path), again=True)
        if outcome is Outcome.REPLACED:
            new, staged_name = earlier.area.new.descriptor, b"%d" % earlier.number
            earlier.staged = _rewrite(earlier.area, new, staged_name, size, data, earlier.replaces, attributes)
        return outcome
    kind, status = ground.kind(folder, name)
    outcome = settle_file(kind, existing, "/".join(path))
    if outcome is not Outcome.KEPT:
        area = ground.ready(folder)
        ground.claim(folder, name, path)
        ground.refuse_taken(folder, name, path)
        number = area.number()
        staged = create_file_like(area.new.descriptor, b"%d" % number, size, data, status, attributes)
        placement = Placement(area, number, folder, name, "/".join(path), staged=staged, replaces=status)
        ground.stage(folder, name, placement)
    return outcome


def stage_link(ground: Ground, folder: Folder, path: SafePath, target: str, mtime_ns: int | None) -> None:
    """A symbolic link. Raises ``EntryExistsError`` if something is there."""
    name = path[-1].encode(errors=NAMES)
    if folder.staged:
        ground.claim(folder, name, path)
        try:
            _create_link(ground.descriptors.of(folder), name, target, mtime_ns)
        except FileExistsError:
            raise in_the_way("/".join(path), "is in the archive more than once") from None
        return
    if name in folder.children or (folder, name) in ground.files or ground.kind(folder, name)[0] is not Kind.ABSENT:
        raise in_the_way("/".join(path), "exists already")
    area = ground.ready(folder)
    ground.claim(folder, name, path)
    ground.refuse_taken(folder, name, path)
    number = area.number()
    staged, new = b"%d" % number, area.new.descriptor
    _create_link(new, staged, target, mtime_ns)
    status = os.stat(staged, dir_fd=new, follow_symlinks=False)
    ground.stage(folder, name, Placement(area, number, folder, name, "/".join(path), staged=status))


def _create_link(directory: int, name: bytes, target: str, mtime_ns: int | None) -> None:
    os.symlink(os.fsencode(target), name, dir_fd=directory)
    if mtime_ns is not None:
        os.utime(name, ns=(mtime_ns, mtime_ns), dir_fd=directory, follow_symlinks=False)


def _rewrite(
    area: Area,
    directory: int,
    name: bytes,
    size: int,
    data: Data,
    like: os.stat_result | None,
    attributes: Attributes,
) -> os.stat_result:
    """Replace a staged file, which stays as it is if that fails; returns the status of the new one."""
    fresh = b"%d" % area.number()
    status = create_file_like(area.new.descriptor, fresh, size, data, like, attributes)
    os.rename(fresh, name, src_dir_fd=area.new.descriptor, dst_dir_fd=directory)
    return status


def graft(
    ground: Ground, root: Root, tree: int, existing: Existing, only: Collection[str] | None = None
) -> dict[str, Outcome]:
    """Stage what is in the open directory ``tree`` for ``root``, of what is at the top ``only`` these names; the
    outcomes that are not ``CREATED``, by path.

    Raises ``UnsafePathError``, ``EntryExistsError`` and ``OSError``.
    """
    outcomes: dict[str, Outcome] = {}
    pending: list[tuple[Folder, SafePath]] = [(ground.base(root), ())]
    while pending:
        folder, path = pending.pop()
        source = open_below(tree, [name.encode(errors=NAMES) for name in path])
        try:
            names = None if path or only is None else {name.encode(errors=NAMES) for name in only}
            pending.extend(_merge(ground, folder, source, path, existing, outcomes, names))
        finally:
            close(source)
    return outcomes


def _merge(
    ground: Ground,
    folder: Folder,
    source: int,
    path: SafePath,
    existing: Existing,
    outcomes: dict[str, Outcome],
    only: Collection[bytes] | None,
) -> list[tuple[Folder, SafePath]]:
    """Stage what is in one directory; those directories in it that are there already, too."""
    both = []
    for name, is_directory in sorted(_listed(source) if only is None else _looked_up(source, only)):
        here = (*path, os.fsdecode(name))
        kind, status = ground.kind(folder, name)
        if is_directory and kind is Kind.DIRECTORY:
            outcomes["/".join(here)] = Outcome.KEPT
            both.append((ground.child(folder, here, len(path))[0], here))
        elif is_directory:
            settle_directory(kind, "/".join(here))
            _stage(ground, folder, source, name, here)
        else:
            if settle_file(kind, existing, "/".join(here)) is Outcome.REPLACED:
                outcomes["/".join(here)] = Outcome.REPLACED
            _stage(ground, folder, source, name, here, replaces=status)
    return both[::-1]


def _listed(directory: int) -> list[tuple[bytes, bool]]:
    """The names in a directory, and whether each is one, too."""
    with os.scandir(directory) as found:
        return [(os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in found]


def _looked_up(directory: int, names: Collection[bytes]) -> list[tuple[bytes, bool]]:
    """The same of some names, without going through all others."""
    found = [(name, os.stat(name, dir_fd=directory, follow_symlinks=False)) for name in names]
    return [(name, stat.S_ISDIR(status.st_mode)) for name, status in found]


def _stage(
    ground: Ground, folder: Folder, source: int, name: bytes, path: SafePath, replaces: os.stat_result | None = None
) -> None:
    """Move something into the staging area, for a place where nothing is but the file that it ``replaces``."""
    area = ground.ready(folder)
    ground.claim(folder, name, path)
    number = area.number()
    staged, new = b"%d" % number, area.new.descriptor
    os.rename(name, staged, src_dir_fd=source, dst_dir_fd=new)
    if replaces is not None:
        file = os.open(staged, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=new)
        try:
            take_permissions(file, os.fstat(file), replaces)
        finally:
            close(file)
    status = os.stat(staged, dir_fd=new, follow_symlinks=False)
    is_tree = stat.S_ISDIR(status.st_mode)
    ground.stage(
        folder,
        name,
        Placement(
            area,
            number,
            folder,
            name,
            "/".join(path),
            staged=status,
            replaces=replaces,
            is_tree=is_tree,
            inside=_inodes(new, staged) if is_tree else [],
        ),
    )


def _inodes(directory: int, name: bytes) -> list[int]:
    tree = os.open(name, OPEN_DIRECTORY, dir_fd=directory)
    try:
        return inodes(tree)
    finally:
        close(tree)
