"""What stands in a destination is not believed: folders that look like ours, and those that were put in their place."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from pltpack.errors import EntryExistsError, LeftoverWarning
from pltpack.transaction.destination import Existing, Root
from pltpack.transaction.directory import DirectoryDestination, recover
from pltpack.transaction.lock import this_process
from pltpack.transaction.removal import remove_tree
from pltpack.transaction.staging import area_name
from pltpack.transaction.waiting_room import waiting_room
from tests.transaction.bodies import put
from tests.transaction.calls import in_child, wrapped
from tests.trees import Picture, files_in, picture, write_tree

AREA = area_name().decode()
OLD = {"old/a": b"old", "old/b": b"old", "keep": b"keep"}


@pytest.fixture
def root(tmp_path: Path) -> Root:
    (tmp_path / "target").mkdir()
    return Root(tmp_path / "target")


@pytest.fixture
def records(state_home: Path) -> Path:
    """Where it is written down what is ours."""
    return state_home / "pltpack" / "transactions"


def look(root: Root) -> None:
    recover(root)


def unpack(root: Root) -> None:
    """A transaction like any other, which says that something is in its way and goes on beside it."""
    with DirectoryDestination() as destination:
        with pytest.warns(LeftoverWarning, match="left alone.*rm -r "):
            put(destination, root, "fresh/x", b"new")
        destination.commit()
    assert (root.path / "fresh/x").read_bytes() == b"new"
    shutil.rmtree(root.path / "fresh")


def forge(folder: Path, *, records: object, areas: object = ("here",), **owner: object) -> None:
    """What once was believed: an area with an owner and a journal."""
    area = folder / AREA
    for part in ("new", "old"):
        (area / part).mkdir(parents=True)
    (area / "old/1").write_bytes(b"evil")
    (area / "owner").write_text(json.dumps({**this_process(), "transaction": "t", "areas": areas, **owner}))
    (area / "journal").write_text(json.dumps({"transaction": "t", "areas": areas, "records": records}))


@contextlib.contextmanager
def untouched(place: Path, root: Root) -> Iterator[None]:
    """All that is in a place is left as it is, by a look at the root and by an unpack into it."""
    before = picture(place)
    yield
    look(root)
    assert picture(place) == before
    unpack(root)
    assert picture(place) == before


@pytest.mark.parametrize(
    "path",
    [
        ["..", "escaped"],
        ["a", "..", "..", "escaped"],
        ["/escaped"],
        ["../escaped"],
        ["mine"],
        [""],
        [],
        ["."],
        ["a\0b"],
        [7],
        "x",
    ],
    ids=repr,
)
def test_a_forged_path_leads_nowhere(root: Root, tmp_path: Path, path: object) -> None:
    write_tree(root.path, {"mine": b"mine"})
    inode = (root.path / "mine").stat()
    forge(root.path, records=[[0, 1, False, path, inode.st_ino, inode.st_size, inode.st_mtime_ns]])
    with untouched(tmp_path, root):
        pass


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"records": 1}', b'{"transaction": "t", "areas": [], "records": [[1]]}', b"\xff"]
    + [json.dumps({"transaction": "t", "areas": ["a"], "records": [[number, 1, False, ["x"], 1, 1, 1]]}).encode()
       for number in (1, -1)]
    + [b"[" * 100_000],
    ids=lambda content: repr(content[:40]),
)  # fmt: skip
def test_a_journal_that_makes_no_sense_is_ignored(root: Root, content: bytes) -> None:
    forge(root.path, records=[])
    (root.path / AREA / "journal").write_bytes(content)
    with untouched(root.path, root):
        pass


def test_a_forged_journal_cannot_remove_a_tree_by_its_inode(root: Root) -> None:
    """It may guess right."""
    write_tree(root.path, {"mine": b"mine", "tree/mine": b"mine"})
    tree = (root.path / "tree").stat()
    forge(root.path, records=[[0, 2, False, ["mine"], 1, 1, 1], [0, 3, True, ["tree"], tree.st_ino, 1, 1]])
    with untouched(root.path, root):
        pass


@pytest.mark.parametrize("part", ["old", "new", "."])
def test_parts_that_are_links_are_not_followed(root: Root, tmp_path: Path, part: str) -> None:
    write_tree(tmp_path, {"outside/1": b"mine", "outside/mine": b"mine", "outside/old/1": b"mine"})
    if part == ".":
        (root.path / AREA).symlink_to(tmp_path / "outside")
    else:
        forge(root.path, records=[[0, 1, False, ["x"], 1, 1, 1]])
        shutil.rmtree(root.path / AREA / part)
        (root.path / AREA / part).symlink_to(tmp_path / "outside")
    with untouched(tmp_path, root):
        pass


def test_a_forged_list_of_areas_touches_no_others(root: Root, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_tree(other, {"mine": b"mine", f"{AREA}/new/1": b"staged", f"{AREA}/owner": b'{"transaction": "theirs"}'})
    places = ["here", str(other), "/nowhere", "relative", str(other / "mine"), 5]
    forge(root.path, records=[[1, 1, False, ["mine"], 1, 1, 1]], areas=places, first=str(other))
    with untouched(tmp_path, root):
        pass


def test_areas_that_point_at_each_other_do_not_go_round_in_circles(root: Root, tmp_path: Path) -> None:
    other = tmp_path / "other"
    forge(root.path, records=[], areas=["x", str(other)], first=str(other))
    forge(other, records=[], areas=["x", str(root.path)], first=str(root.path))
    with untouched(tmp_path, root):
        pass


def test_links_in_a_forged_area_are_not_followed(root: Root, tmp_path: Path) -> None:
    write_tree(tmp_path, {"outside/mine": b"mine"})
    forge(root.path, records=[])
    (root.path / AREA / "link").symlink_to(tmp_path / "outside")
    (root.path / AREA / "owner").unlink()
    (root.path / AREA / "owner").symlink_to(tmp_path / "outside/mine")
    with untouched(tmp_path, root):
        pass


@pytest.mark.parametrize("what", ["file", "link", "dangling", "loop", "pipe", "empty folder"])
def test_something_else_at_the_place_of_the_area(root: Root, tmp_path: Path, what: str) -> None:
    (tmp_path / "outside").mkdir()
    write_tree(tmp_path, {"outside/mine": b"mine"})
    if what == "file":
        (root.path / AREA).write_bytes(b"")
    elif what == "pipe":
        os.mkfifo(root.path / AREA)
    elif what == "empty folder":
        (root.path / AREA).mkdir()
    else:
        (root.path / AREA).symlink_to({"link": "../outside", "dangling": "nowhere", "loop": AREA}[what])
    with untouched(tmp_path, root):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's folder")
def test_another_users_folder_at_the_place_of_the_area(root: Root) -> None:
    (root.path / AREA).mkdir()
    os.chown(root.path / AREA, 12345, -1)
    with untouched(root.path, root):
        pass
    assert (root.path / AREA).stat().st_uid == 12345


def test_a_pipe_in_the_place_of_the_owner_does_not_hang(root: Root) -> None:
    (root.path / AREA).mkdir()
    os.mkfifo(root.path / AREA / "owner")
    os.mkfifo(root.path / AREA / "journal")
    with untouched(root.path, root):
        pass


def test_a_huge_or_deep_leftover_costs_nothing(root: Root) -> None:
    """A sparse journal of a terabyte, two thousand levels: nobody reads them."""
    forge(root.path, records=[])
    os.truncate(root.path / AREA / "journal", 1 << 40)
    where = os.open(root.path / AREA, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d", dir_fd=where)
        below = os.open("d", os.O_RDONLY, dir_fd=where)
        os.close(where)
        where = below
    os.close(where)
    try:
        look(root)
        unpack(root)
        assert (root.path / AREA / "journal").stat().st_size == 1 << 40
    finally:
        base = os.open(root.path, os.O_RDONLY)
        remove_tree(base, AREA.encode())  # what makes room for other tests cannot
        os.close(base)


# Our own leftovers, and what somebody has made of them


def killed(root: Root, *, moving: bool = True) -> None:
    """Leave what a process leaves that is killed while it moves things, or before."""
    write_tree(root.path, OLD)

    def work() -> None:
        with DirectoryDestination() as destination:
            put(destination, root, "tree/sub/x", b"new")
            put(destination, root, "old/a", b"new", Existing.REPLACE)
            put(destination, root, "old/c", b"new")

            def act(name: str, call: Callable[..., Any], arguments: Any, options: Any) -> Any:
                if name == "unlink" and str(arguments[0]).endswith(".journal"):
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*arguments, **options)

            if moving:
                with wrapped(act):
                    destination.commit()
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(work) == -signal.SIGKILL
    assert (root.path / AREA).is_dir()


def elsewhere(place: Path) -> Picture:
    return {path: what for path, what in picture(place).items() if path.startswith("outside")}


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("what", ["link", "folder", "old", "new", "file", "gone"])
def test_a_leftover_that_was_swapped_is_not_ours(root: Root, tmp_path: Path, what: str, moving: bool) -> None:
    """Whoever owns the destination leads us elsewhere between the kill and the clean-up."""
    write_tree(tmp_path, {"outside/old/2": b"mine", "outside/new/1/mine": b"mine", "outside/mine": b"mine"})
    (tmp_path / "outside").chmod(0o700)
    killed(root, moving=moving)
    before = elsewhere(tmp_path)
    area = root.path / AREA
    if what in ("old", "new"):
        (area / what).rename(area / "away")
        (area / what).symlink_to(tmp_path / "outside")
    else:
        area.rename(tmp_path / "away")
        if what == "link":
            area.symlink_to(tmp_path / "outside")
        elif what == "folder":
            shutil.copytree(tmp_path / "outside", area)
            area.chmod(0o700)
        elif what == "file":
            area.write_bytes(b"")
    with contextlib.suppress(OSError):
        look(root)
    assert elsewhere(tmp_path) == before
    if what == "folder":
        assert files_in(area) == {path.removeprefix("outside/"): data[2] for path, data in before.items() if data[2]}
    with DirectoryDestination() as destination, contextlib.ExitStack() as stack:
        if what in ("link", "folder", "file"):
            stack.enter_context(pytest.warns(LeftoverWarning))
        put(destination, root, "fresh", b"new")
        destination.commit()
    assert elsewhere(tmp_path) == before
    assert (root.path / "fresh").read_bytes() == b"new", "nothing locks us out"


def test_a_copy_of_a_leftover_is_not_ours(root: Root, tmp_path: Path) -> None:
    """A backup, or another checkout: it has the same names, but is not the folder that was claimed."""
    killed(root)
    copy = Root(tmp_path / "copy")
    shutil.copytree(root.path, copy.path)
    with untouched(copy.path, copy):
        pass
    look(root)
    assert files_in(root.path) == OLD


def test_another_directory_at_the_path_is_not_the_one(root: Root, tmp_path: Path) -> None:
    killed(root)
    root.path.rename(tmp_path / "moved")
    shutil.copytree(tmp_path / "moved", root.path)
    with untouched(root.path, root):
        pass
    look(Root(tmp_path / "moved"))
    assert files_in(tmp_path / "moved") == OLD


def test_directories_that_were_moved_into_a_tree_stay(root: Root, tmp_path: Path) -> None:
    """All that is in them is older than the journal, and theirs."""
    write_tree(tmp_path, {"mine/deep/x": b"mine"})
    killed(root)
    (tmp_path / "mine").rename(root.path / "tree/sub/mine")
    look(root)
    assert files_in(root.path) == {**OLD, "tree/sub/mine/deep/x": b"mine"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"sites": 1}', b'{"process": {}, "sites": [[1]]}', b"[" * 99_999]
)
@pytest.mark.parametrize("suffix", [".claim", ".journal", ".lock"])
def test_records_that_were_cut_off(root: Root, records: Path, content: bytes, suffix: str) -> None:
    """As after a power cut."""
    killed(root, moving=False)
    for path in records.glob(f"*{suffix}"):
        path.write_bytes(content)
    if suffix == ".journal":
        claim = next(records.glob("*.claim"))
        claim.with_suffix(".journal").write_bytes(content)
    look(root)
    assert {path: data for path, data in files_in(root.path).items() if not path.startswith(AREA)} == OLD
    for path in records.glob("*.claim"):
        path.unlink()


# While a transaction is at work


def test_an_area_that_is_swapped_meanwhile_is_not_removed_instead(root: Root, tmp_path: Path) -> None:
    for commit in (False, True):
        write_tree(tmp_path, {"outside/new/mine": b"mine", "outside/mine": b"mine"})
        (tmp_path / "outside").chmod(0o700)
        with DirectoryDestination() as destination:
            put(destination, root, f"x{commit}", b"new")
            (root.path / AREA).rename(tmp_path / f"away{commit}")
            (tmp_path / "outside").rename(root.path / AREA)
            if commit:
                destination.commit()
        assert files_in(root.path / AREA) == {"new/mine": b"mine", "mine": b"mine"}
        assert files_in(tmp_path / f"away{commit}") == {}, "ours was emptied, wherever it is"
        shutil.rmtree(root.path / AREA)
    assert files_in(root.path) == {"xTrue": b"new"}


@pytest.mark.parametrize("what", ["folder", "link"])
def test_an_area_that_is_swapped_in_the_making(root: Root, tmp_path: Path, what: str) -> None:
    write_tree(tmp_path, {"outside/new/mine": b"mine", "outside/mine": b"mine"})
    (tmp_path / "outside").chmod(0o700)
    before = picture(tmp_path / "outside")

    def act(name: str, call: Callable[..., Any], arguments: Any, options: Any) -> Any:
        done = call(*arguments, **options)
        if name == "mkdir" and arguments[0] == AREA:
            (root.path / AREA).rmdir()
            if what == "folder":
                (tmp_path / "outside").rename(root.path / AREA)
            else:
                (root.path / AREA).symlink_to(tmp_path / "outside")
        return done

    with wrapped(act), DirectoryDestination() as destination, pytest.raises(OSError, match=r"not empty|Not a dir|symb"):
        put(destination, root, "x", b"new")
    assert picture(root.path / AREA if what == "folder" else tmp_path / "outside") == before


def test_a_waiting_room_that_looks_like_one(root: Root) -> None:
    write_tree(root.path, {f"{AREA}-waiting/1/x": b"theirs", f"{AREA}-waiting/owner": b"{}"})
    before = picture(root.path)
    look(root)
    assert picture(root.path) == before
    with pytest.warns(LeftoverWarning), waiting_room(str(root.path)) as room:
        assert room is not None, "beside it"
    assert picture(root.path) == before


# Locks


def write_zip(stream: BinaryIO) -> None:
    stream.write(b"zip")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("exclusive", [False, True])
def test_whoever_can_read_a_directory_cannot_lock_us_out(root: Root, exclusive: bool) -> None:
    import fcntl

    root.path.parent.chmod(0o755)
    reader, writer = os.pipe()
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        descriptor = os.open(root.path, os.O_RDONLY)
        os.seteuid(65534)
        fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        os.write(tell, b".")
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    os.read(told, 1)
    try:
        with DirectoryDestination() as destination:
            put(destination, root, "x", b"new")
            destination.commit()
        from pltpack.pkg.publish import publish

        publish(root.path / "p.zip", write_zip)
    finally:
        os.close(writer)
        os.waitpid(child, 0)
        for descriptor in (reader, told, tell):
            os.close(descriptor)
    assert files_in(root.path).keys() == {"x", "p.zip", "p.zip.CHECKSUM"}


def test_nobody_else_can_open_what_we_lock(root: Root, records: Path) -> None:
    others = set(records.iterdir()) if records.exists() else set()  # what other tests have left
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"new")
        mine = [
            records,
            *(set(records.iterdir()) - others),
            root.path / AREA,
            root.path / AREA / "new",
            root.path / AREA / "old",
        ]
        assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in mine} == {0}
        assert len(mine) >= 6


def test_nothing_is_left_in_the_records(root: Root, records: Path) -> None:
    before = set(records.iterdir()) if records.exists() else set()
    for commit in (True, False):
        with DirectoryDestination() as destination:
            put(destination, root, "a/x", b"new", Existing.REPLACE)
            put(destination, Root(root.path.parent / "other"), "y", b"new", Existing.REPLACE)
            if commit:
                destination.commit()
    with DirectoryDestination() as destination, pytest.raises(EntryExistsError):
        put(destination, root, "a/x", b"new")
    with waiting_room(str(root.path)) as room:
        assert room is not None
        room.place()
    killed(Root(root.path / "killed"))
    look(Root(root.path / "killed"))
    assert set(records.iterdir()) == before


@pytest.mark.parametrize(("age", "gone"), [(40, True), (20, True), (40, False)])
def test_claims_to_what_has_been_gone_for_long_are_forgotten(root: Root, records: Path, age: int, gone: bool) -> None:
    """As of a temporary directory; not those to what is still there, however old they are."""
    other = Root(root.path / "other")
    before = set(records.iterdir()) if records.exists() else set()
    killed(other, moving=False)
    (claim,) = [path for path in set(records.iterdir()) - before if path.suffix == ".claim"]
    content = json.loads(claim.read_text())
    content["process"]["since"] -= age * 24 * 3600
    claim.write_text(json.dumps(content))
    if gone:
        shutil.rmtree(other.path)
    look(root)
    assert claim.exists() == (not gone or age < 30)
    for path in set(records.iterdir()) - before:
        path.unlink()


# Where it is written down


@pytest.mark.parametrize("trouble", ["writable", "link", "file", "not ours"])
def test_records_that_others_can_write_are_not_believed(
    root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Then the next place is taken."""
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    write_tree(home, {"x": b"x"})
    place = tmp_path / "xdg/pltpack/transactions"
    place.mkdir(parents=True)
    (tmp_path / "xdg/pltpack").chmod(0o700)
    if trouble == "writable":
        place.chmod(0o777)
    elif trouble == "not ours":
        if os.geteuid():
            return
        os.chown(place, 12345, -1)
    else:
        place.rmdir()
        place.symlink_to(tmp_path / "home") if trouble == "link" else place.write_bytes(b"")
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"new")
        assert list((home / ".local/state/pltpack/transactions").glob("*.claim"))
        assert trouble in ("link", "file") or not list(place.iterdir())
        destination.commit()
    assert files_in(root.path) == {"x": b"new"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can use another user's home")
def test_the_home_of_somebody_else_is_left_alone(root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As sudo may leave it: a folder of root's in it would be in its owner's way."""
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", 12345, -1)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_STATE_HOME")
    with DirectoryDestination() as destination:
        put(destination, root, "x", b"new")
        destination.commit()
    assert list((tmp_path / "home").iterdir()) == []
