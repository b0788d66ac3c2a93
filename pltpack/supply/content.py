"""Whether what is installed is what a lock file says, file by file."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.fetch.tree import TreeDigest, tree_digest, walk
from pltpack.lock.targets import target_of
from pltpack.lock.values import Lock, LockedPackage
from pltpack.pkg.checksum import digests
from pltpack.scope.scope import Scope

DeviationCode: TypeAlias = Literal[
    "not-installed", "not-locked", "unlike", "file-changed", "file-missing", "file-added"
]

_MADE: Final = (b"compiled", b"doc")
"""Directories that ``raco setup`` makes: what is in them is no part of a package unless the lock says so."""

_Facts: TypeAlias = tuple[str, bool, str]
"""The kind of a file, whether it may be executed, and a digest of what is in it."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """What is not as it was locked: a package, or the file ``path`` of it."""

    code: DeviationCode
    package: str
    path: str | None
    message: str


def check_content(
    scope: Scope, lock: Lock, near: Callable[[LockedPackage], Path | None] = lambda _: None
) -> Iterator[Deviation]:
    """What in a scope is not as a lock file says, by package.

    ``near`` gives the directory with a package's files as they were locked, where one is at hand (such as
    :meth:`pltpack.lock.contents.Contents.near`): then single files are told. What ``raco setup`` made is passed over,
    and so are linked packages, of which a lock promises nothing. Raises what reading a scope raises, and ``OSError``.
    """
    blocks = lock.for_target(target_of(scope.installation))
    packages = scope.packages
    for name in sorted({*blocks, *packages}):
        if name not in packages:
            yield Deviation("not-installed", name, None, f"{name} is locked, and is not installed")
        elif name not in blocks:
            yield Deviation("not-locked", name, None, f"{name} is installed, and is not locked")
        elif blocks[name].content is not None:
            yield from _compared(blocks[name], packages[name].directory, near)


def _compared(
    block: LockedPackage, directory: Path, near: Callable[[LockedPackage], Path | None]
) -> Iterator[Deviation]:
    if not directory.is_dir():
        yield Deviation("not-installed", block.name, None, f"the directory of {block.name} is gone: {directory}")
        return
    if tree_digest(directory)[0] == block.content:
        return
    tree = near(block)
    if tree is not None and tree_digest(tree)[0] == block.content:
        yield from _files(block.name, _listed(tree), _listed(directory))
    elif _digest_of(_listed(directory, made=False)) != block.content:
        message = (
            f"{block.name} is not as it was locked; which files are not cannot be told, since it is not in the cache"
        )
        yield Deviation("unlike", block.name, None, message)


def _files(name: str, locked: dict[bytes, _Facts], there: dict[bytes, _Facts]) -> Iterator[Deviation]:
    for raw in sorted({*locked, *there}):
        path = raw.decode(errors="backslashreplace")
        if raw not in there:
            yield Deviation("file-missing", name, path, f"{name}: {path} is missing")
        elif raw not in locked:
            if there[raw][0] != "directory" and not _is_made(raw):
                yield Deviation("file-added", name, path, f"{name}: {path} was added")
        elif locked[raw] != there[raw]:
            yield Deviation("file-changed", name, path, f"{name}: {path} was changed")


def _listed(directory: Path, *, made: bool = True) -> dict[bytes, _Facts]:
    """All that is below a directory, in the order of a digest; with ``made`` also what ``raco setup`` makes."""
    found: dict[bytes, _Facts] = {}
    for path, name, status in walk(str(directory)):
        if not made and _is_made(name):
            continue
        if stat.S_ISDIR(status.st_mode):
            found[name] = ("directory", False, "")
        elif stat.S_ISREG(status.st_mode):
            found[name] = ("file", bool(status.st_mode & stat.S_IXUSR), digests(path).sha256)
        else:
            found[name] = ("other", False, "")
    return found


def _digest_of(found: dict[bytes, _Facts]) -> str | None:
    """The digest of what was listed; ``None`` if there is something in it that no package has."""
    total = TreeDigest()
    for name, (kind, runs, digest) in found.items():
        if kind == "directory":
            total.directory(name)
        elif kind == "file":
            total.file(name, stat.S_IXUSR if runs else 0, digest)
        else:
            return None
    return total.hexdigest()


def _is_made(name: bytes) -> bool:
    return any(part in _MADE for part in name.split(b"/"))
