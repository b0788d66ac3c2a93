"""A folder of archives as an index: which packages are at hand, in which versions.

Nothing is guessed from the name of a file. Owner, package and version come from the place of an archive, as PLaneT's
server and client lay them out (``OWNER/PKG.plt/MAJ/MIN/PKG.plt``), from the cache of a client
(``OWNER/PKG.plt/MAJ/MIN/`` with the files), or from a table that somebody wrote.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pltpack.codec.limits import Limits
from pltpack.errors import FormatError, LimitError
from pltpack.planet.release import Release, is_plain_file, looked_up
from pltpack.planet.request import SUFFIX, Request
from pltpack.planet.version import best_match

_MOST_PLACES: Final = 1_000_000
_MOST_LEVELS: Final = 24
_LARGEST_VERSION: Final = 10**9
_LARGEST_TABLE: Final = 16 << 20


@dataclass(slots=True)
class Index:
    """The releases that were found, in order of owner, package and version.

    ``unplaced``: archives of which nothing says what they are. ``problems``: what was passed over, and why.
    """

    releases: list[Release] = field(default_factory=list)
    unplaced: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _by_key: dict[tuple[str, str], list[Release]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.releases.sort()
        for release in self.releases:
            self._by_key.setdefault(release.key, []).append(release)

    def versions(self, owner: str, package: str) -> list[Release]:
        """All releases of a package, the oldest first."""
        return self._by_key.get((owner, package), [])

    def majors(self, owner: str, package: str) -> list[int]:
        """The major versions of a package."""
        return sorted({release.major for release in self.versions(owner, package)})

    def latest(self, owner: str, package: str, major: int) -> Release | None:
        """The highest minor version of a major one."""
        return max(
            (release for release in self.versions(owner, package) if release.major == major),
            key=lambda release: release.minor,
            default=None,
        )

    def find(self, request: Request, *, core: str | None = None) -> Release | None:
        """What PLaneT's client would take for a request, see :func:`~pltpack.planet.version.best_match`."""
        return best_match(self.versions(*request.key), request.bounds, core=core)

    def looked_up(self, *, limits: Limits = Limits()) -> Index:
        """The same with the version of Racket that each release asks for, for which all of them are read."""
        releases = [looked_up(release, limits=limits) for release in self.releases]
        return Index(releases, list(self.unplaced), list(self.problems))


def index_planet(folder: str | os.PathLike[str], *, table: str | os.PathLike[str] | None = None) -> Index:
    """Look for packages below a folder; ``table`` names those that do not lie as PLaneT laid them out.

    A line of the table is ``FILE,OWNER,MAJ,MIN`` or ``FILE,OWNER,MAJ,MIN,PKG.plt`` (or the same with blanks between);
    files are relative to the folder, and the package has the file's name if none is given. ``#`` begins a comment.

    Raises :class:`~pltpack.errors.FormatError` for a table that is not so, ``LimitError``, ``OSError``.
    """
    top = Path(folder)
    search = _Search(top)
    if table is not None:
        search.add(read_table(table, top))
    search.walk()
    return search.index()


def index_releases(releases: Iterable[Release]) -> Index:
    """An index of releases that are known already."""
    return Index(list(releases))


def read_table(table: str | os.PathLike[str], folder: Path) -> list[Release]:
    """The releases that a table names, see :func:`index_planet`."""
    name = os.fspath(table)
    with open(table, "rb") as stream:
        data = stream.read(_LARGEST_TABLE + 1)
    if len(data) > _LARGEST_TABLE:
        raise LimitError(f"a table of more than {_LARGEST_TABLE} bytes", file=name)
    releases = []
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            release = _row(text, folder)
            if release is None:
                raise FormatError(
                    f"line {number} is not FILE,OWNER,MAJ,MIN or FILE,OWNER,MAJ,MIN,PKG.plt: {text[:80]!r}", file=name
                )
            releases.append(release)
    return releases


def _row(text: str, folder: Path) -> Release | None:
    cells = next(csv.reader([text], skipinitialspace=True)) if "," in text else text.split()
    cells = [cell.strip() for cell in cells]
    if len(cells) not in (4, 5):
        return None
    file, owner, major, minor = cells[:4]
    path = folder / file
    package = cells[4] if len(cells) == 5 else path.name
    versions = _version(major, minor)
    if versions is None or not _is_name(owner) or not _is_package(package):
        return None
    return Release(owner, package, *versions, path, "directory" if path.is_dir() else "archive")


def _version(major: str, minor: str) -> tuple[int, int] | None:
    if not all(text.isascii() and text.isdigit() and len(text) <= 9 for text in (major, minor)):
        return None
    return int(major), int(minor)


def _is_name(text: str) -> bool:
    return bool(text) and text not in (".", "..") and not set(text) & set("/\\\0")


def _is_package(text: str) -> bool:
    return _is_name(text) and text.endswith(SUFFIX) and text != SUFFIX


class _Search:
    def __init__(self, top: Path) -> None:
        self._top = top
        self._found: dict[tuple[str, str, int, int], Release] = {}
        self._unplaced: list[Path] = []
        self._problems: list[str] = []
        self._tabled: set[str] = set()

    def add(self, releases: Iterable[Release]) -> None:
        """Take releases that somebody named; they come first."""
        for release in releases:
            if not release.path.exists():
                self._problems.append(f"{release.path} is in the table, but nowhere else")
                continue
            self._tabled.add(os.path.realpath(release.path))
            self._take(release)

    def index(self) -> Index:
        return Index(list(self._found.values()), self._unplaced, self._problems)

    def walk(self) -> None:
        """Go through the folder, without following links."""
        places = 0
        pending = [self._top]
        while pending:
            directory = pending.pop()
            places += 1
            if places > _MOST_PLACES:
                raise LimitError(f"more than {_MOST_PLACES} directories", file=str(self._top))
            with os.scandir(directory) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
            below = []
            for entry in entries:
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    if os.path.realpath(path) in self._tabled:
                        continue
                    if entry.name.endswith(SUFFIX) and self._package(path):
                        continue
                    below.append(path)
                elif self._is_archive(entry):
                    self._unplaced.append(path)
            if len(directory.relative_to(self._top).parts) < _MOST_LEVELS:
                pending.extend(reversed(below))

    def _is_archive(self, entry: os.DirEntry[str]) -> bool:
        """Whether it is a file that looks like an archive, and that the table does not name."""
        name = entry.name
        if name.startswith(".") or not name.endswith(SUFFIX) or not entry.is_file(follow_symlinks=False):
            return False
        return os.path.realpath(entry.path) not in self._tabled

    def _package(self, directory: Path) -> bool:
        """``OWNER/PKG.plt``: take its versions; false if there are none, so that it is any other directory."""
        owner, package = directory.absolute().parent.name, directory.name
        if not _is_name(owner) or not _is_package(package):
            return False
        found = False
        for major, minor, place in _versions(directory):
            found = True
            archive = place / package
            if is_plain_file(archive):
                self._take(Release(owner, package, major, minor, archive))
            elif archive.is_dir() or not _is_installed(place):
                self._problems.append(f"{place} is no installed package: it was not unpacked to its end")
            else:
                self._take(Release(owner, package, major, minor, place, "directory"))
        return found

    def _take(self, release: Release) -> None:
        key = (*release.key, *release.version)
        other = self._found.setdefault(key, release)
        if other is not release:
            self._problems.append(f"{release.path} is passed over: {other.path} is {release}, too")


def _versions(directory: Path) -> Iterator[tuple[int, int, Path]]:
    for major in _numbers(directory):
        for minor in _numbers(directory / major):
            yield int(major), int(minor), directory / major / minor


def _numbers(directory: Path) -> list[str]:
    with os.scandir(directory) as listing:
        return sorted(
            entry.name
            for entry in listing
            if entry.is_dir(follow_symlinks=False) and entry.name.isdigit() and _version(entry.name, "0")
        )


def _is_installed(place: Path) -> bool:
    """Whether PLaneT's client would take a directory of its cache: since v5.2 files beside it say so."""
    beside = [place.with_name(place.name + mark) for mark in (".LOCK", ".UNPACKED", ".SUCCESS")]
    lock, unpacked, success = (mark.exists() for mark in beside)
    return success or unpacked or not lock
