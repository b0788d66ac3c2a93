"""Whether a lock and the ``info.rkt`` files that it is for still say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pltpack.errors import InfoError, LimitError
from pltpack.lock.facts import locked_dependencies, platform_of
from pltpack.lock.paths import meant
from pltpack.lock.targets import CORE_PACKAGES
from pltpack.lock.values import Lock, LockedDependency, LockedPackage
from pltpack.racket.info.info import find_info, load_info
from pltpack.racket.version import version_key
from pltpack.scope.plan.platforms import fits
from pltpack.scope.plan.resolve import CORE


def disagreements(lock: Lock, base: Path) -> Iterator[str]:
    """What the sources say and the lock does not, whose file is in the directory ``base``; nothing if all is well.

    What is looked at are linked packages, and the package that is in ``base``. Raises ``OSError``.
    """
    looked: set[Path] = set()
    for package in lock.packages:
        if package.linked:
            place = meant(package.source, base)
            looked.add(place)
            yield from _of_linked(package, place)
    if base not in looked and find_info(base) is not None:
        try:
            wanted = locked_dependencies(base.name, load_info(base))
        except (InfoError, LimitError) as error:
            yield f"{base}: {error}"
        else:
            yield from _of_project(wanted, lock)


def _of_linked(package: LockedPackage, place: Path) -> Iterator[str]:
    if not place.is_dir():
        yield f"{package.name} is not in {place} any more"
        return
    try:
        there = set(locked_dependencies(package.name, load_info(place)))
    except (InfoError, LimitError) as error:
        yield f"{package.name}: {error}"
        return
    for one in sorted(there - set(package.dependencies), key=lambda one: one.name):
        yield f"{package.name} needs {_shown(one)}, which is not so in the lock"
    for one in sorted(set(package.dependencies) - there, key=lambda one: one.name):
        yield f"{package.name} does not need {_shown(one)} any more, which it does in the lock"


def _of_project(wanted: tuple[LockedDependency, ...], lock: Lock) -> Iterator[str]:
    for one in wanted:
        if one.name in (CORE, *CORE_PACKAGES, *lock.provided):
            continue
        for target in lock.targets:
            if not fits(platform_of(one.platform), target.system, target.platform):
                continue
            package = lock.for_target(target).get(one.name)
            if package is None:
                yield f"info.rkt needs {_shown(one)}, which is not in the lock"
                break
            if one.version is not None and version_key(package.version) < version_key(one.version):
                yield f"info.rkt needs {_shown(one)}, and the lock has {package.version}"
                break


def _shown(dependency: LockedDependency) -> str:
    version = f" {dependency.version}" if dependency.version else ""
    platform = f" on {dependency.platform}" if dependency.platform else ""
    return f"{dependency.name}{version}{platform}"
