"""The pages on the API: all that is public, and nothing else."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import pltpack

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    module = load("pages")
    found: dict[str, str] = module.api_pages()
    return found


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def shown(pages: dict[str, str]) -> list[str]:
    return [path for text in pages.values() for path in re.findall(r"^::: (\S+)$", text, re.MULTILINE)]


def test_what_is_offered_is_shown_once(pages: dict[str, str]) -> None:
    paths = shown(pages)
    assert len(paths) == len(set(paths))
    assert {f"pltpack.{home}.{name}" for name, home in pltpack._HOMES.items()} <= set(paths)


@pytest.mark.parametrize("inner", ["any_spelling", "Base64Encoder", "ZipReader", "StagingArea", "matcher", "TypeVar"])
def test_inner_parts_are_not_shown(pages: dict[str, str], inner: str) -> None:
    assert not [path for path in shown(pages) if inner in path]


def test_no_module_is_shown_whole(pages: dict[str, str]) -> None:
    for path in shown(pages):
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    "mentioned",
    [
        "pltpack.unpacker.unpack.Extraction",  # what extract returns
        "pltpack.inspection.findings.Finding",  # an element of what verify returns
        "pltpack.pkg.package.PackageFormat",  # what a parameter may be
        "pltpack.errors.LimitError",  # what may be raised
    ],
)
def test_what_public_names_mention_is_shown(pages: dict[str, str], mentioned: str) -> None:
    assert mentioned in shown(pages)
