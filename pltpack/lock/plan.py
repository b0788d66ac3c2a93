"""What makes a scope equal to a lock: a pure function of both. Nothing is resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pltpack.dataclass import dataclass
from pltpack.errors import BlockedError
from pltpack.lock.facts import dependencies_of, facts_of_block
from pltpack.lock.origins import record_of, source_wish
from pltpack.lock.targets import CORE_PACKAGES
from pltpack.lock.values import Lock, LockedPackage, Target
from pltpack.racket.version import version_key
from pltpack.scope.plan.platforms import fits
from pltpack.scope.plan.resolve import CORE
from pltpack.scope.plan.values import Content, Options, Plan, Present, Reason, Situation, Step, StepKind
from pltpack.scope.state.records import Record


@dataclass(frozen=True, slots=True)
class Meant:
    """A lock that is to be had in a scope: its ``base`` is the directory of the lock file; ``contents`` are the digests
    of packages that a sync has put there, by name; ``links``: whether linked packages are meant, too; ``force``:
    whether an installation has nothing else but what it needs."""

    lock: Lock
    base: Path
    contents: Mapping[str, str]
    links: bool = True
    force: bool = False

    def packages(self, target: Target) -> dict[str, LockedPackage]:
        """The packages for a target, by name."""
        return {
            name: package
            for name, package in sorted(self.lock.for_target(target).items())
            if self.links or not package.linked
        }


def target_for(lock: Lock, target: Target) -> Target:
    """The target of a lock that is meant for a Racket: this one, or one that has the same packages.

    Raises :class:`~pltpack.errors.BlockedError` if the lock was not made for such a Racket and depends on which it is.
    """
    if target in lock.targets:
        return target
    for_one = any(package.racket or package.platforms for package in lock.packages)
    by_platform = any(one.platform is not None for package in lock.packages for one in package.dependencies)
    versions = [version for version in lock.racket if version == target.racket] or list(lock.racket)
    platforms = [platform for platform in lock.platforms if platform == target.platform]
    if (target.racket in lock.racket or not any(package.racket for package in lock.packages)) and (
        platforms or not (for_one or by_platform)
    ):
        return Target(versions[0], (platforms or list(lock.platforms))[0])
    raise BlockedError(
        f"the lock is not for Racket {target.racket} on {target.platform}",
        details=(f"  versions: {' '.join(lock.racket)}", f"  platforms: {' '.join(lock.platforms)}"),
        hint=f"add it: raco-pkg lock --racket-version {target.racket} --platform {target.platform} (and those before)",
    )


def plan_sync(situation: Situation, meant: Meant, target: Target, options: Options) -> Plan:
    """The plan that makes a scope equal to a lock. Raises :class:`~pltpack.errors.BlockedError` if something that the
    packages need is neither in the lock nor in the scopes around, nor left alone in an installation."""
    packages = meant.packages(target_for(meant.lock, target))
    own = _left_alone(packages, situation, meant)
    _refuse_missing(packages, own, _believed(meant.lock, situation, own), situation, target)
    explicit = meant.lock.explicit
    records = {name: there.record for name, there in own.items()}
    steps: list[Step] = []
    for name, package in packages.items():
        after = record_of(package, meant.base, situation.packages, auto=name not in explicit)
        there = situation.here.get(name)
        if there is None:
            steps.append(_put(package, None, after, meant))
        elif not _is_there(there, package, after, meant):
            steps.append(_put(package, there.record, after, meant))
        else:
            after = there.record.with_auto(after.auto)
            if there.record != after:
                kind: StepKind = "demote" if after.auto else "promote"
                steps.append(Step(kind, name, there.record, after, Reason("asked", (name,))))
        records[name] = after
    for name, there in sorted(situation.here.items()):
        if name not in records:
            steps.append(Step("remove", name, there.record, None, Reason("unused", (name,))))
    return Plan("sync", situation.scope, options, tuple(steps), records, warnings=_other_racket(meant.lock, target))


def _other_racket(lock: Lock, target: Target) -> tuple[str, ...]:
    """What is to be known where no catalog was asked for this version of Racket: it may have something else for it."""
    if target.racket in lock.racket:
        return ()
    made_for = " ".join(lock.racket)
    return (f"the lock was made for Racket {made_for}; for {target.racket} catalogs may have other packages",)


def _left_alone(packages: Mapping[str, LockedPackage], situation: Situation, meant: Meant) -> dict[str, Present]:
    """What an installation keeps, by name, although the lock does not have it: what it is said to provide, and unless
    ``force`` whatever no sync has put there, such as all that its installer has brought; with all that these need.

    Of other scopes a lock says everything.
    """
    if situation.scope != "installation":
        return {}
    here = {name: there for name, there in situation.here.items() if name not in packages}
    provided = {*CORE_PACKAGES, *meant.lock.provided}
    kept = {
        name: there for name, there in here.items() if name in provided or not (meant.force or name in meant.contents)
    }
    waiting = list(kept) if len(kept) < len(here) else []  # where all stay, nobody need ask what they need
    while waiting:
        for name, _ in kept[waiting.pop()].facts.dependencies:
            if name in here and name not in kept:
                kept[name] = here[name]
                waiting.append(name)
    return kept


def _put(package: LockedPackage, before: Record | None, after: Record, meant: Meant) -> Step:
    wish = source_wish(package, meant.base)
    content = Content(
        wish,
        after.origin,
        after.checksum,
        facts_of_block(package),
        Path(wish.source) if package.linked else Path(),
        size=0 if package.linked else package.size,
    )
    return Step(
        "install" if before is None else "replace", package.name, before, after,
        Reason("asked", (package.name,)), content,
    )  # fmt: skip


def _is_there(there: Present, package: LockedPackage, after: Record, meant: Meant) -> bool:
    """Whether an installed package is the one that a block describes."""
    record = there.record
    if (record.origin, record.checksum, record.collection) != (after.origin, after.checksum, after.collection):
        return False
    if not there.directory.is_dir():
        return False
    known = meant.contents.get(package.name)
    if package.linked or known == package.content:
        return True
    # A checksum tells what was installed; a directory has none, and may be of any day.
    return known is None and package.type != "dir" and package.checksum is not None


def _believed(lock: Lock, situation: Situation, own: Mapping[str, Present]) -> frozenset[str]:
    """What counts as there without a look: what every Racket has, and where no Racket can be seen, as below the root of
    a layer, what the lock says that it has."""
    if any(situation.wider) or any(situation.elsewhere) or any(name in own for name in CORE_PACKAGES):
        return frozenset(CORE_PACKAGES)
    return frozenset((*CORE_PACKAGES, *lock.provided))


def _refuse_missing(
    packages: Mapping[str, LockedPackage],
    own: Mapping[str, Present],
    believed: frozenset[str],
    situation: Situation,
    target: Target,
) -> None:
    problems = [
        problem
        for package in packages.values()
        for problem in _unmet(package, packages, own, believed, situation, target)
    ]
    if problems:
        raise BlockedError(
            "the lock needs what this Racket does not have",
            details=tuple(problems),
            hint="lock for a Racket that has no more than this one: raco-pkg lock --minimal",
        )


def _unmet(
    package: LockedPackage,
    packages: Mapping[str, LockedPackage],
    own: Mapping[str, Present],
    believed: frozenset[str],
    situation: Situation,
    target: Target,
) -> Iterator[str]:
    for name, dependency in dependencies_of(package):
        if not fits(dependency.platform, target.system, target.platform):
            continue
        there = (
            own.get(name)
            or situation.find_wider(name)
            or next((table[name] for table in situation.elsewhere if name in table), None)
        )
        if name == CORE:
            have: str | None = situation.version
        elif name in packages:
            have = packages[name].version
        else:
            have = None if there is None else there.facts.version
        if have is None and name in believed:
            continue
        if have is None:
            yield f"  {package.name} needs {name}"
        elif dependency.version is not None and version_key(have) < version_key(dependency.version):
            yield f"  {package.name} needs {name} {dependency.version}, which is {have}"
