"""A call that fails, or a kill, at every moment of a change: the scope is as it was, or as it should be."""

from __future__ import annotations

import errno
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.scope.commit import recover
from pltpack.scope.scope import Scope
from pltpack.scope.state.records import read_records
from tests.scope.scopes import FORCE, is_whole, make_package, picture, scope_in
from tests.transaction.calls import Fault, Kill, in_child, wrapped

Change = Callable[[Scope, Path], None]


def install(scope: Scope, archives: Path) -> None:
    scope.apply(scope.plan(install=[str(archives / "c.zip"), str(archives / "d.zip")], options=FORCE))


def update(scope: Scope, archives: Path) -> None:
    new = [str(archives / "new" / "a.zip"), str(archives / "new" / "b.zip")]
    scope.apply(scope.plan(update=new, options=FORCE))


def remove(scope: Scope, archives: Path) -> None:  # noqa: ARG001  (like the others)
    scope.apply(scope.plan(remove=["a", "b"]))


CHANGES = [install, update, remove]


class Ground:
    """A scope with two packages, which can be had anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archives = folder / "archives"
        for name in "abcd":
            make_package(
                self.archives / f"{name}.zip",
                "1.0",
                **{f"lib/{number}.rkt": "#lang racket/base\n" for number in range(3)},
            )
        for name in "ab":
            make_package(self.archives / "new" / f"{name}.zip", "1.1")
        with scope_in(folder) as scope:
            scope.apply(scope.plan(install=[str(self.archives / f"{name}.zip") for name in "ab"], options=FORCE))
        shutil.copytree(folder / "addon", folder / "kept", symlinks=True)
        self.before = picture(folder)

    def reset(self) -> Scope:
        shutil.rmtree(self.folder / "addon")
        shutil.copytree(self.folder / "kept", self.folder / "addon", symlinks=True)
        return scope_in(self.folder)

    def after(self, change: Change) -> dict[str, bytes]:
        with self.reset() as scope:
            change(scope, self.archives)
        return picture(self.folder)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("change", CHANGES)
def test_every_call_that_writes_fails_once(ground: Ground, change: Change, number: int) -> None:
    after = ground.after(change)
    failures = 0
    for nth in range(1, 1000):
        fault = Fault(nth, number)
        with ground.reset() as scope:
            failed = False
            try:
                with wrapped(fault):
                    change(scope, ground.archives)
            except OSError as error:
                failed = error.errno == number
            if failed:
                failures += 1
                assert picture(ground.folder) == ground.before, f"call {nth}, {fault.failed}"
            else:
                assert picture(ground.folder) == after, f"call {nth}, {fault.failed}"
            recover(scope.places, scope.manner)
            assert is_whole(scope)
        if fault.failed is None:
            break
    assert failures > 10


@pytest.mark.parametrize("change", CHANGES)
def test_killed_at_every_call(ground: Ground, change: Change) -> None:
    after = ground.after(change)
    kills = 0
    for nth in range(1, 1000):
        scope = ground.reset()

        def child(nth: int = nth, scope: Scope = scope) -> None:
            with wrapped(Kill(nth)):
                change(scope, ground.archives)

        code = in_child(child)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        read_records(scope.places.table)  # what anybody finds meanwhile can be read
        recover(scope.places, scope.manner)
        assert picture(ground.folder) in (ground.before, after), f"call {nth}"
        assert is_whole(scope)
    assert kills > 30


def test_the_next_command_takes_back_what_a_killed_one_has_begun(ground: Ground) -> None:
    scope = ground.reset()

    def child() -> None:
        with wrapped(Kill(40)):
            update(scope, ground.archives)

    assert in_child(child) == -signal.SIGKILL
    with scope_in(ground.folder) as again:
        update(again, ground.archives)
        assert is_whole(again)
        assert (again.places.packages / "a" / "info.rkt").read_text().count("1.1")
