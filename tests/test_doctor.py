"""What ``pltpack doctor`` knows of."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pltpack.doctor import diagnose

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
FOR_DEVELOPERS = {"test", "dev", "docs", "bench", "fuzz", "dask"}


def test_every_extra_that_a_command_needs_is_looked_for() -> None:
    parts = diagnose().parts
    assert {part.extra for part in parts} == set(PROJECT["optional-dependencies"]) - FOR_DEVELOPERS
    for part in parts:
        wanted = [text for text in PROJECT["optional-dependencies"][part.extra] if text.startswith(part.name)]
        assert wanted, part
