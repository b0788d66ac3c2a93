"""What the programs say of themselves."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.cli.conftest import Run

PROGRAMS = ["pltpack", "raco-pack", "raco-unpack", "unpack", "raco-pkg"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_version_is_listed(run: Run, program: str) -> None:
    assert re.search(r"^  --version +Show the version", run(program, "--help").out, re.MULTILINE)
    assert run(program, "--version").code == 0


@pytest.mark.parametrize("program", ["pltpack", "raco-pkg"])
def test_no_summary_is_cut(run: Run, program: str) -> None:
    assert "..." not in run(program, "--help").out.partition("Commands:")[2]


@pytest.mark.parametrize("command", [["raco-unpack"], ["pltpack", "verify"], ["pltpack", "find"]], ids=str)
def test_limits_stand_at_the_end(run: Run, command: list[str]) -> None:
    text = run(*command, "--help").out
    before, _, limits = text.partition("\nExamples:\n")[0].partition("\nLimits:\n")
    assert "--max-" not in before
    assert len(re.findall(r"^  --max-", limits, re.MULTILINE)) == 9
    assert not re.search(r"^[^ ]", limits, re.MULTILINE)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("raco-pkg build site", "pltpack catalog build"),
        ("raco-pkg catalog build site", "pltpack catalog build"),
        ("pltpack install games", "raco-pkg install"),
        ("pltpack instal games", "raco-pkg install"),
        ("pltpack catalog install", "raco-pkg install"),
        ("raco-pkg verify x.zip", "pltpack verify"),
        ("pltpack verfy x.zip", "'verify'"),
        ("raco-pkg instlal games", "'install'"),
    ],
)
def test_what_was_meant_is_said_wherever_it_is(run: Run, typed: str, meant: str) -> None:
    ran = run(*typed.split())
    assert ran.code == 2
    assert f"Did you mean {meant}?" in ran.err


def test_nothing_is_meant_by_just_anything(run: Run) -> None:
    for typed in (["xyzzy"], ["catalog", "freeze"]):
        assert "Did you mean" not in run("pltpack", *typed).err


def test_every_command_stands_behind_one_door() -> None:
    main = importlib.import_module("pltpack_cli.main")
    behind = [name for names in main.DOORS.values() for name in names]
    assert sorted(behind) == sorted({name.split()[0] for name in main.COMMANDS})
