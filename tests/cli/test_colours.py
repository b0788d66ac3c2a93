"""Colours on a terminal: what is worse is redder; none where nobody sees them or ``NO_COLOR`` forbids them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pltpack.conversion.convert import convert
from tests.cli.test_progress import on_terminal

START = "import sys; from pltpack_cli.programs import pltpack; sys.argv[0] = 'pltpack'; pltpack()"
GREEN, RED, YELLOW, CYAN = (f"\x1b[{number}m" for number in (32, 31, 33, 36))
END = "\x1b[0m"


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder with two archives, of which one has what the other has not, and the reverse."""
    for name, files in (("a", {"kept": "one\n", "old": "x"}), ("b", {"kept": "two\n", "new": "x"})):
        (tmp_path / name).mkdir()
        for path, text in files.items():
            (tmp_path / name / path).write_text(text)
        convert(tmp_path / name, tmp_path / f"{name}.plt")
    (tmp_path / "bad.plt").write_bytes((tmp_path / "a.plt").read_bytes()[:-40])
    return tmp_path


def shown(folder: Path, *arguments: str, code: int, **environment: str) -> str:
    command = [sys.executable, "-c", START, *arguments]
    return on_terminal(command, folder, code=code, **{"TERM": "xterm", "NO_COLOR": "", **environment})


def test_differences(two: Path) -> None:
    lines = shown(two, "diff", "a.plt", "b.plt", "--content", code=1).splitlines()
    assert f"{RED}- collects/old (1 byte){END}" in lines
    assert f"{GREEN}+ collects/new (1 byte){END}" in lines
    assert f"{YELLOW}~ collects/kept: content (4 -> 4 bytes){END}" in lines
    assert f"{CYAN}@@ -1 +1 @@{END}" in lines
    assert f"{RED}-one{END}" in lines
    assert f"{GREEN}+two{END}" in lines


def test_findings(two: Path) -> None:
    assert shown(two, "verify", "a.plt", code=0).startswith(f"{GREEN}a.plt: OK (")
    lines = shown(two, "verify", "bad.plt", code=3).splitlines()
    assert lines
    assert all(line.endswith(END) for line in lines)
    assert lines[0].startswith(f"{RED}bad.plt: damage: ")


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_no_colours_where_they_are_not_wanted(two: Path, environment: dict[str, str]) -> None:
    assert "\x1b" not in shown(two, "diff", "a.plt", "b.plt", code=1, **environment)
    assert "\x1b" not in shown(two, "verify", "bad.plt", code=3, **environment)


def test_no_colours_in_a_pipe(two: Path) -> None:
    command = [sys.executable, "-c", START, "diff", "a.plt", "b.plt"]
    run = subprocess.run(command, cwd=two, capture_output=True, check=False)
    assert run.returncode == 1
    assert b"\x1b" not in run.stdout
