"""The page on differences is made of the tests that hold them."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.catalog.test_scenarios import NAMED
from tests.scope.test_corpus import DEVIATIONS, ELSEWHERE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def differing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("differing", ROOT / "docs" / "differing.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_difference_is_on_the_page(differing: ModuleType) -> None:
    page = differing.page()
    assert all(text in page for text in NAMED.values())
    assert all(f"(`{name}`)" in page for name in (*DEVIATIONS, *ELSEWHERE))


def test_marked_tests_are_there_and_say_both_sides(differing: ModuleType) -> None:
    found = list(differing.marked())
    assert len(found) > 8
    for difference in found:
        path, _, name = difference.test.partition("::")
        assert re.search(rf"def {name}\(", (ROOT / path).read_text("utf-8"))
        assert difference.racket
        assert difference.here
