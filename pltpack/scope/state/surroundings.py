"""An installation around a scope: the situation that a plan starts from, and who has a module or an item."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from pltpack.errors import InfoError, LimitError
from pltpack.racket.collections import CollectionIndex
from pltpack.racket.info.info import Info, load_info
from pltpack.racket.installation import Installation
from pltpack.scope.plan.conflicts import overlaps
from pltpack.scope.plan.values import Item, Overlap, Owner, Situation
from pltpack.scope.state.facts import items_of, platform_of
from pltpack.scope.state.installed import Installed, read_scope
from pltpack.scope.state.places import Places, searched_scopes

_BYTECODE = ("_rkt.zo", "_ss.zo")


class Surroundings:
    """An installation seen from one of its scopes, as it was when it was first looked at."""

    def __init__(self, installation: Installation, places: Places) -> None:
        self.installation = installation
        self.places = places

    @cached_property
    def here(self) -> dict[str, Installed]:
        """The packages of the scope."""
        return read_scope(self.places)

    @cached_property
    def searched(self) -> list[tuple[Places, dict[str, Installed]]]:
        """All scopes in which Racket looks, narrowest first."""
        return [
            (places, self.here if places.scope == self.places.scope else read_scope(places))
            for places in searched_scopes(self.installation)
        ]

    def situation(self) -> Situation:
        """What a plan starts from. Raises :class:`~pltpack.errors.ConfigError` and ``OSError``."""
        order = [places.scope for places, _ in self.searched]
        at = order.index(self.places.scope) if self.places.scope in order else len(order)
        tables: list[Mapping[str, Installed]] = [packages for _, packages in self.searched]
        system, library_subpath = platform_of(self.installation)
        known = self.installation.known_version
        return Situation(
            scope=self.places.scope,
            here=self.here,
            wider=tuple(tables[at + 1 :]),
            narrower=tuple(tables[:at]) if at < len(order) else (),
            version=known.value if known is not None else "0.0",
            packages=self.places.packages,
            system=system,
            library_subpath=library_subpath,
            elsewhere=tuple(tables) if at == len(order) else (),
        )

    # who has what

    @cached_property
    def collections(self) -> CollectionIndex:
        """Where collections are."""
        return CollectionIndex(self.installation)

    def owners(self, modules: tuple[str, ...]) -> dict[str, Owner]:
        """Those of the modules ``(lib "P")`` that are somewhere in the installation, and who has each."""
        found: dict[str, Owner] = {}
        directories: dict[str, list[Path]] = {}
        for module in modules:
            collection, _, file = module.rpartition("/")
            if collection not in directories:
                directories[collection] = list(self.collections.directories_of(collection))
            place = self._module_in(directories[collection], file)
            if place is not None:
                owner = self.package_around(place)
                found[module] = Owner(
                    None if owner is None else owner.name, None if owner is None else owner.scope, place
                )
        return found

    def _module_in(self, directories: list[Path], file: str) -> Path | None:
        """The file of a module: its source, as ``.rkt`` or ``.ss``, or bytecode that setup would keep without it."""
        stem = file.removesuffix(".rkt")
        names = [file, f"{stem}.ss"] if stem != file else [file]
        for directory in directories:
            for name in names:
                if (place := directory / name).is_file():
                    return place
            compiled = directory / "compiled"
            for suffix in _BYTECODE:
                place = compiled / f"{stem}{suffix}"
                if stem != file and place.is_file() and self._is_virtual(directory):
                    return place
        return None

    def _is_virtual(self, directory: Path) -> bool:
        """Whether bytecode in a directory counts without its sources (``assume-virtual-sources``)."""
        owner = self.package_around(directory)
        while True:
            info = _info(directory, self.installation)
            try:
                if info is not None and info.get("assume-virtual-sources", False) is not False:
                    return True
            except InfoError:
                return False
            if owner is None or directory in (owner.directory, directory.parent):
                return False
            directory = directory.parent

    def package_around(self, place: Path) -> Installed | None:
        """The package in whose directory something is, of all scopes."""
        by_directory = self._by_directory
        for directory in (place, *place.parents):
            if (found := by_directory.get(directory)) is not None:
                return found
        return None

    @cached_property
    def _by_directory(self) -> dict[Path, Installed]:
        everything = [self.here, *(packages for _, packages in self.searched)]
        return {one.directory: one for packages in reversed(everything) for one in packages.values()}

    def taken(self, items: tuple[Item, ...], *, as_racket: bool = False) -> dict[Item, Owner]:
        """Those of the items that an installed package has, of this scope and those around it."""
        if not items:
            return {}
        known = self._known_items if not as_racket else self._cached_items
        return {item: known[item] for item in items if item in known}

    @cached_property
    def _known_items(self) -> dict[Item, Owner]:
        """The items of all packages of this scope and the scopes around it, from their ``info.rkt`` files.

        Racket looks into the caches that ``raco setup`` writes, and misses all that was not set up.
        """
        found: dict[Item, Owner] = {}
        situation = self.situation()
        for packages in (situation.here, *situation.wider):
            for present in packages.values():
                infos = _infos(present.directory, self.installation)
                for item in items_of(infos, present.record.collection, self.installation):
                    found.setdefault(item, Owner(present.name, present.scope, present.directory))
        return found

    @cached_property
    def _cached_items(self) -> dict[Item, Owner]:
        """The items of the collections that ``raco setup`` has been at: those in ``info-cache.rktd``."""
        from pltpack.scope.state.info_cache import cached_directories

        found: dict[Item, Owner] = {}
        for directory in cached_directories(self.installation, self.places):
            owner = self.package_around(directory)
            info = _info(directory, self.installation)
            if info is not None:
                name, scope = (None, None) if owner is None else (owner.name, owner.scope)
                for item in items_of({"": info}, "", self.installation):
                    found.setdefault(item, Owner(name, scope, directory))
        return found

    def overlap(self, directory: Path, name: str) -> Overlap | None:
        """What keeps a directory from being linked: a collection directory, or a package of another name."""
        for collects in self.installation.collection_paths:
            if overlaps(directory, collects):
                return Overlap(
                    "cannot link a directory that overlaps with a collection path",
                    (
                        f"  collection path: {collects}",
                        f"  link path: {os.path.join(directory, '')}",
                        f"  as package: {name}",
                    ),
                )
        for place, other in self._by_directory.items():
            if other.name != name and overlaps(directory, place):
                return Overlap(
                    "cannot link a directory that overlaps with existing packages",
                    (
                        f"  existing package: {other.name}",
                        f"  overlapping path: {place}",
                        f"  attempted package: {name}",
                    ),
                )
        return None


def _info(directory: Path, installation: Installation) -> Info | None:
    try:
        return load_info(directory, installation=installation)
    except (InfoError, LimitError, OSError):
        return None


def _infos(directory: Path, installation: Installation) -> dict[str, Info]:
    return dict(_walk_infos(directory, installation))


def _walk_infos(directory: Path, installation: Installation) -> Iterator[tuple[str, Info]]:
    for place, names, leaves in os.walk(directory):
        names[:] = [name for name in names if name not in ("compiled", "doc", ".git")]
        if "info.rkt" in leaves or "info.ss" in leaves:
            info = _info(Path(place), installation)
            if info is not None:
                below = os.path.relpath(place, directory)
                yield "" if below == "." else below, info
