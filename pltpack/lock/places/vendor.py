"""A folder that has everything a lock needs: archives, a catalog of them, and the lock."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from pathlib import Path
from typing import Final

import msgspec

from pltpack.catalog.directory_writer import catalog_files
from pltpack.catalog.record import Record, dependency_datum
from pltpack.dataclass import dataclass
from pltpack.datum.values import Datum, HashTable, Symbol
from pltpack.fetch.fetcher import Fetcher
from pltpack.formats.formats import entry_writer
from pltpack.lock.contents import Contents
from pltpack.lock.facts import dependencies_of
from pltpack.lock.origins import LOCAL
from pltpack.lock.paths import meant, meant_location, written, written_location
from pltpack.lock.values import FILE, Lock, LockedPackage
from pltpack.lock.write import lock_text
from pltpack.pkg.checksum import SUFFIX, digests
from pltpack.pkg.content import package_content, with_layer
from pltpack.pkg.staging import open_package
from pltpack.racket.version import version_key
from pltpack.scope.access import silent
from pltpack.transaction.destination import BytesData, Existing, Root
from pltpack.transaction.directory import DirectoryDestination

ARCHIVES: Final = "pkgs"
CATALOG: Final = "catalog"
_AT_ONCE: Final = 32
_TIME: Final = 315532800
"""1980-01-01: the time of all files in archives that are made here."""


@dataclass(frozen=True)
class Vendored:
    """What was written: the archives by the name of the package, and the linked packages that were left out."""

    directory: Path
    archives: tuple[tuple[str, Path], ...]
    left_out: tuple[str, ...] = field(default=())


def vendor_lock(
    lock: Lock,
    base: Path,
    directory: Path,
    fetcher: Fetcher,
    *,
    places: tuple[str, ...] = (),
    tell: Callable[[str], None] = silent,
    dry_run: bool = False,
) -> Vendored:
    """Write everything that a lock needs into a directory; the lock file is in the directory ``base``.

    ``pkgs/`` has the archives, word for word, and of what is no archive a ``.tgz`` of its files; ``catalog/`` is a
    catalog of them for ``raco pkg install --catalog``; then there is the lock. Archives that are there and in no lock
    any more are removed. All of it or nothing. Raises :class:`~pltpack.errors.ChecksumError`,
    :class:`~pltpack.errors.FetchError`, :class:`~pltpack.errors.PltError`, and ``OSError``.
    """
    directory, base = directory.absolute(), base.absolute()
    blocks = [package for package in lock.packages if not package.linked]
    left_out = tuple(sorted({package.name for package in lock.packages if package.linked}))
    names = _file_names(blocks)
    archives = tuple((package.name, directory / ARCHIVES / name) for package, name in zip(blocks, names, strict=True))
    if dry_run:
        return Vendored(directory, archives, left_out)
    contents = Contents(fetcher, base, places, tell=tell)
    root = Root(directory)
    with fetcher.cache.staging() as room, DirectoryDestination() as destination:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(lambda package, name: _archive(package, name, contents, room), blocks, names))
        sums = [digests(path) for path in found]
        destination.replace_directory(root, (ARCHIVES,))
        for name, path, sum in zip(names, found, sums, strict=True):
            with path.open("rb") as stream:
                destination.write_file(root, (ARCHIVES, name), sum.size, _Stream(stream), Existing.ERROR)
            checksum = sum.sha1.encode()
            destination.write_file(root, (ARCHIVES, name + SUFFIX), len(checksum), BytesData(checksum), Existing.ERROR)
        destination.replace_directory(root, (CATALOG,))
        records = _records(blocks, names, [sum.sha1 for sum in sums], contents)
        for place, data in catalog_files(records):
            destination.write_file(root, (CATALOG, *place), len(data), BytesData(data), Existing.ERROR)
        text = lock_text(moved(lock, base, directory))
        destination.write_file(root, (FILE,), len(text), BytesData(text), Existing.REPLACE)
        destination.commit()
    return Vendored(directory, archives, left_out)


def moved(lock: Lock, base: Path, directory: Path) -> Lock:
    """The same lock for a lock file in another directory."""

    def place(text: str) -> str:
        return written(meant(text, base), directory)

    def block(package: LockedPackage) -> LockedPackage:
        catalog = package.catalog
        if catalog is not None:
            catalog = written_location(meant_location(catalog, base), directory)
        source = place(package.source) if package.type in LOCAL else package.source
        return msgspec.structs.replace(package, source=source, catalog=catalog)

    wanted = tuple(
        msgspec.structs.replace(one, source=place(one.source)) if one.type in LOCAL and one.source else one
        for one in lock.wanted
    )
    catalogs = tuple(written_location(meant_location(one, base), directory) for one in lock.catalogs)
    return msgspec.structs.replace(lock, wanted=wanted, catalogs=catalogs, packages=tuple(map(block, lock.packages)))


class _Stream:
    """An open file as a transaction takes it."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)

    def chunks(self) -> Iterator[bytes]:
        while data := self._stream.read(1 << 18):
            yield data


def _file_names(blocks: list[LockedPackage]) -> list[str]:
    """A name for the archive of each block: that of the package, with a part of the digest where there are several."""
    several = {package.name for package in blocks if sum(one.name == package.name for one in blocks) > 1}
    return [
        package.name
        + (f"-{(package.content or '')[:8]}" if package.name in several else "")
        + (_suffix(package.source) if package.sha256 is not None else ".tgz")
        for package in blocks
    ]


def _suffix(source: str) -> str:
    last = source.partition("#")[0].partition("?")[0].rpartition("/")[2]
    return next((suffix for suffix in (".tar.gz", ".tgz", ".tar", ".plt") if last.endswith(suffix)), ".zip")


def _archive(package: LockedPackage, name: str, contents: Contents, room: Path) -> Path:
    """The archive of a package: its own, or a new one of its files."""
    target = room / name
    own = contents.archive(package)
    if own is not None:
        shutil.copyfile(own, target)
        return target
    tree = contents.tree(package).path
    with target.open("xb") as sink, package_content(tree, "tgz", "as-is") as content:
        entries = with_layer(tree, package.name, "tgz", content.entries)
        with entry_writer(sink, "tgz", name=package.name) as writer:
            for entry in entries:
                mode = 0o755 if entry.kind == "directory" or entry.mode & 0o100 else 0o644
                writer.add(replace(entry, mode=mode, mtime=_TIME))
    return target


def _records(blocks: list[LockedPackage], names: list[str], sums: list[str], contents: Contents) -> dict[str, Record]:
    """The catalog of the archives: for several versions of Racket what each shall have."""
    found: dict[str, list[tuple[LockedPackage, dict[str, Datum]]]] = {}
    for package, name, sha1 in zip(blocks, names, sums, strict=True):
        fields: dict[str, Datum] = {"source": f"../{ARCHIVES}/{name}", "checksum": sha1}
        found.setdefault(package.name, []).append((package, fields))
    return {name: _record(name, several, contents) for name, several in found.items()}


def _record(name: str, several: list[tuple[LockedPackage, dict[str, Datum]]], contents: Contents) -> Record:
    several = sorted(several, key=lambda one: [version_key(version) for version in one[0].racket])
    package, fields = several[-1]
    staged = open_package(contents.tree(package).path, name=name, check=False)
    versions: list[tuple[Datum, Datum]] = [
        (version, HashTable(tuple((Symbol(key), value) for key, value in own.items())))
        for one, own in several[:-1]
        for version in one.racket
    ]
    return Record.of(
        name,
        {
            "name": name,
            "author": "",
            "description": "",
            "tags": [],
            "dependencies": [dependency_datum(one) for _, one in dependencies_of(package)],
            "modules": [[Symbol("lib"), module] for module in staged.modules],
            **fields,
            **({"versions": HashTable(tuple(versions))} if versions else {}),
        },
    )
