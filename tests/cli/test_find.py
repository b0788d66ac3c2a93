"""``pltpack find`` and ``pltpack duplicates``."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.documents import check
from tests.many.archives import fill

PLACES = ["all/a.plt:collects/a/main.rkt", "all/b/c.zip:a/main.rkt"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> None:
    fill(tmp_path / "all")
    (tmp_path / "all" / "cut.plt").unlink()


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["mred", "all", "--text"], [f"{place}:2:(require mred)" for place in PLACES]),
        (["--text", "MRED", "all", "-i", "--count"], ["all/a.plt:collects/a/main.rkt:1", "all/b/c.zip:a/main.rkt:1"]),
        (["-E", "^a .ote$", "all", "-l"], ["all/b/noname:collects/b/note.txt"]),
        (["--name", "*.txt", "all"], ["all/b/noname:collects/b/note.txt"]),
        (["--module", "b", "all"], ["all/b/noname:collects/b/main.rkt"]),
        (["--requires", "mred", "all", "-l"], ["all/a.plt:collects/a/main.rkt", "all/b/c.zip:a/main.rkt"]),
        (["--text", "mred", "all/b/c.zip"], ["all/b/c.zip:a/main.rkt:2:(require mred)"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_found(run: Run, arguments: list[str], lines: list[str]) -> None:
    ran = run("pltpack", "find", *arguments)
    assert (ran.out.splitlines(), ran.err, ran.code) == (lines, "", 0)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--text", "nothing of it", "all"], 1),
        (["--text", "mred", "all", "nowhere"], 6),
        (["all"], 2),
        (["--text", "x"], 2),
        (["--text", "-E", "x", "all"], 2),
        (["-E", "(", "all"], 2),
        (["-i", "--name", "x", "all"], 2),
        (["--text", "x", "all", "-l", "--count"], 2),
        (["--text", "x", "all", "-l", "--csv"], 2),
    ],
    ids=str,
)
def test_exit_codes(run: Run, arguments: list[str], code: int) -> None:
    assert run("pltpack", "find", *arguments).code == code


def test_tables(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("pltpack", "find", "--text", "mred", "all", "--csv").out)))
    row = rows[0]
    assert (row["path"], row["line"], row["text"]) == ("collects/a/main.rkt", "2", "(require mred)")
    found = check(run("pltpack", "find", "--text", "mred", "all", "nowhere", "--json").out)
    assert [row["error"] for row in found["rows"]] == [None, None, "file-not-found"]
    for line in run("pltpack", "find", "--name", "*.rkt", "all", "--jsonl").out.splitlines():
        assert check(line)["count"] is None


def test_standard_input(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for command in (["find", "--text", "mred", "-"], ["duplicates", "-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((tmp_path / "all" / "a.plt").read_bytes())))
        assert run("pltpack", *command).code == 0


def test_duplicates(run: Run, tmp_path: Path) -> None:
    (tmp_path / "all" / "b" / "copy").write_bytes((tmp_path / "all" / "a.plt").read_bytes())
    ran = run("pltpack", "duplicates", "all")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "the same raw stream:",
        "  all/a.plt",
        "  all/b/copy",
        "versions of a:",
        "  all/a.plt",
        "  all/b/c.zip",
        "  all/b/copy",
        "4 archives, 1 of them there more than once",
    ]
    lines = run("pltpack", "duplicates", "all", "--by", "files").out.splitlines()
    assert lines[0] == "the same 33 bytes:"
    assert lines[1:4] == ["  all/a.plt:a/main.rkt", "  all/b/c.zip:a/main.rkt", "  all/b/copy:a/main.rkt"]
    assert run("pltpack", "duplicates", "all", "--by", "moon").code == 2
    ran = run("pltpack", "duplicates", "all", "nowhere", "--json")
    assert ran.code == 6
    assert check(ran.out)["errors"][0]["archive"] == "nowhere"
