"""The manual pages say what the help says, and nothing in them is an instruction to roff by accident."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def man() -> ModuleType:
    spec = importlib.util.spec_from_file_location("man", ROOT / "docs" / "man.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_those_of_the_help(man: ModuleType) -> None:
    written = {path.name: path.read_text("utf-8") for path in (ROOT / "man").glob("*.1")}
    assert written == man.pages(), "the help has changed: make man"


def test_every_line_is_text_or_a_request_that_is_meant(man: ModuleType) -> None:
    meant = re.compile(r"\.(TH|SH|TP|PP|B|nf|fi)\b")
    for name, page in man.pages().items():
        for line in page.splitlines():
            assert not line.startswith((".", "'")) or meant.match(line), (name, line)
            assert not re.search(r"(?<!\\)-", line) or line.startswith(".TH"), (name, line)


@pytest.mark.parametrize(
    ("text", "roff"),
    [("a-b", "a\\-b"), (".info", "\\&.info"), ("'x", "\\&'x"), ("a\\n", "a\\en")],
)
def test_text_stays_text(man: ModuleType, text: str, roff: str) -> None:
    assert man._text(text) == roff
