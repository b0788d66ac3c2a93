"""``pltpack edit`` and ``raco-pack --header-from``."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pltpack.archive import create_archive, open_archive
from pltpack.codec.header import Header
from pltpack.datum.values import same_datum
from pltpack.editing.changes import Change
from pltpack.editing.edit import edit
from pltpack.editing.edited import Edited
from tests.cli.conftest import Run
from tests.cli.test_looking import document
from tests.replacements import REPLACEMENTS
from tests.streams import content

ODD = b'PLT (an "old" program) (another) dir ("x")'


@pytest.fixture
def games(tmp_path: Path) -> Path:
    with create_archive(tmp_path / "old.plt", Header("games", collections=(("games",),))) as archive:
        archive.add_directory(("collects", "games"))
        archive.add_file(("collects", "games", "main.rkt"), b"main")
        archive.add_file(("collects", "games", "old.rkt"), b"old")
    (tmp_path / "main.rkt").write_text("new")
    (tmp_path / "odd.plt").write_bytes(ODD)
    return tmp_path


def paths(archive: Path) -> list[str]:
    return ["/".join(map(str, path)) for path, _, _ in content(archive.read_bytes())]


@pytest.mark.usefixtures("games")
def test_a_new_archive(run: Run, games: Path) -> None:
    before = (games / "old.plt").read_bytes()
    ran = run(
        "pltpack", "edit", "old.plt", "--add", "main.rkt=collects/games/main.rkt", "--rm", "collects/games/old.rkt",
        "--set", "name=Games 2", "-o", "new.plt",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "~ header name: 'games' -> 'Games 2'",
        "- collects/games/old.rkt",
        "~ collects/games/main.rkt",
        "old.plt -> new.plt: 1 file, 1 directory, 3 bytes; 1 entry kept",
    ]
    assert (games / "old.plt").read_bytes() == before
    with open_archive(games / "new.plt") as archive:
        assert archive.header == Header("Games 2", collections=(("games",),))
    assert content((games / "new.plt").read_bytes())[1] == (("collects", "games", "main.rkt"), b"new", False)


def test_in_place_with_a_directory_and_a_program(run: Run, games: Path) -> None:
    (games / "src" / "sub").mkdir(parents=True)
    (games / "src" / "a.rkt").write_text("a")
    (games / "src" / "a.rkt~").write_text("backup")
    (games / "src" / "sub" / "b.txt").write_text("b")
    (games / "src" / "sub" / "c.skip").write_text("c")
    ran = run(
        "pltpack", "edit", "old.plt", "--add", "src=collects/games/src", "--exclude", "*.skip", "--replace",
        "--rename", "collects/games/old.rkt=collects/games/older.rkt", "--mkdir", "doc",
        "--filter", "tr a-z A-Z", "--only", "*.rkt", "--json",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    found = document(ran.out)
    assert found["renamed"] == [{"old": "collects/games/old.rkt", "new": "collects/games/older.rkt"}]
    assert found["counts"] == {"files": 4, "directories": 4, "links": 0, "bytes": 9}
    assert content((games / "old.plt").read_bytes()) == [
        (("collects", "games"), None, False),
        (("collects", "games", "main.rkt"), b"MAIN", False),
        (("collects", "games", "older.rkt"), b"OLD", False),
        (("doc",), None, False),
        (("collects", "games", "src"), None, False),
        (("collects", "games", "src", "a.rkt"), b"A", True),
        (("collects", "games", "src", "sub"), None, False),
        (("collects", "games", "src", "sub", "b.txt"), b"b", True),
    ]


def test_a_dry_run(run: Run, games: Path) -> None:
    before = (games / "old.plt").read_bytes()
    ran = run("pltpack", "edit", "old.plt", "--rm", "*.rkt", "--dry-run", "--json")
    assert document(ran.out)["written"] is False
    assert (games / "old.plt").read_bytes() == before


def test_streams(run: Run, games: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (games / "old.plt").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    ran = run("pltpack", "edit", "-", "--rm", "old.rkt", "-o", "new.plt", "-q")
    assert (ran.code, ran.out) == (0, "")
    assert paths(games / "new.plt") == ["collects/games", "collects/games/main.rkt"]
    ran = run("pltpack", "edit", "old.plt", "--rm", "old.rkt", "-o", "-", "--raw")
    assert ran.out.startswith("PLT\n")
    assert content(ran.out.encode()) == content((games / "new.plt").read_bytes())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["old.plt"], 2, "nothing is to be changed"),
        (["-", "--rm", "x"], 2, "-o FILE is needed"),
        (["old.plt", "--rm", "x", "-o", "-", "--json"], 2, "exclude each other"),
        (["old.plt", "--only", "x", "--rm", "x"], 2, "--only goes with --filter"),
        (["old.plt", "--rename", "x"], 2, "--rename OLD=NEW"),
        (["old.plt", "--set", "x"], 2, "FIELD=VALUE"),
        (["old.plt", "--set", "test-dirs=x"], 2, "needs plt_home_relative"),
        (["old.plt", "--add", "main.rkt=../x"], 4, "leads upwards"),
        (["old.plt", "--add", "main.rkt=collects/games"], 5, "is a directory in the archive already"),
        (["old.plt", "--rm", "nothing"], 6, "there is nothing at"),
        (["old.plt", "--add", "nowhere=x"], 6, "nowhere"),
        (["old.plt", "--filter", "false"], 6, "exit code 1"),
        (["odd.plt", "--set", "name=x"], 3, "no field can be set"),
        (["main.rkt", "--rm", "x"], 3, "not a .plt archive"),
    ],
    ids=str,
)
def test_what_cannot_be(run: Run, games: Path, arguments: list[str], code: int, message: str) -> None:
    before = (games / "old.plt").read_bytes()
    ran = run("pltpack", "edit", *arguments)
    assert ran.code == code
    assert message in ran.err
    assert (games / "old.plt").read_bytes() == before


def test_an_odd_header_stays(run: Run, games: Path) -> None:
    assert run("pltpack", "edit", "odd.plt", "--add", "main.rkt", "--raw", "-q").code == 0
    assert (games / "odd.plt").read_bytes() == ODD + b'file\n("main.rkt")\n3\n*new'


@pytest.mark.parametrize("name", ["old.plt", "odd.plt"])
def test_packing_under_the_header_of_another(run: Run, games: Path, name: str) -> None:
    assert run("raco-pack", "--header-from", name, "new.plt", "main.rkt").code == 0
    with open_archive(games / name) as one, open_archive(games / "new.plt") as other:
        assert same_datum(one.preamble.info, other.preamble.info)
        assert same_datum(one.preamble.unit, other.preamble.unit)
    assert paths(games / "new.plt")[-1] == "main.rkt"


@pytest.mark.parametrize("option", [["--plt-name", "x"], ["++setup", "x"], ["--at-plt"], ["--collect"]])
@pytest.mark.usefixtures("games")
def test_two_headers_exclude_each_other(run: Run, option: list[str]) -> None:
    ran = run("raco-pack", "--header-from", "old.plt", *option, "new.plt", "main.rkt")
    assert (ran.code, "--header-from excludes" in ran.err) == (2, True)


@pytest.mark.parametrize("added", ["src=collects/games/src", "src/x=collects/games/x"])
@pytest.mark.parametrize("becomes", sorted(REPLACEMENTS))
def test_a_file_that_becomes_something_else(
    run: Run, games: Path, monkeypatch: pytest.MonkeyPatch, becomes: str, added: str
) -> None:
    """Between the look at what is to be added and its reading: a pipe would be waited for without end."""
    (games / "src").mkdir()
    (games / "src" / "x").write_text("0123456789")
    before = (games / "old.plt").read_bytes()

    def late(source: str, changes: Sequence[Change], dest: str, **options: Any) -> Edited:
        REPLACEMENTS[becomes](games / "src" / "x")
        return edit(source, changes, dest, **options)

    monkeypatch.setattr("pltpack_cli.archives.edit.edit_archive", late)
    ran = run("pltpack", "edit", "old.plt", "--add", added)
    assert ran.code == 6
    assert "src/x: " in ran.err
    assert "has taken its place meanwhile" in ran.err
    assert (games / "old.plt").read_bytes() == before


def test_a_named_pipe_is_read(run: Run, games: Path) -> None:
    os.mkfifo(games / "pipe")
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit((games / "pipe").write_text, "from a pipe")
        assert run("pltpack", "edit", "old.plt", "--add", "pipe=collects/games/main.rkt", "-q").code == 0
        assert written.result() == 11
    assert content((games / "old.plt").read_bytes())[1] == (("collects", "games", "main.rkt"), b"from a pipe", False)
