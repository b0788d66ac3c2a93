"""Tables of packages on a terminal: drawn for people, and not in a pipe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.options import installed
from tests.cli.test_progress import on_terminal

START = "import sys; from pltpack_cli.programs import raco_pkg; sys.argv[0] = 'raco-pkg'; raco_pkg()"
RULE = "─"
STYLE = re.compile(r"\x1b\[[01]m")
"""Bold, and no more of it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    installed.prepare(tmp_path)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder / "home"), "PATH": "", **installed.VERSION}


def drawn(folder: Path, *arguments: str, code: int = 0, columns: int = 100) -> list[list[str]]:
    """The words of each line that the terminal is sent."""
    command = [sys.executable, "-c", START, *arguments]
    more = {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(columns), **environment(folder)}
    return [line.split() for line in STYLE.sub("", on_terminal(command, folder, code=code, **more)).splitlines()]


def test_installed_packages(folder: Path) -> None:
    lines = drawn(folder, "show", "-a", "-u")
    assert ["Package", "Checksum", "Source"] in lines
    assert ["a", "1" * 12, "catalog", "a"] in lines
    assert ["b*", "1" * 12, "catalog", "b"] in lines
    assert ["a", "1" * 40, "catalog", "a"] in drawn(folder, "show", "-u", "--full-checksum")
    assert ["[1", "auto-installed", "package", "not", "shown]"] in drawn(folder, "show", "-u")


def test_what_has_no_room_ends_in_dots(folder: Path) -> None:
    lines = drawn(folder, "show", "-u", "--dir", columns=40)
    assert all(len(" ".join(line)) <= 40 for line in lines)
    assert any("…" in " ".join(line) for line in lines)


@pytest.mark.parametrize("flags", [["--as-racket"], ["--long"]], ids=str)
def test_the_table_of_racket_can_be_had(folder: Path, flags: list[str]) -> None:
    lines = drawn(folder, "show", "-u", *flags)
    assert not any(RULE in word for line in lines for word in line)


def test_outdated_ones(folder: Path) -> None:
    lines = drawn(folder, "outdated", "--catalog", "cat")
    assert ["Package", "Installed", "Available"] in lines
    assert any(line[:2] == ["a", "1" * 12] for line in lines)


def test_findings(folder: Path) -> None:
    installed.in_the_way(folder)
    lines = drawn(folder, "check", code=1)
    assert ["Package", "Mended", "Problem"] in lines
    assert any("no" in line[:2] for line in lines)


def test_names_that_would_do_something_to_the_terminal_are_harmless(folder: Path) -> None:
    table = folder / installed.TABLE
    table.write_text(table.read_text().replace('(catalog "a")', '(catalog "\x1b[31mred")'))
    lines = drawn(folder, "show", "-u")
    assert not any("\x1b[31m" in word for line in lines for word in line)


def test_in_a_pipe_it_is_the_table_of_racket(folder: Path) -> None:
    command = [sys.executable, "-c", START, "show", "-u"]
    ran = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment(folder)}, capture_output=True, check=True
    )
    assert ran.stdout.decode().splitlines()[1] == f"a        {'1' * 40}  catalog a"
