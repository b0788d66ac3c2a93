"""Several large archives at once: in parallel processes the same is printed, in the same order."""

from __future__ import annotations

import random
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.compression import Compression
from pltpack.codec.header import Header

PROGRAMS = Path(sysconfig.get_path("scripts"))


def run(program: str, *arguments: str | Path) -> tuple[int, str, str]:
    command = [sys.executable, PROGRAMS / program, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
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
