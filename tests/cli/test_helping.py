"""What the programs say of themselves."""

from __future__ import annotations

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
    before, _, limits = text.partition("\nLimits:\n")
    assert "--max-" not in before
    assert len(re.findall(r"^  --max-", limits, re.MULTILINE)) == 9
    assert not re.search(r"^[^ ]", limits, re.MULTILINE)
