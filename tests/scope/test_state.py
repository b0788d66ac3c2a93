"""What a scope holds, read and written: records, links, relative paths, settings, the lock, the trash."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pltpack.datum.values import Symbol
from pltpack.errors import BusyError, ConfigError
from pltpack.scope.state import trash
from pltpack.scope.state.links import LinkEntries
from pltpack.scope.state.lock import LOCK, ScopeLock
from pltpack.scope.state.records import Origin, Record, parse_records, read_records, write_records
from pltpack.scope.state.relative import linked_path, recorded_path

NAMES = st.text("-_aZ09", min_size=1, max_size=8)
CHARACTERS = st.characters(codec="utf-8", min_codepoint=1)
ANY_TEXT = st.text(CHARACTERS, max_size=12)
TEXTS = st.text(CHARACTERS, min_size=1, max_size=12)
PATHS = TEXTS


@st.composite
def records(draw: st.DrawFn) -> Record:
    kind = draw(st.sampled_from(("catalog", "url", "git", "file", "dir", "link", "static-link", "clone")))
    arguments = (draw(PATHS),) if kind != "clone" else (draw(PATHS), draw(TEXTS))
    if kind == "catalog" and draw(st.booleans()):
        arguments = (draw(PATHS), draw(TEXTS))
    folder = draw(st.none() | NAMES.map(lambda name: f"{name}+1"))
    collection = draw(st.none() | NAMES)
    return Record(
        Origin(kind, arguments),
        draw(st.none() | ANY_TEXT),
        draw(st.booleans()),
        collection,
        folder,
    )


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first table on a busy machine
@given(st.dictionaries(NAMES, records()))
def test_records_come_back(table: dict[str, Record]) -> None:
    assert parse_records(write_records(table), Path("pkgs.rktd")) == table


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ('#s(pkg-info (catalog "a") "c" #t)', Record(Origin("catalog", ("a",)), "c", True)),
        (
            '#s((sc-pkg-info pkg-info 3) (file "/a.zip") #f #f "col")',
            Record(Origin("file", ("/a.zip",)), None, False, "col"),
        ),
        (
            '#s((pkg-info/alt pkg-info 3) (dir "/a/") "" #f "a+1")',
            Record(Origin("dir", ("/a/",)), "", False, None, "a+1"),
        ),
        (
            '#s((sc-pkg-info/alt sc-pkg-info 1 pkg-info 3) (clone "../c" "http://h/c.git") "x" #t "col" "a+2")',
            Record(Origin("clone", ("../c", "http://h/c.git")), "x", True, "col", "a+2"),
        ),
    ],
    ids=["multi", "single", "multi elsewhere", "single elsewhere"],
)  # fmt: skip
def test_every_shape_of_a_record(text: str, record: Record) -> None:
    table = f'#hash(("a" . {text}))\n'.encode()
    assert parse_records(table, Path("x")) == {"a": record}
    assert write_records({"a": record}) == table


def test_old_records_are_read() -> None:
    found = parse_records(b'#hash(("a" . #s(pkg-info (pnr "a") "c" #f)))', Path("x"))
    assert found["a"].origin == Origin("catalog", ("a",))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"(",
        b"5",
        b'#hash(("a" . 5))',
        b'#hash(("a" . #s(pkg-info (moon "x") #f #f)))',
        b'#hash(("a" . #s(pkg-info (catalog) #f #f)))',
        b'#hash(("../a" . #s(pkg-info (catalog "a") #f #f)))',
        b'#hash(("a" . #s((pkg-info/alt pkg-info 3) (catalog "a") #f #f "../..")))',
        b'#hash(("a" . #s((pkg-info/alt pkg-info 3) (catalog "a") #f #f "x/y")))',
        b'#hash(("a" . #s(pkg-info (link "") #f #f)))',
        b'#hash((a . #s(pkg-info (catalog "a") #f #f)))',
    ],
)
def test_what_is_no_table_is_refused_and_kept(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "pkgs.rktd"
    file.write_bytes(text)
    with pytest.raises(ConfigError):
        read_records(file)
    assert file.read_bytes() == text


def test_no_table_is_an_empty_one(tmp_path: Path) -> None:
    assert read_records(tmp_path / "none" / "pkgs.rktd") == {}


@pytest.mark.parametrize(
    ("directory", "start", "recorded", "linked"),
    [
        ("/h/me/src/a", "/h/me/r/8.7/pkgs", "../../../src/a", [Symbol("up")] * 3 + [b"src", b"a"]),
        ("/srv/a", "/h/me/pkgs", "/srv/a/", b"/srv/a/"),
        ("/h/me", "/h/me/pkgs", "..", b"/h/me/"),
        ("/h/me/pkgs/a", "/h/me/pkgs", "a", [b"a"]),
        ("/h/d\u00e9", "/h/p", "../d\u00e9", [Symbol("up"), b"d\xc3\xa9"]),
    ],
)
def test_relative_paths(directory: str, start: str, recorded: str, linked: object) -> None:
    assert recorded_path(PurePosixPath(directory), PurePosixPath(start)) == recorded
    assert linked_path(PurePosixPath(directory), PurePosixPath(start)) == linked


def test_a_parent_is_linked_as_racket_does_if_that_is_asked_for() -> None:
    assert linked_path(PurePosixPath("/h/me"), PurePosixPath("/h/me/pkgs"), as_racket=True) == [Symbol("up")]


def test_links_are_added_at_the_end_and_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "links.rktd"
    file.write_text('(("own" "x") ; mine\n (root (#"r") #rx"^8"))')
    links = LinkEntries.read(file)
    links.add(tmp_path / "pkgs" / "a", "a")
    links.add(tmp_path / "pkgs" / "m", None, static=True)
    assert links.text() == (
        b'(("own" "x")\n (root (#"r") #rx"^8")\n ("a" (#"pkgs" #"a"))\n (static-root (#"pkgs" #"m")))\n'
    )
    single = Record(Origin("catalog", ("a",)), None, False, "a")
    links.remove(tmp_path / "pkgs" / "a", single)
    links.remove(tmp_path / "pkgs" / "m", Record(Origin("catalog", ("m",)), None, False))
    assert links.text() == b'(("own" "x")\n (root (#"r") #rx"^8"))\n'


def test_an_equal_link_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "links.rktd"
    file.write_text('(("a" (#"pkgs" #"a")))\n')
    links = LinkEntries.read(file)
    links.add(tmp_path / "pkgs" / "a", "a")
    assert not links.changed


def test_a_links_file_that_racket_ignores_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "links.rktd"
    file.write_text('((alpha "x"))')
    with pytest.raises(ConfigError, match="error reading from link file"):
        LinkEntries.read(file)


class Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def test_the_lock_waits_and_gives_up(tmp_path: Path) -> None:
    clock = Clock()
    told: list[Path] = []
    with open(tmp_path / LOCK, "a+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        lock = ScopeLock(tmp_path, timeout=3, waiting=told.append, clock=clock, pause=clock.pause)
        with pytest.raises(BusyError, match="could not acquire package lock"), lock:
            pass
    assert told == [tmp_path / LOCK]
    assert clock.now >= 3


def test_the_lock_is_had_when_the_other_goes(tmp_path: Path) -> None:
    clock = Clock()
    other = os.open(tmp_path / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(other, fcntl.LOCK_EX)

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        if clock.now > 1:
            fcntl.flock(other, fcntl.LOCK_UN)

    with ScopeLock(tmp_path, timeout=60, clock=clock, pause=pause):
        assert 1 < clock.now < 2
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_the_lock_makes_the_directory_and_stays(tmp_path: Path) -> None:
    with ScopeLock(tmp_path / "a" / "pkgs"):
        pass
    assert os.listdir(tmp_path / "a" / "pkgs") == [LOCK]


@pytest.mark.parametrize(
    ("names", "most", "seconds", "gone"),
    [
        ([], 512, 100, []),
        (["100-0-a", "950-0-b"], 512, 100, ["100-0-a"]),
        (["950-0-a", "951-0-b"], 2, 100, ["950-0-a"]),
        (["950-0-a", "951-0-b"], 1, 100, ["950-0-a", "951-0-b"]),
        ([".hidden", "100-0-a"], 512, 100, []),
        ([".hidden", "100-0-a"], 2, 100, [".hidden", "100-0-a"]),
    ],
)
def test_what_the_trash_gives_up(names: list[str], most: int, seconds: int, gone: list[str]) -> None:
    assert trash.pruned(names, now=1000, most=most, seconds=seconds) == gone


def test_names_in_the_trash() -> None:
    assert trash.trash_name("a", 5, []) == "5-0-a"
    assert trash.trash_name("a", 5, ["5-0-a", "5-1-a", "5-2-b"]) == "5-2-a"
