"""The README is true: its Python runs, its commands are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")

__all__ = ["run"]


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    (tmp_path / "mylib").mkdir()
    (tmp_path / "mylib" / "main.rkt").write_text("#lang racket/base\n")
    (tmp_path / "mylib" / "info.rkt").write_text('#lang info\n(define name "My library")\n')
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.txt").write_text("guide")
    return tmp_path


def test_the_python_of_the_readme_runs(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kit)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert (kit / "somewhere" / "mylib" / "main.rkt").read_text() == "#lang racket/base\n"


PROGRAMS = ("raco-pack", "raco-unpack", "unpack", "raco-pkg", "pltpack")


def commands() -> list[list[str]]:
    lines = [shlex.split(line.strip(), comments=True) for line in README.splitlines() if line.startswith("    ")]
    return [words for words in lines if words and words[0] in PROGRAMS]


def test_the_tour_of_the_readme_works(run: Run, kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLTADDONDIR", str(kit / "addon"))
    assert len(commands()) >= 12
    for words in commands():
        if words[:2] == ["raco-unpack", "out.plt"]:
            for path in (kit / "mylib", kit / "docs"):
                path.rename(path.with_suffix(".old"))  # a place that the archive does not collide with
        assert run(*words).code == 0, words
    assert (kit / "addon" / "8.7" / "collects" / "mylib" / "main.rkt").exists()
