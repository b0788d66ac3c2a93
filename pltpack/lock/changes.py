"""What is different in another lock, package by package."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from pltpack.dataclass import dataclass
from pltpack.lock.values import Lock, LockedPackage

ChangeKind: TypeAlias = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """A package that is not the same in two locks. ``before`` and ``after`` are its blocks."""

    name: str
    before: tuple[LockedPackage, ...]
    after: tuple[LockedPackage, ...]

    @property
    def kind(self) -> ChangeKind:
        """Whether it is new, gone, or another one."""
        return "added" if not self.before else "removed" if not self.after else "changed"

    def __str__(self) -> str:
        versions = " -> ".join(_shown(blocks) for blocks in (self.before, self.after) if blocks)
        return f"{self.kind} {self.name} {versions}"


def changes(before: Lock | None, after: Lock) -> Iterator[Change]:
    """The packages that differ, in the order of their names."""
    old = {} if before is None else _by_name(before)
    new = _by_name(after)
    for name in sorted({*old, *new}):
        if old.get(name, ()) != new.get(name, ()):
            yield Change(name, old.get(name, ()), new.get(name, ()))


def _by_name(lock: Lock) -> dict[str, tuple[LockedPackage, ...]]:
    found: dict[str, tuple[LockedPackage, ...]] = {}
    for package in lock.packages:
        found[package.name] = (*found.get(package.name, ()), package)
    return found


def _shown(blocks: tuple[LockedPackage, ...]) -> str:
    return ", ".join(
        block.version + (f" ({block.checksum[:8]})" if block.checksum else "") + _where(block) for block in blocks
    )


def _where(block: LockedPackage) -> str:
    """For which Rackets, if not for all."""
    words = (*block.racket, *block.platforms)
    return f" [{', '.join(words)}]" if words else ""
