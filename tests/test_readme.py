"""The README is true: each of its doors opens in an empty folder, its Python runs; and so is the tour."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
TOUR = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
PROGRAMS = ("raco-pack", "raco-unpack", "unpack", "raco-pkg", "pltpack")


def doors() -> dict[str, list[str]]:
    """The lines of commands behind each door, by its title."""
    parts = re.split(r"^### ", README.partition("\n## Five doors\n")[2].partition("\n## ")[0], flags=re.MULTILINE)
    return {part.splitlines()[0]: lines(part) for part in parts[1:]}


def lines(text: str) -> list[str]:
    return [line[4:] for line in text.splitlines() if line.startswith("    ")]


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "PLTADDONDIR": str(home / "addon"),
        "PLTPACK_CACHE": str(home / "cache"),
    }


def typed(line: str, folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """What a line does that somebody types."""
    return subprocess.run(
        ["sh", "-euc", line], cwd=folder, env=environment(home), capture_output=True, text=True, check=False
    )


def test_there_are_five_doors_of_a_few_lines() -> None:
    assert len(doors()) == 5
    assert all(0 < len(door) <= 6 for door in doors().values())


@pytest.mark.parametrize("title", doors())
def test_a_door(title: str, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    for line in doors()[title]:
        ran = typed(line, folder, tmp_path / "home")
        assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"


def test_the_tour(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    calls = lines(TOUR)
    assert sum(line.startswith(PROGRAMS) for line in calls) > 20
    for line in calls:
        ran = typed(line, folder, tmp_path / "home")
        assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"
    assert (tmp_path / "home" / "addon" / "8.7" / "collects" / "mylib" / "main.rkt").exists()


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mylib").mkdir()
    (tmp_path / "mylib" / "main.rkt").write_text("#lang racket/base\n")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "somewhere" / "mylib" / "main.rkt").read_text() == "#lang racket/base\n"


def test_pictures_and_pages_that_it_leads_to_are_there() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    assert len(links) > 12
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []
