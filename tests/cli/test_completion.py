"""Completion in the shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from tests.cli.conftest import Run


@pytest.fixture
def complete(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """What bash is offered behind the words of a command line."""
    with create_archive(tmp_path / "kit.plt", Header("kit")) as archive:
        for name in ("collects/kit/main.rkt", "collects/kit/more.rkt", "collects/zoo/x.rkt"):
            archive.add_file(tuple(name.split("/")), b"1", 1)

    def ask(line: str) -> list[str]:
        monkeypatch.setenv("_PLTPACK_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        return run("pltpack").out.split()

    return ask


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pltpack ver", ["verify"]),
        ("pltpack con", ["convert"]),
        ("pltpack list --tr", ["--tree"]),
        ("pltpack cat kit.plt c", ["collects/"]),
        ("pltpack cat kit.plt collects/", ["collects/kit/", "collects/zoo/"]),
        ("pltpack cat kit.plt collects/kit/mo", ["collects/kit/more.rkt"]),
        ("pltpack cat none.plt c", []),
        ("pltpack cat - c", []),
    ],
)
def test_completion(complete: Callable[[str], list[str]], line: str, expected: list[str]) -> None:
    assert complete(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("raco-pack --plt", ["--plt-name"]),
        ("raco-unpack --at", ["--at-plt"]),
        ("unpack --strip", ["--strip-components"]),
        ("raco-pkg crea", ["create"]),
        ("raco-pkg create --binary-", ["--binary-lib"]),
        ("pltpack convert --format t", ["tar", "tgz"]),
        ("pltpack verify --fail-on un", ["unsafe"]),
        ("pltpack duplicates --by f", ["files"]),
        ("pltpack schema pltpack.sh", ["pltpack.show", "pltpack.show-row", "pltpack.show-table"]),
    ],
)
def test_every_program_and_values(run: Run, monkeypatch: pytest.MonkeyPatch, line: str, expected: list[str]) -> None:
    program = line.partition(" ")[0]
    monkeypatch.setenv(f"_{program.replace('-', '_').upper()}_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    assert sorted(run(program).out.split()) == expected
