"""``raco-unpack`` and ``unpack``: listing, unpacking, errors and exit codes."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from pltpack import SAME, UP, Header, create_archive
from tests.cli.conftest import Run
from tests.trees import files_in

PROGRAMS = ["raco-unpack", "unpack"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with a directory, a file, a file that replaces, and a file without its directory."""
    header = Header(
        'the "kit"', requires=((("games", "cards"), (1, 2)),), conflicts=(("old",),), collections=(("kit",),)
    )
    with create_archive(tmp_path / "kit.plt", header) as writer:
        writer.add_directory(("kit",))
        writer.add_file(("kit", "a.txt"), b"alpha", 5)
        writer.add_file(("kit", "b.txt"), b"beta", 4, replace=True)
        writer.add_file(("far", "c.txt"), b"", 0)
    return tmp_path / "kit.plt"


LISTING = "kit/\nkit/a.txt\nkit/b.txt [replace]\nfar/c.txt\n"
CONFIG = """config:
 name: "the \\"kit\\""
 requires:
  "games/cards" (1 2)
 conflicts:
  "old"
 unpack to user add-ons
setup collections:
 "kit"
"""


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("flags", "expected"), [(["-l"], LISTING), (["-c", "-l"], CONFIG + LISTING), (["-lc"], CONFIG + LISTING)]
)
def test_listing_writes_nothing(run: Run, archive: Path, program: str, flags: list[str], expected: str) -> None:
    ran = run(program, *flags, archive)
    assert (ran.code, ran.out, ran.err) == (0, expected, "")
    assert os.listdir(archive.parent) == ["kit.plt"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_unpacking(run: Run, archive: Path, program: str) -> None:
    ran = run(program, archive)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (archive.parent / "kit" / "a.txt").read_text() == "alpha"
    assert (archive.parent / "kit" / "b.txt").read_text() == "beta"
    assert (archive.parent / "far" / "c.txt").read_text() == ""


def test_the_configuration_is_shown_while_unpacking(run: Run, archive: Path) -> None:
    assert run("raco-unpack", "-c", archive).out == CONFIG
    assert (archive.parent / "kit").is_dir()


@pytest.mark.parametrize("flag", ["--dest", "-C"])
def test_another_destination(run: Run, archive: Path, flag: str) -> None:
    assert run("unpack", flag, "some/where", archive).code == 0
    assert sorted(os.listdir(archive.parent)) == ["kit.plt", "some"]
    assert (archive.parent / "some" / "where" / "kit" / "a.txt").read_text() == "alpha"


def test_no_archive_is_nothing_to_do(run: Run) -> None:
    assert run("raco-unpack") == (run("raco-unpack", "-l"))
    assert run("raco-unpack").code == 0


def test_several_archives(run: Run, archive: Path) -> None:
    with create_archive(archive.parent / "two.plt", Header("two")) as writer:
        writer.add_file(("two.txt",), b"2", 1)
    assert run("raco-unpack", archive, "two.plt").code == 0
    assert (archive.parent / "two.txt").exists()
    assert (archive.parent / "kit").is_dir()


def test_an_existing_file_is_in_the_way(run: Run, archive: Path) -> None:
    (archive.parent / "kit").mkdir()
    (archive.parent / "kit" / "a.txt").write_text("mine")
    ran = run("raco-unpack", archive)
    assert ran.code == 5
    assert "kit/a.txt" in ran.err
    assert "-f replaces it" in ran.err
    assert os.listdir(archive.parent / "kit") == ["a.txt"]
    assert (archive.parent / "kit" / "a.txt").read_text() == "mine"


def test_force_replaces(run: Run, archive: Path) -> None:
    (archive.parent / "kit").mkdir()
    (archive.parent / "kit" / "a.txt").write_text("mine")
    assert run("raco-unpack", "-f", archive).code == 0
    assert (archive.parent / "kit" / "a.txt").read_text() == "alpha"


def test_a_file_that_replaces_needs_no_force(run: Run, archive: Path) -> None:
    (archive.parent / "kit").mkdir()
    (archive.parent / "kit" / "b.txt").write_text("mine")
    assert run("raco-unpack", archive).code == 0
    assert (archive.parent / "kit" / "b.txt").read_text() == "beta"


def test_json_of_a_listing(run: Run, archive: Path) -> None:
    told = json.loads(run("raco-unpack", "-l", "--json", archive).out)["archives"][0]
    assert told["header"] == {
        "name": 'the "kit"',
        "requires": [{"collection": "games/cards", "version": [1, 2]}],
        "conflicts": ["old"],
        "collections": ["kit"],
        "location": "user",
        "testDirectories": None,
    }
    assert [entry["kind"] for entry in told["entries"]] == ["dir", "file", "file-replace", "file"]
    assert told["entries"][2] == {"kind": "file-replace", "path": "kit/b.txt", "elements": ["kit", "b.txt"], "size": 4}


def test_json_of_unpacking(run: Run, archive: Path) -> None:
    told = json.loads(run("raco-unpack", "--json", archive).out)["archives"][0]
    assert told["entries"][1] == {"kind": "file", "path": "kit/a.txt", "outcome": "created", "size": 5}
    assert (told["bytesWritten"], told["damage"]) == (9, None)


def test_json_of_several_archives(run: Run, archive: Path) -> None:
    assert len(json.loads(run("raco-unpack", "-l", "--json", archive, archive).out)["archives"]) == 2


def test_a_dry_run_writes_nothing(run: Run, archive: Path) -> None:
    ran = run("raco-unpack", "--dry-run", archive)
    assert [line.split()[1] for line in ran.out.splitlines()] == ["kit/", "kit/a.txt", "kit/b.txt", "far/c.txt"]
    assert os.listdir(archive.parent) == ["kit.plt"]


def test_a_dry_run_finds_what_is_in_the_way(run: Run, archive: Path) -> None:
    (archive.parent / "kit").write_text("a file")
    assert run("raco-unpack", "--dry-run", archive).code == 5


def test_excluding(run: Run, archive: Path) -> None:
    run("raco-unpack", "--exclude", "far/", "--exclude", "a.*", archive)
    assert os.listdir(archive.parent / "kit") == ["b.txt"]
    assert not (archive.parent / "far").exists()


def test_standard_input(run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(archive.read_bytes())))
    assert run("raco-unpack", "-l", "-").out == LISTING


def bytes_of_archive(*paths: tuple[object, ...]) -> bytes:
    sink = io.BytesIO()
    with create_archive(sink, Header("x")) as writer:
        for path in paths:
            writer.add_file(path, b"evil", 4)  # type: ignore[arg-type]
    return sink.getvalue()


DAMAGED = {
    "empty": b"",
    "text": b"Dear reader, this is not an archive at all.\n",
    "picture": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 4,
    "web page": b"<!doctype html><title>404 Not Found</title>",
    "zip": b"PK\x03\x04" + bytes(100),
    "one byte": b"H",
    "cut": bytes_of_archive(("a",))[:150],
    "not closed": bytes_of_archive(("a",))[:-12],
}


@pytest.mark.parametrize("flags", [[], ["-l"], ["-c"], ["--json"]], ids=str)
@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_no_archive(run: Run, tmp_path: Path, what: str, flags: list[str]) -> None:
    (tmp_path / "x.plt").write_bytes(DAMAGED[what])
    ran = run("raco-unpack", *flags, "x.plt")
    assert ran.code == 3
    assert ran.err.startswith("raco-unpack: x.plt")
    assert len(ran.err.splitlines()) == 1
    assert os.listdir(tmp_path) == ["x.plt"]


@pytest.mark.parametrize(
    "path",
    [("..", "x"), ("a", "..", "..", "x"), (UP, "x"), ("/x",), ("a", "/x"), ("a/b",), ("",), ("a\0",), (SAME,)],
    ids=str,
)
def test_unsafe_paths_are_refused(run: Run, tmp_path: Path, path: tuple[object, ...]) -> None:
    (tmp_path / "x.plt").write_bytes(bytes_of_archive(("fine",), path))
    ran = run("raco-unpack", "--dest", "inner", "x.plt")
    assert ran.code == 4
    assert "Traceback" not in ran.err
    assert os.listdir(tmp_path) == ["x.plt"]


def test_every_offender_is_listed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.plt").write_bytes(bytes_of_archive(("..", "one"), ("fine",), ("..", "two")))
    ran = run("raco-unpack", "x.plt")
    assert (ran.code, "../one" in ran.err, "../two" in ran.err) == (4, True, True)


def test_sanitizing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.plt").write_bytes(bytes_of_archive(("..", "one"), ("/a/b",)))
    assert run("raco-unpack", "--sanitize", "x.plt").code == 0
    assert sorted(os.listdir(tmp_path)) == ["a", "one", "x.plt"]


def test_a_link_in_the_way_is_not_followed(run: Run, archive: Path) -> None:
    (archive.parent / "outside").mkdir()
    (archive.parent / "in").mkdir()
    (archive.parent / "in" / "kit").symlink_to("../outside")
    ran = run("raco-unpack", "-C", "in", archive)
    assert (ran.code, "symbolic link" in ran.err) == (4, True)
    assert os.listdir(archive.parent / "outside") == []


@pytest.mark.parametrize("limit", ["--max-file-bytes", "--max-path-depth", "--max-entries"])
def test_limits_name_the_archive_and_the_option_that_raises_them(run: Run, archive: Path, limit: str) -> None:
    ran = run("raco-unpack", limit, "0", archive)
    assert (ran.code, limit in ran.err, str(archive) in ran.err) == (4, True, True)


def test_salvage_keeps_what_is_whole(run: Run, archive: Path) -> None:
    with create_archive(archive, Header("x"), encode=False) as writer:
        writer.add_file(("whole",), b"whole", 5)
        writer.add_file(("half",), b"halfhalf", 8)
    archive.write_bytes(archive.read_bytes()[:-4])
    ran = run("raco-unpack", "--salvage", archive)
    assert ran.code == 3
    assert "half: not whole, left out" in ran.err
    assert sorted(os.listdir(archive.parent)) == ["kit.plt", "whole"]


def test_a_missing_archive(run: Run) -> None:
    ran = run("raco-unpack", "nowhere.plt")
    assert (ran.code, ran.err) == (6, "raco-unpack: nowhere.plt: No such file or directory\n")


def test_a_name_cannot_steer_the_terminal_through_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.plt").write_bytes(bytes_of_archive(("..", "\x1b[31m")))
    assert "\x1b" not in run("raco-unpack", "x.plt").err


def test_a_part_of_an_archive(run: Run, tmp_path: Path) -> None:
    with create_archive(tmp_path / "x.plt", Header("x", plt_relative=False)) as writer:
        for path in ("a/x.rkt", "a/b/y.rkt", "a/b/z.txt", "top.rkt"):
            writer.add_file(tuple(path.split("/")), b"1", 1)
    assert run("unpack", "x.plt", "-C", "one", "--only", "*.rkt", "--exclude", "top.rkt").code == 0
    assert set(files_in(tmp_path / "one")) == {"a/x.rkt", "a/b/y.rkt"}
    assert run("unpack", "x.plt", "-C", "two", "--only", "a/b/", "--strip-components", "2").code == 0
    assert set(files_in(tmp_path / "two")) == {"y.rkt", "z.txt"}
    ran = run("unpack", "x.plt", "-C", "three", "--only", "*.zip")
    assert ran.code == 1
    assert "nothing in x.plt matches *.zip" in ran.err
    assert run("unpack", "--at-plt", "--only", "x", "x.plt").code == 2
