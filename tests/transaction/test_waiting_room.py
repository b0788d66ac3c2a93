"""Archives unpacked ahead of their turn: in the end all is as if they had come one after the other."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.errors import BusyError, EntryExistsError, LeftoverWarning, TruncatedError
from pltpack.transaction.destination import Existing, Outcome, Root
from pltpack.transaction.directory import DirectoryDestination
from pltpack.transaction.waiting_room import waiting_room
from pltpack.unpacker.many import Attempt, extract_many
from pltpack.unpacker.unpack import extract
from tests.transaction.bodies import clean_up
from tests.transaction.calls import Fault, Kill, fork, in_child, wrapped
from tests.trees import archive, file, files_in, folder, picture, write_tree

FOLDER = f".pltpack-{os.geteuid()}-waiting"

P = ParamSpec("P")
R = TypeVar("R")


class Inline(Executor):
    """Does the work at once, in this very process, so that its calls can be counted with all others."""

    def submit(self, work: Callable[P, R], /, *arguments: P.args, **options: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        future.set_result(work(*arguments, **options))
        return future


def seen(attempts: list[Attempt]) -> list[object]:
    return [
        (attempt.archive, attempt.dest, attempt.extraction.entries, str(attempt.extraction.damage))
        if attempt.extraction is not None
        else (attempt.archive, attempt.dest, type(attempt.error), str(attempt.error))
        for attempt in attempts
    ]


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3)
entries = paths.map(lambda path: folder(*path)) | st.builds(
    lambda path, data, replace: file(*path, data=data, replace=replace),
    paths,
    st.binary(max_size=20) | st.just(b"long" * 400),
    st.booleans(),
)
archives = st.lists(st.lists(entries, max_size=5).map(lambda each: archive(*each)), min_size=2, max_size=4)
damaged = st.builds(
    lambda data, cut: data[:-cut], st.just(archive(file("a", "x", data=b"x" * 999))), st.integers(9, 99)
)
trees = st.dictionaries(st.sampled_from(["a/a", "a/b/c", "b", "c/c"]), st.binary(max_size=9))


@settings(max_examples=100)
@given(
    st.lists(archives.map(tuple) | damaged.map(lambda each: (each,)), max_size=3), trees, st.booleans(), st.booleans()
)
def test_the_same_as_one_after_the_other(
    groups: list[tuple[bytes, ...]], tree: dict[str, bytes], force: bool, salvage: bool
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        found = []
        names = []
        for number, data in enumerate(each for group in groups for each in group):
            names.append(Path(scratch, f"{number}.plt"))
            names[-1].write_bytes(data)
        target = Path(scratch, "target")
        for executor in (None, Inline()):
            shutil.rmtree(target, ignore_errors=True)
            if tree:
                write_tree(target, tree)
                for path in tree:
                    (target / path).chmod(0o640)
            attempts = list(extract_many(names, target, executor=executor, force=force, salvage=salvage))
            found.append((seen(attempts), picture(target), target.exists()))
        assert found[0] == found[1]


OLD = {"old/1": b"old 1" * 99, "old/2": b"old 2" * 99}
NEW: list[dict[str, bytes]] = [
    {"old/1": b"new 1" * 88, "tree/a/1": b"a" * 500},
    {"tree/a/2": b"b" * 500, "tree/b/2": b"c", "top": b"d" * 300},
    {"old/2": b"new 2" * 88, "old/3": b"new 3", "tree/a/deep/3": b"e"},
]
STATES = [OLD, OLD | NEW[0], OLD | NEW[0] | NEW[1], OLD | NEW[0] | NEW[1] | NEW[2]]
"""After none, one, two and three archives."""


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    names = []
    for number, files in enumerate(NEW):
        names.append(tmp_path / f"{number}.plt")
        each = [file(*path.split("/"), data=data, replace=path in OLD) for path, data in files.items()]
        names[-1].write_bytes(archive(folder("tree"), *each))
    return names


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


def reset(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    write_tree(target, OLD)


def test_killed_at_every_call(sources: list[Path], target: Path) -> None:
    """Whole archives are in place, from the first on; the others have left no trace after the clean-up."""
    reached = set()
    for nth in range(1, 10_000):
        reset(target)

        def work(nth: int = nth) -> None:
            with wrapped(Kill(nth), reading=True):
                list(extract_many(sources[:2], target, executor=Inline()))

        code = in_child(work)
        clean_up(target)
        assert files_in(target) in STATES[:3]
        reached.add(STATES.index(files_in(target)))
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert files_in(target) == STATES[2]
    assert reached == {0, 1, 2}


def test_every_call_failed_once(sources: list[Path], target: Path) -> None:
    """Archives whose turn it is try again without what was done ahead; what is reported done is done."""
    for nth in range(1, 10_000):
        reset(target)
        fault = Fault(nth, errno.ENOSPC)
        with wrapped(fault):
            attempts = list(extract_many(sources, target, executor=Inline()))
        clean_up(target)
        expected = dict(OLD)
        for attempt, files in zip(attempts, NEW, strict=True):
            if attempt.error is None:
                expected |= files
            else:
                assert isinstance(attempt.error, OSError)
                assert attempt.error.errno == errno.ENOSPC
        assert files_in(target) == expected, f"call {nth}, {fault.failed}"
        if fault.failed is None:
            break
    assert expected == STATES[3]


def test_what_is_there_decides_at_its_turn(tmp_path: Path, target: Path) -> None:
    """A replaced file keeps its permissions, a merged directory is told as kept, the rest as created."""
    for name, data in (("1", b"one"), ("2", b"two")):
        (tmp_path / f"{name}.plt").write_bytes(archive(folder("d"), file("d", "same", data=data), file("d", name)))
    names = [tmp_path / "1.plt", tmp_path / "2.plt"]
    attempts = []
    for attempt in extract_many(names, target, executor=Inline(), force=True):
        attempts.append(attempt)
        (target / "d/same").chmod(0o604)
    outcomes = [[placed.outcome for placed in attempt.extraction.entries] for attempt in attempts if attempt.extraction]
    assert outcomes == [[Outcome.CREATED] * 3, [Outcome.KEPT, Outcome.REPLACED, Outcome.CREATED]]
    assert picture(target)["d/same"] == ("file", 0o604, b"two")


def test_entries_are_told_once_they_are_in_place(sources: list[Path], target: Path) -> None:
    told: list[str] = []

    def tell(placed: object) -> None:
        told.append(getattr(placed, "path", ""))
        assert (target / told[-1]).exists()

    attempts = extract_many(sources, target, executor=Inline(), on_entry=tell)
    next(attempts)
    assert told == ["tree", *NEW[0]]
    attempts.close()
    assert files_in(target) == NEW[0], "the others were given up"


def test_nothing_is_left_of_what_all_failed_to_make(tmp_path: Path) -> None:
    (tmp_path / "bad.plt").write_bytes(archive(file("x"))[:-9])
    attempts = list(extract_many([tmp_path / "bad.plt"] * 2, tmp_path / "a/b", executor=Inline()))
    assert [type(attempt.error) for attempt in attempts] == [TruncatedError] * 2
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("what", ["file", "link", "another process"])
def test_where_the_folder_cannot_be(sources: list[Path], target: Path, tmp_path: Path, what: str) -> None:
    """Then it is beside what is there, or archives go the long way; nothing of others is touched."""
    target.mkdir()
    elsewhere = tmp_path / "elsewhere"
    write_tree(elsewhere, {"mine": b"mine"})
    if what == "file":
        (target / FOLDER).write_bytes(b"in the way")
    elif what == "link":
        (target / FOLDER).symlink_to(elsewhere)
    with contextlib.ExitStack() as stack:
        if what != "another process":
            stack.enter_context(pytest.warns(LeftoverWarning, match="left alone"))
        other = stack.enter_context(waiting_room(str(target)))
        assert other is not None
        done = [attempt.error for attempt in extract_many(sources, target, executor=Inline())]
    assert done == [None] * 3
    if what != "another process":
        assert os.path.lexists(target / FOLDER), "it was left alone"
    assert {path for path in files_in(target) if not path.startswith(".")} == {*NEW[0], *NEW[1], *NEW[2]}
    assert files_in(elsewhere) == {"mine": b"mine"}


def test_the_folder_stays_while_it_is_in_use(target: Path) -> None:
    target.mkdir()
    with waiting_room(str(target)):
        clean_up(target)
        assert (target / FOLDER).is_dir()
    assert not (target / FOLDER).exists()


def test_another_process_is_told_who_is_at_work(target: Path) -> None:
    """Also between two archives, when nothing but the room is locked."""
    target.mkdir()
    with waiting_room(str(target)):

        def work() -> None:
            with pytest.raises(BusyError, match=f"process {os.getppid()} .*is unpacking into"):
                clean_up(target)
            with waiting_room(str(target)) as second:
                assert second is None

        assert in_child(work) == 0
        clean_up(target)
        assert (target / FOLDER).is_dir(), "it is ours"


def test_nobody_waits_for_helpers_of_the_dead(target: Path) -> None:
    """They hold the lock a little longer than the process that they worked for."""
    target.mkdir()
    reader, writer = os.pipe()

    def work() -> None:
        with waiting_room(str(target)):
            helper = os.fork()
            if not helper:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(work) == -signal.SIGKILL
    os.close(reader)
    clean_up(target)
    assert (target / FOLDER).is_dir()
    os.close(writer)  # now the helper ends, too


def test_a_room_of_somebody_else_is_not_removed_instead(target: Path) -> None:
    """At the end what stands at the name may be another one."""
    target.mkdir()
    with waiting_room(str(target)) as room:
        assert room is not None
        (target / FOLDER).rename(target / "moved")
        write_tree(target / FOLDER, {"mine": b"mine"})
    assert files_in(target / FOLDER) == {"mine": b"mine"}


def test_directories_in_one_another_are_filled_in_order(tmp_path: Path) -> None:
    """The second archive finds the directory of the first in the way of its file."""
    (tmp_path / "1.plt").write_bytes(archive(file("x")))
    (tmp_path / "2.plt").write_bytes(archive(file("sub")))
    places = {"1.plt": tmp_path / "out/sub", "2.plt": tmp_path / "out"}
    names = [tmp_path / name for name in places]
    with ThreadPoolExecutor(2) as executor:
        attempts = list(extract_many(names, lambda name: places[Path(name).name], executor=executor))
    assert [type(attempt.error) for attempt in attempts] == [type(None), EntryExistsError]
    assert files_in(tmp_path / "out") == {"sub/x": b"new"}


def test_names_of_archives_are_those_of_this_directory(
    sources: list[Path], target: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Wherever the workers are."""

    class Elsewhere(Inline):
        def submit(self, work: Callable[P, R], /, *arguments: P.args, **options: P.kwargs) -> Future[R]:
            with contextlib.chdir("/"):
                return super().submit(work, *arguments, **options)

    monkeypatch.chdir(tmp_path)
    for attempt in extract_many([source.name for source in sources], target, executor=Elsewhere()):
        assert attempt.error is None
        assert attempt.archive in {"0.plt", "1.plt", "2.plt"}
    assert len(files_in(target)) == len(STATES[3])


def test_an_abandoned_folder_is_removed(target: Path) -> None:
    write_tree(target, {"mine": b"mine"})

    def work() -> None:
        with waiting_room(str(target)) as room:
            assert room is not None
            place = room.place()
            assert place is not None
            write_tree(place.path, {"x": b"x"})
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(work) == -signal.SIGKILL
    assert (target / FOLDER / "1/x").exists()
    clean_up(target)
    assert picture(target).keys() == {"mine"}


def test_another_folder_at_the_place_is_not_filled(tmp_path: Path, target: Path) -> None:
    """Somebody who may rename things in the destination puts a link in the way, to lead us elsewhere."""
    (tmp_path / "x.plt").write_bytes(archive(file("x")))
    target.mkdir()
    (tmp_path / "victim/1").mkdir(parents=True)
    with waiting_room(str(target)) as here:
        assert here is not None
        place = here.place()
        assert place is not None
        (target / FOLDER).rename(target / "moved")
        (target / FOLDER).symlink_to(tmp_path / "victim")
        with pytest.raises(OSError, match="Stale"):
            extract(tmp_path / "x.plt", place)
        (target / FOLDER).unlink()
        with pytest.raises(FileNotFoundError):
            extract(tmp_path / "x.plt", place)
    assert files_in(tmp_path / "victim") == {}
    assert not (target / FOLDER).exists()


def test_a_link_among_what_was_unpacked_is_not_followed(tmp_path: Path, target: Path) -> None:
    """Nobody but this user can have put it there; still."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/d").symlink_to(tmp_path)
    write_tree(target, {"d/x": b"x"})
    tree = os.open(tmp_path / "tree", os.O_RDONLY | os.O_DIRECTORY)
    with DirectoryDestination() as destination, pytest.raises(EntryExistsError, match="is a directory"):
        destination.graft(Root(target), tree, Existing.REPLACE)
    os.close(tree)
    assert files_in(target) == {"d/x": b"x"}


def test_two_runs_at_the_same_time(tmp_path: Path, target: Path) -> None:
    """Only one unpacks ahead; each either does an archive or says that the other is at work."""
    for run in "ab":
        for number in range(6):
            (tmp_path / f"{run}{number}.plt").write_bytes(
                archive(file(run, str(number)), file("both", run + str(number)))
            )

    def work(run: str) -> None:
        with ThreadPoolExecutor(2) as executor:
            names = [tmp_path / f"{run}{number}.plt" for number in range(6)]
            for number, attempt in enumerate(extract_many(names, target, executor=executor)):
                if attempt.error is None:
                    os.close(os.open(tmp_path / f"done-{run}{number}", os.O_CREAT))

    processes = [fork(partial(work, run)) for run in "ab"]
    assert [os.waitpid(process, 0)[1] for process in processes] == [0, 0]
    done = {path.name.removeprefix("done-") for path in tmp_path.glob("done-*")}
    assert done
    assert set(files_in(target)) == {f"{each[0]}/{each[1:]}" for each in done} | {f"both/{each}" for each in done}
