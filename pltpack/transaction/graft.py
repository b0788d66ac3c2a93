"""A tree that is unpacked already, moved into a destination: whole where nothing is there, else name by name."""

from __future__ import annotations

import os
import stat

from pltpack.transaction.destination import Existing, Kind, Outcome, Root, settle_directory, settle_file
from pltpack.transaction.folders import OPEN_DIRECTORY, Folder, close, kind_at
from pltpack.transaction.ground import Ground
from pltpack.transaction.moves import Placement
from pltpack.transaction.paths import SafePath
from pltpack.transaction.removal import inodes
from pltpack.transaction.writing import take_permissions


def graft(ground: Ground, root: Root, tree: int, existing: Existing) -> dict[str, Outcome]:
    """Stage what is in the open directory ``tree`` for ``root``; the outcomes that are not ``CREATED``, by path.

    Raises ``UnsafePathError``, ``EntryExistsError`` and ``OSError``.
    """
    outcomes: dict[str, Outcome] = {}
    _merge(ground, ground.base(root), tree, (), existing, outcomes)
    return outcomes


def _merge(
    ground: Ground, folder: Folder, source: int, path: SafePath, existing: Existing, outcomes: dict[str, Outcome]
) -> None:
    with os.scandir(source) as found:
        entries = [(os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in found]
    for name, is_directory in sorted(entries):
        here = (*path, os.fsdecode(name))
        kind, status = kind_at(ground.descriptors.of(folder), name)
        if is_directory and kind is Kind.DIRECTORY:
            outcomes["/".join(here)] = Outcome.KEPT
            child = ground.child(folder, here, len(path))[0]
            below = os.open(name, OPEN_DIRECTORY, dir_fd=source)
            try:
                _merge(ground, child, below, here, existing, outcomes)
            finally:
                close(below)
        elif is_directory:
            settle_directory(kind, "/".join(here))
            _stage(ground, folder, source, name, here)
        else:
            if settle_file(kind, existing, "/".join(here)) is Outcome.REPLACED:
                outcomes["/".join(here)] = Outcome.REPLACED
            _stage(ground, folder, source, name, here, replaces=status)


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
