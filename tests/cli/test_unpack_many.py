"""``raco-unpack`` with several large archives: processes work side by side, and the result is that of one."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.compression import Compression
from pltpack.codec.header import Header
from tests.transaction.bodies import clean_up
from tests.trees import picture, write_tree

PROGRAM = [sys.executable, str(Path(sysconfig.get_path("scripts"), "raco-unpack"))]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four archives that are worth the processes; they share a directory, and the last two a file."""
    folder = tmp_path_factory.mktemp("many")
    noise = random.Random(11)
    paths = []
    for number in range(4):
        path = folder / f"a{number}.plt"
        with create_archive(path, Header(path.stem), compression=Compression.FAST) as archive:
            archive.add_directory(("shared",))
            for name in ("x.rkt", "y.rkt", "z.txt"):
                archive.add_file(("shared", path.stem, name), noise.randbytes(500_000), 500_000)
            archive.add_file(("shared", f"same{min(number, 2)}"), b"%d" % number, 1)
        paths.append(path)
    return paths


def run(*arguments: str | Path, dest: Path, jobs: int) -> tuple[int, str, str]:
    command = [*PROGRAM, "--jobs", str(jobs), "-C", str(dest), *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 5),
        (("-v",), 5),
        (("--json",), 5),
        (("-f", "-v"), 0),
        (("-f", "-v", "-c"), 0),
        (("-f", "--json"), 0),
        (("-f", "-v", "--only", "*.rkt", "--exclude", "shared/a1"), 1),
        (("-f", "-v", "--only", "x.rkt", "--strip-components", "1"), 0),
        (("-f", "--dry-run"), 0),
        (("--only", "z.txt", "--durable"), 0),
    ],
    ids=str,
)
def test_the_same_as_one_process(archives: list[Path], tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    results = []
    dest = tmp_path / "dest"
    for jobs in (1, 3):
        write_tree(dest, {"shared/a0/mine": b"mine", "shared/same1": b"old"} if "-f" in options else {"other": b""})
        results.append((run(*options, *archives, dest=dest, jobs=jobs), picture(dest)))
        dest.rename(tmp_path / f"dest-{jobs}")
    alone, together = results
    assert together[1] == alone[1]
    assert together[0][::2] == alone[0][::2]
    assert alone[0][0] == code
    if code == 5:
        assert "same2" in alone[0][2], "the last one finds the file of the one before it"
    else:
        assert together[0][1] == alone[0][1]


def test_the_first_that_fails_ends_it(archives: list[Path], tmp_path: Path) -> None:
    """Those before it are in place, of those behind it there is nothing."""
    damaged = tmp_path / "a1.plt"
    damaged.write_bytes(archives[1].read_bytes()[:-2000])
    code, _, err = run(archives[0], damaged, archives[2], dest=tmp_path / "dest", jobs=3)
    assert code == 3
    assert str(damaged) in err
    assert {path.name for path in (tmp_path / "dest").iterdir()} == {"shared"}
    assert {path.name for path in (tmp_path / "dest/shared").iterdir()} == {"a0", "same0"}


def test_a_pipe_is_read_once(archives: list[Path], tmp_path: Path) -> None:
    """Even where it finds something in its way, and could not be unpacked ahead."""
    dest = tmp_path / "dest"
    write_tree(dest, {"shared/a3/x.rkt": b"old", "shared/same2": b"old"})
    fifo = tmp_path / "a3.plt"
    os.mkfifo(fifo)
    with subprocess.Popen(["cp", archives[3], fifo]) as writer:
        code, out, err = run("-f", "-v", *archives[:2], fifo, dest=dest, jobs=2)
    assert (code, err, writer.returncode) == (0, "", 0)
    assert out.count("replaced") == 2
    assert (dest / "shared/a3/x.rkt").stat().st_size == 500_000


def test_no_process_survives_the_first_one(archives: list[Path], tmp_path: Path) -> None:
    """When it is killed, those that work for it end, too; the next run cleans up behind them."""
    dest = tmp_path / "dest"
    command = [*PROGRAM, "-v", "--jobs", "2", "-C", str(dest), *map(str, archives * 5)]
    with subprocess.Popen([*command, "-f"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        ended = select.poll()
        ended.register(process.stderr, 0)  # hung up when the last of them has closed it
        assert ended.poll(60_000), "somebody is still there"
    clean_up(dest)
    assert {path.name for path in dest.iterdir()} == {"shared"}


@pytest.mark.parametrize("lines", [1, 30])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_all_of_them_are_told_to_end(archives: list[Path], tmp_path: Path, number: signal.Signals, lines: int) -> None:
    """As a terminal and a service manager do it: what is in place stays, of the rest there is no trace."""
    dest = tmp_path / "dest"
    command = [*PROGRAM, "-f", "-v", "--jobs", "2", "-C", str(dest), *map(str, archives * 9)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        os.killpg(process.pid, number)
        _, err = process.communicate()
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert b"Traceback" not in err
    assert {path.name for path in dest.iterdir()} == {"shared"}
    assert all(path.stat().st_size == 500_000 for path in dest.glob("shared/a?/*"))
