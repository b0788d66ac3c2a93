"""The cache of PLaneT's client, written without Racket: the rescue that changes nothing.

Every Racket up to today's still has the client. A package that lies unpacked in the cache, with the empty files beside
it that say so, is found by ``require`` and ``#lang planet`` without a network.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from pltpack.codec.limits import Limits
from pltpack.datum.reader import DatumLimits, read_datum
from pltpack.datum.values import Datum
from pltpack.datum.writer import write_datum
from pltpack.errors import FormatError, LimitError, PackageError, PltError
from pltpack.formats.entries import CHUNK, ExactReader, Source
from pltpack.planet.hard_links import HardLink, links_text, read_links, with_link, without_link
from pltpack.planet.index import Index, index_planet
from pltpack.planet.places import MARKS, Places
from pltpack.planet.release import Release, open_release
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination

Outcome: TypeAlias = Literal["installed", "replaced", "kept", "failed"]


@dataclass(slots=True)
class Cached:
    """What became of a release in the cache of one version; ``error`` if it failed, and is as it was."""

    release: Release
    version: str
    path: Path
    outcome: Outcome
    files: int = 0
    error: PltError | OSError | None = None


@dataclass(slots=True)
class CacheContents:
    """What a client has: installed packages, those whose installation was not ended, links, and archives."""

    places: Places
    installed: list[Release] = field(default_factory=list)
    unfinished: list[Release] = field(default_factory=list)
    links: list[HardLink] = field(default_factory=list)
    archives: list[Release] = field(default_factory=list)


def cache_planet(
    releases: Iterable[Release],
    places: Sequence[Places],
    *,
    archives: bool = False,
    force: bool = False,
    dry_run: bool = False,
    limits: Limits = Limits(),
) -> Generator[Cached, None, None]:
    """Put releases into the caches of one or several versions of Racket, each release whole or not at all.

    One that is installed already stays, unless ``force`` has it replaced. ``archives``: put the archives into
    ``packages``, too, where a client that has no cache finds them. What is wrong with a release is told in the result.
    """
    for release in releases:
        for place in places:
            yield _attempt(release, place, archives=archives, force=force, dry_run=dry_run, limits=limits)


def _attempt(release: Release, places: Places, *, archives: bool, force: bool, dry_run: bool, limits: Limits) -> Cached:
    path = places.base.joinpath(*places.installed(release))
    there = is_installed(path)
    outcome: Outcome = "kept" if there and not force else "replaced" if path.exists() else "installed"
    result = Cached(release, places.version, path, outcome)
    if outcome == "kept":
        return result
    try:
        if dry_run:
            with open_release(release, limits=limits) as entries:
                result.files = sum(entry.kind == "file" for entry in entries)
        else:
            result.files = _install(release, places, archives=archives, limits=limits)
    except PltError as error:
        result.outcome, result.error = "failed", error.within(file=str(release.path))
    except OSError as error:
        result.outcome, result.error = "failed", error
    return result


def _install(release: Release, places: Places, *, archives: bool, limits: Limits) -> int:
    root = Root(places.base, "planet")
    target = places.installed(release)
    files = 0
    with DirectoryDestination() as changes, open_release(release, limits=limits) as entries:
        changes.make_directory(root, ())
        changes.replace_directory(root, target)
        for entry in entries:
            place = (*target, *entry.path.split("/"))
            if entry.kind == "directory":
                changes.make_directory(root, place)
            else:
                with contextlib.closing(ExactReader.of(entry)) as data:
                    changes.write_file(root, place, entry.size, _Chunks(data), Existing.ERROR)
                files += 1
        for mark in MARKS:
            changes.write_file(root, (*target[:-1], target[-1] + mark), 0, _Bytes(b""), Existing.REPLACE)
        if archives and release.stored == "archive":
            size = release.path.stat().st_size
            with release.path.open("rb") as stream:
                changes.write_file(root, places.archive(release), size, _Chunks(stream), Existing.REPLACE)
        changes.commit()
    return files


class _Chunks:
    """A stream as a transaction takes it."""

    def __init__(self, stream: Source) -> None:
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)

    def chunks(self) -> Iterator[bytes]:
        while data := self.read(CHUNK):
            yield data


def is_installed(path: Path) -> bool:
    """Whether the client would take a directory of its cache for an installed package."""
    return path.is_dir() and path.with_name(path.name + MARKS[-1]).is_file()


def contents(places: Places) -> CacheContents:
    """What there is. Raises :class:`~pltpack.errors.ConfigError` for a bad table of links, ``OSError``."""
    found = CacheContents(places, links=read_links(places.links))
    if places.cache.is_dir():
        for release in index_planet(places.cache).releases:
            (found.installed if is_installed(release.path) else found.unfinished).append(release)
    packages = places.base / "packages"
    if packages.is_dir():
        found.archives = index_planet(packages).releases
    return found


def versions(base: Path) -> list[str]:
    """The versions of Racket that have a client below a base, by name."""
    if not base.is_dir():
        return []
    return sorted(path.name for path in base.iterdir() if (path / "cache").is_dir() or (path / "HARD-LINKS").is_file())


def remove(release: Release, places: Places, *, archive: bool = False, dry_run: bool = False) -> list[Path]:
    """Take an installed package out of the cache, with its marks and its rows in the client's index of info files,
    all or nothing; with ``archive`` the one in ``packages``, too. Directories that are empty then go.

    Returns what was removed. Raises :class:`~pltpack.errors.PackageError` if it is not there, or is a link.
    """
    target = places.installed(release)
    path = places.base.joinpath(*target)
    kept = places.base.joinpath(*places.archive(release))
    archive = archive and kept.is_file()
    if not path.is_dir() and not archive:
        if any(link.version == (*release.key, *release.version) for link in read_links(places.links)):
            raise PackageError(f"{release} is a development link", hint="pltpack planet unlink takes it away")
        raise PackageError(f"{release} is not in the cache of {places.version}", file=str(places.cache))
    marks = [path.with_name(path.name + mark) for mark in MARKS]
    going = [*([path] if path.is_dir() else []), *filter(Path.exists, marks), *([kept] if archive else [])]
    if dry_run:
        return going
    root = Root(places.base, "planet")
    with DirectoryDestination() as changes:
        for gone in going:
            changes.remove(root, gone.relative_to(places.base).parts)
        index = _index_without(places.info_index, path)
        if index is not None:
            name = places.info_index.relative_to(places.base).parts
            changes.write_file(root, name, len(index), _Bytes(index), Existing.REPLACE)
        changes.commit()
    _trim(path.parent, places.cache)
    if archive:
        _trim(kept.parent, places.base / "packages")
    return going


class _Bytes(_Chunks):
    """Data in memory as a transaction takes it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))


def _trim(directory: Path, top: Path) -> None:
    """Remove directories that are empty, from one upwards."""
    while directory != top and directory.is_relative_to(top):
        try:
            directory.rmdir()
        except OSError:
            return
        directory = directory.parent


def _index_without(file: Path, gone: Path) -> bytes | None:
    """The client's index of info files without the rows about a directory; ``None`` if nothing is to be changed."""
    try:
        data = file.read_bytes()
        rows, _ = read_datum(data, limits=DatumLimits(depth=50, length=64 << 20, count=2_000_000))
    except (OSError, FormatError, LimitError):
        return None
    if not isinstance(rows, list):
        return None
    left: list[Datum] = [row for row in rows if not _is_about(row, gone)]
    return None if len(left) == len(rows) else write_datum(left).encode()


def _is_about(row: object, gone: Path) -> bool:
    match row:
        case [bytes(place), *_]:
            return Path(os.fsdecode(place)).is_relative_to(gone)
        case _:
            return False


def link(release: Release, places: Places, *, dry_run: bool = False) -> None:
    """Have a directory stand in for a version; a link for the same version gives way. Raises ``PackageError`` if there
    is no such directory."""
    directory = Path(os.path.abspath(release.path))
    if not directory.is_dir():
        raise PackageError("not a directory", file=str(directory), hint="links lead to the directory of a package")
    new = HardLink(release.owner, release.package, release.major, release.minor, directory)
    _write_links(places, with_link(read_links(places.links), new), dry_run=dry_run)


def unlink(release: Release, places: Places, *, dry_run: bool = False) -> None:
    """Take a link away. Raises :class:`~pltpack.errors.PackageError` if there is none."""
    links = read_links(places.links)
    left = without_link(links, *release.key, *release.version)
    if len(left) == len(links):
        raise PackageError(f"there is no link for {release}", file=str(places.links))
    _write_links(places, left, dry_run=dry_run)


def _write_links(places: Places, links: list[HardLink], *, dry_run: bool) -> None:
    if dry_run:
        return
    data = links_text(links)
    root = Root(places.base, "planet")
    with DirectoryDestination() as changes:
        changes.make_directory(root, ())
        changes.write_file(root, places.links.relative_to(places.base).parts, len(data), _Bytes(data), Existing.REPLACE)
        changes.commit()


def chosen(index: Index, *, latest: bool = False) -> list[Release]:
    """The releases of an index that a cache takes: all, or of each major version the latest."""
    if not latest:
        return list(index.releases)
    last = {(*release.key, release.major): release for release in index.releases}
    return list(last.values())
