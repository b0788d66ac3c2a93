"""kill -9 at every moment of an unpack: no file is torn or lost, and the next run completes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.unpacker.unpack import extract
from tests.transaction.bodies import clean_up, put
from tests.transaction.calls import Kill, fork, in_child, wrapped
from tests.trees import archive, file, files_in, folder, write_tree

COUNT = 14
OLD = {f"old/{number % 3}/{number}": b"old %d " % number * 500 for number in range(COUNT)}
NEW = {
    **{f"old/{number % 3}/{number}": b"new %d " % number * 700 for number in range(0, COUNT, 2)},
    **{f"tree/{number % 5}/{number}": b"tree %d " % number * 300 for number in range(COUNT)},
    "old/added": b"added",
}
AFTER = {**OLD, **NEW}


def visible(target: Path) -> dict[str, bytes]:
    """The files of the target, without the staging area."""
    return {path: data for path, data in files_in(target).items() if not path.startswith(".pltpack-")}


def check_whole(target: Path) -> None:
    """Each file is its old or its new self, and none of the old ones is missing."""
    found = visible(target)
    for path, data in found.items():
        assert data in (OLD.get(path), NEW.get(path)), f"{path} is torn"
    assert found.keys() >= OLD.keys(), "a file is lost"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    entries = [file(*path.split("/"), data=data, replace=path in OLD) for path, data in NEW.items()]
    (tmp_path / "x.plt").write_bytes(archive(folder("old"), *entries))
    return tmp_path / "x.plt"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


def reset(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    write_tree(target, OLD)


def test_killed_at_every_call(source: Path, target: Path) -> None:
    """Also between the calls of the clean-up: the run after the killed one is killed, too."""
    kills = 0
    chance = random.Random(4)
    for nth in range(1, 10_000):
        reset(target)
        code = killed_at(nth, lambda: extract(source, target))
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        check_whole(target)
        if nth % 2:
            kills += killed_at(chance.randrange(1, 40), lambda: clean_up(target)) != 0
            check_whole(target)
        if nth % 3:
            clean_up(target)
            assert files_in(target) in (OLD, AFTER), "all old or all new, and nothing staged is left"
        extract(source, target, force=True)
        assert files_in(target) == AFTER
    assert files_in(target) == AFTER
    assert kills >= 200


def killed_at(nth: int, work: Callable[[], object]) -> int:
    """Run in a child that is killed at its ``nth`` call of the system; its exit code."""

    def child() -> None:
        with wrapped(Kill(nth), reading=True):
            work()

    return in_child(child)


def test_killed_from_outside_at_random_progress(source: Path, target: Path) -> None:
    """The child reports each entry; after a random number of reports it is killed, wherever it then is."""
    chance = random.Random(7)
    for _ in range(40):
        reset(target)
        reader, writer = os.pipe()

        def child(report: int = writer) -> None:
            extract(source, target, on_entry=lambda _: os.write(report, b"."))
            os.write(report, b"." * len(NEW))

        process = fork(child)
        os.close(writer)
        for _ in range(chance.randrange(len(NEW) + 2)):
            os.read(reader, 1)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(reader)
        check_whole(target)
        clean_up(target)
        assert files_in(target) in (OLD, AFTER)
        extract(source, target, force=True)
        assert files_in(target) == AFTER


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system where there is one."""
    shm = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(dir=shm if os.access(shm, os.W_OK) else tmp_path))
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("first", ["here", "there"])
def test_killed_with_several_roots(tmp_path: Path, elsewhere: Path, first: str) -> None:
    """All roots are old or all are new, whichever the next run comes to first."""
    here, there = tmp_path / "here", elsewhere / "there"
    order = [here, there] if first == "here" else [there, here]

    def install() -> None:
        with DirectoryDestination() as destination:
            for place in (here, there):
                for path in ("a", "sub/b"):
                    put(destination, Root(place), path, b"new " + path.encode(), Existing.REPLACE)
                put(destination, Root(place), "tree/c", b"new tree")
            destination.commit()

    old = {"a": b"old a", "sub/b": b"old b"}
    new = {"a": b"new a", "sub/b": b"new sub/b", "tree/c": b"new tree"}
    for nth in range(1, 10_000):
        for place in order:
            shutil.rmtree(place, ignore_errors=True)
            write_tree(place, old)
        if killed_at(nth, install) == 0:
            break
        for place in order:
            for path, data in visible(place).items():
                assert data in (old.get(path), new[path])
            assert visible(place).keys() >= old.keys()
        if nth % 2:
            killed_at(nth % 37 + 1, lambda: clean_up(*order))
        clean_up(order[0])
        if first == "here":
            assert not list(there.glob(".pltpack-*")), "where it began, all places are known"
        clean_up(order[1])
        states = [files_in(place) for place in order]
        assert states in ([old, old], [new, new]), f"after call {nth}"
    assert [files_in(place) for place in order] == [new, new]
