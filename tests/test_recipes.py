"""The recipes work as they stand, and print what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest

RECIPES = Path(__file__).parents[1] / "docs" / "recipes.md"


class Block(NamedTuple):
    """A piece of code, and what it must print (``None``: anything)."""

    line: int
    language: str
    code: str
    output: str | None


def blocks() -> list[Block]:
    text = RECIPES.read_text("utf-8")
    found = []
    for match in re.finditer(r"```(\w+)\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", text, re.DOTALL):
        language, code, output = match.groups()
        if language != "text":
            found.append(Block(text.count("\n", 0, match.start()) + 2, language, code, output))
    return found


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the page speaks of, empty at first: what one recipe makes, the next ones find."""
    return tmp_path_factory.mktemp("kitchen")


def test_there_are_recipes_in_both_languages() -> None:
    assert {block.language for block in blocks()} == {"sh", "python"}
    assert len(blocks()) > 15


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"line {block.line}, {block.language}")
def test_a_recipe(block: Block, kitchen: Path) -> None:
    if block.language == "python":
        command = [sys.executable, "-W", "error", "-c", block.code]
    else:
        command = ["sh", "-euc", block.code]
    programs = sysconfig.get_path("scripts")
    run = subprocess.run(
        command,
        cwd=kitchen,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
    )
    assert run.returncode == 0, run.stderr
    if block.output is not None:
        assert run.stdout == block.output
