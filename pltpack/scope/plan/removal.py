"""The plan to remove packages, or to demote them. A pure function of values."""

from __future__ import annotations

from collections.abc import Sequence

from pltpack.scope.plan import wording
from pltpack.scope.plan.refusals import refuse_absent
from pltpack.scope.plan.values import Options, Plan, Reason, Situation, Step
from pltpack.scope.state.records import Record


def plan_remove(
    situation: Situation, options: Options, names: Sequence[str], *, auto: bool = False, demote: bool = False
) -> Plan:
    """The plan to remove packages; with ``auto`` also those that came along with others and that nobody needs then,
    with ``demote`` to make them such. Raises :class:`~pltpack.errors.BlockedError`."""
    refuse_absent(names, situation, skip=False)
    given = list(dict.fromkeys(names))
    needs = {name: {one for one, _ in present.facts.dependencies} for name, present in situation.here.items()}
    gone = list(given)
    if auto:
        autos = [name for name, present in situation.here.items() if present.record.auto]
        candidates = {*given, *autos}
        kept: set[str] = set()
        for name in situation.here:
            if name not in candidates:
                _reach(name, needs, candidates, kept)
        if demote:
            gone = [name for name in candidates if name not in kept]
        else:
            gone = [name for name in candidates if name not in kept or name in given]
        gone.sort(key=lambda name: (given.index(name) if name in given else len(given), name))
    elif demote:
        gone = []
    if not options.force and not demote:
        _refuse_needed(given if auto else gone, gone, situation, options)
    records = {name: present.record for name, present in situation.here.items() if name not in gone}
    steps: list[Step] = []
    if demote:
        for name in given:
            if name in records and not records[name].auto:
                after = records[name].with_auto(True)
                steps.append(Step("demote", name, records[name], after, Reason("asked", (name,))))
                records[name] = after
    for name in gone:
        reason = Reason("asked" if name in given else "unused", (name,))
        steps.append(Step("remove", name, situation.here[name].record, None, reason))
    told = () if auto else wording.unneeded(_unneeded(records, needs))
    return Plan("remove", situation.scope, options, tuple(steps), records, told)


def _refuse_needed(checked: Sequence[str], gone: Sequence[str], situation: Situation, options: Options) -> None:
    """Raise an error if a package that stays needs one that goes; Racket looks at this scope only."""
    around = (situation.here,) if options.as_racket else (situation.here, *situation.narrower)
    needed: dict[str, list[str]] = {}
    for name in checked:
        users = [
            present.name
            for packages in around
            for present in packages.values()
            if any(one == name for one, _ in present.facts.dependencies)
            and not (packages is situation.here and present.name in gone)
            and not (packages is not situation.here and name in packages)
        ]
        if users:
            needed[name] = sorted(users)
    if needed:
        wording.required(needed)


def _reach(start: str, needs: dict[str, set[str]], among: set[str], reached: set[str]) -> None:
    pending = [start]
    while pending:
        for name in needs.get(pending.pop(), ()):
            if name in among and name not in reached:
                reached.add(name)
                pending.append(name)


def _unneeded(records: dict[str, Record], needs: dict[str, set[str]]) -> list[str]:
    """Packages that came along with others, and that no explicit package needs, directly or not."""
    autos = {name for name, record in records.items() if record.auto}
    reached: set[str] = set()
    for name in records:
        if name not in autos:
            _reach(name, needs, autos, reached)
    return sorted(autos - reached)
