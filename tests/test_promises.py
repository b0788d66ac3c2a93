"""The page about security names the test of each promise; the tests are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def named_tests() -> list[tuple[str, str]]:
    """Every test that the page names: the file, or the one named before it, and the function."""
    found = []
    path = ""
    for file, name in re.findall(r"`(tests/[\w/.]+)?::(\w+)`", (ROOT / "docs/security.md").read_text("utf-8")):
        path = file or path
        found.append((path, name))
    return found


def test_promises_have_tests() -> None:
    assert len(named_tests()) > 60


@pytest.mark.parametrize(("path", "name"), named_tests())
def test_the_test_of_a_promise_is_there(path: str, name: str) -> None:
    assert re.search(rf"^( {{4}})?def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE)
