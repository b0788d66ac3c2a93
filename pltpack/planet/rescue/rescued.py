"""What a rescue came to: of one package, and of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from pltpack.errors import PltError
from pltpack.planet.info_fields import loads_with_all
from pltpack.planet.release import Release
from pltpack.planet.rescue.dependencies import Reason
from pltpack.planet.rescue.names import Target
from pltpack.planet.rescue.notes import Edit, Note


@dataclass(slots=True)
class Rescued:
    """A package of today that was made of a release, or, with an ``error``, was not.

    ``path`` is the package (``None``: nothing was written) and ``sha1`` its checksum. ``deps`` and ``build_deps`` come
    with reasons, ``missing`` are packages that are not at hand with the request that wants them, ``wants`` those of
    PLaneT that it depends on. ``sources`` of the ``files`` were looked into.
    """

    release: Release
    target: Target
    path: Path | None = None
    sha1: str | None = None
    files: int = 0
    sources: int = 0
    size: int = 0
    edits: list[Edit] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    deps: dict[str, Reason] = field(default_factory=dict)
    build_deps: dict[str, Reason] = field(default_factory=dict)
    wants: dict[str, Target] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    title: str = ""
    description: str = ""
    loads_with: object = None
    error: PltError | OSError | None = None


@dataclass(slots=True)
class Rescue:
    """All that a rescue came to. ``superseded`` releases gave way to later minor versions; ``unplaced`` archives and
    ``problems`` are those of the index."""

    packages: list[Rescued] = field(default_factory=list)
    superseded: list[Release] = field(default_factory=list)
    unplaced: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def made(self) -> list[Rescued]:
        """The packages that were made."""
        return [package for package in self.packages if package.error is None]

    @property
    def refused(self) -> list[Rescued]:
        """Those that were not."""
        return [package for package in self.packages if package.error is not None]

    def missing(self) -> dict[str, list[str]]:
        """Packages that are not at hand, and the packages that want each; the most wanted first."""
        wanted: dict[str, list[str]] = {}
        for package in self.packages:
            for subject in package.missing:
                wanted.setdefault(subject, []).append(package.target.name)
        return dict(sorted(wanted.items(), key=lambda item: (-len(item[1]), item[0])))

    def graph(self) -> dict[str, list[str]]:
        """Of each package that was made the packages of PLaneT that it depends on."""
        return {package.target.name: sorted(package.wants) for package in self.made}

    def cycles(self) -> list[list[str]]:
        """Packages that depend on each other in a ring: raco pkg installs them, but none before the other."""
        return cycles(self.graph())

    def finish(self) -> None:
        """Tell where two major versions of a package meet that were not meant to be loaded together."""
        by_name = {package.target.name: package for package in self.made}
        for package in self.made:
            for older, newer in _met(package, by_name):
                if not loads_with_all(newer.loads_with):
                    message = f"{older.target} and {newer.target} meet, and the newer does not say that they may"
                    package.notes.append(Note("info.rkt", 0, "loaded-with", message, str(newer.target)))


def _met(package: Rescued, by_name: dict[str, Rescued]) -> Iterable[tuple[Rescued, Rescued]]:
    """Pairs of major versions of one package that a package depends on, directly or not."""
    seen: dict[str, Rescued] = {}
    pending = [package.target.name]
    while pending:
        found = by_name.get(pending.pop())
        if found is not None and found.target.name not in seen:
            seen[found.target.name] = found
            pending.extend(found.wants)
    versions: dict[tuple[str, str], list[Rescued]] = {}
    for found in sorted(seen.values(), key=lambda found: found.target.major):
        versions.setdefault(found.release.key, []).append(found)
    for several in versions.values():
        yield from pairwise(several)


def cycles(graph: dict[str, list[str]]) -> list[list[str]]:
    """The groups of nodes of which each leads to each, by Tarjan's algorithm without recursion."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in sorted(graph):
        if root in order:
            continue
        work = [(root, iter(graph[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            step = next((name for name in following if name in graph), None)
            if step is not None:
                if step not in order:
                    order[step] = low[step] = len(order)
                    stack.append(step)
                    on_stack.add(step)
                    work.append((step, iter(graph[step])))
                elif step in on_stack:
                    low[node] = min(low[node], order[step])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == order[node]:
                group: list[str] = []
                while not group or group[-1] != node:
                    group.append(stack.pop())
                    on_stack.discard(group[-1])
                if len(group) > 1 or node in graph[node]:
                    found.append(sorted(group))
    return sorted(found)
