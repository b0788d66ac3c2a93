"""What a plan is refused for: packages that are there already, twice, or not to be changed from here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pltpack.scope.plan import wording
from pltpack.scope.plan.values import Situation, Wish


def refuse_two_of_a_name(wishes: Iterable[Wish]) -> None:
    """Raise an error if two sources are to be packages of one name."""
    named: dict[str, Wish] = {}
    for wish in wishes:
        other = named.setdefault(wish.name, wish)
        if other is not wish:
            wording.blocked(
                "given package sources have the same package name",
                f"  package name: {wish.name}",
                f"  package source: {other.source}",
                f"  package source: {wish.source}",
            )


def refuse_installed(name: str, situation: Situation, *, force: bool) -> None:
    """Raise an error if a package is there already: in this scope, or, unless it is to be forced, in a wider one."""
    if name in situation.here:
        wording.blocked("package is already installed", f"  package: {name}")
    wider = situation.find_wider(name)
    if wider is not None and not force:
        wording.blocked(
            "package is currently installed in a wider scope",
            f"  package: {name}",
            f"  installed scope: {wider.scope}",
            f"  given scope: {situation.scope}",
        )


def refuse_fixed(names: Sequence[str], situation: Situation) -> None:
    """Raise an error for dependencies that cannot be updated from here: those of a wider scope, and those that nobody
    can look up."""
    for name in names:
        there = situation.here.get(name)
        if there is None:
            wider = situation.find_wider(name)
            wording.not_installed(name, str(situation.scope), None if wider is None else str(wider.scope))
        if there.record.origin.kind in ("link", "static-link", "file", "dir"):
            wording.not_to_be_updated(name, there.record, str(there.directory))


def refuse_absent(names: Iterable[str], situation: Situation, *, skip: bool) -> None:
    """Raise an error for a package that is not installed in the scope, unless such are to be skipped."""
    for name in names:
        if name not in situation.here and not skip:
            elsewhere = next((packages[name].scope for packages in situation.everywhere if name in packages), None)
            wording.not_installed(name, str(situation.scope), None if elsewhere is None else str(elsewhere))
