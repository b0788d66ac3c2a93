"""Killed in the middle of a change of many packages: a real ``raco pkg`` finds a whole state, and goes on with it.

``SWEEP`` asks for 200 kills; a few at fixed moments, if it is not set.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.racket.installation import Installation
from pltpack.scope.access import Access
from pltpack.scope.commit import recover
from pltpack.scope.scope import Scope, open_scope
from tests.oracle.test_scope_racket import Turns
from tests.scope.scopes import AUTO, catalog, is_whole, make_package, picture
from tests.transaction.calls import Kill, in_child, wrapped

pytestmark = pytest.mark.racket

MANY = 12
KILLS = 200 if os.environ.get("SWEEP") else 6

Change = Callable[[Scope], object]
CHANGES: dict[str, Change] = {
    "install": lambda scope: scope.apply(scope.plan(install=["q0"], options=AUTO)),
    "update": lambda scope: scope.apply(scope.plan(update_all=True, options=AUTO)),
    "remove": lambda scope: scope.apply(scope.plan(remove=["p0"], auto=True)),
}


EXCHANGED = {"install": 0, "update": 1, "remove": 0}
"""How many packages may be missing: the one whose old directory is gone, and the new one not there yet."""


class Ground:
    """A scope of the real Racket with a chain of packages; there is something newer, and another chain."""

    def __init__(self, folder: Path, racket: str) -> None:
        self.folder = folder
        self.turns = Turns(folder, racket)
        self.publish("p", "1.0")
        self.publish("q", "1.0")
        with self.scope() as scope:
            scope.apply(scope.plan(install=["p0"], options=AUTO))
        self.publish("p", "1.1")
        shutil.copytree(folder / "addon", folder / "kept", symlinks=True)

    def publish(self, chain: str, version: str) -> None:
        made = [
            make_package(
                self.folder / f"files/{chain}{number}.zip",
                version,
                f'"{chain}{number + 1}"' if number + 1 < MANY else "",
            )
            for number in range(MANY)
        ]
        catalog(self.folder / "cat", made)

    def scope(self) -> Scope:
        found: Installation = self.turns.installation()
        access = Access(catalogs=(str(self.folder / "cat"),), cache=self.folder / "cache")
        return open_scope("user", installation=found, access=access, lock_timeout=5)

    def reset(self) -> None:
        shutil.rmtree(self.folder / "addon")
        shutil.copytree(self.folder / "kept", self.folder / "addon", symlinks=True)

    def change(self, name: str) -> None:
        with self.scope() as scope:
            CHANGES[name](scope)

    def calls(self, name: str) -> tuple[int, dict[str, bytes]]:
        """How many calls that write a change makes, and what is there afterwards."""
        self.reset()
        counter = Kill(0)
        with wrapped(counter):
            self.change(name)
        return counter.count, picture(self.folder)


@pytest.fixture
def ground(tmp_path: Path, racket: str) -> Ground:
    return Ground(tmp_path, racket)


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_killed_command_leaves(ground: Ground, compared: Callable[[int], None], name: str) -> None:
    ground.reset()
    before = picture(ground.folder)
    calls, after = ground.calls(name)
    moments = random.Random(name).sample(range(1, calls + 1), KILLS // len(CHANGES) + 1)
    for nth in moments:
        ground.reset()

        def killed(nth: int = nth) -> None:
            with wrapped(Kill(nth)):
                ground.change(name)

        assert in_child(killed) == -signal.SIGKILL, f"call {nth} of {calls}"
        shown = ground.turns.run(["show", "-u", "-a", "-l", "-d"], ours=False)
        assert shown.returncode == 0, shown.stderr
        here = [ground.turns.folder / line.split('"')[-2] for line in shown.stdout.splitlines()[1:]]
        missing = [directory.name for directory in here if not directory.is_dir()]
        assert len(missing) <= EXCHANGED[name], f"call {nth} of {calls}: {missing}"
        with ground.scope() as scope:
            recover(scope.places, scope.manner)
            assert is_whole(scope)
        assert picture(ground.folder) in (before, after), f"call {nth} of {calls}"
        ground.turns.check()
    compared(2 * len(moments))
