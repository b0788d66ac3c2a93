"""Rings: how far a catalog vouches for its packages, and which of them conflict.

Ring 0 was looked at by people, ring 1 conflicts with nothing in 0 and 1, ring 2 is everything else. What the manual of
Racket's package manager plans is done here if the configuration wants it: a package that has been in ring 2 for some
time, can be installed, and conflicts with nothing in rings 0 and 1 comes to ring 1; of two that conflict with each
other only the older one does. A ring that a curator has said is never changed so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from pltpack.server.database.tables import PACKAGES
from pltpack.server.records.changes import set_ring
from pltpack.server.records.edits import edit_in
from pltpack.server.records.events import SERVER
from pltpack.server.records.package import Package, find_package, select_packages
from pltpack.server.room import Room
from pltpack.site.enrich import find_conflicts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A package of ring 2: with what it conflicts, and what else speaks against its rising."""

    package: Package
    conflicts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def may_rise(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.conflicts and not self.problems


def candidates(room: Room, connection: Connection) -> list[Candidate]:
    """The packages of ring 2, the oldest first."""
    packages = _listed(connection)
    days = room.config.rings.days * 86400
    conflicts = _conflicts(packages)
    found = [
        Candidate(package, tuple(conflicts.get(package.name, ())), tuple(_problems(package, room.now - days)))
        for package in packages
        if package.edition.ring == 2
    ]
    return sorted(found, key=lambda candidate: _age(candidate.package))


def in_ring(connection: Connection, ring: int) -> list[Package]:
    """The packages of a ring, the oldest first."""
    return sorted(_listed(connection, PACKAGES.c.ring == ring), key=_age)


def raise_by_age(room: Room) -> list[str]:
    """Have packages in ring 1 that may be there; their names."""
    with room.database.read() as connection:
        chosen = choose(candidates(room, connection))
    raised = []
    for name in chosen:
        with room.database.write() as connection:
            # Looked at again: somebody may have said something meanwhile.
            package = find_package(connection, name, lock=True)
            if package is not None and package.edition.ring == 2 and package.edition.ring_by == "default":
                edit_in(room, connection, SERVER, name, set_ring(1, "age"), action="ring", detail="by age")
                raised.append(name)
    if raised:
        room.wake.set()
    return raised


def choose(found: list[Candidate]) -> list[str]:
    """Of candidates, the oldest first, those that rise by themselves: none that a curator has spoken of, and of those
    that conflict with each other the older one."""
    chosen: list[str] = []
    taken: set[str] = set()
    for candidate in found:
        facts = candidate.package.archive
        modules = set() if facts is None else set(facts.facts.modules)
        if candidate.may_rise and candidate.package.edition.ring_by == "default" and not modules & taken:
            chosen.append(candidate.package.name)
            taken |= modules
    return chosen


def without_time(candidate: Candidate) -> Candidate:
    """A candidate as a curator sees it, who need not wait."""
    return replace(candidate, problems=tuple(problem for problem in candidate.problems if problem != _YOUNG))


_YOUNG = "it is not old enough"


def _problems(package: Package, before: int) -> list[str]:
    edition, archive = package.edition, package.archive
    problems = []
    if archive is None or not archive.facts.modules:
        problems.append("it has no modules")
    if not (edition.fields.description or (archive is not None and archive.facts.description)):
        problems.append("it has no description")
    if edition.yanked is not None:
        problems.append("it is yanked")
    if package.added > before:
        problems.append(_YOUNG)
    return problems


def _listed(connection: Connection, *wanted: sql.ColumnElement[bool]) -> list[Package]:
    there = PACKAGES.c.archive.is_not(None), PACKAGES.c.removed.is_(None), PACKAGES.c.purged.is_(None)
    return [package for package in select_packages(connection, *there, *wanted) if package.archive is not None]


def _conflicts(packages: list[Package]) -> dict[str, list[str]]:
    modules = {package.name: package.archive.facts.modules for package in packages if package.archive is not None}
    return find_conflicts(modules, {package.name: package.edition.ring for package in packages})


def _age(package: Package) -> tuple[int, str]:
    return package.added, package.name
