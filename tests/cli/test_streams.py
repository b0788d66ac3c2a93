"""Packages on standard output and from standard input; what says that a file is something else."""

from __future__ import annotations

import io
import subprocess
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from pltpack.conversion.convert import convert
from pltpack.formats.formats import Format
from pltpack.pkg.create import create_package
from tests.cli.conftest import Run
from tests.many.archives import write_archive
from tests.streams import content

PROGRAMS = Path(sysconfig.get_path("scripts"))


class WriteOnly(io.RawIOBase):
    """A stream of which nothing but writing can be asked, like a socket."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        self.data += bytes(data)  # type: ignore[call-overload]
        return len(bytes(data))  # type: ignore[call-overload]


@pytest.fixture
def games(tmp_path: Path) -> Path:
    write_archive(tmp_path / "games.plt", "games", {"main.rkt": b"#lang racket/base\n"})
    return tmp_path


def program(name: str, *arguments: str, data: bytes = b"", folder: Path) -> bytes:
    ran = subprocess.run([PROGRAMS / name, *arguments], input=data, cwd=folder, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_through_a_pipe(games: Path) -> None:
    zipped = program("pltpack", "convert", "games.plt", "-", "--format", "zip", folder=games)
    assert sorted(zipfile.ZipFile(io.BytesIO(zipped)).namelist()) == ["games/", "games/main.rkt", "info.rkt"]
    assert zipped == program("pltpack", "convert", "games.plt", "-", "--format", "zip", folder=games)
    back = program("pltpack", "convert", "-", "-", "--from", "zip", "--format", "plt", data=zipped, folder=games)
    assert [path for path, _, _ in content(back)][-1] == ("collects", "games", "main.rkt")
    assert sorted(path.name for path in games.iterdir()) == ["games.plt"]


def test_a_package_on_standard_output(games: Path) -> None:
    (games / "kit").mkdir()
    (games / "kit" / "main.rkt").write_text("#lang racket/base\n")
    made = program("raco-pkg", "create", "kit", "--format", "tgz", "--dest", "-", folder=games)
    with tarfile.open(fileobj=io.BytesIO(made)) as archive:
        assert "main.rkt" in [name.removeprefix("./") for name in archive.getnames()]
    program("raco-pkg", "create", "kit", "--format", "tgz", folder=games)
    assert made == (games / "kit.tgz").read_bytes()


@pytest.mark.parametrize("format", ["plt", "zip", "tgz", "tar"])
def test_sinks_that_only_write(games: Path, format: str) -> None:
    sink = WriteOnly()
    convert(games / "games.plt", cast("BinaryIO", sink), format=cast("Format", format))
    if format == "plt":
        assert content(bytes(sink.data)) == content((games / "games.plt").read_bytes())
    else:
        convert(games / "games.plt", games / f"games.{format}")
        assert bytes(sink.data) == (games / f"games.{format}").read_bytes()


def test_a_package_to_a_sink(games: Path) -> None:
    (games / "kit").mkdir()
    (games / "kit" / "main.rkt").write_text("#lang racket/base\n")
    sink = WriteOnly()
    package = create_package(games / "kit", dest=cast("BinaryIO", sink))
    assert (package.size, str(package.path)) == (len(sink.data), "kit.zip")


def test_nothing_is_written_on_errors(games: Path) -> None:
    from pltpack.errors import PackageError, TruncatedError

    (games / "cut.plt").write_bytes((games / "games.plt").read_bytes()[:100])
    sink = cast("BinaryIO", only := WriteOnly())
    with pytest.raises(TruncatedError):
        convert(games / "cut.plt", sink, format="zip")
    with pytest.raises(PackageError):
        convert(games / "games.plt", sink, format="dir")
    with pytest.raises(ValueError, match="format"):
        convert(games / "games.plt", sink)
    assert not only.data


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert", "games.plt", "-"],
        ["convert", "games.plt", "-", "--format", "dir"],
        ["convert", "games.plt", "-", "--format", "zip", "--checksum"],
        ["convert", "games.plt", "-", "--format", "zip", "--json"],
        ["convert", "games.plt", "x.zip", "--from", "rar"],
        ["create", "games", "--dest", "-", "--json"],
    ],
    ids=str,
)
def test_wrong_calls(run: Run, games: Path, arguments: list[str]) -> None:
    assert run("pltpack", *arguments).code == 2
    assert [path.name for path in games.iterdir()] == ["games.plt"]


@pytest.mark.parametrize(("format", "what"), [("zip", "zip file"), ("tgz", ".tgz file"), ("tar", "tar file")])
def test_what_to_do_instead(run: Run, games: Path, format: str, what: str) -> None:
    convert(games / "games.plt", games / f"games.{format}")
    ran = run("pltpack", "unpack", f"games.{format}")
    assert ran.code == 3
    assert f"it looks like a {what}; pltpack convert FILE DIR unpacks" in ran.err
    assert run("pltpack", "convert", f"games.{format}", "tree").code == 0
    assert (games / "tree" / "games" / "main.rkt").read_text() == "#lang racket/base\n"
