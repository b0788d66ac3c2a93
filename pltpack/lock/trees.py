"""Packages unpacked in the cache, by the digest of what is in them: a lock file names the same digest.

A tree is what installing the package puts among the packages: links are copies of what they lead to, a zip archive's
permissions do not count. Its files may not be written: others share them by hard links.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pltpack.dataclass import dataclass
from pltpack.errors import PackageError, SourceError
from pltpack.fetch.cache import Cache, CacheEntry, Key
from pltpack.fetch.tree import tree_digest

if TYPE_CHECKING:
    from pltpack.formats.entries import Entry
    from pltpack.formats.formats import Format

_WITHOUT_MODES = ("zip", "plt")


@dataclass(frozen=True, slots=True)
class Tree:
    """An unpacked package in the cache: ``content`` is its digest, ``size`` the bytes of its files."""

    path: Path
    content: str
    size: int


def unpacked(cache: Cache, place: Path, format: Format, key: Key) -> Tree:
    """The tree of an archive or directory, which is unpacked unless it was before under this ``key``.

    Raises what reading the package raises: :class:`~pltpack.errors.FormatError`,
    :class:`~pltpack.errors.UnsafePathError`, :class:`~pltpack.errors.LimitError`,
    :class:`~pltpack.errors.PackageError`, and ``OSError``.
    """
    entry = cache.get(key)
    if entry is None:
        with cache.staging() as room:
            entry = cache.add_tree(key, _unpack(place, format, room), "")
    cache.know(entry)
    return Tree(entry.path, entry.sha256, entry.size)


def taken(cache: Cache, path: Path, content: str) -> Tree:
    """A tree of the cache that was fetched as one, such as a repository's."""
    if any(entry.is_symlink() for entry in _below(path)):
        return unpacked(cache, path, "dir", ("unpacked", content))
    close(path)
    size = sum(entry.stat().st_size for entry in _below(path) if entry.is_file())
    cache.know(CacheEntry(("content", content), "directory", content, "", size, path, 0))
    return Tree(path, content, size)


def unpacked_directory(cache: Cache, path: Path) -> Tree:
    """The tree of a directory on this disk, which may have changed since it was last looked at."""
    digest, _ = tree_digest(path)
    return unpacked(cache, path, "dir", ("unpacked", digest))


def find_tree(cache: Cache, content: str) -> Path | None:
    """Where the tree with this digest would be, if there is one; what is in it was not checked."""
    path = cache.content("directory", content)
    return path if path is not None and path.is_dir() and not path.is_symlink() else None


def is_whole(path: Path, content: str) -> bool:
    """Whether a tree is what its digest says. Raises ``OSError``."""
    return tree_digest(path)[0] == content


def forget(path: Path) -> None:
    """Remove a tree that is damaged."""
    shutil.rmtree(path, ignore_errors=True)


def _unpack(place: Path, format: Format, room: Path) -> Path:
    from pltpack.formats.directory import DirectoryWriter
    from pltpack.formats.tree import Links, scan
    from pltpack.scope.look import entries_of

    first = room / "content"
    has_links = False
    with DirectoryWriter(first) as writer:
        for entry in entries_of(place, format):
            has_links = has_links or entry.kind == "link"
            writer.add(_as_installed(entry, format))
    if not has_links:
        return first
    second = room / "followed"
    try:
        with DirectoryWriter(second) as writer:
            for entry in scan(first, Links.FOLLOW):
                writer.add(_as_installed(entry, "dir"))
    except SourceError as error:
        raise PackageError(error.message, file=error.file, hint="links are installed as what they lead to") from None
    return second


def _as_installed(entry: Entry, format: Format) -> Entry:
    if entry.kind == "link":
        return entry
    if entry.kind == "directory":
        return replace(entry, mode=0o755)
    runs = entry.mode & stat.S_IXUSR and format not in _WITHOUT_MODES
    return replace(entry, mode=0o555 if runs else 0o444)


def close(path: Path) -> None:
    """Let nobody write the files of a tree."""
    for entry in _below(path):
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o222:
            os.chmod(entry.path, status.st_mode & 0o555)


def _below(path: Path) -> Iterator[os.DirEntry[str]]:
    pending = [os.fspath(path)]
    while pending:
        with os.scandir(pending.pop()) as found:
            for entry in found:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
