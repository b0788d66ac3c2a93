"""Formats are told by content; names only help where the content does not say."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from pltpack.conversion.convert import convert
from pltpack.formats.formats import Format
from pltpack.formats.recognise import by_content, recognise
from tests.trees import HEADER, archive, file

FORMATS: tuple[Format, ...] = ("zip", "tgz", "tar", "plt")


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "main.rkt").write_text("1")
    return tmp_path / "kit"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["x", "x.zip", "x.plt", "x.tar.gz", "x.rkt"])
def test_the_content_decides_whatever_the_name(kit: Path, tmp_path: Path, format: Format, name: str) -> None:
    path = tmp_path / name
    convert(kit, path, format=format)
    assert recognise(path) == format
    stream = io.BytesIO(b"before" + path.read_bytes())
    stream.seek(6)
    assert recognise(stream) == format
    assert stream.tell() == 6


def test_a_tar_archive_of_before_ustar() -> None:
    block = tarfile.TarInfo("kit/").tobuf(tarfile.GNU_FORMAT)
    old = block[:257] + bytes(255)
    summed = old[:148] + b" " * 8 + old[156:]
    data = summed[:148] + b"%06o\0 " % sum(summed) + summed[156:] + bytes(1024)
    assert by_content(data) == "tar"
    assert by_content(gzip.compress(data)) == "tgz"
    assert by_content(b"K" + data[1:]) is None
    assert by_content(bytes(1024)) is None
    assert by_content(data[:300]) is None


def test_directories_are_directories(kit: Path) -> None:
    assert recognise(kit) == "dir"
    assert recognise(kit.rename(kit.with_name("x.zip"))) == "dir"


@pytest.mark.parametrize("data", [HEADER, gzip.compress(HEADER), archive(file("x"))], ids=["raw", "gzip", "base64"])
def test_every_layer_of_a_plt(data: bytes) -> None:
    assert recognise(io.BytesIO(data)) == "plt"


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("x.zip", b"", "zip"),
        ("x.tgz", b"\x1f\x8bdamaged", "tgz"),
        ("x.tar", b"not a tar", "tar"),
        ("x.plt", b"", "plt"),
        ("x", b"anything", "plt"),
        ("x.gz", gzip.compress(b"text"), "plt"),
    ],
)
def test_what_the_content_does_not_say(tmp_path: Path, name: str, data: bytes, format: Format) -> None:
    (tmp_path / name).write_bytes(data)
    assert by_content(data) is None
    assert recognise(tmp_path / name) == format


def test_an_empty_zip() -> None:
    assert by_content(b"PK\5\6" + bytes(18)) == "zip"
