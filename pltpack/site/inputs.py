"""What a site is made from: archives and directories on the disk, each a package by its name."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pltpack.errors import PackageError
from pltpack.formats.formats import format_of
from pltpack.pkg.names import is_package_name
from pltpack.pkg.source import parse_source


@dataclass(frozen=True, slots=True)
class Item:
    """One package to be: its name, and the ``path`` of its content.

    ``origin`` is what it comes from, a path or a source that was fetched; ``stamp`` tells how that looked, so that one
    that has not changed is not read again. One that is not ``kept`` stays where it is, at ``source`` (default:
    ``origin``), and has the ``checksum`` there.
    """

    name: str
    path: str
    origin: str
    stamp: str
    kept: bool = True
    checksum: str | None = None
    source: str | None = None


def find_items(paths: Iterable[str | os.PathLike[str]]) -> list[Item]:
    """The packages at ``paths``, which are archives and directories of packages, in order.

    The name of a package is that of the file without its suffix, or of the directory, as ``raco pkg`` tells it; with
    ``NAME=PATH`` it is the one given. Raises
    :class:`~pltpack.errors.PackageError` for a path that is no package by its name, or has the name of another one;
    names that differ only by case count as the same: no client can tell such packages apart on every disk.
    """
    found = []
    for text in (os.fspath(path) for path in paths):
        given, path = named(text)
        name = given or package_name(path)
        found.append(Item(name, os.path.abspath(path), os.path.abspath(path), stamp(path)))
    return all_different(found)


def all_different(items: list[Item]) -> list[Item]:
    """The items, which must have names that any disk can tell apart. Raises ``PackageError``."""
    found: dict[str, Item] = {}
    for item in items:
        other = found.setdefault(item.name.lower(), item)
        if other is not item:
            raise PackageError(
                f"two packages would be called {item.name}",
                file=item.origin,
                hint=f"the other one is {other.origin}; names that differ only by case count as one",
            )
    return items


def named(text: str) -> tuple[str | None, str]:
    """The name in ``NAME=PATH``, if there is one, and the path."""
    name, equals, path = text.partition("=")
    return (name, path) if equals and is_package_name(name) and not os.path.exists(text) else (None, text)


def package_name(path: str) -> str:
    """The name of the package at a path. Raises :class:`~pltpack.errors.PackageError`, ``FileNotFoundError``."""
    if not os.path.lexists(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    kind = "dir" if format_of(path) == "dir" else "file"
    base = os.path.abspath(path)
    if kind == "dir" and is_package_name(os.path.basename(base)):
        return os.path.basename(base)
    source = parse_source(base, type="dir" if kind == "dir" else "file", strict=False)
    if source.name is None or not is_package_name(source.name):
        raise PackageError(
            "no package can be called like this",
            file=path,
            hint="NAME=PATH gives it a name of letters, digits, - and _",
        )
    return source.name


def stamp(path: str | os.PathLike[str]) -> str:
    """What tells, without reading it, that a file or directory has changed: names, sizes and times (ns) of all of it.

    Raises ``OSError``.
    """
    status = os.stat(path)
    if not stat.S_ISDIR(status.st_mode):
        return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"
    digest = hashlib.sha256()
    for line in _lines(Path(path)):
        digest.update(line)
    return digest.hexdigest()


def _lines(top: Path) -> Iterator[bytes]:
    pending = [b""]
    root = os.fsencode(top)
    while pending:
        folder = pending.pop()
        with os.scandir(os.path.join(root, folder)) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = os.path.join(folder, entry.name)
            status = entry.stat(follow_symlinks=False)
            yield b"%s\0%o %d %d\n" % (path, status.st_mode, status.st_size, status.st_mtime_ns)
            if stat.S_ISDIR(status.st_mode):
                pending.append(path)
