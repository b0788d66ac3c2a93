"""Directories that appear when they are whole, many of them beside each other, whatever ends the process."""

from __future__ import annotations

import errno
import os
import random
import signal
import stat
from functools import partial
from pathlib import Path

import pytest

from pltpack.errors import EntryExistsError, SourceError
from pltpack.formats.directory import DirectoryWriter
from pltpack.formats.entries import BytesContent, Entry
from tests.transaction.calls import FAULTS, Fault, Kill, fork, in_child, wrapped
from tests.trees import files_in, picture, write_tree

TIME = 1_600_000_000
ENTRIES = [
    Entry("d", "directory", 0o777, TIME),
    Entry("d/a", "file", 0o6755, TIME, 3, BytesContent(b"abc")),
    Entry("d/empty", "file", 0o000, TIME, 0, BytesContent(b"")),
    Entry("d/link", "link", 0o777, TIME, target="a"),
    Entry("closed", "directory", 0o000, TIME),
    Entry("closed/x", "file", 0o444, TIME, 1, BytesContent(b"x")),
    Entry("no\udcff", "file", 0o644, TIME, 1, BytesContent(b"y")),
]
FILES = {"d/a": b"abc", "d/empty": b"", "closed/x": b"x", "no\udcff": b"y"}


def write(path: Path) -> None:
    with DirectoryWriter(path) as writer:
        for entry in ENTRIES:
            writer.add(entry)


@pytest.mark.parametrize("there", [False, True])
def test_permissions_times_and_links(tmp_path: Path, there: bool) -> None:
    place = tmp_path / "new"
    if there:
        place.mkdir()
    write(place)
    assert files_in(place) == FILES
    assert os.readlink(place / "d/link") == "a"
    modes = {path: stat.S_IMODE(os.lstat(place / path).st_mode) for path in (".", "d", "d/a", "d/empty", "closed")}
    assert modes == {".": 0o755, "d": 0o775, "d/a": 0o755, "d/empty": 0o400, "closed": 0o700}
    assert {os.lstat(place / path).st_mtime for path in ("d", "d/a", "closed", "closed/x")} == {TIME}
    assert os.listdir(tmp_path) == ["new"]


@pytest.mark.parametrize("what", ["file", "link", "full", "dangling", "no parent"])
def test_something_is_there(tmp_path: Path, what: str) -> None:
    place = tmp_path / "new"
    if what == "file":
        place.write_bytes(b"")
    elif what == "full":
        write_tree(place, {"mine": b"mine"})
    elif what == "no parent":
        place = tmp_path / "none/new"
    else:
        (tmp_path / "dir").mkdir()
        place.symlink_to("dir" if what == "link" else "nowhere")
    before = picture(tmp_path)
    with pytest.raises(FileNotFoundError if what == "no parent" else EntryExistsError):
        write(place)
    assert picture(tmp_path) == before


def test_an_empty_directory_that_is_filled_meanwhile(tmp_path: Path) -> None:
    place = tmp_path / "new"
    place.mkdir(mode=0o700)
    writer = DirectoryWriter(place)
    writer.add(ENTRIES[0])
    write_tree(place, {"mine": b"mine"})
    with pytest.raises(EntryExistsError, match="not empty any more"):
        writer.close()
    assert files_in(tmp_path) == {"new/mine": b"mine"}
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize("size", [0, 3, 1 << 21])
def test_a_file_that_grows(tmp_path: Path, size: int) -> None:
    with pytest.raises(SourceError, match="changed its size"), DirectoryWriter(tmp_path / "new") as writer:
        writer.add(Entry("x", "file", 0o644, TIME, size, BytesContent(b"x" * (size + 1))))
    assert picture(tmp_path) == {}


def test_killed_at_every_call(tmp_path: Path) -> None:
    """The next one removes what is left, wherever it was, and nothing is in its way."""
    chance = random.Random(1)
    for nth in range(1, 1000, 3):

        def child(nth: int = nth) -> None:
            with wrapped(Kill(nth), reading=True):
                write(tmp_path / "new")

        code = in_child(child)
        assert not (tmp_path / "new").exists() or files_in(tmp_path / "new") in ({}, FILES)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        write(tmp_path / f"other{chance.random()}")
        assert {path.name[:5] for path in tmp_path.iterdir()} <= {"other", "new"}
        for path in list(tmp_path.iterdir()):
            path.rename(tmp_path.parent / f"{path.name}-{nth}-{tmp_path.name}")
    assert nth > 100


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_every_call_fails_once(tmp_path: Path, number: int) -> None:
    for nth in range(1, 1000):
        fault = Fault(nth, number)
        try:
            with wrapped(fault):
                write(tmp_path / "new")
        except OSError:
            assert not (tmp_path / "new").exists()
        if fault.failed is None:
            break
        if (tmp_path / "new").exists():
            assert files_in(tmp_path / "new") == FILES
        write(tmp_path / "other")
        assert {path.name for path in tmp_path.iterdir()} <= {"other", "new"}
        for path in list(tmp_path.iterdir()):
            path.rename(tmp_path.parent / f"{path.name}-{nth}-{number}-{tmp_path.name}")


def test_many_beside_each_other(tmp_path: Path) -> None:
    """Processes that fill one directory do not wait for each other, and leave nothing."""

    def work(number: int) -> None:
        for turn in range(12):
            write(tmp_path / f"{number}-{turn}")

    children = [fork(partial(work, number)) for number in range(4)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{n}-{t}" for n in range(4) for t in range(12))
    assert all(files_in(path) == FILES for path in tmp_path.iterdir())
