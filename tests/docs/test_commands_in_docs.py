"""Every command line in the documentation is one: the program, the command, its options and arguments are as written.

Pages that can be followed from the first line to the last are run by other tests; here nothing is run.
"""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").glob("*.md"))
SIMPLE = {"raco-pack": ("archives.pack", "pack"), "raco-unpack": ("archives.unpack", "unpack")}
SIMPLE["unpack"] = SIMPLE["raco-unpack"]
TABLES = {"pltpack": "main", "raco-pkg": "packages.main"}


def lines(page: Path) -> Iterator[tuple[int, str]]:
    """The lines of blocks of code, continued ones as one, with the number of the first."""
    fenced = shell = False
    begun, start = "", 0
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if fence := re.match(r"\s*```(\w*)", line):
            fenced, shell = not fenced, fence[1] in ("sh", "bash", "console")
            continue
        if shell if fenced else line.startswith("    "):
            text = line.strip().removeprefix("$ ")
            start = start or number
            if text.endswith("\\"):
                begun += text[:-1]
                continue
            yield start, begun + text
        begun, start = "", 0


def calls() -> Iterator[tuple[str, list[str]]]:
    for page in PAGES:
        for number, line in lines(page):
            lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
            lexer.whitespace_split = True
            try:
                tokens = list(lexer)
            except ValueError:
                continue  # no line of a shell
            for words in simple_commands(tokens):
                if words[0] in (*SIMPLE, *TABLES):
                    yield f"{page.name}:{number}", words


def simple_commands(tokens: list[str]) -> Iterator[list[str]]:
    """The commands of a line, without what their streams are joined to and without variables set for them."""
    words: list[str] = []
    skip = False
    for token in [*tokens, ";"]:
        if skip:
            skip = False
        elif set(token) <= set("();|&"):
            while words and re.fullmatch(r"\w+=.*", words[0]):
                words.pop(0)
            if words:
                yield words
            words = []
        elif set(token) <= set("<>&"):
            if words and words[-1].isdigit():
                words.pop()
            skip = True
        else:
            words.append(token)


ALL = list(calls())


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """What typer makes of the command that is called, and the words behind its name."""

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    if words[0] in SIMPLE:
        module, function = SIMPLE[words[0]]
        rest = words[1:]
    else:
        table = importlib.import_module(f"pltpack_cli.{TABLES[words[0]]}").COMMANDS
        name = next((name for name in (" ".join(words[1:3]), words[1]) if name in table), None)
        assert name is not None, f"no such command: {' '.join(words[:3])}"
        module, function = table[name]
        rest = words[1 + len(name.split()) :]
    app.command()(getattr(importlib.import_module(f"pltpack_cli.{module}"), function))

    return typer.main.get_command(app), rest


def test_there_are_commands_on_most_pages() -> None:
    assert len(ALL) > 100
    assert len({where.partition(":")[0] for where, _ in ALL}) >= 8


@pytest.mark.parametrize(("where", "words"), ALL, ids=[f"{where} {' '.join(words)}"[:80] for where, words in ALL])
def test_a_command_is_one(where: str, words: list[str]) -> None:
    assert where
    if words[1:] in ([], ["--help"], ["--version"], ["-h"], ["--install-completion"]):
        return
    command, rest = command_of(words)
    if {"--help", "-h"} & {*rest} or "..." in rest:
        return
    command.make_context(words[0], rest)
