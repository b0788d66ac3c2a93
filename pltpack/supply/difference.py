"""What another lock file comes to: versions, sizes, modules gained and lost, and modules that two packages have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeAlias

from pltpack.dataclass import dataclass
from pltpack.lock.changes import Change, changes
from pltpack.lock.values import Lock, LockedPackage

Modules: TypeAlias = Callable[[LockedPackage], Collection[str] | None]
"""Gives the modules of a package, as paths of collections; ``None`` if they are not known."""


@dataclass(frozen=True, slots=True)
class PackageDifference:
    """A package that is not the same. ``gained`` and ``lost`` modules are ``None`` where they are not known."""

    change: Change
    gained: tuple[str, ...] | None
    lost: tuple[str, ...] | None

    @property
    def sizes(self) -> tuple[int, int]:
        """The bytes of the package before and after, all blocks together."""
        return _size(self.change.before), _size(self.change.after)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A module that several packages of the new lock have on one Racket, and did not before."""

    module: str
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LockDifference:
    """All that is different. ``unknown`` names packages whose modules are not known: conflicts of theirs are missed."""

    packages: tuple[PackageDifference, ...]
    sizes: tuple[int, int]
    conflicts: tuple[Conflict, ...]
    unknown: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.packages or self.conflicts)


def compare_locks(old: Lock, new: Lock, modules: Modules = lambda _: None) -> LockDifference:
    """What is different in a new lock. ``modules`` may read them; what it raises passes through."""
    known: dict[tuple[LockedPackage, ...], frozenset[str] | None] = {}

    def of(blocks: tuple[LockedPackage, ...]) -> frozenset[str] | None:
        if blocks not in known:
            found = [modules(block) for block in blocks]
            known[blocks] = None if None in found else frozenset(name for one in found for name in one or ())
        return known[blocks]

    differences = [_difference(change, of(change.before), of(change.after)) for change in changes(old, new)]
    before = set(_conflicts(old, of))
    return LockDifference(
        tuple(differences),
        (_size(old.packages), _size(new.packages)),
        tuple(conflict for conflict in _conflicts(new, of) if conflict not in before),
        tuple(sorted({block.name for block in new.packages if of((block,)) is None})),
    )


def _difference(change: Change, before: frozenset[str] | None, after: frozenset[str] | None) -> PackageDifference:
    if before is None or after is None:
        return PackageDifference(change, None, None)
    return PackageDifference(change, tuple(sorted(after - before)), tuple(sorted(before - after)))


def _conflicts(lock: Lock, of: Callable[[tuple[LockedPackage, ...]], frozenset[str] | None]) -> Iterator[Conflict]:
    """Modules that two packages have that are installed together on some Racket of the lock."""
    owners: dict[str, list[LockedPackage]] = {}
    found: dict[str, set[str]] = {}
    for block in lock.packages:
        for module in of((block,)) or ():
            others = owners.setdefault(module, [])
            for other in others:
                if other.name != block.name and _meet(block, other):
                    found.setdefault(module, set()).update((other.name, block.name))
            others.append(block)
    for module, names in sorted(found.items()):
        yield Conflict(module, tuple(sorted(names)))


def _meet(one: LockedPackage, other: LockedPackage) -> bool:
    """Whether two blocks hold for the same Racket somewhere."""
    return all(
        not mine or not theirs or set(mine) & set(theirs)
        for mine, theirs in ((one.racket, other.racket), (one.platforms, other.platforms))
    )


def _size(blocks: Collection[LockedPackage]) -> int:
    return sum(block.size for block in blocks)
