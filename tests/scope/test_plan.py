"""Plans are pure functions of values: these tests have neither a disk nor a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pltpack.errors import BlockedError, PltError
from pltpack.racket.info.fields import Dependency
from pltpack.scope.plan.planner import make_plan
from pltpack.scope.plan.plans import plan_install, plan_update
from pltpack.scope.plan.removal import plan_remove
from pltpack.scope.plan.values import (
    Content,
    Facts,
    Known,
    KnownPresent,
    Options,
    Plan,
    Present,
    Question,
    Situation,
    Wish,
)
from pltpack.scope.state.records import Origin, Record

AUTO = Options(deps="search-auto")


def needs(*dependencies: str) -> tuple[tuple[str, Dependency], ...]:
    """Dependencies: ``b`` or ``b>=1.1``."""
    found = []
    for text in dependencies:
        name, _, version = text.partition(">=")
        found.append((name, Dependency(name, version or None)))
    return tuple(found)


class Shelf:
    """Sources that have packages by name, each with a version and dependencies; counts how often it is asked."""

    def __init__(self, packages: Mapping[str, Facts], modules: Mapping[str, Sequence[str]] | None = None) -> None:
        self.packages = dict(packages)
        self.modules = modules or {}
        self.asked: list[list[str]] = []

    def contents(self, wishes: Sequence[Wish]) -> Sequence[Content | Exception]:
        self.asked.append([wish.name for wish in wishes])
        return [self._content(wish) for wish in wishes]

    def _content(self, wish: Wish) -> Content | Exception:
        if wish.name not in self.packages:
            return PltError(f"no {wish.name}")
        facts = self.packages[wish.name]
        modules = tuple(self.modules.get(wish.name, (f"{wish.name}/main.rkt",)))
        origin = Origin("catalog", (wish.source,))
        return Content(wish, origin, f"sum of {wish.name} {facts.version}", facts, Path("/x"), modules)

    def checksums(self, wishes: Sequence[Wish]) -> Sequence[str | Exception | None]:
        return [f"sum of {wish.name} {self.packages[wish.name].version}" for wish in wishes]


def facts(version: str = "1.0", *dependencies: str, implied: Sequence[str] = ()) -> Facts:
    return Facts(version, needs(*dependencies), tuple(implied), collection=None)


def wish(name: str) -> Wish:
    return Wish(name, "name", name)


def present(
    name: str, version: str = "1.0", *dependencies: str, auto: bool = False, scope: str = "user"
) -> KnownPresent:
    record = Record(Origin("catalog", (name,)), f"sum of {name} {version}", auto)
    return KnownPresent(name, record, Path("/pkgs") / name, scope, facts(version, *dependencies))  # type: ignore[arg-type]


def situation(
    *here: KnownPresent, wider: Sequence[KnownPresent] = (), narrower: Sequence[KnownPresent] = ()
) -> Situation:
    def table(packages: Sequence[KnownPresent]) -> Mapping[str, Present]:
        return {one.name: one for one in packages}

    inner = (table(narrower),) if narrower else ()
    return Situation("user", table(here), (table(wider),), inner, "8.7", Path("/pkgs"), "unix", "x86_64-linux")


BASE = present("base", "8.7", scope="installation")


def install(shelf: Shelf, names: str, options: Options = AUTO, there: Situation | None = None, **more: object) -> Plan:
    there = there or situation(wider=[BASE])
    wishes = [wish(name) for name in names.split()]
    return make_plan(lambda known: plan_install(there, options, known, wishes), shelf, **more)  # type: ignore[arg-type]


def steps(plan: Plan) -> list[tuple[str, str]]:
    return [(step.kind, step.name) for step in plan.steps]


def test_dependencies_come_first_and_are_automatic() -> None:
    shelf = Shelf({"chain": facts("1.0", "gamma"), "gamma": facts("1.0", "alpha"), "alpha": facts("1.0", "base")})
    plan = install(shelf, "chain")
    assert [step.name for step in plan.steps] == ["alpha", "chain", "gamma"]
    assert {name: record.auto for name, record in plan.records.items()} == {
        "alpha": True,
        "chain": False,
        "gamma": True,
    }
    assert [str(step.reason) for step in plan.steps] == [
        "needed by alpha <- gamma <- chain", "asked for", "needed by gamma <- chain",
    ]  # fmt: skip


def test_each_level_of_dependencies_is_asked_for_at_once() -> None:
    wide = {f"p{i}": facts("1.0", *(f"p{j}" for j in (2 * i + 1, 2 * i + 2) if j < 31)) for i in range(31)}
    shelf = Shelf(wide)
    install(shelf, "p0")
    assert [len(names) for names in shelf.asked] == [1, 2, 4, 8, 16]


def test_a_plan_is_the_same_for_the_same_values() -> None:
    shelf = Shelf({"a": facts("1.0", "b"), "b": facts("1.0", "a")})
    assert install(shelf, "a") == install(shelf, "a")


def test_missing_dependencies_with_the_chain_of_reasons() -> None:
    shelf = Shelf({"a": facts("1.0", "b"), "b": facts("1.0", "c>=2.0"), "c": facts("1.0")})
    with pytest.raises(BlockedError) as caught:
        install(shelf, "a")
    assert caught.value.message == "version mismatch for dependency"
    assert "   c (have 1.0, need 2.0)" in caught.value.details
    assert "  needed by: b <- a" in caught.value.details


@pytest.mark.parametrize(("answer", "expected"), [(True, ["b", "a"]), (False, None)])
def test_questions(answer: bool, expected: list[str] | None) -> None:
    asked: list[Question] = []

    def ask(question: Question) -> bool:
        asked.append(question)
        return answer

    shelf = Shelf({"a": facts("1.0", "b"), "b": facts()})
    options = Options(deps="search-ask")
    if expected is None:
        with pytest.raises(BlockedError, match="missing dependencies"):
            install(shelf, "a", options, ask=ask)
    else:
        assert [step.name for step in install(shelf, "a", options, ask=ask).steps] == expected
    assert [question.question for question in asked] == ["Would you like to install these dependencies?"]


def test_an_old_dependency_is_updated_and_stays_explicit() -> None:
    shelf = Shelf({"a": facts("1.0", "b>=1.1"), "b": facts("1.1")})
    there = situation(present("b", "1.0"), wider=[BASE])
    plan = install(shelf, "a", there=there)
    assert steps(plan) == [("replace", "b"), ("install", "a")]
    assert not plan.records["b"].auto
    assert install(shelf, "a", replace(AUTO, as_racket=True), there).records["b"].auto


def test_an_automatic_package_is_promoted() -> None:
    plan = install(Shelf({"a": facts()}), "a", there=situation(present("a", auto=True)))
    assert steps(plan) == [("promote", "a")]
    assert not plan.records["a"].auto


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (situation(present("a")), "package is already installed"),
        (situation(wider=[present("a", scope="installation")]), "package is currently installed in a wider scope"),
    ],
)
def test_what_is_installed_already(there: Situation, message: str) -> None:
    with pytest.raises(BlockedError, match=message):
        install(Shelf({"a": facts()}), "a", there=there)


def test_two_packages_that_claim_one_module() -> None:
    shelf = Shelf({"a": facts(), "b": facts()}, {"a": ["x/main.rkt"], "b": ["x/main.rkt"]})
    with pytest.raises(BlockedError, match="packages conflict"):
        install(shelf, "a b")
    assert len(install(shelf, "a b", replace(AUTO, force=True)).steps) == 2


def test_the_core_is_the_running_racket() -> None:
    assert install(Shelf({"a": facts("1.0", "racket>=8.7")}), "a").steps
    with pytest.raises(BlockedError, match="version mismatch"):
        install(Shelf({"a": facts("1.0", "racket>=8.8")}), "a")


def update(shelf: Shelf, names: str, there: Situation, options: Options = AUTO, *, everything: bool = False) -> Plan:
    given = names.split()
    return make_plan(lambda known: plan_update(there, options, known, given, everything=everything), shelf)


def test_only_what_is_new_is_updated() -> None:
    shelf = Shelf({"a": facts("1.1"), "b": facts("1.0")})
    there = situation(present("a"), present("b", auto=True))
    plan = update(shelf, "", there, everything=True)
    assert steps(plan) == [("replace", "a")]
    assert str(plan.steps[0].reason) == "a newer version is there"
    assert update(shelf, "b", there).steps == ()


def test_updating_what_it_depends_on_and_what_it_implies() -> None:
    shelf = Shelf({"a": facts("1.0", "b"), "b": facts("1.1"), "c": facts("1.0"), "d": facts("2.0")})
    there = situation(present("a", "1.0", "b"), present("b"))
    assert update(shelf, "a", there).steps == ()
    assert steps(update(shelf, "a", there, replace(AUTO, update_deps=True))) == [("replace", "b")]
    implying = KnownPresent("c", present("c").record, Path("/pkgs/c"), "user", facts("1.0", "d", implied=["d"]))
    assert steps(update(shelf, "c", situation(implying, present("d")))) == [("replace", "d")]
    assert update(shelf, "c", situation(implying, present("d")), replace(AUTO, implies=False)).steps == ()


def test_a_dependent_is_not_broken() -> None:
    shelf = Shelf({"b": facts("1.0")})
    there = situation(present("a", "1.0", "b>=1.1"), present("b", "1.1"))
    with pytest.raises(BlockedError, match="version mismatch for dependency"):
        update(shelf, "b", there)
    assert steps(update(shelf, "b", there, replace(AUTO, force=True))) == [("replace", "b")]


def remove(there: Situation, names: str, options: Options = AUTO, **more: bool) -> Plan:
    return plan_remove(there, options, names.split(), **more)


CHAIN = situation(
    present("a", "1.0", "b"), present("b", "1.0", "c", auto=True), present("c", auto=True), present("d", auto=True)
)


def test_what_is_needed_is_not_removed() -> None:
    with pytest.raises(BlockedError) as caught:
        remove(CHAIN, "b")
    assert caught.value.details[-1] == "   b (required by: (a))"
    assert steps(remove(CHAIN, "b", replace(AUTO, force=True))) == [("remove", "b")]
    assert steps(remove(CHAIN, "a b")) == [("remove", "a"), ("remove", "b")]


def test_what_nobody_needs_any_more() -> None:
    assert steps(remove(CHAIN, "", auto=True)) == [("remove", "d")]
    assert {name for _, name in steps(remove(CHAIN, "a", auto=True))} == {"a", "b", "c", "d"}
    assert remove(CHAIN, "a").told[1:-1] == ("  b c d",)


def test_demoting() -> None:
    plan = remove(CHAIN, "a", demote=True)
    assert steps(plan) == [("demote", "a")]
    assert plan.records["a"].auto


def test_nothing_is_removed_if_one_is_not_installed() -> None:
    with pytest.raises(BlockedError, match="package not currently installed"):
        remove(CHAIN, "d gone")


def test_a_plan_needs_what_is_not_known() -> None:
    from pltpack.scope.plan.values import Unknown

    with pytest.raises(Unknown) as caught:
        plan_install(situation(), AUTO, Known(), [wish("a"), wish("b")])
    assert [one.name for one in caught.value.needs.contents] == ["a", "b"]
