"""``pltpack show``, ``list`` and ``verify`` of many archives: tables, CSV, lines of JSON, and failures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cli.many.schemas import NAMES, schema
from pltpack.archive import create_archive
from pltpack.codec.header import Header
from tests.cli.conftest import Run
from tests.cli.documents import check
from tests.many.archives import fill


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "all")
    return tmp_path


NAMES_FOUND = ["all/a.plt", "all/cut.plt", "all/b/c.zip", "all/b/noname"]


def lines_of(text: str) -> list[dict[str, Any]]:
    return [check(line) for line in text.splitlines()]


@pytest.mark.usefixtures("folder")
class TestShow:
    def test_a_table_for_people(self, run: Run) -> None:
        ran = run("pltpack", "show", "--table", "all")
        assert ran.code == 3
        assert ran.out.splitlines()[0].split() == ["archive", "format", "name", "files", "bytes", "error"]
        assert ran.out.splitlines()[1].split() == ["all/a.plt", "plt", "a", "1", "33"]
        assert ran.out.splitlines()[2].split()[-1] == "truncated"
        assert "all/cut.plt" in ran.err

    def test_csv(self, run: Run) -> None:
        rows = list(csv.DictReader(io.StringIO(run("pltpack", "show", "--csv", "all").out)))
        assert [row["archive"] for row in rows] == NAMES_FOUND
        assert (rows[0]["requires"], rows[0]["collections"], rows[0]["files"]) == ("mzlib 370.1", "a", "1")

    def test_json(self, run: Run) -> None:
        found = check(run("pltpack", "show", "--json", "all").out)
        assert found["schema"] == "pltpack.show-table"
        assert [row["archive"] for row in found["rows"]] == NAMES_FOUND
        rows = lines_of(run("pltpack", "show", "--jsonl", "all").out)
        assert [{key: row[key] for key in found["columns"]} for row in rows] == found["rows"]

    def test_for_people_one_after_the_other(self, run: Run) -> None:
        ran = run("pltpack", "show", "all/a.plt", "nowhere", "all/b/noname")
        assert ran.code == 6
        assert [line for line in ran.out.splitlines() if line.startswith("archive:")] == [
            "archive:       all/a.plt (plt)",
            "archive:       all/b/noname (plt)",
        ]
        assert "nowhere" in ran.err

    def test_no_archives(self, run: Run) -> None:
        ran = run("pltpack", "show", "--recursive", "--table", "all/b/empty")
        assert (ran.code, "no archives in all/b/empty" in ran.err) == (1, True)

    @pytest.mark.parametrize("options", [["--csv", "--json"], ["--table", "--jsonl"], ["--csv", "--html", "x"]])
    def test_what_excludes_each_other(self, run: Run, options: list[str]) -> None:
        assert run("pltpack", "show", *options, "all").code == 2


@pytest.mark.usefixtures("folder")
class TestList:
    def test_rows(self, run: Run) -> None:
        ran = run("pltpack", "list", "--jsonl", "all", "*.rkt")
        rows = lines_of(ran.out)
        assert [(row["archive"], row["path"]) for row in rows if row["path"]] == [
            ("all/a.plt", "collects/a/main.rkt"),
            ("all/cut.plt", "collects/a/main.rkt"),
            ("all/b/c.zip", "a/main.rkt"),
            ("all/b/c.zip", "info.rkt"),
            ("all/b/noname", "collects/b/main.rkt"),
        ]
        assert ran.code == 3
        assert check(run("pltpack", "list", "--json", "all", "*.rkt").out)["rows"] == [
            {key: value for key, value in row.items() if key not in ("schema", "version")} for row in rows
        ]

    def test_archives_and_patterns_are_told_apart(self, run: Run) -> None:
        ran = run("pltpack", "list", "all/a.plt", "all/b/noname", "*.txt", "all/nowhere.plt")
        assert ran.out.splitlines() == ["all/a.plt:", "", "all/b/noname:", "collects/b/note.txt"]
        assert ran.code == 0
        assert run("pltpack", "list", "all/a.plt", "b/").code == 1

    def test_a_table_for_people(self, run: Run) -> None:
        lines = run("pltpack", "list", "--table", "all/a.plt").out.splitlines()
        assert lines[2].split() == ["all/a.plt", "plt", "file", "collects/a/main.rkt", "33"]


@pytest.mark.usefixtures("folder")
class TestVerify:
    def test_a_summary(self, run: Run) -> None:
        ran = run("pltpack", "verify", "--summary", "all")
        assert ran.out.splitlines() == ["damage   truncated          1 time in 1 archive", "4 archives: 3 OK"]
        assert ran.code == 3

    def test_what_fails(self, run: Run) -> None:
        with create_archive("trap.plt", Header("trap")) as archive:
            archive.add_file(("collects", "NUL"), b"")
        assert run("pltpack", "verify", "trap.plt").code == 1
        for level, code in (("damage", 0), ("unsafe", 0), ("leniency", 0), ("trap", 1), ("note", 1)):
            assert run("pltpack", "verify", "--fail-on", level, "trap.plt").code == code
        assert run("pltpack", "verify", "--fail-on", "unsafe", "all").code == 3
        assert run("pltpack", "verify", "--fail-on", "sunshine", "all").code == 2

    def test_rows(self, run: Run) -> None:
        rows = list(csv.DictReader(io.StringIO(run("pltpack", "verify", "--csv", "all").out)))
        assert [(row["archive"], row["clean"], row["codes"]) for row in rows] == [
            ("all/a.plt", "yes", ""),
            ("all/cut.plt", "no", "truncated"),
            ("all/b/c.zip", "yes", ""),
            ("all/b/noname", "yes", ""),
        ]
        assert run("pltpack", "verify", "--table", "all").out.splitlines()[2].split()[:4] == [
            "all/cut.plt",
            "plt",
            "no",
            "1",
        ]

    def test_json(self, run: Run) -> None:
        found = check(run("pltpack", "verify", "--json", "all", "nowhere").out)
        assert [archive["archive"] for archive in found["archives"]] == [*NAMES_FOUND, "nowhere"]
        assert found["archives"][-1]["error"]["code"] == "file-not-found"
        lines = lines_of(run("pltpack", "verify", "--jsonl", "all", "nowhere").out)
        assert [{**line, "schema": 0, "version": 0} for line in lines] == [
            {**archive, "schema": 0, "version": 0} for archive in found["archives"]
        ]


@pytest.mark.usefixtures("folder")
class TestFailures:
    @pytest.mark.parametrize(
        ("arguments", "code", "entry"),
        [
            (["list", "--json", "nowhere"], "file-not-found", None),
            (["show", "--json", "all/readme.txt"], "encoding", None),
            (["diff", "--json", "all/a.plt", "nowhere"], "file-not-found", None),
            (["diff", "--json", "all/a.plt", "all/cut.plt"], "truncated", None),
            (["convert", "--json", "all/cut.plt", "x.zip"], "truncated", None),
            (["edit", "--json", "all/a.plt", "--rm", "nothing"], "member", None),
            (["edit", "--json", "all/a.plt"], "call", None),
            (["list", "--json", "all/a.plt", "--max-entries", "1"], "limit", "collects/a/main.rkt"),
        ],
        ids=str,
    )
    def test_a_document_tells_the_error(self, run: Run, arguments: list[str], code: str, entry: str | None) -> None:
        ran = run("pltpack", *arguments)
        found = check(ran.out)
        assert found["schema"] == f"pltpack.{arguments[0]}"
        assert (found["error"]["code"], found["error"]["entry"]) == (code, entry)
        assert found["error"]["exitCode"] == ran.code != 0
        assert ran.err

    def test_where_it_is_wrong(self, run: Run) -> None:
        Path("bad.plt").write_bytes(b'PLT 1 2 file ("a" "b") 10 *123')
        error = check(run("pltpack", "edit", "--json", "bad.plt", "--rm", "x").out)["error"]
        assert (error["code"], error["entry"], error["offset"]) == ("truncated", "a/b", 30)


def test_names_that_spreadsheets_would_run(run: Run, tmp_path: Path) -> None:
    with create_archive(tmp_path / "evil.plt", Header("=cmd|' /C calc'!A0")) as archive:
        archive.add_file(("@sum", "+1\x1b[31m"), b"")
    row = next(csv.DictReader(io.StringIO(run("pltpack", "show", "--csv", "evil.plt").out)))
    assert row["name"] == "'=cmd|' /C calc'!A0"
    row = next(csv.DictReader(io.StringIO(run("pltpack", "list", "--csv", "evil.plt").out)))
    assert row["path"] == "'@sum/+1\\x1b[31m"
    # For programs it is what it is.
    assert check(run("pltpack", "list", "--jsonl", "evil.plt").out)["path"] == "@sum/+1\x1b[31m"


def test_standard_input(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for command in ("show", "list", "verify"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((folder / "all" / "a.plt").read_bytes())))
        assert run("pltpack", command, "--csv", "-").out.count("\n") > 1


@pytest.mark.parametrize("name", NAMES)
def test_every_document_has_a_schema_that_is_one(run: Run, name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert json.loads(run("pltpack", "schema", name).out) == schema(name)
    assert name in run("pltpack", "schema").out.splitlines()


def test_no_such_document(run: Run) -> None:
    assert run("pltpack", "schema", "nonesuch").code == 2


def test_documents_of_single_archives_fit_their_schemas(run: Run, folder: Path) -> None:
    for arguments in (
        ["list", "--json", "all/a.plt"],
        ["list", "--json", "all/b/c.zip"],
        ["show", "--json", "--digests", "all/a.plt"],
        ["show", "--json", "all/b/c.zip"],
        ["show", "--json", "all/cut.plt"],
        ["verify", "--json", "all/cut.plt"],
        ["diff", "--json", "all/a.plt", "all/b/noname"],
        ["diff", "--json", "all/a.plt", "all/b/c.zip"],
        ["edit", "--json", "all/a.plt", "--rename", "collects/a=collects/x", "--set", "name=x", "-o", "new.plt"],
        ["convert", "--json", "all/a.plt", "x.tgz"],
        ["convert", "--json", "--into", "dist", "--format", "zip", "all/a.plt", "all/cut.plt", "nowhere"],
    ):
        check(run("pltpack", *arguments).out)
    for path in sorted((Path(__file__).parents[2] / "fixtures" / "crafted").glob("*.plt")):
        check(run("pltpack", "show", "--json", path).out)
        check(run("pltpack", "verify", "--json", path).out)
    assert folder.is_dir()
