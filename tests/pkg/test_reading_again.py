"""Archives that are read again: what was remembered of them is used as long as they are the same."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import BinaryIO

import pytest

from pltpack.codec.limits import Limits
from pltpack.errors import FormatError
from pltpack.formats.zip_layout import CentralDirectory, find_directory
from pltpack.pkg.view import PackageReader


def write(path: Path, **files: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"top/{name}.rkt", text)


def content(package: PackageReader) -> dict[str, bytes]:
    return {entry.path: entry.read() for entry in package.entries() if entry.kind == "file"}


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One for each time that the directory of a zip archive is read."""
    found: list[object] = []

    def read(source: BinaryIO, size: int, limits: Limits) -> CentralDirectory:
        found.append(source)
        return find_directory(source, size, limits)

    monkeypatch.setattr("pltpack.formats.zip.find_directory", read)
    return found


def test_the_directory_is_read_once(tmp_path: Path, readings: list[object]) -> None:
    write(tmp_path / "x.zip", info="#lang info\n", a="one")
    package = PackageReader(tmp_path / "x.zip", format="zip", keep=True)
    first = content(package)
    assert first == {"info.rkt": b"#lang info\n", "a.rkt": b"one"}
    assert content(package) == first
    assert len(readings) == 1
    assert package.survey.top == "top"


def test_without_being_asked_nothing_is_remembered(tmp_path: Path, readings: list[object]) -> None:
    write(tmp_path / "x.zip", a="one")
    package = PackageReader(tmp_path / "x.zip", format="zip")
    assert content(package) == content(package)
    assert len(readings) == 2


@pytest.mark.parametrize("replaced", [False, True], ids=["written over", "replaced"])
def test_an_archive_that_has_changed_is_read_anew(tmp_path: Path, readings: list[object], *, replaced: bool) -> None:
    path = tmp_path / "x.zip"
    write(path, a="one")
    package = PackageReader(path, format="zip", keep=True)
    assert content(package) == {"a.rkt": b"one"}
    write(tmp_path / "other.zip", a="two")
    if replaced:
        os.replace(tmp_path / "other.zip", path)
    else:
        path.write_bytes((tmp_path / "other.zip").read_bytes())
        os.utime(path, ns=(0, 1))
    assert content(package) == {"a.rkt": b"two"}
    assert len(readings) == 2


def test_an_archive_that_is_damaged_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    write(path, a="one")
    package = PackageReader(path, format="zip", keep=True)
    content(package)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FormatError):
        content(package)


def test_a_stream_is_read_anew(tmp_path: Path, readings: list[object]) -> None:
    write(tmp_path / "x.zip", a="one")
    package = PackageReader(io.BytesIO((tmp_path / "x.zip").read_bytes()), format="zip", keep=True)
    assert content(package) == content(package) == {"a.rkt": b"one"}
    assert len(readings) == 2


def test_a_reading_that_was_broken_off_is_not_remembered(tmp_path: Path) -> None:
    write(tmp_path / "x.zip", a="one", b="two")
    package = PackageReader(tmp_path / "x.zip", format="zip", keep=True)
    next(package.entries())
    assert content(package) == {"a.rkt": b"one", "b.rkt": b"two"}
