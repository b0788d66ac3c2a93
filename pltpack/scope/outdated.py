"""Which packages of a scope have something newer where they came from."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from pltpack.errors import UnknownPackageError
from pltpack.scope.plan.freshness import wish_of
from pltpack.scope.plan.values import Options
from pltpack.scope.scope import Scope
from pltpack.scope.sources import PackageSources


@dataclass(frozen=True, slots=True)
class Outdated:
    """A package whose source has another checksum today, or cannot be asked, with the reason."""

    name: str
    installed: str | None
    available: str | None
    problem: str | None = None


def find_outdated(scope: Scope) -> list[Outdated]:
    """The packages that an update would replace, and those that cannot be looked up; sorted by name.

    Raises :class:`~pltpack.errors.ConfigError` and ``OSError``.
    """
    packages = scope.packages
    wishes = [(name, wish) for name, one in sorted(packages.items()) if (wish := wish_of(one)) is not None]
    found = []
    with contextlib.ExitStack() as rooms:
        sources = PackageSources(scope.surroundings(), Options(), scope.settings, scope.access, rooms)
        answers = sources.checksums([wish for _, wish in wishes])
    for (name, _), answer in zip(wishes, answers, strict=True):
        installed = packages[name].record.checksum
        if isinstance(answer, UnknownPackageError):
            found.append(Outdated(name, installed, None, "it is in no catalog any more"))
        elif isinstance(answer, Exception):
            found.append(Outdated(name, installed, None, str(answer)))
        elif answer is not None and answer != installed:
            found.append(Outdated(name, installed, answer))
    return found
