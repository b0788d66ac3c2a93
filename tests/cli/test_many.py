"""Several large archives at once: in parallel processes the same is printed, in the same order."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from pltpack.archive import create_archive, open_archive
from pltpack.codec.compression import Compression
from pltpack.codec.entries import File
from pltpack.codec.header import Header
from tests.trees import picture

PROGRAMS = Path(sysconfig.get_path("scripts"))


def run(program: str, *arguments: str | Path, cwd: Path | None = None) -> tuple[int, str, str]:
    command = [sys.executable, PROGRAMS / program, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three archives that are worth the processes, the second one damaged behind its third entry."""
    folder = tmp_path_factory.mktemp("many")
    noise = random.Random(7)
    paths = []
    for number in range(3):
        path = folder / f"a{number}.plt"
        with create_archive(path, Header(path.stem), compression=Compression.FAST) as archive:
            for name in "xyz":
                archive.add_file((path.stem, name), noise.randbytes(500_000), 500_000)
        paths.append(path)
    paths[1].write_bytes(paths[1].read_bytes()[:-1000])
    return paths


@pytest.mark.parametrize("program", [("pltpack", "verify"), ("pltpack", "verify", "--json")], ids=" ".join)
def test_verifying(archives: list[Path], program: tuple[str, ...]) -> None:
    name, *arguments = program
    alone = run(name, *arguments, "--jobs", "1", *archives)
    assert run(name, *arguments, "--jobs", "3", *archives) == alone
    assert alone[0] == 3
    assert [alone[1].count(path.name) > 0 for path in archives] == [True] * 3


def test_a_missing_archive_does_not_stop_verification(archives: list[Path], tmp_path: Path) -> None:
    code, out, err = run("pltpack", "verify", "--jobs", "2", archives[0], tmp_path / "none.plt", archives[2])
    assert code == 6
    assert [line.split(":")[0] for line in out.splitlines()] == [str(archives[0]), str(archives[2])]
    assert "none.plt" in err


@pytest.mark.parametrize("options", [(), ("-c",)], ids=str)
def test_listing(archives: list[Path], options: tuple[str, ...]) -> None:
    """It ends with the archive that cannot be read to its end, behind what can be read of it."""
    alone = run("raco-unpack", "-l", *options, "--jobs", "1", *archives)
    assert run("raco-unpack", "-l", *options, "--jobs", "2", *archives) == alone
    assert alone[0] == 3
    assert [line for line in alone[1].splitlines() if "/" in line][:5] == ["a0/x", "a0/y", "a0/z", "a1/x", "a1/y"]
    assert "a2/x" not in alone[1]
    assert "a1.plt" in alone[2]


def converted(folder: Path, jobs: int, *arguments: str | Path) -> tuple[int, str, str]:
    """``convert --into out`` in a folder of its own."""
    folder.mkdir()
    return run("pltpack", "convert", "--into", "out", "--jobs", str(jobs), *arguments, cwd=folder)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--format", "zip", "--checksum"), ["a0.zip", "a0.zip.CHECKSUM", "a2.zip", "a2.zip.CHECKSUM"]),
        (("--format", "plt", "--lossless"), ["a0.plt", "a2.plt"]),
        (("--format", "dir", "--json"), ["a0", "a2"]),
    ],
    ids=str,
)
def test_converting(archives: list[Path], tmp_path: Path, options: tuple[str, ...], names: list[str]) -> None:
    """What is damaged does not stop the others, of which all is as if they had been converted one by one."""
    alone = converted(tmp_path / "alone", 1, *options, *archives)
    assert converted(tmp_path / "together", 3, *options, *archives) == alone
    assert alone[0] == 3
    assert "a1.plt" in alone[2]
    assert alone[1].index("a0.plt") < alone[1].index("a2.plt")
    assert sorted(path.name for path in (tmp_path / "alone" / "out").iterdir()) == names
    assert picture(tmp_path / "together") == picture(tmp_path / "alone")


def test_converting_loses_nothing(archives: list[Path], tmp_path: Path) -> None:
    code, _, err = converted(tmp_path / "all", 2, "--format", "dir", archives[0], tmp_path / "none.plt", archives[2])
    assert code == 6
    assert "none.plt" in err
    for path in (archives[0], archives[2]):
        with open_archive(path) as archive:
            stored = {"/".join(map(str, entry.path)): entry.body.read() for entry in archive if isinstance(entry, File)}
        found = picture(tmp_path / "all" / "out" / path.stem)
        assert {name: data for name, (kind, _, data) in found.items() if kind == "file"}.items() >= stored.items()
        assert len(stored) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_giving_up_a_conversion(archives: list[Path], tmp_path: Path, number: signal.Signals) -> None:
    """What is there then is whole, nothing else is, and nobody is still at work."""
    sources = [tmp_path / f"b{number}.plt" for number in range(200)]
    for source in sources:
        source.symlink_to(archives[0])
    command: list[str | Path] = [sys.executable, "-u", PROGRAMS / "pltpack", "convert", "--jobs", "2"]
    command += ["--into", "out", "--format", "tgz", *sources]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(number)
        # Its other end is closed when the last process is gone.
        err = process.stderr.read()
    expected = {signal.SIGINT: (130, "pltpack: interrupted\n"), signal.SIGTERM: (143, "")}
    assert (process.returncode, err) == expected[number]
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert 0 < len(names) < len(sources)
    for name in names:
        with tarfile.open(tmp_path / "out" / name, "r:gz") as package:
            assert {"info.rkt", "a0/x", "a0/y", "a0/z"} <= set(package.getnames())
