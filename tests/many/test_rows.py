"""Rows of archives: what they say, and what they tell of archives that cannot be read."""

from __future__ import annotations

import hashlib
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.many.columns import ARCHIVES, ENTRIES, REPORTS, Column
from pltpack.many.rows import archive_rows, entry_rows, report_rows
from tests.many.archives import fill

JSON_MD = (Path(__file__).parents[2] / "docs" / "json.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fill(tmp_path / "all")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "all"


def test_of_archives(folder: Path) -> None:
    first, cut, zipped, other = archive_rows(["all"])
    data = (folder / "a.plt").read_bytes()
    assert first == {
        "archive": "all/a.plt",
        "format": "plt",
        "size": len(data),
        "name": "a",
        "requires": ["mzlib 370.1"],
        "conflicts": [],
        "collections": ["a"],
        "location": "user",
        "files": 1,
        "directories": 1,
        "links": 0,
        "bytes": 33,
        "layers": "base64+gzip",
        "rawBytes": first["rawBytes"],
        "sha256": hashlib.sha256(data).hexdigest(),
        "sha1": hashlib.sha1(data).hexdigest(),
        "rawSha256": first["rawSha256"],
        "error": None,
        "message": None,
    }
    assert (cut["error"], cut["name"], cut["rawSha256"]) == ("truncated", "a", None)
    assert (zipped["format"], zipped["name"], zipped["files"]) == ("zip", None, 2)
    assert (other["name"], other["bytes"]) == ("b", 20)


@pytest.mark.usefixtures("folder")
def test_of_entries() -> None:
    rows = list(entry_rows(["all"], chosen=lambda path: path.endswith("rkt")))
    assert [(row["archive"], row["kind"], row["path"], row["size"]) for row in rows] == [
        ("all/a.plt", "file", "collects/a/main.rkt", 33),
        ("all/cut.plt", "file", "collects/a/main.rkt", 33),
        ("all/cut.plt", None, None, None),
        ("all/b/c.zip", "file", "a/main.rkt", 33),
        ("all/b/c.zip", "file", "info.rkt", 54),
        ("all/b/noname", "file", "collects/b/main.rkt", 13),
    ]
    assert rows[2]["error"] == "truncated"
    assert (rows[0]["mode"], rows[3]["mode"]) == (None, "0644")


@pytest.mark.usefixtures("folder")
def test_of_reports() -> None:
    rows = {str(row["archive"]): row for row in report_rows(["all"])}
    assert [row["clean"] for row in rows.values()] == [True, False, True, True]
    assert (rows["all/cut.plt"]["damage"], rows["all/cut.plt"]["codes"]) == (1, ["truncated"])


@pytest.mark.parametrize("rows", [archive_rows, entry_rows, report_rows])
def test_an_executor_changes_nothing(folder: Path, rows: object) -> None:
    assert callable(rows)
    with ThreadPoolExecutor(3) as executor:
        assert list(rows([folder, "nowhere"], executor=executor)) == list(rows([folder, "nowhere"]))


@pytest.mark.usefixtures("folder")
def test_what_is_not_there_is_a_row() -> None:
    for rows in (archive_rows, entry_rows, report_rows):
        (row,) = rows(["nowhere"])
        assert (row["archive"], row["error"]) == ("nowhere", "file-not-found")


@pytest.mark.parametrize("columns", [ARCHIVES, ENTRIES, REPORTS], ids=["archives", "entries", "reports"])
def test_every_column_is_written_down(columns: tuple[Column, ...]) -> None:
    lines = [f"| `{column.name}` | {column.type} | {column.meaning} |" for column in columns]
    assert "\n".join(lines) in JSON_MD


def test_memory_does_not_grow_with_entries(tmp_path: Path) -> None:
    """Where nobody asks for their list."""
    path = tmp_path / "many.plt"
    with create_archive(path, Header("many")) as archive:
        for number in range(20_000):
            archive.add_directory((f"d{number}",))
    next(archive_rows([path]))
    tracemalloc.start()
    try:
        (row,) = archive_rows([path])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert row["directories"] == 20_000
    assert peak < 4 << 20
