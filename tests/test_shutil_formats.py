"""``.plt`` as a format of ``shutil``."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.archive import open_archive
from pltpack.errors import UnsafePathError
from pltpack.shutil_formats import make_archive, register_archive_formats, unregister_archive_formats
from tests.trees import archive, file, files_in, write_tree

FILES = {"kit/main.rkt": b"1", "kit/doc/x": b"2", "kit/compiled/x.zo": b"3", "other": b"4"}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    register_archive_formats()
    yield
    unregister_archive_formats()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_tree(tmp_path / "from", FILES)
    return tmp_path


def test_there_and_back(place: Path) -> None:
    path = shutil.make_archive(str(place / "out" / "x"), "plt", place / "from")
    assert path == str(place / "out" / "x.plt")
    shutil.unpack_archive(path, place / "to")
    assert files_in(place / "to") == FILES


def test_one_directory_of_the_root(place: Path) -> None:
    shutil.make_archive(str(place / "x"), "plt", place / "from", "kit")
    with open_archive(place / "x.plt") as output:
        assert {entry.path[0] for entry in output} == {"kit"}
        assert not output.header.plt_relative


def test_the_current_directory_without_a_root(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place / "from")
    shutil.make_archive("../x", "plt")
    shutil.unpack_archive("../x.plt", "../to")
    assert files_in(place / "to") == FILES


def test_a_dry_run_writes_nothing(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        shutil.make_archive(str(place / "x"), "plt", place / "from", dry_run=True, logger=logging.getLogger())
    assert not (place / "x.plt").exists()
    assert "creating" in caplog.text


@pytest.mark.parametrize("filter", ["data", "tar", "fully_trusted"])
def test_the_filters_of_tar_are_accepted(place: Path, filter: str) -> None:
    shutil.make_archive(str(place / "x"), "plt", place / "from")
    shutil.unpack_archive(str(place / "x.plt"), place / "to", filter=filter)  # type: ignore[arg-type]
    shutil.unpack_archive(str(place / "x.plt"), place / "to", "plt")
    assert files_in(place / "to") == FILES


def test_other_filters_are_refused(place: Path) -> None:
    shutil.make_archive(str(place / "x"), "plt", place / "from")
    with pytest.raises(ValueError, match="cannot be applied"):
        shutil.unpack_archive(str(place / "x.plt"), place / "to", filter="mine")  # type: ignore[arg-type]


def test_no_filter_lifts_the_safety(place: Path) -> None:
    (place / "evil.plt").write_bytes(archive(file("..", "evil")))
    with pytest.raises(UnsafePathError):
        shutil.unpack_archive(str(place / "evil.plt"), place / "to", filter="fully_trusted")
    assert not (place / "evil").exists()


def test_registering_twice_and_unregistering_twice() -> None:
    register_archive_formats()
    unregister_archive_formats()
    unregister_archive_formats()
    assert "plt" not in dict(shutil.get_archive_formats())


def test_importing_registers_nothing() -> None:
    code = "import shutil, pltpack.shutil_formats; print(shutil.get_unpack_formats(), shutil.get_archive_formats())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'zip'" in run.stdout
    assert "'plt'" not in run.stdout


def test_a_root_that_is_passed_on_as_newer_versions_do(place: Path) -> None:
    assert make_archive.supports_root_dir  # type: ignore[attr-defined]
    make_archive(str(place / "x"), "kit", root_dir=place / "from", dry_run=False, logger=None, owner=None, group=None)
    shutil.unpack_archive(str(place / "x.plt"), place / "to")
    assert set(files_in(place / "to")) == {name for name in FILES if name.startswith("kit/")}
