"""Destinations: what becomes of each entry, and that all of it appears or nothing does."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pltpack.errors import EntryExistsError, PltError, UnsafePathError
from pltpack.transaction import staging
from pltpack.transaction.destination import Destination, Existing, Outcome, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.memory import MemoryDestination, on_disk
from tests.transaction.bodies import Bytes, make, put
from tests.trees import files_in, picture, write_tree

CREATED, REPLACED, KEPT = Outcome.CREATED, Outcome.REPLACED, Outcome.KEPT
ERROR, KEEP, REPLACE = Existing.ERROR, Existing.KEEP, Existing.REPLACE

KINDS: list[Callable[[], Destination]] = [DirectoryDestination, lambda: MemoryDestination(on_disk)]


@pytest.fixture
def root(tmp_path: Path) -> Root:
    (tmp_path / "target").mkdir()
    return Root(tmp_path / "target")


@pytest.fixture(params=KINDS, ids=["directory", "memory"])
def destination(request: pytest.FixtureRequest) -> Iterator[Destination]:
    """Each kind of destination: all of them must judge alike."""
    with request.param() as made:
        yield made


# What becomes of an entry


def test_new_files_and_directories(destination: Destination, root: Root) -> None:
    assert make(destination, root, "") is KEPT
    assert make(destination, root, "a/b") is CREATED
    assert make(destination, root, "a") is KEPT
    assert put(destination, root, "a/b/x", b"1") is CREATED
    assert put(destination, root, "top", b"2") is CREATED
    assert put(destination, root, "no/parents/here", b"3") is CREATED
    assert make(destination, root, "no/parents") is KEPT


def test_a_root_that_is_missing_is_made_with_its_parents(tmp_path: Path) -> None:
    root = Root(tmp_path / "not" / "there")
    with DirectoryDestination() as destination:
        assert make(destination, root, "") is CREATED
        assert make(destination, root, "") is KEPT
        put(destination, root, "x", b"1")
    assert list(tmp_path.iterdir()) == [], "and removed again without commit"
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"1")
        destination.commit()
    assert files_in(tmp_path) == {"not/there/x": b"1"}


@pytest.mark.parametrize(
    ("existing", "outcome", "data"), [(KEEP, KEPT, b"old"), (REPLACE, REPLACED, b"new"), (ERROR, None, b"old")]
)
def test_an_existing_file(
    destination: Destination, root: Root, existing: Existing, outcome: Outcome | None, data: bytes
) -> None:
    write_tree(root.path, {"d/x": b"old"})
    if outcome is None:
        with pytest.raises(EntryExistsError, match="'d/x' exists already") as caught:
            put(destination, root, "d/x", b"new", existing)
        assert caught.value.paths == (("d/x", "exists already"),)
    else:
        assert put(destination, root, "d/x", b"new", existing) is outcome
    destination.commit()
    if isinstance(destination, DirectoryDestination):
        assert files_in(root.path) == {"d/x": data}


@pytest.mark.parametrize("where", ["x", "new/x", "old/x"])
@pytest.mark.parametrize(("existing", "data"), [(KEEP, b"first"), (REPLACE, b"second"), (ERROR, b"first")])
def test_the_same_file_twice(destination: Destination, root: Root, where: str, existing: Existing, data: bytes) -> None:
    """Racket's install keeps the first; its extraction stops, and takes the last one when forced."""
    (root.path / "old").mkdir()
    assert put(destination, root, where, b"first", existing) is CREATED
    if existing is ERROR:
        with pytest.raises(EntryExistsError, match="more than once"):
            put(destination, root, where, b"second", existing)
    else:
        assert put(destination, root, where, b"second", existing) is (REPLACED if existing is REPLACE else KEPT)
    destination.commit()
    if isinstance(destination, DirectoryDestination):
        assert files_in(root.path) == {where: data}


@pytest.mark.parametrize("above", ["", "old/", "new/"])
def test_a_file_and_a_directory_at_one_path_of_the_archive(destination: Destination, root: Root, above: str) -> None:
    (root.path / "old").mkdir()
    put(destination, root, f"{above}x", b"file")
    for clash in (f"{above}x/below", f"{above}x/deeper/below"):
        with pytest.raises(UnsafePathError, match="a file and a directory at the same time"):
            put(destination, root, clash, b"", REPLACE)
    with pytest.raises(UnsafePathError, match="a file and a directory"):
        make(destination, root, f"{above}x")
    make(destination, root, f"{above}y/z")
    for existing in Existing:
        with pytest.raises(UnsafePathError, match="a file and a directory"):
            put(destination, root, f"{above}y", b"", existing)


def test_a_file_and_a_directory_on_the_disk(destination: Destination, root: Root) -> None:
    write_tree(root.path, {"file": b"", "folder/x": b""})
    with pytest.raises(EntryExistsError, match="'file' is a file where the archive needs a directory"):
        put(destination, root, "file/x", b"", REPLACE)
    with pytest.raises(EntryExistsError, match="'file' is a file"):
        make(destination, root, "file")
    for existing in Existing:
        with pytest.raises(EntryExistsError, match="'folder' is a directory where the archive has a file"):
            put(destination, root, "folder", b"", existing)
    make(destination, root, "folder")
    with pytest.raises(EntryExistsError, match="'folder' is a directory"):
        put(destination, root, "folder", b"", REPLACE)


def test_links_in_the_way(destination: Destination, root: Root, tmp_path: Path) -> None:
    write_tree(tmp_path, {"outside/x": b"mine"})
    (root.path / "dir").symlink_to("../outside")
    (root.path / "file").symlink_to("../outside/x")
    (root.path / "dangling").symlink_to("../outside/y")
    (root.path / "loop").symlink_to("loop")
    for path in ("dir/x", "dir/y", "file", "dangling", "loop", "loop/x"):
        for existing in (ERROR, REPLACE):
            with pytest.raises(UnsafePathError, match="is a symbolic link, which is not followed"):
                put(destination, root, path, b"evil", existing)
    for path in ("dir", "dir/sub", "dangling", "loop"):
        with pytest.raises(UnsafePathError, match="symbolic link"):
            make(destination, root, path)
    assert put(destination, root, "file", b"evil", KEEP) is KEPT, "nothing is written, as in Racket"
    for path in ("dir/x", "dangling", "loop"):
        with pytest.raises(UnsafePathError, match="symbolic link"):
            put(destination, root, path, b"evil", KEEP)
    assert files_in(tmp_path / "outside") == {"x": b"mine"}


def test_special_files_in_the_way(destination: Destination, root: Root) -> None:
    os.mkfifo(root.path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(root.path):
        listener.bind("socket")
        for name in ("pipe", "socket"):
            for existing in Existing:
                with pytest.raises(EntryExistsError, match="no regular file"):
                    put(destination, root, name, b"", existing)
            with pytest.raises(EntryExistsError, match="where the archive needs a directory"):
                put(destination, root, f"{name}/x", b"")


@pytest.mark.parametrize("name", [".pltpack-0", ".pltpack-", ".PLTPACK-1000", ".pltpack-x/journal", "a/.pltpack-0/new"])
def test_names_of_staging_areas_are_reserved(destination: Destination, root: Root, name: str) -> None:
    with pytest.raises(UnsafePathError, match="kept for unpacking itself"):
        put(destination, root, name, b"")
    with pytest.raises(UnsafePathError, match="kept for unpacking itself"):
        make(destination, root, name)
    assert put(destination, root, ".pltpack", b"") is CREATED


def test_names_that_only_the_disk_takes_for_one(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_folds", lambda _: True)
    (root.path / "old").mkdir()
    with DirectoryDestination() as destination:
        for above in ("", "new/", "old/"):
            put(destination, root, f"{above}README", b"")
            for other in ("readme", "Readme/x"):
                with pytest.raises(UnsafePathError, match="are the same file on this disk"):
                    put(destination, root, f"{above}{other}", b"", REPLACE)
            put(destination, root, f"{above}stra\u00dfe/x", b"")
            with pytest.raises(UnsafePathError, match="are the same file on this disk"):
                make(destination, root, f"{above}STRASSE")
        put(destination, root, "new/README", b"again", REPLACE)
        destination.commit()
    assert len(files_in(root.path)) == 6


def test_this_disk_is_seen_to_tell_names_apart_or_not(root: Root) -> None:
    (root.path / "probe").touch()
    folds = (root.path / "PROBE").exists()
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"")
        if folds:
            with pytest.raises(UnsafePathError):
                put(destination, root, "X", b"")
        else:
            assert put(destination, root, "X", b"") is CREATED


# All or nothing


def test_nothing_shows_before_the_commit_and_all_of_it_after(root: Root) -> None:
    write_tree(root.path, {"old/x": b"old", "keep": b"keep"})
    before = picture(root.path)
    with DirectoryDestination() as destination:
        put(destination, root, "old/x", b"new", REPLACE)
        put(destination, root, "old/y", b"y")
        put(destination, root, "tree/a/b", b"b")
        make(destination, root, "empty")
        visible = {path: what for path, what in picture(root.path).items() if not path.startswith(".pltpack-")}
        assert visible == before
        destination.commit()
        assert files_in(root.path) == {"old/x": b"new", "old/y": b"y", "tree/a/b": b"b", "keep": b"keep"}
        assert (root.path / "empty").is_dir()
        assert not [name for name in os.listdir(root.path) if name.startswith(".pltpack")]
        with pytest.raises(ValueError, match="over"):
            put(destination, root, "z", b"")
        with pytest.raises(ValueError, match="over"):
            destination.commit()
        destination.rollback()
    assert files_in(root.path)["tree/a/b"] == b"b"


@pytest.mark.parametrize("ending", ["rollback", "leave", "raise"])
def test_without_commit_all_is_as_before(root: Root, ending: str) -> None:
    write_tree(root.path, {"old/x": b"old"})
    before = picture(root.path)
    with contextlib.suppress(ZeroDivisionError), DirectoryDestination() as destination:
        put(destination, root, "old/x", b"new", REPLACE)
        put(destination, root, "tree/a/b", b"b")
        if ending == "rollback":
            destination.rollback()
        elif ending == "raise":
            raise ZeroDivisionError
    assert picture(root.path) == before


def test_a_body_that_fails_leaves_the_others_unharmed(root: Root) -> None:
    class Broken(Bytes):
        def read(self, _size: int = -1, /) -> bytes:
            raise PltError("damaged")

    (root.path / "old").mkdir()
    with DirectoryDestination() as destination:
        for above in ("", "old/", "new/"):
            put(destination, root, f"{above}whole", b"whole")
            for name in ("broken", "whole"):
                for size in (1, 1 << 30):
                    with pytest.raises(PltError, match="damaged"):
                        destination.write_file(root, (*above.split("/")[:-1], name), size, Broken(b"x"), REPLACE)
        destination.commit()
    assert files_in(root.path) == {"whole": b"whole", "old/whole": b"whole", "new/whole": b"whole"}


@pytest.mark.parametrize("size", [0, 1, 65_536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000])
def test_files_of_all_sizes(root: Root, size: int) -> None:
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    (root.path / "old").mkdir()
    with DirectoryDestination() as destination:
        put(destination, root, "new/x", data)
        put(destination, root, "old/x", data)
        destination.commit()
    assert files_in(root.path) == {"new/x": data, "old/x": data}


def test_writes_that_take_only_a_part(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: whole(descriptor, bytes(data[:7])))
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"0123456789" * 5)
        destination.commit()
    assert files_in(root.path) == {"x": b"0123456789" * 5}


def test_more_directories_than_descriptors(root: Root) -> None:
    write_tree(root.path, {f"old{number}/sub/x": b"old" for number in range(100)})
    before = len(os.listdir("/dev/fd"))
    with DirectoryDestination() as destination:
        for again in range(2):
            for number in range(100):
                put(destination, root, f"new{number}/sub/{again}", b"new")
                put(destination, root, f"old{number}/sub/{again}", b"new")
        deep = "/".join(["deep"] * 150)
        put(destination, root, f"{deep}/x", b"deep")
        put(destination, root, "new0/sub/y", b"y")
        put(destination, root, f"{deep}/y", b"deep")
        assert len(os.listdir("/dev/fd")) < before + 100
        destination.commit()
    assert len(files_in(root.path)) == 503


def test_no_descriptor_stays_open(root: Root) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    write_tree(root.path, {"old/x": b""})
    before = len(os.listdir("/proc/self/fd"))
    for commit in (True, False):
        with DirectoryDestination() as destination:
            put(destination, root, "old/x", b"new", REPLACE)
            put(destination, root, "a/b/c/d", b"", REPLACE)
            if commit:
                destination.commit()
    with contextlib.suppress(PltError), DirectoryDestination() as destination:
        put(destination, root, "old/x/y", b"")
    assert len(os.listdir("/proc/self/fd")) == before


# Permissions


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002, 0o000])
def test_new_files_and_directories_get_the_usual_permissions(root: Root, umask: int) -> None:
    (root.path / "old").mkdir()
    before = os.umask(umask)
    try:
        with DirectoryDestination() as destination:
            for path in ("x", "old/x", "new/sub/x"):
                put(destination, root, path, b"")
            destination.commit()
    finally:
        os.umask(before)
    for path in ("x", "old/x", "new/sub/x"):
        assert stat.S_IMODE((root.path / path).stat().st_mode) == 0o666 & ~umask
    for path in ("new", "new/sub"):
        assert stat.S_IMODE((root.path / path).stat().st_mode) == 0o777 & ~umask


@pytest.mark.parametrize(("mode", "kept"), [(0o600, 0o600), (0o755, 0o755), (0o444, 0o444), (0o4755, 0o755)])
def test_replaced_files_keep_their_permissions_but_for_those_of_others(root: Root, mode: int, kept: int) -> None:
    write_tree(root.path, {"x": b"old"})
    (root.path / "x").chmod(mode)
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"new", REPLACE)
        put(destination, root, "x", b"newer", REPLACE)
        destination.commit()
    assert stat.S_IMODE((root.path / "x").stat().st_mode) == kept
    assert files_in(root.path) == {"x": b"newer"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_replaced_files_keep_their_owner(root: Root) -> None:
    write_tree(root.path, {"x": b"old"})
    os.chown(root.path / "x", 12345, 54321)
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"new", REPLACE)
        destination.commit()
    status = (root.path / "x").stat()
    assert (status.st_uid, status.st_gid) == (12345, 54321)


def test_a_hard_link_to_a_replaced_file_keeps_the_old_data(root: Root, tmp_path: Path) -> None:
    write_tree(tmp_path, {"outside": b"mine"})
    os.link(tmp_path / "outside", root.path / "x")
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"new", REPLACE)
        destination.commit()
    assert (tmp_path / "outside").read_bytes() == b"mine"
    assert (tmp_path / "outside").stat().st_nlink == 1


# Several roots


def test_several_roots_are_one_transaction(tmp_path: Path) -> None:
    roots = [Root(tmp_path / name, name) for name in ("a", "b", "c")]
    write_tree(tmp_path, {"a/x": b"old", "b/x": b"old"})
    before = picture(tmp_path)
    for commit in (False, True):
        with DirectoryDestination() as destination:
            for root in roots:
                put(destination, root, "x", b"new", REPLACE)
                put(destination, root, "tree/y", b"new")
            if commit:
                destination.commit()
        if not commit:
            assert picture(tmp_path) == before
    assert files_in(tmp_path) == {f"{name}/{path}": b"new" for name in "abc" for path in ("x", "tree/y")}


@pytest.mark.parametrize("order", [("outer", "inner"), ("inner", "outer")])
@pytest.mark.parametrize("there", [True, False])
def test_a_root_inside_a_root(tmp_path: Path, order: tuple[str, str], there: bool) -> None:
    roots = {"outer": Root(tmp_path / "outer"), "inner": Root(tmp_path / "outer/inner", "inner")}
    if there:
        write_tree(tmp_path, {"outer/inner/old": b"old"})
    paths = {"outer": "inner/x", "inner": "y"}
    with DirectoryDestination() as destination:
        for name in order:
            put(destination, roots[name], paths[name], name.encode())
        put(destination, roots["outer"], "inner/old", b"new", REPLACE)
        with pytest.raises(EntryExistsError, match="more than once"):
            put(destination, roots["inner"], "old", b"newer")
        assert put(destination, roots["inner"], "old", b"newer", REPLACE) is REPLACED
        destination.commit()
    assert files_in(tmp_path) == {"outer/inner/x": b"outer", "outer/inner/y": b"inner", "outer/inner/old": b"newer"}


def test_one_directory_under_two_names_is_one_root(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with DirectoryDestination() as destination:
        put(destination, Root(tmp_path / "real"), "x", b"1")
        assert put(destination, Root(tmp_path / "link"), "x", b"2", KEEP) is KEPT
        destination.commit()
    assert files_in(tmp_path) == {"real/x": b"1"}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A fresh directory on another file system than ``tmp_path``."""
    import shutil
    import tempfile

    shm = Path("/dev/shm")
    if not os.access(shm, os.W_OK) or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to write to")
    made = Path(tempfile.mkdtemp(dir=shm))
    yield made
    shutil.rmtree(made)


def test_roots_on_different_file_systems(tmp_path: Path, elsewhere: Path) -> None:
    roots = [Root(tmp_path / "here"), Root(elsewhere / "there")]
    write_tree(tmp_path, {"here/x": b"old"})
    write_tree(elsewhere, {"there/x": b"old"})
    before = picture(tmp_path), picture(elsewhere)
    for commit in (False, True):
        with DirectoryDestination() as destination:
            for root in roots:
                put(destination, root, "x", b"new", REPLACE)
                put(destination, root, "tree/y", b"new")
            if commit:
                destination.commit()
        if not commit:
            assert (picture(tmp_path), picture(elsewhere)) == before
    assert files_in(tmp_path) == {"here/x": b"new", "here/tree/y": b"new"}
    assert files_in(elsewhere) == {"there/x": b"new", "there/tree/y": b"new"}


def test_what_appears_meanwhile_is_not_overwritten(root: Root) -> None:
    for path, appears in [("x", "x"), ("tree/x", "tree/other"), ("tree/x", "tree")]:
        (root.path / "old").mkdir(exist_ok=True)
        with DirectoryDestination() as destination:
            put(destination, root, "first", b"")
            put(destination, root, path, b"ours")
            write_tree(root.path, {appears: b"theirs"})
            with pytest.raises(EntryExistsError, match="appeared while"):
                destination.commit()
        assert files_in(root.path) == {appears: b"theirs"}
        (root.path / appears).unlink()
        if (root.path / "tree").exists():
            (root.path / "tree").rmdir()


def test_a_replaced_file_that_vanishes_meanwhile(root: Root) -> None:
    write_tree(root.path, {"x": b"old"})
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"new", REPLACE)
        (root.path / "x").unlink()
        destination.commit()
    assert files_in(root.path) == {"x": b"new"}


def test_a_disk_without_hard_links(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_arguments: object, **_options: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    write_tree(root.path, {"x": b"old", "sub/y": b"old"})
    before = picture(root.path)
    for commit in (False, True):
        with DirectoryDestination() as destination:
            put(destination, root, "x", b"new", REPLACE)
            put(destination, root, "sub/y", b"new", REPLACE)
            put(destination, root, "sub/z", b"new")
            if not commit:
                write_tree(root.path, {"sub/z": b"theirs"})
                with pytest.raises(EntryExistsError, match="appeared"):
                    destination.commit()
            else:
                destination.commit()
        if not commit:
            (root.path / "sub/z").unlink()
            assert picture(root.path) == before
    assert files_in(root.path) == {"x": b"new", "sub/y": b"new", "sub/z": b"new"}


def test_system_errors_name_the_whole_path(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    with DirectoryDestination() as destination:
        put(destination, root, "a/b/x", b"")
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left") as caught:
            put(destination, root, "a/b/y", b"1")
    assert caught.value.filename == str(root.path / "a/b/y")


def test_a_mount_inside_the_root_gets_an_area_of_its_own(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory on another device is made believe: mounting needs privileges."""
    write_tree(root.path, {"mount/x": b"old", "mount/sub/y": b"old", "z": b"old"})
    mount = (root.path / "mount").stat().st_ino
    sub = (root.path / "mount/sub").stat().st_ino
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        return os.stat_result((*status[:2], 99, *status[3:])) if status.st_ino in (mount, sub) else status

    monkeypatch.setattr(os, "fstat", fstat)
    before = picture(root.path)
    for commit in (False, True):
        with DirectoryDestination() as destination:
            put(destination, root, "z", b"new", REPLACE)
            put(destination, root, "mount/x", b"new", REPLACE)
            put(destination, root, "mount/sub/y", b"new", REPLACE)
            put(destination, root, "mount/sub/tree/t", b"new")
            areas = [str(path.parent.relative_to(root.path)) for path in root.path.rglob(".pltpack-*")]
            assert sorted(areas) == [".", "mount"]
            if commit:
                destination.commit()
        if not commit:
            assert picture(root.path) == before
    assert set(files_in(root.path).values()) == {b"new"}
