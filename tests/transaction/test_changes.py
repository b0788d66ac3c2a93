"""Replacing, removing and moving whole directories, links, permissions and times: all of it or nothing."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import EntryExistsError, PltError, UnsafePathError
from pltpack.transaction.destination import Existing, Outcome, Root
from pltpack.transaction.directory import DirectoryDestination
from tests.transaction.bodies import Bytes, clean_up, make, put
from tests.transaction.calls import FAULTS, Fault, Kill, in_child, wrapped
from tests.transaction.scopes import MTIME_NS, Scope
from tests.trees import files_in, picture, write_tree


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    made = Scope(tmp_path / "pkgs", tmp_path / "addon")
    made.reset()
    return made


@pytest.fixture
def root(tmp_path: Path) -> Root:
    write_tree(tmp_path / "target", {"pkg/x": b"old", "pkg/sub/y": b"old", "file": b"old"})
    return Root(tmp_path / "target")


def test_everything_in_one_commit(scope: Scope) -> None:
    scope.change()
    assert files_in(scope.pkgs) == {
        "a/info.rkt": b"new",
        "a/bin/run": b"new2",
        ".trash/c-1/info.rkt": b"c info.rkt",
        ".trash/c-1/sub/x.rkt": b"c sub/x.rkt",
        "pkgs.rktd": b"new table",
    }
    assert files_in(scope.addon) == {"links.rktd": b"new links"}
    assert os.readlink(scope.pkgs / "a/link") == "bin/run"
    assert os.readlink(scope.pkgs / "c") == "../elsewhere"
    assert not scope.pkgs.joinpath("linked").is_symlink()
    assert list(scope.pkgs.joinpath("linked").iterdir()) == []
    assert scope.is_clean()


def test_permissions_and_times(scope: Scope) -> None:
    scope.change()
    found = {path: os.lstat(scope.pkgs / path) for path in ("a/bin", "a/bin/run", "a/link")}
    assert [stat.S_IMODE(found[path].st_mode) for path in ("a/bin", "a/bin/run")] == [0o755, 0o750]
    assert {status.st_mtime_ns for status in found.values()} == {MTIME_NS}
    assert stat.S_IMODE((scope.addon / "links.rktd").stat().st_mode) == 0o600, "as it was"


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o1755, 0o6777])
def test_no_bits_that_run_something_as_somebody_else(root: Root, mode: int) -> None:
    with DirectoryDestination() as changes:
        changes.write_file(root, ("pkg", "new"), 1, Bytes(b"x"), Existing.ERROR, mode=mode)
        changes.write_file(root, ("file",), 1, Bytes(b"x"), Existing.REPLACE, mode=mode)
        changes.make_directory(root, ("tree",), mode=mode)
        changes.write_file(root, ("tree", "new"), 1, Bytes(b"x"), Existing.ERROR, mode=mode)
        changes.commit()
    for path in ("pkg/new", "file", "tree", "tree/new"):
        assert stat.S_IMODE((root.path / path).stat().st_mode) == mode & 0o777


def test_the_time_of_the_top_of_a_tree(root: Root) -> None:
    with DirectoryDestination() as changes:
        changes.replace_directory(root, ("pkg",), mode=0o700, mtime_ns=MTIME_NS)
        put(changes, root, "pkg/new", b"x")
        changes.commit()
    status = (root.path / "pkg").stat()
    assert (status.st_mtime_ns, stat.S_IMODE(status.st_mode)) == (MTIME_NS, 0o700)


@pytest.mark.parametrize("what", ["pkg", "file", "link", "dangling", "nothing"])
def test_a_directory_takes_the_place_of_anything(root: Root, what: str, tmp_path: Path) -> None:
    write_tree(tmp_path, {"outside/mine": b"mine"})
    (root.path / "link").symlink_to("../outside")
    (root.path / "dangling").symlink_to("nowhere")
    others = {path: data for path, data in files_in(root.path).items() if not path.startswith(f"{what}/")}
    others.pop(what, None)
    with DirectoryDestination() as changes:
        outcome = changes.replace_directory(root, (what,))
        assert outcome is (Outcome.CREATED if what == "nothing" else Outcome.REPLACED)
        put(changes, root, f"{what}/sub/new", b"new")
        changes.commit()
    assert files_in(root.path) == {**others, f"{what}/sub/new": b"new"}
    assert files_in(tmp_path / "outside") == {"mine": b"mine"}
    assert not (root.path / what).is_symlink()


def test_without_commit_nothing_has_happened(scope: Scope) -> None:
    before = scope.picture()
    with DirectoryDestination() as changes:
        pkgs = Root(scope.pkgs)
        changes.replace_directory(pkgs, ("a",))
        put(changes, pkgs, "a/new", b"new")
        changes.remove(pkgs, ("b",))
        changes.move(pkgs, ("c",), Root(scope.addon), ("c",))
        assert scope.picture() == before
    assert scope.picture() == before
    assert scope.is_clean()


def test_into_another_root(scope: Scope) -> None:
    with DirectoryDestination() as changes:
        changes.move(Root(scope.pkgs), ("c", "sub"), Root(scope.addon), ("deep", "er", "sub"))
        changes.move(Root(scope.pkgs), ("single",), Root(scope.addon), ("single",))
        changes.move(Root(scope.pkgs), ("linked",), Root(scope.addon), ("linked",))
        changes.commit()
    assert files_in(scope.addon) == {
        "links.rktd": b"old links",
        "deep/er/sub/x.rkt": b"c sub/x.rkt",
        "single": b"a file that goes",
    }
    assert os.readlink(scope.addon / "linked") == "elsewhere"
    assert files_in(scope.pkgs / "c") == {"info.rkt": b"c info.rkt"}


def test_to_another_file_system(scope: Scope) -> None:
    """That cannot be one step; it is said before anything is done."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere, DirectoryDestination() as changes:
        if os.stat(elsewhere).st_dev == os.stat(scope.pkgs).st_dev:
            return
        with pytest.raises(OSError, match="another file system") as caught:
            changes.move(Root(scope.pkgs), ("c",), Root(Path(elsewhere)), ("c",))
        assert caught.value.errno == errno.EXDEV
        assert not os.listdir(elsewhere) or os.listdir(elsewhere)[0].startswith(".pltpack-")


def test_what_is_not_there(root: Root) -> None:
    before = picture(root.path)
    with DirectoryDestination() as changes:
        for path in (("no",), ("no", "deeper"), ("pkg", "no")):
            with pytest.raises(FileNotFoundError) as caught:
                changes.remove(root, path)
            assert caught.value.filename == str(root.path.joinpath(*path))
            with pytest.raises(FileNotFoundError):
                changes.move(root, path, root, ("to",))
        changes.remove(root, ("pkg",))
        for path in (("pkg",), ("pkg", "x")):
            with pytest.raises(FileNotFoundError):
                changes.remove(root, path)
    assert picture(root.path) == before


def test_a_name_that_was_vacated_is_free(root: Root) -> None:
    with DirectoryDestination() as changes:
        changes.remove(root, ("pkg",))
        put(changes, root, "pkg", b"now a file")
        changes.move(root, ("file",), root, ("other",))
        put(changes, root, "file/in/it", b"now a directory")
        changes.commit()
    assert files_in(root.path) == {"pkg": b"now a file", "other": b"old", "file/in/it": b"now a directory"}


def test_two_change_places(root: Root) -> None:
    with DirectoryDestination() as changes:
        changes.move(root, ("pkg",), root, ("spare",))
        changes.move(root, ("file",), root, ("pkg",))
        changes.commit()
    assert files_in(root.path) == {"spare/x": b"old", "spare/sub/y": b"old", "pkg": b"old"}


@pytest.mark.parametrize(
    "work",
    [
        lambda changes, root: changes.move(root, ("pkg",), root, ("file",)),
        lambda changes, root: changes.make_link(root, ("file",), "x"),
        lambda changes, root: changes.make_link(root, ("pkg",), "x"),
        lambda changes, root: [changes.make_link(root, ("tree", "l"), "x") for _ in range(2)],
        lambda changes, root: [changes.make_link(root, ("l",), "x") for _ in range(2)],
        lambda changes, root: [changes.make_link(root, ("l",), "."), put(changes, root, "l/x", b"")],
        lambda changes, root: [changes.make_link(root, ("tree", "l"), "."), put(changes, root, "tree/l/x", b"")],
        lambda changes, root: [changes.make_link(root, ("tree", "l"), "/etc/x"), put(changes, root, "tree/l", b"")],
        lambda changes, root: [changes.move(root, ("pkg",), root, ("to",)), put(changes, root, "to/x", b"")],
        lambda changes, root: [changes.move(root, ("pkg",), root, ("to",)), put(changes, root, "to", b"")],
        lambda changes, root: [put(changes, root, "to", b""), changes.move(root, ("pkg",), root, ("to",))],
        lambda changes, root: [make(changes, root, "to"), changes.move(root, ("pkg",), root, ("to",))],
        lambda changes, root: changes.remove(root, ("pipe",)),
        lambda changes, root: changes.replace_directory(root, ("pipe",)),
        lambda changes, root: changes.remove(root, ("link", "x")),
        lambda changes, root: changes.move(root, ("file",), root, ("link", "x")),
        lambda changes, root: changes.replace_directory(root, ("link", "x")),
        lambda changes, root: changes.make_link(root, (".pltpack-0",), "x"),
        lambda changes, root: changes.move(root, ("pkg",), root, (".pltpack-x",)),
    ],
)
def test_what_is_refused(root: Root, work: Callable[[DirectoryDestination, Root], object]) -> None:
    """The transaction may go on all the same, and does what else it was told."""
    os.mkfifo(root.path / "pipe")
    (root.path / "link").symlink_to("pkg")
    before = picture(root.path)
    with DirectoryDestination() as changes, pytest.raises((EntryExistsError, UnsafePathError)):
        work(changes, root)
    assert picture(root.path) == before


@pytest.mark.parametrize(
    "work",
    [
        lambda changes, root: changes.remove(root, ()),
        lambda changes, root: changes.move(root, (), root, ("x",)),
        lambda changes, root: [put(changes, root, "pkg/new", b""), changes.remove(root, ("pkg",))],
        lambda changes, root: [put(changes, root, "pkg/sub/new", b""), changes.remove(root, ("pkg",))],
        lambda changes, root: [put(changes, root, "tree/new", b""), changes.remove(root, ("tree",))],
        lambda changes, root: [put(changes, root, "tree/new", b""), changes.remove(root, ("tree", "new"))],
        lambda changes, root: [changes.remove(root, ("pkg", "x")), changes.remove(root, ("pkg",))],
        lambda changes, root: [make(changes, Root(root.path / "pkg"), ""), changes.remove(root, ("pkg",))],
        lambda changes, root: [changes.move(root, ("file",), root, ("pkg", "f")), changes.remove(root, ("pkg",))],
        lambda changes, root: [changes.move(root, ("file",), root, ("f",)), changes.remove(root, ("f",))],
        lambda changes, root: changes.move(root, ("pkg",), root, ("pkg", "sub", "self")),
    ],
)
def test_what_makes_no_sense(root: Root, work: Callable[[DirectoryDestination, Root], object]) -> None:
    """What is put somewhere is not moved away by the same transaction."""
    before = picture(root.path)
    with DirectoryDestination() as changes, pytest.raises(ValueError, match=r"root is neither|the same transaction"):
        work(changes, root)
    assert picture(root.path) == before


def test_known_directories_may_be_replaced(root: Root) -> None:
    """It was only looked at."""
    with DirectoryDestination() as changes:
        assert make(changes, root, "pkg/sub") is Outcome.KEPT
        changes.replace_directory(root, ("pkg",))
        put(changes, root, "pkg/sub/new", b"new")
        changes.commit()
    assert files_in(root.path) == {"pkg/sub/new": b"new", "file": b"old"}


@pytest.mark.parametrize("how", ["removed", "replaced", "moved"])
def test_somebody_else_was_quicker(root: Root, how: str) -> None:
    """What has become something else between the look and the commit is not taken for what was meant."""
    with DirectoryDestination() as changes:
        if how == "removed":
            changes.remove(root, ("pkg",))
        elif how == "replaced":
            changes.replace_directory(root, ("pkg",))
        else:
            changes.move(root, ("pkg",), root, ("to",))
        (root.path / "pkg").rename(root.path / "theirs")
        write_tree(root.path, {"pkg/mine": b"mine"})
        before = {path: what for path, what in picture(root.path).items() if not path.startswith(".pltpack")}
        with pytest.raises(EntryExistsError, match="something else meanwhile"):
            changes.commit()
    assert picture(root.path) == before


def test_somebody_took_it_away(root: Root) -> None:
    with DirectoryDestination() as changes:
        changes.replace_directory(root, ("pkg",))
        changes.remove(root, ("file",))
        shutil.rmtree(root.path / "pkg")
        (root.path / "file").unlink()
        changes.commit()
    assert picture(root.path) == {"pkg": picture(root.path)["pkg"]}, "it is as was wished"


def test_somebody_put_something_in_the_new_place(root: Root) -> None:
    with DirectoryDestination() as changes:
        changes.remove(root, ("file",))
        changes.move(root, ("pkg",), root, ("to",))
        (root.path / "to").mkdir()
        with pytest.raises(EntryExistsError, match="appeared"):
            changes.commit()
    assert files_in(root.path) == {"pkg/x": b"old", "pkg/sub/y": b"old", "file": b"old"}


# The lock that a caller brings


def test_the_lock_is_held_from_the_first_look_to_the_end(scope: Scope) -> None:
    scope.locked = True
    with pytest.raises(AssertionError), DirectoryDestination(lock=scope.lock()):
        pass
    scope.locked = False
    with DirectoryDestination(lock=scope.lock()) as changes:
        assert scope.locked
        put(changes, Root(scope.pkgs), "new", b"new")

        def act(_name: str, call: Callable[..., Any], arguments: Any, options: Any) -> Any:
            assert scope.locked
            return call(*arguments, **options)

        with wrapped(act):
            changes.commit()
        assert scope.locked
    assert scope.is_clean()


def test_an_error_gives_the_lock_back(scope: Scope) -> None:
    with pytest.raises(EntryExistsError), DirectoryDestination(lock=scope.lock()) as changes:
        put(changes, Root(scope.pkgs), "single", b"new")
    assert scope.is_clean()


# Sweeps


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_one_call_fails(scope: Scope, number: int) -> None:
    before = scope.picture()
    scope.change()
    after = scope.picture()
    failed = set()
    for nth in range(1, 10_000):
        scope.reset()
        fault = Fault(nth, number)
        raised = False
        with wrapped(fault):
            try:
                scope.change()
            except OSError as error:
                raised = error.errno == number
        if fault.failed is None:
            break
        failed.add(fault.failed)
        assert scope.picture() == (before if raised else after), f"after {fault.failed}, call {nth}"
        clean_up(scope.pkgs, scope.addon)
        assert scope.picture() == (before if raised else after)
        assert scope.is_clean()
    assert failed >= {"open", "write", "mkdir", "rename", "link", "unlink", "rmdir", "fchmod", "symlink", "utime"}


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_all_calls_fail_from_some_moment_on(scope: Scope, number: int) -> None:
    before = scope.picture()
    scope.change()
    after = scope.picture()
    for nth in range(1, 10_000):
        scope.reset()
        fault = Fault(nth, number, lasting=True)
        raised = False
        with wrapped(fault):
            try:
                scope.change()
            except OSError:
                raised = True
        if fault.failed is None:
            break
        clean_up(scope.pkgs, scope.addon)
        assert scope.picture() == (before if raised else after), f"after {fault.failed}, call {nth}"
        assert scope.is_clean()


def test_killed_at_every_call(scope: Scope) -> None:
    """Also in the middle of the clean-up."""
    before = scope.picture()
    scope.change()
    after = scope.picture()
    chance = random.Random(3)
    kills = 0
    for nth in range(1, 10_000):
        scope.reset()

        def child(nth: int = nth) -> None:
            with wrapped(Kill(nth), reading=True):
                scope.change()

        code = in_child(child)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        order = [scope.pkgs, scope.addon] if nth % 2 else [scope.addon, scope.pkgs]
        if nth % 3:

            def next_child(kill: int = chance.randrange(1, 60), order: list[Path] = order) -> None:
                with wrapped(Kill(kill), reading=True):
                    clean_up(*order)

            in_child(next_child)
        clean_up(*order)
        assert scope.picture() in (before, after), f"after call {nth}"
        assert scope.is_clean()
    assert scope.picture() == after
    assert kills >= 100


@pytest.mark.parametrize("moment", ["journal", "all"])
def test_what_somebody_did_after_the_kill_is_kept(root: Root, moment: str) -> None:
    """A package that was put aside comes back even if something else is in its place now; nothing is lost."""

    def child() -> None:
        with DirectoryDestination() as changes:
            changes.replace_directory(root, ("pkg",))
            put(changes, root, "pkg/new", b"new")
            changes.move(root, ("file",), root, ("moved",))

            def act(name: str, call: Callable[..., Any], arguments: Any, options: Any) -> Any:
                if name == "unlink" and moment == "all":
                    os.kill(os.getpid(), signal.SIGKILL)
                if name == "rename" and moment == "journal" and b"moved" in arguments:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*arguments, **options)

            with wrapped(act):
                changes.commit()

    assert in_child(child) == -signal.SIGKILL
    write_tree(root.path, {"pkg/mine": b"mine", "file": b"mine"} if moment == "all" else {"pkg/mine": b"mine"})
    clean_up(root.path)
    found = files_in(root.path)
    assert {found.pop("pkg/mine"), found.pop("pkg.before-1/x"), found.pop("pkg.before-1/sub/y")} == {b"mine", b"old"}
    assert found == ({"file": b"mine", "moved": b"old"} if moment == "all" else {"file": b"old"})


def test_errors_are_errors_of_ours(root: Root) -> None:
    with DirectoryDestination() as changes, pytest.raises(PltError, match="'file' exists already"):
        changes.make_link(root, ("file",), "x")
