"""Archives are found by what is in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pltpack.many.discover import discover
from tests.many.archives import fill


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fill(tmp_path / "all")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "all"


@pytest.mark.usefixtures("folder")
def test_by_content_and_by_name() -> None:
    assert list(discover(["all"])) == ["all/a.plt", "all/cut.plt", "all/b/c.zip", "all/b/noname"]


@pytest.mark.usefixtures("folder")
def test_what_is_named_is_taken_as_it_is() -> None:
    assert list(discover(["nowhere", "-", "all/readme.txt", Path("all/a.plt")])) == [
        "nowhere",
        "-",
        "all/readme.txt",
        "all/a.plt",
    ]


def test_a_package_is_one_thing(folder: Path) -> None:
    (folder / "info.rkt").write_text("#lang info\n")
    assert list(discover(["all"])) == ["all"]
    assert len(list(discover(["all"], recursive=True))) == 4


@pytest.mark.usefixtures("folder")
def test_a_directory_without_archives_is_a_package() -> None:
    assert list(discover(["all/b/empty"])) == ["all/b/empty"]
    assert list(discover(["all/b/empty"], recursive=True)) == []


def test_links_and_pipes_are_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "pipe.plt")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "nowhere.plt").symlink_to("gone")
    (folder / "z.plt").symlink_to("a.plt")
    assert list(discover(["all"])) == ["all/a.plt", "all/cut.plt", "all/z.plt", "all/b/c.zip", "all/b/noname"]
