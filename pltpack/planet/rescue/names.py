"""The names that packages of PLaneT have as today's packages: those that the catalog planet-compats gave them.

``planet-OWNER-PKGMAJ`` holds the collection ``OWNER/PKGMAJ``, so that dependencies written long ago go on to work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pltpack.pkg.names import is_collection_name, is_package_name
from pltpack.planet.request import short_name


@dataclass(frozen=True, slots=True)
class Target:
    """A major version of a package, which becomes one package of today."""

    owner: str
    package: str
    major: int
    alias: str | None = None
    """What somebody wants it to be called instead of ``PKGMAJ``."""

    @property
    def stem(self) -> str:
        """``PKGMAJ``, or the alias."""
        return self.alias or f"{short_name(self.package)}{self.major}"

    @property
    def name(self) -> str:
        """The name of the package."""
        return f"planet-{self.owner}-{self.stem}"

    @property
    def collection(self) -> str:
        """The collection that it holds."""
        return f"{self.owner}/{self.stem}"

    def __str__(self) -> str:
        return f"{self.owner}/{short_name(self.package)} {self.major}"

    @property
    def objection(self) -> str | None:
        """Why there can be no package and no collection of these names; ``None`` if there can."""
        if not is_package_name(self.name):
            return f"{self.name} is no package name: those have ASCII letters, digits, - and _ only"
        if not all(map(is_collection_name, self.collection.split("/"))):
            return f"{self.collection} is no collection"
        return None


def clashes(targets: Iterable[Target]) -> list[list[Target]]:
    """Packages that would have the same name or hold the same collection, such as ``foo1`` 1 and ``foo`` 11.

    Case does not count: many disks cannot tell ``Foo1`` from ``foo1``.
    """
    by_name: dict[str, set[Target]] = {}
    for target in targets:
        for name in (target.name, target.collection):
            by_name.setdefault(name.lower(), set()).add(target)
    return [
        list(group)
        for group in sorted({tuple(sorted(found, key=str)) for found in by_name.values() if len(found) > 1}, key=str)
    ]
