"""Every system call that writes is made to fail once, and then all from there on."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pltpack.transaction.destination import Existing, Outcome, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.unpacker.unpack import extract
from tests.transaction.bodies import put
from tests.transaction.calls import FAULTS, Fault, wrapped
from tests.trees import Picture, archive, file, files_in, folder, picture, write_tree

OLD = {"old/replaced": b"old" * 999, "old/kept": b"kept", "top": b"old top", "old/sub/also": b"old also"}
ENTRIES = [
    folder("old"),
    file("old", "replaced", data=b"new" * 777, replace=True),
    file("old", "added", data=b"added"),
    file("old", "sub", "also", data=b"new also", replace=True),
    folder("tree", "sub"),
    file("tree", "sub", "x", data=b"x" * 2_000),
    file("tree", "y", data=b"y"),
    file("tree", "y", data=b"yy", replace=True),
    file("top", data=b"new top", replace=True),
    folder("empty"),
]
NEW = {
    "old/replaced": b"new" * 777,
    "old/kept": b"kept",
    "old/added": b"added",
    "old/sub/also": b"new also",
    "tree/sub/x": b"x" * 2_000,
    "tree/y": b"yy",
    "top": b"new top",
}


class World:
    """A destination with old files, and an archive that replaces some."""

    def __init__(self, folder: Path, *, fresh: bool) -> None:
        self.folder = folder
        self.target = folder / "target"
        self.archive = folder / "x.plt"
        self.fresh = fresh
        self.archive.write_bytes(archive(*ENTRIES))

    def reset(self) -> None:
        shutil.rmtree(self.target, ignore_errors=True)
        if not self.fresh:
            write_tree(self.target, OLD)
            (self.target / "old/replaced").chmod(0o640)

    def unpack(self) -> None:
        extract(self.archive, self.target)

    @property
    def picture(self) -> Picture:
        return picture(self.folder)

    @property
    def new(self) -> dict[str, bytes]:
        return {path: data for path, data in NEW.items() if not self.fresh or path != "old/kept"}


@pytest.fixture(params=[False, True], ids=["replacing", "fresh"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(tmp_path, fresh=request.param)


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_one_call_fails(world: World, number: int) -> None:
    """Either the error is raised and the tree is what it was, or all that failed was the cleaning up after success."""
    failed = []
    for nth in range(1, 10_000):
        world.reset()
        before = world.picture
        fault = Fault(nth, number)
        raised = False
        with wrapped(fault):
            try:
                world.unpack()
            except OSError as error:
                raised = error.errno == number
        if fault.failed is None:
            break
        failed.append(fault.failed)
        if raised:
            assert world.picture == before, f"after {fault.failed}, call {nth}"
        else:
            with DirectoryDestination() as destination:
                destination.make_directory(Root(world.target), ())
            assert files_in(world.target) == world.new, f"after {fault.failed}, call {nth}"
            assert not list(world.target.rglob(".pltpack*"))
    assert files_in(world.target) == world.new
    expected = {"open", "write", "close", "mkdir", "rename", "unlink", "rmdir"}
    assert set(failed) >= expected | (set() if world.fresh else {"link", "fchmod"})


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_all_calls_fail_from_some_moment_on(world: World, number: int) -> None:
    """Now even taking back fails; the next transaction does it, and no file is torn meanwhile."""
    for nth in range(1, 10_000):
        world.reset()
        before = world.picture
        fault = Fault(nth, number, lasting=True)
        raised = False
        with wrapped(fault):
            try:
                world.unpack()
            except OSError:
                raised = True
        if fault.failed is None:
            break
        for path, data in files_in(world.target).items() if world.target.exists() else ():
            if not path.startswith(".pltpack"):
                assert data in (OLD.get(path), NEW[path])
        existed = world.target.exists()
        with DirectoryDestination() as destination:
            destination.make_directory(Root(world.target), ())
        if not raised:
            assert files_in(world.target) == world.new
        elif not world.fresh or existed:
            # Of a destination that was made for the archive the empty directory may be left.
            assert {**world.picture, "target": None} == {**before, "target": None}
    assert files_in(world.target) == world.new


def test_a_kept_file_costs_nothing_to_fail(tmp_path: Path) -> None:
    """With nothing to write nothing is written: a read-only destination is good enough."""
    write_tree(tmp_path, {"x": b"old"})
    fault = Fault(1, errno.EROFS, lasting=True)

    def act(name: str, call: Callable[..., Any], arguments: Any, options: Any) -> Any:
        """Only the destination is read-only."""
        at = options.get("dir_fd", options.get("src_dir_fd", arguments[0]))
        place = Path(os.readlink(f"/proc/self/fd/{at}") if isinstance(at, int) else os.fsdecode(at))
        is_here = place.is_relative_to(tmp_path)
        return fault(name, call, arguments, options) if is_here else call(*arguments, **options)

    with wrapped(act), DirectoryDestination() as destination:
        assert put(destination, Root(tmp_path), "x", b"new", Existing.KEEP) is Outcome.KEPT
        destination.commit()
    assert fault.failed in (None, "close")


def test_a_read_only_directory(tmp_path_of_anybody: Path) -> None:
    tmp_path = tmp_path_of_anybody
    world = World(tmp_path, fresh=False)
    world.reset()
    for path in (world.target / "old", world.target):
        path.chmod(0o555)
    before = world.picture
    with unprivileged(tmp_path), pytest.raises(PermissionError) as caught:
        world.unpack()
    assert str(world.target) in str(caught.value.filename)
    assert world.picture == before
    world.target.chmod(0o755)
    before = world.picture
    with unprivileged(tmp_path), pytest.raises(PermissionError):
        world.unpack()
    assert world.picture == before, "what could be written has been taken back"


@pytest.fixture
def tmp_path_of_anybody() -> Iterator[Path]:
    """A folder that another user can reach, too; those of pytest are closed to others."""
    made = Path(tempfile.mkdtemp())
    yield made
    for path in made.rglob("*/"):
        path.chmod(0o755)
    shutil.rmtree(made)


@contextlib.contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Be nobody for a moment, if we are root, so that permissions count; the tree then belongs to nobody."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, -1)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_open_directory_in_a_read_only_one(tmp_path_of_anybody: Path) -> None:
    """Whoever may write into a directory may unpack into it, whatever is above."""
    root = Root(tmp_path_of_anybody / "target")
    write_tree(root.path, {"open/x": b"old", "open/sub/y": b"old"})
    root.path.chmod(0o555)
    before = picture(root.path)
    with unprivileged(tmp_path_of_anybody):
        for commit in (False, True):
            with DirectoryDestination() as destination:
                put(destination, root, "open/sub/y", b"new", Existing.REPLACE)
                put(destination, root, "open/x", b"new", Existing.REPLACE)
                put(destination, root, "open/tree/z", b"new")
                with pytest.raises(PermissionError):
                    put(destination, root, "closed/x", b"new")
                if commit:
                    destination.commit()
            if not commit:
                assert picture(root.path) == before
    assert files_in(root.path) == {"open/x": b"new", "open/sub/y": b"new", "open/tree/z": b"new"}


def test_a_destination_that_vanishes(tmp_path: Path) -> None:
    """Moved away or removed while we are at work: an error, and nothing appears at the old place."""
    world = World(tmp_path, fresh=False)
    world.reset()
    moved = tmp_path / "moved"
    with DirectoryDestination() as destination:
        root = Root(world.target)
        put(destination, root, "old/replaced", b"new", Existing.REPLACE)
        world.target.rename(moved)
        put(destination, root, "tree/x", b"new")
        destination.commit()
    assert not world.target.exists()
    assert files_in(moved) == {**OLD, "old/replaced": b"new", "tree/x": b"new"}, "it was followed to its new place"

    shutil.rmtree(moved)
    world.reset()
    with DirectoryDestination() as destination:
        put(destination, root, "old/replaced", b"new", Existing.REPLACE)
        put(destination, root, "tree/x", b"new")
        shutil.rmtree(world.target)
        with pytest.raises(FileNotFoundError):
            destination.commit()
    assert not world.target.exists()
