"""Where the content of a block is: in the cache, in a folder or mirror that was named, or where the block says."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pltpack.errors import ChecksumError, FetchError, PltError
from pltpack.fetch.fetched import Fetched
from pltpack.fetch.fetcher import Fetcher
from pltpack.fetch.transport import shown
from pltpack.formats.formats import SUFFIXES, Format, format_of
from pltpack.lock.origins import source_wish
from pltpack.lock.trees import Tree, find_tree, forget, is_whole, taken, unpacked, unpacked_directory
from pltpack.lock.values import LockedPackage
from pltpack.pkg.checksum import digests
from pltpack.scope.access import silent

if TYPE_CHECKING:
    from pltpack.catalog.catalog import Catalog

_MOST_FILES: Final = 200_000


class Place(NamedTuple):
    """An archive or a directory that may be a package."""

    path: Path
    format: Format


class Contents:
    """Finds what a lock file means by its digests, wherever it is; several threads may ask at once.

    ``base`` is the directory of the lock file. ``places`` are asked before the sources that it says: directories with
    archives, catalogs of mirrors (URLs). Nothing is believed: what is not what the digests say is an error, or passed
    over where there is another place to look.
    """

    def __init__(
        self, fetcher: Fetcher, base: Path, places: Sequence[str] = (), *, tell: Callable[[str], None] = silent
    ) -> None:
        self.fetcher = fetcher
        self.cache = fetcher.cache
        self.base = base
        self._folders = [Path(place).absolute() for place in places if not _is_url(place)]
        self._urls = [place for place in places if _is_url(place)]
        self._tell = tell
        self._lock = threading.Lock()
        self._sums: dict[Path, str] = {}

    def near(self, package: LockedPackage) -> Path | None:
        """The tree of a package if it is in the cache; it was not checked."""
        assert package.content is not None
        return find_tree(self.cache, package.content)

    def tree(self, package: LockedPackage) -> Tree:
        """The tree of a package, checked.

        Raises :class:`~pltpack.errors.ChecksumError` for content that is not what the lock says,
        :class:`~pltpack.errors.FetchError` if it cannot be had, and what reading a package raises.
        """
        assert package.content is not None
        if (path := self.near(package)) is not None:
            if is_whole(path, package.content):
                return Tree(path, package.content, package.size)
            forget(path)
        problems: list[str] = []
        for found in self._found(package, problems):
            tree = self._unpacked(found)
            if tree.content == package.content:
                return tree
            problems.append(f"{found.path}: its files are not those that were locked")
        raise self._unlike(package, problems)

    def archive(self, package: LockedPackage) -> Path | None:
        """The archive of a package, checked; ``None`` for one that has none. Raises as :meth:`tree`."""
        if package.sha256 is None:
            return None
        problems: list[str] = []
        for found in self._found(package, problems):
            if self._sum(found.path) == package.sha256:
                return found.path
        raise self._unlike(package, problems)

    def _unlike(self, package: LockedPackage, problems: Sequence[str]) -> ChecksumError:
        return ChecksumError(
            f"package {package.name} cannot be had as it was locked",
            details=tuple(f"  {problem}" for problem in problems),
            hint="it was replaced at its source: look why, then raco-pkg lock --update it, or sync --from a mirror",
        )

    # where to look

    def _found(self, package: LockedPackage, problems: list[str]) -> Iterator[Place]:
        """Archives and directories that may be the package, those that are near first."""
        if package.sha256 is not None:
            path = self.cache.content("file", package.sha256)
            if path is not None and digests(path).sha256 == package.sha256:
                yield Place(path, _format_of_source(package.source))
        yield from self._in_folders(package, problems)
        for url in self._urls:
            yield from self._in_mirror(url, package, problems)
        yield self._from_source(package)

    def _in_folders(self, package: LockedPackage, problems: list[str]) -> Iterator[Place]:
        for path, size in self._files:
            if package.sha256 is not None and size == package.size:
                if self._sum(path) == package.sha256:
                    yield Place(path, format_of(path))
                elif _stem(path.name) == package.name:
                    problems.append(f"{path}: its SHA-256 is not the one that was locked")
            elif package.sha256 is None and _stem(path.name) == package.name:
                yield Place(path, format_of(path))

    @cached_property
    def _files(self) -> list[tuple[Path, int]]:
        """The archives in the folders, with their sizes."""
        return [one for folder in self._folders for one in _archives(folder)]

    def _in_mirror(self, url: str, package: LockedPackage, problems: list[str]) -> Iterator[Place]:
        """What a catalog of a mirror leads to."""
        try:
            source = self._catalog(url)[package.name].source
            if source is None or not _is_url(source):
                return
            self._tell(f"Fetching {package.name} from {shown(source)}")
            place = self._place(self.fetcher.fetch(source, name=package.name, checksum=self._expected(package, source)))
        except (PltError, OSError) as error:
            problems.append(f"{url}: {error}")
            return
        if package.sha256 is None or self._sum(place.path) == package.sha256:
            yield place
        else:
            problems.append(f"{shown(source)}: its SHA-256 is not the one that was locked")

    def _expected(self, package: LockedPackage, source: str) -> str | None:
        """What a source in a mirror must have: an archive that was locked the same SHA-1."""
        return package.checksum if package.sha256 is not None and _stem(source) is not None else None

    def _catalog(self, url: str) -> Catalog:
        from pltpack.catalog.locations import open_catalog

        return open_catalog(url if url.endswith("/") else f"{url}/", transport=self.fetcher.transport)

    def _from_source(self, package: LockedPackage) -> Place:
        wish = source_wish(package, self.base)
        self._tell(f"Fetching {package.name} from {wish.source}")
        checksum = package.checksum if package.type != "dir" else None
        try:
            fetched = self.fetcher.fetch(wish.source, type=wish.type, name=wish.name, checksum=checksum)
        except (FetchError, ChecksumError) as error:
            error.details = (*error.details, f"  package: {package.name}")
            raise
        if package.sha256 is not None and fetched.sha256 != package.sha256:
            raise self._unlike(package, [f"{wish.source}: its SHA-256 is {fetched.sha256}"])
        return self._place(fetched)

    def _place(self, fetched: Fetched) -> Place:
        return Place(fetched.path, "dir" if fetched.kind == "directory" else _format_of_source(fetched.source))

    def _unpacked(self, found: Place) -> Tree:
        if found.format != "dir":
            return unpacked(self.cache, found.path, found.format, ("unpacked", self._sum(found.path)))
        if self.cache.directory in found.path.parents:
            return taken(self.cache, found.path, found.path.name)
        return unpacked_directory(self.cache, found.path)

    def _sum(self, path: Path) -> str:
        with self._lock:
            known = self._sums.get(path)
        if known is None:
            known = digests(path).sha256
            with self._lock:
                self._sums[path] = known
        return known


def _is_url(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _format_of_source(source: str) -> Format:
    """The format of an archive by the last name of its path or URL."""
    return format_of(source.partition("#")[0].partition("?")[0])


def _stem(name: str) -> str | None:
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), None)


def _archives(folder: Path) -> Iterator[tuple[Path, int]]:
    """The archives below a folder, in the order of their names."""
    if not folder.is_dir():
        raise FetchError("there is no such directory to take packages from", file=str(folder))
    count = 0
    for place, names, leaves in os.walk(folder):
        names.sort()
        for leaf in sorted(leaves):
            count += 1
            if count > _MOST_FILES:
                return
            path = Path(place, leaf)
            if _stem(leaf) is not None and path.is_file():
                with contextlib.suppress(OSError):
                    yield path, path.stat().st_size
