"""Few descriptors, deep trees, mounts, attributes, no memory: all as it was, or an error that says why; no trace."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pltpack.codec.limits import Limits
from pltpack.errors import EntryExistsError, FormatError
from pltpack.transaction import folders, staging
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.folders import mount_points
from pltpack.transaction.removal import empty, inodes, remove_tree
from pltpack.unpacker.unpack import extract
from tests.transaction.bodies import clean_up, put
from tests.transaction.calls import closing_what_is_left, in_child, wrapped
from tests.transaction.scopes import Scope
from tests.transaction.test_faults import unprivileged
from tests.trees import archive, file, files_in, folder, picture, write_tree


@pytest.fixture
def root(tmp_path: Path) -> Root:
    write_tree(tmp_path / "target", {"old/x": b"old", "top": b"old"})
    return Root(tmp_path / "target")


# Depth and descriptors


def deep(levels: int, parent: int) -> None:
    """Make a chain of directories with a file in each."""
    where = os.dup(parent)
    for _ in range(levels):
        os.mkdir("d", dir_fd=where)
        os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=where))
        below = os.open("d", os.O_RDONLY, dir_fd=where)
        os.close(where)
        where = below
    os.close(where)


def descriptors(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[int]:
    """An open directory, emptied afterwards by our own means: others recurse."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    empty(descriptor)
    os.close(descriptor)


@pytest.mark.parametrize("levels", [0, 1, 30, 5_000])
def test_a_tree_is_removed_however_deep_it_is(opened: int, levels: int) -> None:
    os.mkdir("tree", dir_fd=opened)
    tree = os.open("tree", os.O_RDONLY, dir_fd=opened)
    deep(levels, tree)
    assert len(inodes(tree)) == levels
    used = len(os.listdir("/proc/self/fd"))
    os.close(tree)

    def work() -> None:
        descriptors(used + 4)
        assert remove_tree(opened, b"tree")

    assert in_child(work) == 0
    assert os.listdir(opened) == []


def test_a_wide_tree_with_links_and_pipes(opened: int, tmp_path: Path) -> None:
    write_tree(tmp_path, {"outside/mine": b"mine", **{f"tree/{n % 7}/{n}/x": b"x" for n in range(300)}})
    (tmp_path / "tree/link").symlink_to("../outside")
    os.mkfifo(tmp_path / "tree/pipe")
    (tmp_path / "tree/0/up").symlink_to("..")
    assert remove_tree(opened, b"tree")
    assert files_in(tmp_path) == {"outside/mine": b"mine"}


def test_directories_that_are_closed_to_us(tmp_path_of_anybody: Path) -> None:
    write_tree(tmp_path_of_anybody, {f"tree/{mode:o}/sub/x": b"x" for mode in (0o000, 0o111, 0o444, 0o555)})
    for mode in (0o000, 0o111, 0o444, 0o555):
        (tmp_path_of_anybody / f"tree/{mode:o}").chmod(mode)
    with unprivileged(tmp_path_of_anybody):
        descriptor = os.open(tmp_path_of_anybody, os.O_RDONLY)
        assert remove_tree(descriptor, b"tree")
        os.close(descriptor)


@pytest.fixture
def tmp_path_of_anybody() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp())
    yield made
    shutil.rmtree(made)


def test_a_directory_moved_away_meanwhile_is_not_followed(opened: int, tmp_path: Path) -> None:
    """Going back up leads to where we came from, or nowhere."""
    write_tree(tmp_path, {"tree/a/b/x": b"x", "mine/y": b"mine"})

    def act(name: str, call: Callable[..., Any], arguments: Any, options: Any) -> Any:
        if name == "unlink" and arguments[0] == b"x":
            (tmp_path / "tree/a/b").rename(tmp_path / "mine/b")
        return call(*arguments, **options)

    with wrapped(act), pytest.raises(OSError, match="moved away"):
        remove_tree(opened, b"tree")
    assert files_in(tmp_path) == {"mine/y": b"mine"}


DEEP = [file(*("d" * (n % 3 + 1) for n in range(depth)), f"f{depth}", data=b"x") for depth in range(0, 240, 3)]


@pytest.mark.parametrize("most", [20, 24, 32, 64, 300])
@pytest.mark.parametrize("damaged", [False, True])
def test_few_descriptors(root: Root, most: int, damaged: bool) -> None:
    """A deep archive is unpacked, or nothing of it; the next run is not hindered."""
    source = root.path.parent / "x.plt"
    whole = archive(*DEEP, file("old", "x", data=b"new", replace=True))
    source.write_bytes(whole[:-30] if damaged else whole)
    before = picture(root.path)
    limits = Limits(path_depth=1000)
    used = len(os.listdir("/proc/self/fd"))

    def work() -> None:
        descriptors(max(most, used + 14))
        try:
            extract(source, root.path, limits=limits)
        except FormatError:
            os._exit(3)

    code = in_child(work)
    assert code in ((3,) if damaged else (0,))
    assert (picture(root.path) == before) == (code == 3)
    clean_up(root.path)
    assert not list(root.path.glob(".pltpack-*"))


@pytest.mark.parametrize("listed", [True, False])
def test_descriptors_in_use_are_counted_wherever_they_are(root: Root, listed: bool) -> None:
    """A program may have closed its first ones: what is free is not all that is above the first free number."""
    source = root.path.parent / "x.plt"
    source.write_bytes(archive(*DEEP))

    def work() -> None:
        taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(200)]
        used = len(os.listdir("/proc/self/fd"))
        if listed:
            for descriptor in taken[:6]:
                os.close(descriptor)
        else:
            folders._DESCRIPTORS = "/nowhere"  # type: ignore[misc]
        descriptors(used + 14)
        extract(source, root.path, limits=Limits(path_depth=1000))

    assert in_child(work) == 0


@pytest.mark.parametrize("most", range(4, 16))
def test_too_few_descriptors(root: Root, most: int) -> None:
    """An error that says so, and all as it was."""
    source = root.path.parent / "x.plt"
    source.write_bytes(archive(*DEEP[:20], file("old", "x", data=b"new", replace=True)))
    before = picture(root.path)
    used = len(os.listdir("/proc/self/fd"))

    def work() -> None:
        descriptors(used + most)
        try:
            extract(source, root.path)
        except OSError as error:
            os._exit(3 if error.errno == errno.EMFILE else 4)

    code = in_child(work)
    assert code in (0, 3)
    clean_up(root.path)
    assert (picture(root.path) == before) == (code == 3)


def test_the_rollback_of_a_very_deep_archive(root: Root) -> None:
    """Three thousand levels, with limits raised."""
    source = root.path.parent / "x.plt"
    source.write_bytes(archive(file(*["d"] * 3000, "f", data=b"x"), folder("ok"))[:-20])
    before = picture(root.path)

    def work() -> None:
        descriptors(len(os.listdir("/proc/self/fd")) + 16)
        limits = Limits(path_depth=10_000, path_bytes=100_000)
        with pytest.raises(FormatError):
            extract(source, root.path, limits=limits)

    assert in_child(work) == 0
    assert picture(root.path) == before


# Mounts


def test_mount_points_are_read_as_they_are_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    listed = tmp_path / "mountinfo"
    listed.write_bytes(
        b"22 1 0:2 / / rw - ext4 /dev/x rw\n"
        b"23 1 0:2 /a /srv/a\\040b rw shared:1 - ext4 /dev/x rw\n"
        b"24 1 0:2 /b /srv/c\\134d/e rw - ext4 /dev/x rw\n"
        b"25 1 0:2 /b /srvx rw - ext4 /dev/x rw\n"
    )
    monkeypatch.setattr(folders, "_MOUNTS", str(listed))
    assert mount_points("/srv") == {"/srv/a b", "/srv/c\\d/e"}
    assert mount_points("/srv/a b") == frozenset()
    monkeypatch.setattr(folders, "_MOUNTS", str(tmp_path / "none"))
    assert mount_points("/srv") == frozenset()


BIND = """
import os, sys
from pathlib import Path
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination
from tests.transaction.bodies import put
target = Path(sys.argv[1])
with DirectoryDestination() as destination:
    put(destination, Root(target), "top", b"new", Existing.REPLACE)
    put(destination, Root(target), "mnt/sub/x", b"new", Existing.REPLACE)
    put(destination, Root(target), "mnt/tree/y", b"new")
    if sys.argv[2] == "commit":
        destination.commit()
    elif sys.argv[2] == "kill":
        os.unlink = lambda *_, **__: os.kill(os.getpid(), 9)
        destination.commit()
"""


def may_mount() -> bool:
    return not subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode


@pytest.mark.skipif(not may_mount(), reason="mounts may not be made here")
def test_another_part_of_the_disk_is_mounted_in_the_destination(root: Root, tmp_path: Path) -> None:
    """Nothing can be renamed into it, though it is the same file system."""
    write_tree(tmp_path, {"part/sub/x": b"old", "part/mine": b"mine"})
    (root.path / "mnt").mkdir()

    def run(how: str) -> int:
        script = 'mount --bind "$1" "$2/mnt" && exec "$3" -c "$4" "$2" "$5"'
        command = ["unshare", "-m", "sh", "-c", script, "sh", str(tmp_path / "part"), str(root.path), sys.executable]
        return subprocess.run([*command, BIND, how], check=False, cwd=Path(__file__).parents[2]).returncode

    before = picture(tmp_path)
    assert run("none") == 0
    assert picture(tmp_path) == before
    assert run("kill") in (-9, 137)
    assert run("none") == 0
    assert picture(tmp_path) == before
    assert run("commit") == 0
    assert files_in(tmp_path / "part") == {"sub/x": b"new", "mine": b"mine", "tree/y": b"new"}
    assert (root.path / "top").read_bytes() == b"new"
    assert not list(tmp_path.rglob(".pltpack-*"))


def test_a_directory_with_a_mount_in_it_is_neither_removed_nor_moved(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.path.realpath(root.path)
    write_tree(root.path, {"older/x": b"x"})
    monkeypatch.setattr(staging, "mount_points", lambda _: frozenset({f"{real}/old/mnt"}))
    with DirectoryDestination() as destination:
        for work in (destination.remove, destination.replace_directory):
            with pytest.raises(EntryExistsError, match="mounted"):
                work(root, ("old",))
        with pytest.raises(EntryExistsError, match="mounted"):
            destination.move(root, ("old",), root, ("new",))
        destination.remove(root, ("older",))


# Attributes and permissions


@pytest.mark.parametrize("where", [".", "old"])
def test_a_directory_to_which_things_can_only_be_added(root: Root, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put there could not be taken back."""
    inode = (root.path / where).stat().st_ino

    def ioctl(descriptor: int, _request: int, _data: bytes) -> bytes:
        return (0x20 if os.fstat(descriptor).st_ino == inode else 0).to_bytes(4, sys.byteorder) + bytes(4)

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    before = picture(root.path)
    with DirectoryDestination() as destination, pytest.raises(PermissionError, match="only be added") as caught:
        put(destination, root, f"{where}/new".removeprefix("./"), b"new")
    assert str(caught.value.filename).startswith(str(root.path))
    assert picture(root.path) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can set the attribute")
def test_the_attribute_itself(root: Root) -> None:
    descriptor = os.open(root.path / "old", os.O_RDONLY)
    try:
        flags = int.from_bytes(fcntl.ioctl(descriptor, 0x80086601, bytes(8))[:4], sys.byteorder)
        fcntl.ioctl(descriptor, 0x40086602, (flags | 0x20).to_bytes(4, sys.byteorder) + bytes(4))
    except OSError:
        os.close(descriptor)
        return  # a file system without attributes, which is as well
    try:
        with DirectoryDestination() as destination, pytest.raises(PermissionError, match="only be added"):
            put(destination, root, "old/x", b"new", Existing.REPLACE)
        assert files_in(root.path) == {"old/x": b"old", "top": b"old"}
    finally:
        fcntl.ioctl(descriptor, 0x40086602, flags.to_bytes(4, sys.byteorder) + bytes(4))
        os.close(descriptor)


@pytest.mark.parametrize("umask", [0o777, 0o700, 0o300, 0o077, 0o000])
@pytest.mark.parametrize("entries", [["old/new", "top2"], ["tree/sub/x"]], ids=str)
def test_any_umask(tmp_path_of_anybody: Path, umask: int, entries: list[str]) -> None:
    """All is in place, with the permissions that were asked for, or nothing is."""
    root = Root(tmp_path_of_anybody / "target")
    write_tree(root.path, {"old/x": b"old", "top": b"old"})
    for nobody in (False, True):
        before = picture(root.path)
        prefix = "nobody" if nobody else "root"

        def work(prefix: str = prefix) -> None:
            with DirectoryDestination() as destination:
                for entry in entries:
                    put(destination, root, entry + prefix if "/" not in entry[4:] else prefix + entry, b"new")
                destination.commit()

        if nobody:
            with unprivileged(tmp_path_of_anybody):
                previous = os.umask(umask)
                refused = None
                try:
                    work()
                except PermissionError as error:
                    refused = error
                finally:
                    os.umask(previous)
            assert refused is None or umask & 0o700
            assert refused is None or str(refused.filename).startswith(str(root.path))
            if refused is not None:
                assert picture(root.path).keys() == before.keys()
            assert not list(root.path.rglob(".pltpack-*"))
        else:
            previous = os.umask(umask)
            try:
                if os.geteuid() == 0:
                    work()
            finally:
                os.umask(previous)
            assert len(picture(root.path)) > len(before) or os.geteuid()
        for path in sorted(root.path.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_errors_of_a_commit_name_the_place(root: Root) -> None:
    """And not the numbers by which things are staged."""
    with DirectoryDestination() as destination:
        put(destination, root, "old/x", b"new", Existing.REPLACE)

        def act(name: str, call: Callable[..., Any], arguments: Any, options: Any) -> Any:
            if name == "link":
                raise OSError(errno.EIO, os.strerror(errno.EIO), arguments[0], None, arguments[1])
            return call(*arguments, **options)

        with wrapped(act), pytest.raises(OSError, match="Input/output") as caught:
            destination.commit()
    assert (caught.value.filename, caught.value.filename2) == (str(root.path / "old/x"), None)


# Memory


class NoMemory:
    """Has no memory left at call number ``nth``."""

    def __init__(self, nth: int) -> None:
        self.nth = nth
        self.count = 0
        self.name = ""

    def __call__(self, name: str, call: Callable[..., Any], arguments: Any, options: Any) -> Any:
        self.count += name != "close"  # it needs none
        if self.count == self.nth and name != "close":
            self.name = name
            raise MemoryError
        return call(*arguments, **options)


def test_no_memory_at_any_call(tmp_path: Path) -> None:
    scope = Scope(tmp_path / "pkgs", tmp_path / "addon")
    scope.reset()
    before = scope.picture()
    scope.change()
    after = scope.picture()
    for nth in range(1, 10_000):
        scope.reset()
        act = NoMemory(nth)
        raised = False
        try:
            with closing_what_is_left(), wrapped(act, reading=True):
                scope.change()
        except MemoryError:
            raised = True
            scope.locked = False
        if act.count < nth:
            break
        clean_up(scope.pkgs, scope.addon)
        assert scope.picture() in ((before, after) if raised else (after,)), f"call {nth}"
        assert scope.is_clean(), f"call {nth}, {act.name}"
    assert nth > 100


def test_the_sum_of_the_permissions_is_as_asked(root: Root) -> None:
    with DirectoryDestination() as destination:
        destination.make_directory(root, ("private",), mode=0o700)
        put(destination, root, "private/x", b"new")
        destination.commit()
    assert stat.S_IMODE((root.path / "private").stat().st_mode) == 0o700
