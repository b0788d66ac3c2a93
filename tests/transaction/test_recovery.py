"""What is found in a destination before anything is done there: locks, leftovers, forgeries."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import BusyError
from pltpack.transaction import lock, recovery, staging
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.lock import busy, is_alive, this_process
from tests.transaction.bodies import put
from tests.transaction.calls import Kill, fork, in_child, wrapped
from tests.trees import files_in, picture, write_tree


@pytest.fixture
def root(tmp_path: Path) -> Root:
    (tmp_path / "target").mkdir()
    return Root(tmp_path / "target")


def look(root: Root) -> None:
    with DirectoryDestination() as destination:
        destination.make_directory(root, ())


# Locks


def test_a_second_transaction_is_told_who_is_at_work(root: Root) -> None:
    with DirectoryDestination() as first:
        put(first, root, "x", b"first")
        with pytest.raises(BusyError, match=rf"process {os.getpid()} \(since .*\) is unpacking into {root.path}"):
            look(root)
        first.commit()
    look(root)
    assert files_in(root.path) == {"x": b"first"}


def test_the_lock_is_there_before_anything_is_staged(root: Root) -> None:
    with DirectoryDestination() as first:
        first.make_directory(root, ())
        with pytest.raises(BusyError, match="another process is unpacking"):
            look(root)


def test_roots_beside_each_other_do_not_disturb(tmp_path: Path) -> None:
    with DirectoryDestination() as first, DirectoryDestination() as second:
        put(first, Root(tmp_path / "a"), "x", b"first")
        put(second, Root(tmp_path / "b"), "x", b"second")
        first.commit()
        second.commit()
    assert files_in(tmp_path) == {"a/x": b"first", "b/x": b"second"}


def test_a_busy_second_root_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    a, b = Root(tmp_path / "a"), Root(tmp_path / "b")
    with DirectoryDestination() as other:
        put(other, b, "x", b"other")
        before = picture(tmp_path)
        with DirectoryDestination() as destination:
            put(destination, a, "x", b"new")
            with pytest.raises(BusyError):
                put(destination, b, "x", b"new")
        assert picture(tmp_path) == before


def compete(root: Root, mine: bytes) -> None:
    try:
        with DirectoryDestination() as destination:
            for number in range(40):
                put(destination, root, f"d{number % 4}/{number}", mine, Existing.REPLACE)
            destination.commit()
    except BusyError:
        os._exit(2)


def test_two_processes_end_in_a_serial_order(root: Root) -> None:
    """Each either commits all it has or is told that the other is at work; never a mixture."""
    for attempt in range(10):
        shutil.rmtree(root.path)
        root.path.mkdir()

        children = [fork(partial(compete, root, mine)) for mine in (b"one", b"two")]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert set(codes) <= {0, 2}, f"attempt {attempt}"
        assert 0 in codes
        assert set(files_in(root.path).values()) in ({b"one"}, {b"two"})
        assert len(files_in(root.path)) == 40


def test_a_disk_without_locks_goes_by_the_process(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (lock, recovery, staging):
        monkeypatch.setattr(module, "lock_file", lambda _: None)
    with DirectoryDestination() as first:
        put(first, root, "x", b"first")
        with pytest.raises(BusyError, match=f"process {os.getpid()}"):
            look(root)

    def work() -> None:
        with DirectoryDestination() as second:
            put(second, root, "x", b"second")
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(work) == -signal.SIGKILL
    assert picture(root.path) != {}
    look(root)
    assert picture(root.path) == {}


def dead_process() -> int:
    child = fork(int)
    os.waitpid(child, 0)
    return child


def test_who_is_alive() -> None:
    assert is_alive(this_process())
    assert not is_alive({**this_process(), "pid": dead_process()})
    assert is_alive({"host": "elsewhere", "pid": 1}), "nobody knows"
    assert is_alive({}), "nobody knows"
    assert is_alive({**this_process(), "pid": 1}), "and if it were another user's"


@pytest.mark.parametrize(
    ("process", "says"),
    [
        (None, "another process is"),
        ({}, "another process is"),
        ({"pid": 7, "host": socket.gethostname()}, "process 7 is"),
        ({"pid": 7, "host": "far"}, "process 7 on far is"),
        ({"pid": 7, "host": "far", "since": 0}, "process 7 on far is"),
        ({"pid": 7, "host": "far", "since": 10**30}, "process 7 on far is"),
    ],
)
def test_the_message_says_what_is_known(process: dict[str, Any] | None, says: str) -> None:
    assert str(busy("/d", process)).startswith(says)


# Leftovers


def killed_while_moving(root: Root) -> None:
    """Leave what a process leaves that is killed in the middle of moving things into place."""
    write_tree(root.path, {"old/a": b"old", "old/b": b"old", "keep": b"keep"})

    def work() -> None:
        with DirectoryDestination() as destination:
            put(destination, root, "tree/sub/x", b"new")
            put(destination, root, "old/a", b"new", Existing.REPLACE)
            put(destination, root, "old/b", b"new", Existing.REPLACE)
            put(destination, root, "old/c", b"new")
            with wrapped(Unlinking()):
                destination.commit()

    class Unlinking(Kill):
        """Kills when the journal is about to be removed: all has been moved, nothing is committed."""

        def __init__(self) -> None:
            super().__init__(-1)

        def __call__(self, name: str, original: Callable[..., Any], arguments: Any, options: Any) -> Any:
            if name == "unlink" and str(arguments[0]).endswith(".journal"):
                self.nth = self.count + 1
            return super().__call__(name, original, arguments, options)

    assert in_child(work) < 0
    assert (root.path / "tree/sub/x").exists()
    assert (root.path / "old/a").read_bytes() == b"new"


OLD = {"old/a": b"old", "old/b": b"old", "keep": b"keep"}


def test_what_was_moved_but_not_committed_goes_back(root: Root) -> None:
    killed_while_moving(root)
    look(root)
    assert files_in(root.path) == OLD
    assert not (root.path / "tree").exists()


def test_what_somebody_did_since_is_respected(root: Root) -> None:
    killed_while_moving(root)
    (root.path / "tree/sub/mine").write_bytes(b"mine")
    (root.path / "old/a").write_bytes(b"edited in place")
    (root.path / "old/b").unlink()
    (root.path / "old/b").write_bytes(b"written anew")
    (root.path / "old/c").unlink()
    look(root)
    assert files_in(root.path) == {
        "keep": b"keep",
        "old/a": b"edited in place",
        "old/b": b"written anew",
        "tree/sub/mine": b"mine",
    }


def test_a_directory_that_is_gone_since_does_not_hinder(root: Root) -> None:
    killed_while_moving(root)
    shutil.rmtree(root.path / "old")
    (root.path / "tree").rename(root.path / "moved")
    look(root)
    assert files_in(root.path) == {"keep": b"keep", "moved/sub/x": b"new"}


def test_a_directory_that_is_a_link_since_is_not_followed(root: Root, tmp_path: Path) -> None:
    killed_while_moving(root)
    write_tree(tmp_path, {"outside/a": b"mine"})
    shutil.rmtree(root.path / "old")
    (root.path / "old").symlink_to(tmp_path / "outside")
    look(root)
    assert files_in(tmp_path / "outside") == {"a": b"mine"}


def test_a_moved_destination_is_cleaned_up_at_its_new_place(root: Root, tmp_path: Path) -> None:
    killed_while_moving(root)
    root.path.rename(tmp_path / "moved")
    look(Root(tmp_path / "moved"))
    assert files_in(tmp_path / "moved") == OLD


def test_cleaning_up_survives_its_own_failure(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_while_moving(root)
    rename = os.rename

    def failing(*_arguments: object, **_options: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(OSError, match="Input/output"):
        look(root)
    monkeypatch.setattr(os, "rename", rename)
    look(root)
    assert files_in(root.path) == OLD
