"""A package directory on the disk, listed in the order in which Racket packs it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Literal

from pltpack.dataclass import dataclass
from pltpack.errors import SourceError
from pltpack.formats.entries import Entry
from pltpack.regular import FileContent, identity_of

_NS = 10**9


class Links(Enum):
    """What becomes of symbolic links, which is not the same in every format (``raco pkg create``, as-is)."""

    KEEP = "links stay links"
    SHALLOW = "a link to a file is that file, one to a directory an empty directory"
    FOLLOW = "links are what they point to"


@dataclass(frozen=True, slots=True)
class Found:
    """One name in a directory. ``kind`` is that of the link's target; ``link`` the target's path if it is one."""

    path: Path
    name: str
    kind: Literal["file", "directory", "dangling", "special"]
    status: os.stat_result
    link: str | None

    def objection(self) -> SourceError | None:
        """Why it cannot be packed as what it is or points to; ``None`` if it can."""
        if self.kind == "dangling":
            return SourceError("the link points to nothing", file=str(self.path), hint="remove it")
        if self.kind == "special":
            return SourceError("neither a file nor a directory", file=str(self.path), hint="remove it")
        return None

    @property
    def identity(self) -> tuple[int, int]:
        return self.status.st_dev, self.status.st_ino


def list_directory(directory: Path) -> list[Found]:
    """What is in a directory, sorted by the bytes of the names (``directory-list``)."""
    with os.scandir(directory) as found:
        return [_look(directory, entry) for entry in sorted(found, key=lambda entry: os.fsencode(entry.name))]


def _look(directory: Path, entry: os.DirEntry[str]) -> Found:
    path = directory / entry.name
    link = os.readlink(path) if entry.is_symlink() else None
    kind: Literal["file", "directory", "dangling", "special"]
    try:
        status = entry.stat()
    except OSError:
        # A link to nothing, or one that leads to itself.
        if link is None:
            raise
        status, kind = entry.stat(follow_symlinks=False), "dangling"
    else:
        kind = "directory" if stat.S_ISDIR(status.st_mode) else "file" if stat.S_ISREG(status.st_mode) else "special"
    return Found(path, entry.name, kind, status, link)


def permissions(status: os.stat_result) -> int:
    """The permission bits to pack: readable by all, writable by the owner, executable by all or nobody.

    Racket asks what the current user may do with the file; here the owner's bits decide, so that the user who packs
    makes no difference.
    """
    mode = 0o444
    mode |= 0o200 if status.st_mode & stat.S_IWUSR else 0
    return mode | (0o111 if status.st_mode & stat.S_IXUSR else 0)


def modified(status: os.stat_result) -> int:
    """The time of the last change in whole seconds."""
    return status.st_mtime_ns // _NS


def file_entry(path: str, found: Found) -> Entry:
    """The entry of a file, or of what a link to one points to."""
    status = found.status
    content = FileContent(found.path, identity_of(status))
    return Entry(
        path, "file", permissions(status), modified(status), status.st_size, content, other_time=_between(status)
    )


def directory_entry(path: str, status: os.stat_result) -> Entry:
    return Entry(path, "directory", permissions(status), modified(status), other_time=_between(status))


def _between(status: os.stat_result) -> bool:
    """Whether the time of the last change lies between two seconds, which no entry can say."""
    return status.st_mtime_ns % _NS != 0


def scan(
    directory: Path,
    links: Links,
    *,
    leave_out: Callable[[str], bool] | None = None,
    dangling: bool = False,
) -> Iterator[Entry]:
    """Everything below ``directory``, depth first, each directory right before its content.

    ``leave_out`` is asked for each path; what is in a directory that it leaves out is not looked at. With ``dangling``
    links to nothing are passed over. Raises :class:`SourceError` for what cannot be packed that way.
    """
    status = directory.stat()
    above = [(status.st_dev, status.st_ino)]
    pending = [("", permissions(status), iter(list_directory(directory)))]
    while pending:
        prefix, mode, names = pending[-1]
        found = next(names, None)
        if found is None:
            pending.pop()
            above.pop()
            continue
        path = prefix + found.name
        if (dangling and found.kind == "dangling") or (leave_out is not None and leave_out(path)):
            continue
        entry = _entry(path, found, links, mode)
        yield entry
        if entry.kind != "directory" or (found.link is not None and links is not Links.FOLLOW):
            continue
        if found.identity in above:
            raise loop(found)
        above.append(found.identity)
        pending.append((f"{path}/", entry.mode, iter(list_directory(found.path))))


def loop(found: Found) -> SourceError:
    """A link that cannot be followed."""
    return SourceError("the link leads to a directory above itself", file=str(found.path), hint="remove it")


def _entry(path: str, found: Found, links: Links, directory_mode: int) -> Entry:
    if found.link is not None and links is Links.KEEP:
        # As in Racket, where a link has the permissions of the directory that it is in.
        return Entry(path, "link", directory_mode, modified(found.status), target=found.link)
    if objection := found.objection():
        raise objection
    return file_entry(path, found) if found.kind == "file" else directory_entry(path, found.status)
