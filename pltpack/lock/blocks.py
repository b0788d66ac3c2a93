"""The packages of several versions of Racket and platforms in one lock: what is the same for all stands there once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from pltpack.lock.values import LockedPackage, Target


def merged(found: Mapping[Target, Mapping[str, LockedPackage]]) -> tuple[LockedPackage, ...]:
    """The blocks for all targets, of which each has its packages by name; a block says for which it is if that is not
    all of them."""
    targets = frozenset(found)
    blocks: dict[LockedPackage, set[Target]] = {}
    for target, packages in found.items():
        for package in packages.values():
            blocks.setdefault(msgspec.structs.replace(package, racket=(), platforms=()), set()).add(target)
    return tuple(one for package, several in blocks.items() for one in _marked(package, frozenset(several), targets))


def _marked(package: LockedPackage, several: frozenset[Target], targets: frozenset[Target]) -> Iterator[LockedPackage]:
    """One block, or several if the targets are no product of versions and platforms."""
    if several == targets:
        yield package
        return
    all_platforms = {target.platform for target in targets}
    platforms: dict[frozenset[str], list[str]] = {}
    for version in {target.racket for target in several}:
        there = frozenset(target.platform for target in several if target.racket == version)
        platforms.setdefault(there, []).append(version)
    every_version = {target.racket for target in targets}
    for there, versions in platforms.items():
        yield msgspec.structs.replace(
            package,
            racket=() if set(versions) == every_version else tuple(versions),
            platforms=() if there == all_platforms else tuple(there),
        )
