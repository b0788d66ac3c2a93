"""The files of a commit, written to the disk: safe names only, no link that leads out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.errors import FetchError, LimitError, UnsafePathError
from pltpack.fetch.repository import GitFile
from pltpack.formats.judgement import Judgement
from pltpack.formats.paths import Members
from pltpack.input import Progress

_LINK: Final = 0o120000
_REPOSITORY: Final = 0o160000
_OWN: Final = ".git"


def write_tree(
    files: Iterable[GitFile],
    place: Path,
    *,
    url: str,
    path: tuple[str, ...] = (),
    limits: Limits = Limits(),
    progress: Progress | None = None,
) -> None:
    """Write the files below ``path`` of the repository to below ``place``, an empty directory.

    Other repositories in it are empty directories, as in Racket's checkouts. Nothing is checked out by filters, and
    line ends stay as they are. Raises :class:`~pltpack.errors.FetchError` if there is no such path,
    :class:`~pltpack.errors.UnsafePathError`, :class:`~pltpack.errors.LimitError`, ``OSError``.
    """
    judgement = Judgement(name=url)
    members = Members(limits, judgement)
    prefix = "".join(f"{name}/" for name in path)
    links: list[tuple[Path, str]] = []
    found, done = False, 0
    for file in files:
        name = os.fsdecode(file.path)
        if not name.startswith(prefix):
            continue
        found = True
        name = name.removeprefix(prefix)
        _check(name)
        if file.mode == _LINK:
            target = os.fsdecode(file.data)
            links.append((place / members.add_link(name, target), target))
            judgement.check()
            continue
        safe = members.add(name, "directory" if file.mode == _REPOSITORY else "file")
        judgement.check()
        target_path = place / safe
        if file.mode == _REPOSITORY:
            target_path.mkdir(parents=True)
            continue
        done += len(file.data)
        if done > limits.total_bytes or len(file.data) > limits.file_bytes:
            raise LimitError("the repository is larger than the limits allow", file=url)
        target_path.parent.mkdir(parents=True, exist_ok=True)
        target_path.write_bytes(file.data)
        if file.mode & stat.S_IXUSR:
            target_path.chmod(target_path.stat().st_mode | 0o111)
        if progress is not None:
            progress(done, None)
    if not found and path:
        raise FetchError(f"the repository has no directory {'/'.join(path)}", file=url)
    for link, target in links:
        # At the end, so that nothing can be written through one.
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)


def _check(name: str) -> None:
    """Refuse what git itself would not check out."""
    if any(part.casefold().rstrip(". ") in (_OWN, "git~1") for part in name.split("/")):
        reason = "is a name of git's own"
        raise UnsafePathError("a file may not be written", paths=[(name, reason)])
