"""Making a lock: what is wanted, resolved for every version of Racket and platform; what was locked before stays."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Final

import msgspec

from pltpack.arguments import check_several
from pltpack.catalog.locations import open_catalogs
from pltpack.dataclass import dataclass
from pltpack.errors import PltError
from pltpack.fetch.fetcher import Fetcher
from pltpack.lock.blocks import merged
from pltpack.lock.origins import wanted_of, wish_of
from pltpack.lock.paths import meant_location, written_location
from pltpack.lock.sources import LockSources, Pins
from pltpack.lock.targets import core_packages, fresh, open_fetcher, target_of, with_version
from pltpack.lock.values import FORMAT, Lock, LockedPackage, Target, ordered
from pltpack.racket.installation import Installation
from pltpack.racket.package_settings import package_settings
from pltpack.racket.version import version_key
from pltpack.scope.access import Access
from pltpack.scope.plan.planner import make_plan
from pltpack.scope.plan.plans import plan_install
from pltpack.scope.plan.values import Facts, Known, Options, Plan, Present, Situation, Wish
from pltpack.scope.state.places import places_of
from pltpack.scope.state.surroundings import Surroundings

_ANY: Final = "999999999.0"
"""A version that is late enough for everybody: what is there is looked at when packages are put beside it."""


@dataclass(frozen=True)
class Ways:
    """How a lock is made: whose ``installation`` counts, and how sources are reached (``access``, whose catalogs go
    before all others).

    ``minimal``: only what every Racket has counts as there, not all that this installation has. ``racket`` and
    ``platforms``: for which it is to be. ``clock``: the seconds since 1970 at which the catalogs were asked (default:
    ``SOURCE_DATE_EPOCH``, or now).
    """

    installation: Installation
    access: Access = field(default_factory=Access)
    minimal: bool = False
    racket: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    clock: float | None = None


def make_lock(
    wanted: Sequence[Wish],
    base: Path,
    ways: Ways,
    *,
    previous: Lock | None = None,
    update: Sequence[str] = (),
    upgrade: bool = False,
) -> Lock:
    """The lock for what is ``wanted``, for the lock file in the directory ``base``.

    What the ``previous`` lock says stays, unless it is to be updated, by name or with ``upgrade`` all of it, or
    something new needs a later version of it. Without versions, platforms and catalogs in ``ways`` those of the
    previous lock count, or else those of the installation. Raises :class:`~pltpack.errors.PltError` and ``OSError``.
    """
    check_several("update", update)
    base = base.absolute()
    run = _Run(base, ways, previous)
    found: dict[Target, dict[str, LockedPackage]] = {}
    provided: set[str] = set()
    with open_fetcher(ways.installation, ways.access) as fetcher:
        for target in run.targets:
            packages, given = run.resolved(target, wanted, fetcher, update, upgrade=upgrade)
            found[target] = packages
            provided |= given
    lock = ordered(
        Lock(
            lock_version=FORMAT,
            asked=moment(ways.clock),
            racket=run.racket,
            platforms=run.platforms,
            minimal=run.minimal,
            catalogs=tuple(written_location(one, base) for one in run.catalogs),
            wanted=tuple(wanted_of(wish, base) for wish in wanted),
            provided=tuple(provided),
            packages=merged(found),
        )
    )
    return lock if previous is None else as_asked_before(lock, previous)


def as_asked_before(lock: Lock, previous: Lock) -> Lock:
    """A lock that says the same as the one before is asked for as long ago."""
    same = msgspec.structs.replace(lock, asked=previous.asked)
    return same if same == ordered(previous) else lock


def wanted_before(lock: Lock, base: Path) -> list[Wish]:
    """What the lock file in the directory ``base`` was made for."""
    return [wish_of(wanted, base.absolute()) for wanted in lock.wanted]


def moment(clock: float | None) -> str:
    """Now, or the time that ``SOURCE_DATE_EPOCH`` says, as a lock file says it."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = clock if clock is not None else float(given) if given.isascii() and given.isdigit() else time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(min(seconds, 253402300799)))


class _Run:
    """One lock on its way."""

    def __init__(self, base: Path, ways: Ways, previous: Lock | None) -> None:
        self.base = base
        self.ways = ways
        self.previous = previous
        given = ways.racket or (previous.racket if previous is not None else ())
        # Nothing of the user's own counts: whoever syncs has another home.
        self.installation = fresh(with_version(ways.installation, given[0]) if given else ways.installation)
        self.here = target_of(self.installation)
        self.racket = given or (self.here.racket,)
        self.platforms = ways.platforms or (previous.platforms if previous is not None else (self.here.platform,))
        self.minimal = ways.minimal or (previous is not None and previous.minimal)
        self.catalogs = ways.access.catalogs or self._catalogs(previous)
        self.targets = [Target(version, platform) for version in self.racket for platform in self.platforms]

    def _catalogs(self, before: Lock | None) -> tuple[str, ...]:
        if before is not None and before.catalogs:
            return tuple(meant_location(one, self.base) for one in before.catalogs)
        return tuple(package_settings(self.ways.installation).catalogs.value)

    def resolved(
        self, target: Target, wanted: Sequence[Wish], fetcher: Fetcher, update: Sequence[str], *, upgrade: bool
    ) -> tuple[dict[str, LockedPackage], set[str]]:
        """The packages for one target by name, and the names of those that are there already."""
        pins = Pins(self._pinned(target), set(update), upgrade)
        for name in list(pins.updated):
            pins.updated |= implied(name, pins.packages)
        with open_catalogs(self.catalogs, version=target.racket, transport=fetcher.transport) as catalogs:
            surroundings = Surroundings(self.installation, places_of(self.installation, "user"))
            sources = LockSources(
                surroundings, catalogs, fetcher, self.base, pins, version=target.racket,
                foreign=target != self.here, tell=self.ways.access.tell, jobs=self.ways.access.jobs,
            )  # fmt: skip
            try:
                situation = self._situation(surroundings, target, wanted, pins.packages)
                packages = _blocks(self._plan(situation, wanted, sources), sources)
                if any(package is not pins.packages.get(name) for name, package in packages.items()):
                    # Something is new: whether it goes with what stays takes a look into that.
                    sources.thorough = True
                    packages = _blocks(self._plan(situation, wanted, sources), sources)
            finally:
                sources.close()
        needed = {one.name for package in packages.values() for one in package.dependencies}
        return packages, {name for name in needed if name not in packages and situation.find_wider(name) is not None}

    def _pinned(self, target: Target) -> Mapping[str, LockedPackage]:
        """What was locked for a target; a new one takes what holds for all others."""
        if self.previous is None or target in self.previous.targets:
            return {} if self.previous is None else self.previous.for_target(target)
        return {package.name: package for package in self.previous.packages if not package.racket}

    def _situation(
        self, surroundings: Surroundings, target: Target, wanted: Sequence[Wish], pinned: Mapping[str, LockedPackage]
    ) -> Situation:
        # What was locked stays locked, and what was there counts as there, whatever this installation has.
        ours = {wish.name for wish in wanted} | set(pinned)
        tables: tuple[Mapping[str, Present], ...] = (core_packages(target.racket),)
        if target.racket == self.here.racket and not self.minimal:
            tables = (*surroundings.situation().wider, *tables)
        if self.previous is not None:
            tables = (*tables, core_packages(_ANY, self.previous.provided))
        return Situation(
            scope="user",
            here={},
            wider=tuple({name: one for name, one in table.items() if name not in ours} for table in tables),
            narrower=(),
            version=target.racket,
            packages=surroundings.places.packages,
            system=target.system,
            library_subpath=target.platform,
        )

    def _plan(self, situation: Situation, wanted: Sequence[Wish], sources: LockSources) -> Plan:
        options = Options(deps="search-auto", implies=False)
        while True:
            facts: dict[str, Facts] = {}

            def make(known: Known, facts: dict[str, Facts] = facts) -> Plan:
                facts.update((content.name, content.facts) for content in known.contents.values())
                return plan_install(situation, options, known, list(wanted))

            try:
                return make_plan(make, sources)
            except PltError:
                old = _too_old(facts, sources.pins)
                if not old:
                    raise
                sources.pins.updated |= old


def _blocks(plan: Plan, sources: LockSources) -> dict[str, LockedPackage]:
    return {step.name: sources.blocks[step.content.wish.key] for step in plan.steps if step.content is not None}


def _too_old(facts: Mapping[str, Facts], pins: Pins) -> set[str]:
    """The packages that stayed, and are older than something needs them."""
    found: set[str] = set()
    for one in facts.values():
        for name, dependency in one.dependencies:
            pin = pins.packages.get(name)
            if pin is None or dependency.version is None or not pins.holds(name):
                continue
            if version_key(pin.version) < version_key(dependency.version):
                found.add(name)
    return found


def implied(name: str, packages: Mapping[str, LockedPackage]) -> set[str]:
    """The packages that are updated with one: those that it implies, and so on."""
    found = {name}
    pending = [name]
    while pending:
        package = packages.get(pending.pop())
        for one in package.implies if package is not None else ():
            if one in packages and one not in found:
                found.add(one)
                pending.append(one)
    return found
