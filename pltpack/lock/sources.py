"""What is at the sources of packages that are to be locked: what an earlier lock says, or what is there today."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final

from pltpack.catalog.record import Record
from pltpack.catalog.search_path import SearchPath
from pltpack.dataclass import dataclass
from pltpack.errors import CatalogError, PltError, SourceError, UnsafePathError
from pltpack.fetch.download import mismatch
from pltpack.fetch.fetched import Fetched
from pltpack.fetch.fetcher import Fetcher
from pltpack.fetch.transport import shown
from pltpack.formats.formats import format_of
from pltpack.lock.contents import Contents
from pltpack.lock.facts import facts_of_block, license_text, locked_dependencies
from pltpack.lock.origins import LOCAL, locked_type, record_of, wanted_of
from pltpack.lock.paths import written, written_location
from pltpack.lock.trees import Tree, taken, unpacked, unpacked_directory
from pltpack.lock.values import LockedPackage
from pltpack.pkg.names import is_package_name
from pltpack.pkg.source import parse_source
from pltpack.racket.info.info import Info, load_info
from pltpack.scope.access import silent
from pltpack.scope.found import Found
from pltpack.scope.look import Looker
from pltpack.scope.plan.origins import expected_origin, local_path
from pltpack.scope.plan.values import Content, Options, Wish
from pltpack.scope.state.surroundings import Surroundings

AT_ONCE: Final = 32
"""As many look-ups and downloads as Racket has look-ups."""


@dataclass
class Pins:
    """The blocks of an earlier lock, which stay as they are unless a package is to be ``updated``, or all are."""

    packages: Mapping[str, LockedPackage] = field(default_factory=dict)
    updated: set[str] = field(default_factory=set)
    everything: bool = False

    def of(self, wish: Wish, base: Path) -> LockedPackage | None:
        """The block for a wish, if it is for the very same thing."""
        package = self.packages.get(wish.name)
        if package is None or (wish.checksum is not None and wish.checksum != package.checksum):
            return None
        if wish.type == "name":
            return package if package.catalog is not None and wish.source == wish.name else None
        wanted = wanted_of(wish, base)
        return package if package.catalog is None and (wanted.type, wanted.source) == _place(package) else None

    def holds(self, name: str) -> bool:
        """Whether a package stays what it is."""
        return not self.everything and name not in self.updated


def _place(package: LockedPackage) -> tuple[str, str]:
    return package.type, package.source


class LockSources:
    """The sources of one resolution: a :class:`~pltpack.scope.plan.planner.Sources` that also keeps what it has found
    as blocks of a lock file (:attr:`blocks`, by the key of the wish).

    ``base`` is the directory of the lock file; records of catalogs count as they are for a ``version`` of Racket. For a
    ``foreign`` target nothing of the installation at hand is in the way. ``thorough``: blocks that stay are looked into
    as well, so that modules in two packages are seen.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        catalogs: SearchPath,
        fetcher: Fetcher,
        base: Path,
        pins: Pins,
        *,
        version: str,
        foreign: bool,
        tell: Callable[[str], None] = silent,
        jobs: int | None = None,
    ) -> None:
        self.catalogs = catalogs
        self.fetcher = fetcher
        self.base = base
        self.pins = pins
        self.thorough = False
        self.blocks: dict[object, LockedPackage] = {}
        self._looked: dict[object, Content] = {}
        self._version = version
        self._tell = tell
        self._asked = False
        self._jobs = jobs or AT_ONCE
        self._packages = surroundings.places.packages
        self._rooms = contextlib.ExitStack()
        self._looker = Looker(surroundings, Options(force=foreign), self._rooms)

    def close(self) -> None:
        """Let go of everything."""
        self._rooms.close()

    # what a plan asks

    def contents(self, wishes: Sequence[Wish]) -> Sequence[Content | Exception]:
        """What is at each source. An error stands for one that cannot be had."""

        def attempt(wish: Wish) -> Content | Exception:
            try:
                return self._content(wish)
            except (PltError, OSError) as error:
                return error

        self._ask_ahead()
        if len(wishes) < 2:
            return [attempt(wish) for wish in wishes]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self._jobs) as pool:
            return list(pool.map(attempt, wishes))

    def _ask_ahead(self) -> None:
        """Look up at once whatever will be asked for level by level: what stays would be looked up by nobody."""
        names = [name for name, pin in self.pins.packages.items() if pin.catalog and not self.pins.holds(name)]
        if self._asked or not self.catalogs.remote or len(names) < 2:
            return
        self._asked = True
        from concurrent.futures import ThreadPoolExecutor

        def look_up(name: str) -> None:
            with contextlib.suppress(PltError, OSError):  # whoever needs it is told
                self.catalogs[name]

        with ThreadPoolExecutor(self._jobs) as pool:
            list(pool.map(look_up, names))

    def checksums(self, wishes: Sequence[Wish]) -> Sequence[str | Exception | None]:
        """Nothing is installed that could be older."""
        return [None] * len(wishes)

    # one package

    def _content(self, wish: Wish) -> Content:
        if wish.key in self._looked:
            return self._looked[wish.key]
        pin = self.pins.of(wish, self.base)
        stays = pin is not None and not pin.linked and (self.pins.holds(wish.name) or self._is_the_same(wish, pin))
        if pin is not None and stays and not self.thorough:
            self.blocks[wish.key] = pin
            return self._from_block(wish, pin)
        if pin is not None and stays:
            content = self._look(wish, Contents(self.fetcher, self.base).tree(pin), pin.checksum)
            self.blocks[wish.key] = pin
        elif wish.type in ("link", "static-link"):
            content = self._linked(wish)
        else:
            source = self._source(wish)
            content = self._fetched(wish, source, source.checksum)
        self._looked[wish.key] = content
        return content

    def _fetched(self, wish: Wish, source: Wish, checksum: str | None) -> Content:
        self._tell(f"Fetching {wish.name} from {shown(source.source)}")
        fetched = self.fetcher.fetch(source.source, type=source.type, name=wish.name, checksum=checksum)
        tree = self._tree(fetched)
        content = self._look(wish, tree, fetched.checksum if checksum is None else checksum)
        self.blocks[wish.key] = self._block(wish, fetched, tree, content)
        return content

    def found_again(self, wish: Wish, checksum: str | None) -> LockedPackage:
        """The block of a package that was installed from somewhere, and had a checksum then; whatever is there today.

        Raises as fetching does.
        """
        pin = self.pins.of(wish, self.base)
        if pin is not None and not pin.linked and pin.checksum == checksum:
            return pin
        if wish.type in ("link", "static-link"):
            self._linked(wish)
        else:
            source = self._source(wish)
            expected = checksum if checksum is not None and source.type != "dir" else source.checksum
            self._fetched(wish, source, expected)
        return self.blocks[wish.key]

    def _source(self, wish: Wish) -> Wish:
        """Where the content of a wish is: for a name what the catalogs say."""
        if wish.type != "name":
            return wish
        record = self._record(wish)
        self._tell(f'Resolved "{wish.source}" via {record.catalog}')
        parsed = None if record.source is None else parse_source(record.source, name=wish.name, strict=False)
        if record.source is None or parsed is None or parsed.type in (None, "name") or parsed.problem is not None:
            raise CatalogError(f"the source of package {wish.source} is none: {record.source}", file=record.catalog)
        if parsed.type in LOCAL and (record.catalog or "").startswith(("http://", "https://")):
            reason = "a catalog of another host names a file of this one"
            raise UnsafePathError(f"{record.source!r} is not used: {reason}", paths=[(record.source, reason)])
        if wish.checksum is not None and record.checksum != wish.checksum:
            raise mismatch(wish.source, wish.checksum, record.checksum or "none")
        assert parsed.type is not None
        found = Wish(record.source, parsed.type, wish.name, record.checksum, wish.auto)
        return replace(found, source=str(local_path(found))) if parsed.type in LOCAL else found

    def _record(self, wish: Wish) -> Record:
        """What the first catalog that knows a name says of it, for the version of Racket that is meant."""
        return self.catalogs[wish.source].for_version(self._version)

    def _look(self, wish: Wish, tree: Tree, checksum: str | None) -> Content:
        found = Found(tree.path, "dir", checksum, expected_origin(wish, self._packages))
        return self._looker.look(wish, found)

    def _from_block(self, wish: Wish, pin: LockedPackage) -> Content:
        record = record_of(pin, self.base, self._packages, auto=wish.auto)
        return Content(wish, record.origin, pin.checksum, facts_of_block(pin), Path(), size=pin.size)

    def _is_the_same(self, wish: Wish, pin: LockedPackage) -> bool:
        """Whether a source has today what it had then."""
        if wish.type == "dir":
            return False
        if wish.type != "name":
            checksum = self.fetcher.checksum(wish.source, type=wish.type, name=wish.name)
            return checksum is not None and checksum == pin.checksum
        source = self._source(wish)
        place = written(Path(source.source), self.base) if source.type in LOCAL else shown(source.source)
        same = (source.type, place, source.checksum) == (pin.type, pin.source, pin.checksum)
        return same and source.checksum is not None and source.type not in ("dir", "link", "static-link")

    def _tree(self, fetched: Fetched) -> Tree:
        cache = self.fetcher.cache
        if fetched.kind == "file":
            format = format_of(fetched.source.partition("#")[0].partition("?")[0])
            return unpacked(cache, fetched.path, format, ("unpacked", fetched.sha256 or ""))
        if fetched.sha256 is not None:
            return taken(cache, fetched.path, fetched.sha256)
        return unpacked_directory(cache, fetched.path)

    def _block(self, wish: Wish, fetched: Fetched, tree: Tree, content: Content) -> LockedPackage:
        catalog = self._record(wish).catalog if wish.type == "name" else None
        type = locked_type(fetched.type)
        return block_of(
            wish.name,
            content,
            load_info(tree.path),
            type=type,
            source=written(fetched.path, self.base) if type in LOCAL else fetched.source,
            catalog=None if catalog is None else written_location(catalog, self.base),
            sha256=fetched.sha256 if fetched.kind == "file" else None,
            content=tree.content,
            size=fetched.size if fetched.kind == "file" else tree.size,
        )

    def _linked(self, wish: Wish) -> Content:
        place = local_path(wish)
        if not place.is_dir():
            raise SourceError("no such directory", file=str(place))
        content = self._looker.look(wish, Found(place, "dir", wish.checksum, expected_origin(wish, self._packages)))
        self.blocks[wish.key] = block_of(
            wish.name, content, load_info(place), type=locked_type(wish.type), source=written(place, self.base)
        )
        return content


def block_of(name: str, found: Content, info: Info | None, **where: Any) -> LockedPackage:
    """The block of a package that was looked into; ``where`` are the fields that say where it is and what it is."""
    return LockedPackage(
        name=name,
        version=found.facts.version,
        checksum=found.checksum,
        license=license_text(info),
        collection=found.facts.collection,
        dependencies=locked_dependencies(name, info),
        implies=tuple(one for one in found.facts.implied if is_package_name(one)),
        **where,
    )
