"""A fetched package becomes a zip file whose bytes depend on nothing but its content."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pltpack.catalog.record import dependency_datum
from pltpack.codec.limits import Limits
from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum, Symbol
from pltpack.errors import PackageError
from pltpack.fetch.fetched import Fetched
from pltpack.formats.entries import BytesContent, Entry, packing_order
from pltpack.formats.formats import Format, entry_writer, format_of
from pltpack.pkg.checksum import Digests, digests
from pltpack.pkg.content import package_content, with_layer
from pltpack.pkg.staging import Description, describe, info_text, is_info, open_package
from pltpack.pkg.view import PackageReader

TIME: Final = 315532800
"""1980-01-01, the first time that a zip entry can have: that of all entries."""

_MOST_IN_MEMORY: Final = 8 << 20
"""Bytes of content that a package may have to be packed without the disk, where that takes memory."""


@dataclass(frozen=True, slots=True)
class Repacked:
    """A zip file, and what is in it. ``modules`` and ``dependencies`` are ``None`` where the package does not tell
    them; ``problems`` are those of the package."""

    path: Path
    digests: Digests
    modules: list[Datum] | None
    dependencies: list[Datum] | None
    problems: tuple[str, ...]


def repack(fetched: Fetched, name: str, place: Path, *, limits: Limits = Limits()) -> Repacked:
    """Pack a package called ``name`` into ``place``, a directory, as ``raco pkg create --as-is`` does.

    Others may be packed there meanwhile; what is left there after an error is removed with the directory. Raises what
    reading packages raises, and ``OSError``.
    """
    target = place / f"{name}.zip"
    if fetched.kind == "directory":
        return _of_tree(fetched.path, name, target, limits)
    format = _format(fetched)
    with PackageReader(fetched.path, format=format, limits=limits).gathered(_MOST_IN_MEMORY) as found:
        if found is not None and not any(entry.kind == "link" for entry in found):
            # The same as by way of a tree, which has no part in what comes of it.
            entries = [_with_text(entry) for entry in _as_in_a_tree(found)]
            files = [entry.path for entry in entries if entry.kind == "file"]
            said = describe(name, files, {entry.path: info_text(entry) for entry in entries if is_info(entry)})
            _write(target, name, with_layer(place, name, "zip", entries))
            return _repacked(target, said, unusable=said.infos.get("") is None and "info.rkt" in files)
    from pltpack.conversion.convert import convert

    tree = place / f"{name}.tree"
    convert(fetched.path, tree, source_format=format, format="dir", name=name, limits=limits)
    made = _of_tree(tree, name, target, limits)
    shutil.rmtree(tree, ignore_errors=True)
    return made


def _of_tree(tree: Path, name: str, target: Path, limits: Limits) -> Repacked:
    with package_content(tree, "zip", "as-is") as content:
        _write(target, name, with_layer(tree, name, "zip", content.entries))
    staged = open_package(tree, name=name, check=False, limits=limits)
    unusable = staged.info is None and any(entry.path == "info.rkt" for entry in staged.entries)
    said = Description(staged.metadata, staged.modules, staged.infos, (*content.warnings, *staged.problems))
    return _repacked(target, said, unusable=unusable)


def _write(target: Path, name: str, entries: Iterable[Entry]) -> None:
    time = _time()
    # Packages are packed side by side already, so each by one thread.
    with target.open("xb") as sink, entry_writer(sink, "zip", name=name, jobs=1) as writer:
        for entry in entries:
            writer.add(entry.at(time))


def _repacked(target: Path, said: Description, *, unusable: bool) -> Repacked:
    needed = (*said.metadata.dependencies, *said.metadata.build_dependencies)
    return Repacked(
        path=target,
        digests=digests(target),
        modules=None if unusable else [[Symbol("lib"), module] for module in said.modules],
        dependencies=None if unusable else [dependency_datum(dependency) for dependency in needed],
        problems=said.problems,
    )


def _as_in_a_tree(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Entries as they are found in a directory that they are written to: all directories there, and in order, with the
    permissions that are packed."""
    found: dict[str, Entry] = {}
    for entry in entries:
        above = entry.path.rpartition("/")[0]
        while above and above not in found:
            found[above] = _directory(above)
            above = above.rpartition("/")[0]
        if entry.kind == "directory":
            found.setdefault(entry.path, _directory(entry.path))
        else:
            found[entry.path] = replace(entry, mode=_permissions(entry.mode))
    for path in sorted(found, key=packing_order):
        yield found[path]


def _directory(path: str) -> Entry:
    return Entry(path, "directory", 0o755, TIME)


def _permissions(mode: int) -> int:
    return 0o444 | mode & 0o200 | (0o111 if mode & 0o100 else 0)


def _with_text(entry: Entry) -> Entry:
    """An info file with its text in memory: it is read for what it says, too."""
    if not is_info(entry) or (text := info_text(entry)) is None:
        return entry
    return replace(entry, content=BytesContent(text))


def _format(fetched: Fetched) -> Format:
    """The format of an archive by the name that it had where it came from."""
    path = urlsplit(fetched.source).path if "://" in fetched.source else fetched.source
    return format_of(path.rpartition("/")[2])


def _time() -> int:
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not said:
        return TIME
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        raise PackageError(f"SOURCE_DATE_EPOCH is {said!r}, not a number of seconds since 1970")
    return max(int(said), TIME)
