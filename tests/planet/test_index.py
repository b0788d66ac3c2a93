"""A folder of archives as an index."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pltpack.errors import FormatError
from pltpack.planet.index import index_planet
from tests.planet.corpus import FIXTURES, REPOSITORY, pack, put, repository


def test_a_server_s_layout() -> None:
    found = repository()
    assert [str(release) for release in found.releases] == [
        "ada/util 1.0", "ada/util 1.1", "ada/util 2.0", "bob/new-user 1.0", "bob/old-user 1.0", "cyd/a.b 1.0",
        "cyd/lingo 1.2", "cyd/lonely 1.0", "cyd/speaker 1.0",
    ]  # fmt: skip
    assert found.majors("ada", "util.plt") == [1, 2]
    latest = found.latest("ada", "util.plt", 1)
    assert latest is not None
    assert latest.minor == 1
    assert (found.unplaced, found.problems) == ([], [])


def test_versions_are_numbers(tmp_path: Path) -> None:
    for version in ("1.9", "1.10", "10.0", "2.0"):
        put(tmp_path, f"u/p {version}", {"main.ss": "1"})
    found = index_planet(tmp_path)
    assert [release.version for release in found.releases] == [(1, 9), (1, 10), (2, 0), (10, 0)]


def test_what_each_asks_for_is_looked_up() -> None:
    looked_up = {str(release): release.required_core for release in repository().looked_up().releases}
    assert looked_up["bob/new-user 1.0"] == "5.0"
    assert looked_up["ada/util 1.0"] is None


def test_a_server_keeps_contents_beside_its_archives(tmp_path: Path) -> None:
    release = put(tmp_path / "archives", "u/p 1.0", {"main.ss": "1"})
    contents = release.path.parent / "contents" / "sub"
    contents.mkdir(parents=True)
    (contents / "x.plt").write_bytes(b"no archive of its own")
    assert [found.path for found in index_planet(tmp_path).releases] == [release.path]


def test_the_cache_of_a_client(tmp_path: Path) -> None:
    cache = tmp_path / "planet" / "300" / "8.7" / "cache" / "u" / "p.plt" / "1"
    for minor, marks in (("0", (".LOCK", ".UNPACKED", ".SUCCESS")), ("1", (".LOCK",)), ("2", ())):
        (cache / minor).mkdir(parents=True)
        (cache / minor / "main.ss").write_text("1")
        for mark in marks:
            (cache / f"{minor}{mark}").touch()
    found = index_planet(tmp_path)
    assert [(release.minor, release.stored) for release in found.releases] == [(0, "directory"), (2, "directory")]
    assert ["p.plt/1/1" in problem for problem in found.problems] == [True]


def test_a_table_names_what_lies_anywhere(tmp_path: Path) -> None:
    archive = pack(tmp_path / "downloads" / "util.plt", {"main.ss": "1"})
    pack(tmp_path / "downloads" / "old name.plt", {"main.ss": "1"})
    pack(tmp_path / "downloads" / "nobody.plt", {"main.ss": "1"})
    table = tmp_path / "owners.csv"
    table.write_text('# mine\ndownloads/util.plt,ada,1,2\n"downloads/old name.plt", bob, 3, 4, new.plt\nno.plt,x,1,0\n')
    found = index_planet(tmp_path, table=table)
    assert [str(release) for release in found.releases] == ["ada/util 1.2", "bob/new 3.4"]
    assert found.releases[0].path == archive
    assert [path.name for path in found.unplaced] == ["nobody.plt"]
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    "line", ["x.plt,a,1", "x.plt,a,1,b", "x.plt,../a,1,0", "x.plt,a,-1,0", "x.zip,a,1,0", "x.plt a 1"]
)
def test_a_bad_table(tmp_path: Path, line: str) -> None:
    table = tmp_path / "t"
    table.write_text(f"\n{line}\n")
    with pytest.raises(FormatError, match="line 2"):
        index_planet(tmp_path, table=table)


def test_the_same_version_twice(tmp_path: Path) -> None:
    first, second = put(tmp_path / "a", "u/p 1.0", {}), put(tmp_path / "b", "u/p 1.0", {})
    found = index_planet(tmp_path)
    assert [release.path for release in found.releases] == [first.path]
    assert str(second.path) in found.problems[0]


def test_links_are_not_followed(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY, tmp_path / "real")
    os.symlink(tmp_path / "real", tmp_path / "again")
    os.symlink(tmp_path, tmp_path / "real" / "up")
    assert len(index_planet(tmp_path).releases) == 9


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        index_planet(tmp_path / "nowhere")


def test_names_of_files_are_never_guessed() -> None:
    assert index_planet(FIXTURES / "sources").releases == []
