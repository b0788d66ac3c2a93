"""Who needs whom: the dependencies among installed packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pltpack.racket.version import version_key
from pltpack.scope.plan.resolve import CORE
from pltpack.scope.plan.values import Present, Situation


@dataclass(frozen=True, slots=True)
class Edge:
    """That ``user`` needs ``name``, at least in the version ``wanted``, if one is said."""

    user: str
    name: str
    wanted: str | None


def edges(packages: Mapping[str, Present]) -> list[Edge]:
    """All dependencies of packages."""
    return [
        Edge(present.name, name, dependency.version)
        for present in packages.values()
        for name, dependency in present.facts.dependencies
    ]


def everything(situation: Situation) -> dict[str, Present]:
    """The packages of all scopes; of one name the narrowest."""
    found: dict[str, Present] = {}
    for packages in (*situation.narrower, situation.here, *situation.wider):
        for name, present in packages.items():
            found.setdefault(name, present)
    return found


def chains(name: str, packages: Mapping[str, Present]) -> list[tuple[Edge, ...]]:
    """The shortest way from each explicit package that needs a package, to it; sorted. None if nobody needs it."""
    users: dict[str, list[Edge]] = {}
    for edge in edges(packages):
        users.setdefault(edge.name, []).append(edge)
    ways: dict[str, tuple[Edge, ...]] = {name: ()}
    pending = [name]
    while pending:
        current = pending.pop(0)
        for edge in sorted(users.get(current, ()), key=lambda edge: edge.user):
            if edge.user not in ways:
                ways[edge.user] = (edge, *ways[current])
                pending.append(edge.user)
    return [ways[one] for one in sorted(ways) if one != name and not packages[one].record.auto]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a tree: how deep, which package, what is wanted of it, and whether it was told before."""

    depth: int
    name: str
    wanted: str | None
    seen: bool
    present: Present | None


def tree(packages: Mapping[str, Present], roots: list[str], *, invert: bool = False) -> Iterator[Line]:
    """What packages need, and what that needs in turn; inverted, who needs them. What was told is not told again."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for edge in edges(packages):
        if invert:
            found.setdefault(edge.name, []).append((edge.user, edge.wanted))
        else:
            found.setdefault(edge.user, []).append((edge.name, edge.wanted))
    seen: set[str] = set()
    pending: list[tuple[int, str, str | None]] = [(0, root, None) for root in reversed(roots)]
    while pending:
        depth, name, wanted = pending.pop()
        again = name in seen and bool(found.get(name))
        yield Line(depth, name, wanted, again, packages.get(name))
        if name not in seen:
            seen.add(name)
            pending.extend((depth + 1, *one) for one in sorted(found.get(name, ()), reverse=True))


def unmet(packages: Mapping[str, Present], situation: Situation) -> Iterator[tuple[Edge, str | None]]:
    """The dependencies of packages that are not there, or too old; with each the version that is there."""
    for edge in edges(packages):
        there = situation.find(edge.name)
        if edge.name == CORE:
            have: str | None = situation.version
        else:
            have = None if there is None else there.facts.version
        if have is None or (edge.wanted is not None and version_key(have) < version_key(edge.wanted)):
            yield edge, have
