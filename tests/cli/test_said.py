"""What is said of arguments that were meant otherwise, and that nothing is said twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import pltpack
from pltpack.conversion.convert import convert
from tests.cli.conftest import Run
from tests.trees import archive, file, folder


@pytest.fixture(autouse=True)
def kit(tmp_path: Path) -> Path:
    """An archive with many files below one directory, in other formats too."""
    files = [file("collects", "kit", f"{number}.rkt", data=b"x") for number in range(65)]
    (tmp_path / "kit.plt").write_bytes(archive(folder("collects", "kit"), *files))
    convert(tmp_path / "kit.plt", tmp_path / "kit.zip", view="stored")
    return tmp_path


def test_what_list_takes_for_a_pattern(run: Run) -> None:
    ran = run("pltpack", "list", "kit.plt", "other.plt", "*.c")
    assert (ran.code, ran.out) == (1, "")
    assert "taken for patterns, as there is no such archive: other.plt)" in ran.err
    assert "taken for patterns" not in run("pltpack", "list", "kit.plt", "*.c").err


@pytest.mark.parametrize("how", [[], ["-l"], ["--at-plt", "--racket-version", "8.7"]])
def test_a_member_behind_the_archive(run: Run, how: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.getcwd())
    ran = run("unpack", *how, "kit.plt", "collects/kit/none.rkt")
    assert (ran.code, ran.err.count("\n")) == (6, 1)
    assert "collects/kit/none.rkt: No such file or directory (each argument is an archive; --only GLOB" in ran.err
    assert "each argument" not in run("unpack", *how, "none.plt", "kit.plt").err


def test_nothing_in_common(run: Run, kit: Path) -> None:
    """An archive holds the folder in which it was packed, a directory what is in it."""
    (kit / "lib").mkdir()
    (kit / "lib/x.rkt").write_text("x")
    hint = "--as-stored compares paths as they are stored"
    assert hint in run("pltpack", "diff", "lib", "kit.plt").err
    assert hint not in run("pltpack", "diff", "lib", "kit.plt", "--as-stored").err
    assert hint not in run("pltpack", "diff", "kit.plt", "kit.plt").err


@pytest.mark.parametrize("name", ["kit.zip", "kit.plt"])
def test_fields_of_an_archive(run: Run, name: str) -> None:
    ran = run("pltpack", "info", name)
    assert ran.code == 3
    assert f"{name}: a {name[4:]} archive, not an info.rkt" in ran.err
    assert f"pltpack cat {name} info.rkt" in ran.err


def test_one_link_in_the_way_of_many(run: Run, kit: Path) -> None:
    (kit / "d").mkdir()
    (kit / "real").mkdir()
    (kit / "d/collects").symlink_to("../real")
    ran = run("unpack", "-C", "d", "kit.plt")
    assert ran.code in (4, 5)
    assert ran.err.count("is a symbolic link") <= 2  # in the sentence, and in the list of paths
    assert "66 entries" in ran.err
    with pytest.raises(pltpack.PltError) as caught:
        pltpack.extract(kit / "kit.plt", kit / "d")
    assert len(getattr(caught.value, "paths", ())) == 1
    assert not any((kit / "real").iterdir())


def test_the_destination_itself(run: Run, kit: Path) -> None:
    (kit / "top.plt").write_bytes(archive(folder(b"same"), file("a", data=b"x")))
    assert "kept     ./\n" in run("unpack", "-v", "top.plt").out


def test_shutil_is_told_as_by_the_other_formats(kit: Path) -> None:
    (kit / "no.plt").write_bytes(b"no archive")
    pltpack.register_archive_formats()
    try:
        for name in ("no.plt", "no.zip"):
            (kit / name).write_bytes(b"no archive")
            with pytest.raises(shutil.ReadError):
                shutil.unpack_archive(kit / name, kit / "out")
    finally:
        pltpack.unregister_archive_formats()
