"""One lock beside another."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from hypothesis import given

from pltpack.lock.values import Lock, LockedPackage
from pltpack.supply.difference import compare_locks
from tests.lock.strategies import locks
from tests.supply.locks import CARDS, GAMES, LOCAL, LOCK, TESTS

NEWER = msgspec.structs.replace(GAMES, version="2.0", size=1500)
OTHER: Lock = msgspec.structs.replace(LOCK, packages=(NEWER, CARDS, TESTS, msgspec.structs.replace(LOCAL, name="new")))
MODULES = {
    ("games", "1.10"): {"games/main", "games/old"},
    ("games", "2.0"): {"games/main", "games/new", "cards/main"},
    ("cards", "0.0"): {"cards/main"},
    ("tests", "2.0"): {"tests/main"},
    ("local", "2.0"): {"local/main", "tests/main"},
    ("new", "2.0"): {"tests/main"},
}


def modules(block: LockedPackage) -> Collection[str] | None:
    return MODULES.get((block.name, block.version))


def test_versions_sizes_modules_and_conflicts() -> None:
    found = compare_locks(LOCK, OTHER, modules)
    assert [(one.change.kind, one.change.name, one.gained, one.lost) for one in found.packages] == [
        ("changed", "games", ("cards/main", "games/new"), ("games/old",)),
        ("removed", "local", (), ("local/main", "tests/main")),
        ("added", "new", ("tests/main",), ()),
    ]
    assert found.packages[0].sizes == (1000, 1500)
    assert found.sizes == (1005, 1505)
    assert [(one.module, one.packages) for one in found.conflicts] == [
        ("cards/main", ("cards", "games")),
        ("tests/main", ("new", "tests")),
    ]
    assert found.unknown == ()


def test_modules_that_are_not_known() -> None:
    found = compare_locks(LOCK, OTHER)
    assert (found.packages[0].gained, found.packages[0].lost) == (None, None)
    assert found.unknown == ("cards", "games", "new", "tests")
    assert found.conflicts == ()


def test_blocks_that_never_meet_are_no_conflict() -> None:
    one = msgspec.structs.replace(TESTS, racket=("8.7",))
    for versions, expected in ((("8.10",), 0), (("8.7", "8.10"), 1), ((), 1)):
        other = msgspec.structs.replace(LOCAL, racket=versions)
        new = msgspec.structs.replace(LOCK, packages=(one, other))
        found = compare_locks(msgspec.structs.replace(LOCK, packages=()), new, modules)
        assert len(found.conflicts) == expected


@given(locks)
def test_a_lock_is_not_different_from_itself(lock: Lock) -> None:
    assert not compare_locks(lock, lock, lambda block: {block.name})
