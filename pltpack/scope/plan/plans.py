"""Plans: what installing and updating packages come to. Pure functions of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pltpack.racket.version import version_key
from pltpack.scope.plan import wording
from pltpack.scope.plan.clones import converted
from pltpack.scope.plan.freshness import Freshness, wish_of
from pltpack.scope.plan.origins import expected_origin, same_origin
from pltpack.scope.plan.platforms import is_for
from pltpack.scope.plan.refusals import refuse_absent
from pltpack.scope.plan.resolve import CORE, Resolution, Resolver
from pltpack.scope.plan.values import Known, Options, Plan, Reason, Situation, Step, Wish
from pltpack.scope.state.records import Record


def plan_install(situation: Situation, options: Options, known: Known, wishes: Sequence[Wish]) -> Plan:
    """The plan to install packages.

    Raises :class:`~pltpack.scope.plan.values.Unknown`, :class:`~pltpack.scope.plan.values.Undecided`, and
    :class:`~pltpack.errors.PltError` where there can be no plan.
    """
    wanted = [wish for wish in wishes if not _is_skipped(wish, situation, options)]
    if not options.force and not options.skip_installed:
        for wish in wanted:
            there = situation.here.get(wish.name)
            if there is not None and not there.record.auto:
                wording.blocked("package is already installed", f"  package: {wish.name}")
    others = converted(wanted, situation, options, known.answers)
    resolution = Resolver(
        situation, options, known, [*others, *wanted], updating=[wish.name for wish in others],
        reasons={
            **{wish.name: Reason("asked", (wish.name,)) for wish in wanted},
            **{wish.name: Reason("repository", (wish.name,)) for wish in others},
        },
    ).run()  # fmt: skip
    return _made("install", situation, options, resolution)


def _is_skipped(wish: Wish, situation: Situation, options: Options) -> bool:
    """Whether ``--skip-installed`` leaves it out: not if it came along with others so far, and is to be promoted."""
    if not options.skip_installed:
        return False
    there = situation.find(wish.name)
    return there is not None and not there.record.auto


def plan_update(
    situation: Situation,
    options: Options,
    known: Known,
    names: Sequence[str],
    wishes: Sequence[Wish] = (),
    *,
    everything: bool = False,
) -> Plan:
    """The plan to update packages by name, by another source, or with ``everything`` all of the scope.

    Raises as :func:`plan_install`.
    """
    freshness = Freshness(situation, known, options)
    failed: list[tuple[str, str]] = []
    warnings: list[str] = []
    found: dict[str, Wish] = {}
    reasons: dict[str, Reason] = {}
    refuse_absent([*names, *(wish.name for wish in wishes)], situation, skip=options.skip_uninstalled)
    wishes = [wish for wish in wishes if wish.name in situation.here]
    _know(freshness, situation, names, wishes, everything=everything)
    for wish in wishes:
        if _is_new(wish, situation, known):
            found[wish.name] = wish
            reasons[wish.name] = Reason("asked", (wish.name,))
    for name in sorted(situation.here) if everything else [name for name in names if name in situation.here]:
        if name in known.missing:
            if options.as_racket or not everything:
                wording.not_as_it_should_be("cannot find package on catalogs", f"  package: {name}")
            failed.append((name, "it is in no catalog any more"))
            continue
        must = not everything and not options.update_deps
        present = situation.here[name]
        if wish_of(present) is None and must:
            wording.not_to_be_updated(name, present.record, str(present.directory))
        if wish_of(present) is None and not everything:
            kind = "linked package" if present.record.origin.linked else "package installed locally"
            warnings.append(f"Skipping update of {kind}: {name}")
        for wish in freshness.newer_with_dependencies([name], deps=options.update_deps, done=found):
            found.setdefault(wish.name, wish)
            chain = (name,) if wish.name == name else (name, wish.name)
            reasons.setdefault(wish.name, Reason("update" if wish.name == name else "dependency", chain))
        looked_at = everything or options.update_deps
        if looked_at and name not in found and _misses_something(name, situation, options):
            found[name] = wish_of(present) or _again(name, situation)
            reasons[name] = Reason("missing-dependency", (name,))
    updating = tuple(found)
    others = [
        one for one in converted(list(found.values()), situation, options, known.answers) if one.name not in found
    ]
    for one in others:
        reasons[one.name] = Reason("repository", (one.name,))
    resolution = Resolver(
        situation, options, known, [*others, *found.values()],
        updating=[*updating, *(one.name for one in others)], reasons=reasons, is_update=True,
    ).run()  # fmt: skip
    plan = _made("update", situation, options, resolution)
    return replace(plan, updating=updating, failed=tuple(failed), warnings=(*warnings, *plan.warnings))


def _know(
    freshness: Freshness, situation: Situation, names: Sequence[str], wishes: Sequence[Wish], *, everything: bool
) -> None:
    """Ask for all checksums that are needed, at once."""
    from pltpack.scope.plan.values import Needs, Unknown

    needed = tuple(wish for wish in wishes if wish.key not in freshness.known.checksums)
    try:
        freshness.know(situation.here if everything else names, deps=freshness.options.update_deps)
    except Unknown as unknown:
        raise Unknown(Needs(checksums=(*needed, *unknown.needs.checksums))) from None
    if needed:
        raise Unknown(Needs(checksums=needed))


def _is_new(wish: Wish, situation: Situation, known: Known) -> bool:
    """Whether another source brings anything: it has no checksum, or another one, or is another source."""
    record = situation.here[wish.name].record
    today = known.checksums[wish.key]
    if today is None or today != record.checksum:
        return True
    return not same_origin(expected_origin(wish, situation.packages), record.origin)


def _misses_something(name: str, situation: Situation, options: Options) -> bool:
    return any(
        one != CORE and situation.find(one) is None and is_for(dependency, situation, options)
        for one, dependency in situation.here[name].facts.dependencies
    )


def _again(name: str, situation: Situation) -> Wish:
    """A package that cannot be looked up, once more from where it is or came from."""
    present = situation.here[name]
    origin = present.record.origin
    kind = origin.kind if origin.kind in ("link", "static-link", "file") else "dir"
    place = str(present.directory) if origin.linked else origin.arguments[0]
    return Wish(place, kind, name, checksum=present.record.checksum, auto=present.record.auto)  # type: ignore[arg-type]


def _made(command: str, situation: Situation, options: Options, resolution: Resolution) -> Plan:
    """The plan for a resolution."""
    if not options.as_racket and not options.force and options.deps != "force":
        _refuse_to_break_dependents(situation, options, resolution)
    records: dict[str, Record] = {name: present.record for name, present in situation.here.items()}
    steps: list[Step] = []
    for name in resolution.promoted:
        after = records[name].with_auto(False)
        steps.append(Step("promote", name, records[name], after, resolution.reasons[name]))
        records[name] = after
    for content in resolution.contents:
        there = situation.here.get(content.name)
        replaces = there is not None and content.name in resolution.replaced
        keeps = replaces and not options.as_racket
        auto = there.record.auto if there is not None and keeps else content.wish.auto
        after = content.record(auto=auto)
        before = None if there is None else there.record
        reason = resolution.reasons.get(content.name, Reason("asked", (content.name,)))
        steps.append(Step("replace" if replaces else "install", content.name, before, after, reason, content))
        records[content.name] = after
    automatic = options.deps == "search-auto"
    told: list[str] = []
    for kind in ("install", "update"):
        listed = [(name, names) for one, name, names in resolution.came_along if one == kind]
        told.extend(wording.summary(kind, listed, automatic=automatic or (kind == "update" and options.deps == "fail")))
    warnings = tuple(line for content in resolution.contents for line in content.warnings)
    return Plan(
        command, situation.scope, options, tuple(steps), records, tuple(told), tuple(resolution.announced), warnings
    )


def _refuse_to_break_dependents(situation: Situation, options: Options, resolution: Resolution) -> None:
    """Raise an error if a replaced package becomes too old for one that stays; Racket does not look."""
    fresh = {content.name: content for content in resolution.contents if content.name in resolution.replaced}
    for packages in (situation.here, *situation.narrower) if fresh else ():
        for present in packages.values():
            if present.name in fresh:
                continue
            for name, dependency in present.facts.dependencies:
                content = fresh.get(name)
                if content is None or dependency.version is None or not is_for(dependency, situation, options):
                    continue
                have, needed = content.facts.version, dependency.version
                if version_key(have) < version_key(needed) <= version_key(situation.here[name].facts.version):
                    wording.blocked(
                        "version mismatch for dependency",
                        f"  for package: {present.name}",
                        "  mismatch packages:",
                        f"   {wording.versions((name, have, needed))}",
                        hint="--force replaces it all the same",
                    )
