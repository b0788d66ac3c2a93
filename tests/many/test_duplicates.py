"""What archives have in common."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pltpack.codec.compression import Compression
from pltpack.conversion.convert import convert
from pltpack.editing.changes import AddFile
from pltpack.editing.edit import edit
from pltpack.many.duplicates import _VERSION, Place, duplicates
from tests.many.archives import write_archive

FILES = {f"f{number}.rkt": b"(define x %d)\n" % number * 20 for number in range(8)}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``a`` three times, differently compressed and as a zip; ``kit`` in two versions; one that stands alone."""
    shelf = tmp_path / "shelf"
    monkeypatch.chdir(tmp_path)
    write_archive(shelf / "a.plt", "a", {"main.rkt": b"#lang a\n", "data": bytes(1000)}, collections=("a",))
    edit(shelf / "a.plt", [], shelf / "again.plt", compression=Compression.FAST)
    convert(shelf / "a.plt", shelf / "other.tgz", view="stored")
    write_archive(shelf / "kit-1.0.plt", "kit 1.0", FILES)
    write_archive(shelf / "kit-1.1.plt", "Kit-1.1", {**FILES, "f0.rkt": b"changed", "new.rkt": b"new"})
    write_archive(shelf / "alone.plt", "alone", {"licence": b"own words", "empty": b""})
    (shelf / "broken.plt").write_text("H4sI broken")
    return shelf


@pytest.mark.usefixtures("shelf")
def test_groups() -> None:
    found = duplicates(["shelf"])
    assert found.archives == 7
    assert list(found.raw.values()) == [("shelf/a.plt", "shelf/again.plt")]
    assert list(found.content.values()) == [("shelf/a.plt", "shelf/again.plt", "shelf/other.tgz")]
    assert [(group.name, group.archives) for group in found.versions] == [
        ("a", ("shelf/a.plt", "shelf/again.plt", "shelf/other.tgz")),
        ("kit", ("shelf/kit-1.0.plt", "shelf/kit-1.1.plt")),
    ]
    assert [unread.archive for unread in found.errors] == ["shelf/broken.plt"]
    assert found.files[0].size == 1000
    assert found.files[0].places[0] == Place("shelf/a.plt", "a/data")


@pytest.mark.usefixtures("shelf")
def test_versions_of_one_package() -> None:
    for name in ("a.plt", "again.plt", "other.tgz"):
        Path("shelf", name).unlink()
    (group,) = duplicates(["shelf"]).versions
    assert (group.name, group.archives) == ("kit", ("shelf/kit-1.0.plt", "shelf/kit-1.1.plt"))


def test_the_same_name_alone_is_no_version(tmp_path: Path) -> None:
    write_archive(tmp_path / "x-1.plt", "x", {"a": b"one"})
    write_archive(tmp_path / "x-2.plt", "x", {"a": b"two"})
    assert duplicates([tmp_path]).versions == []


def test_an_executor_changes_nothing(shelf: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        one, other = duplicates([shelf], executor=executor), duplicates([shelf])
    assert (one.raw, one.content, one.files, one.versions) == (other.raw, other.content, other.files, other.versions)


def test_an_added_file_makes_another_content(shelf: Path) -> None:
    edit(shelf / "again.plt", [AddFile("collects/a/new", b"new")])
    found = duplicates([shelf])
    assert found.raw == {}
    assert list(found.content.values()) == [(f"{shelf}/a.plt", f"{shelf}/other.tgz")]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("Formica 1.0", "Formica"),
        ("kit-v2", "kit"),
        ("kit7", "kit7"),
        ("plai-typed-18Feb2013", "plai-typed"),
        ("kit2.1", "kit"),
        ("kit-latest", "kit"),
        ("kit version 3.2b1", "kit"),
        ("1.0", ""),
    ],
)
def test_names_without_versions(name: str, base: str) -> None:
    assert _VERSION.sub("", name) == base
