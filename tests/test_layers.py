"""Imports go down only. This is the one place that lists the layers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pltpack"

BELOW = {
    "errors": set(),
    "datum": {"errors"},
    "codec": {"errors", "datum"},
    "input": {"errors"},
    "patterns": set(),
    "signals": set(),
    "transaction": {"errors", "codec", "signals"},
    "archive": {"errors", "codec", "transaction"},
    "racket": {"errors", "datum"},
    "packer": {"errors", "datum", "codec", "transaction", "patterns", "archive", "racket"},
    "unpacker": {"errors", "datum", "codec", "transaction", "archive", "racket"},
    "formats": {"errors", "codec", "input", "transaction", "unpacker"},
    "pkg": {
        "errors",
        "datum",
        "codec",
        "input",
        "transaction",
        "archive",
        "racket",
        "packer",
        "suggestions",
        "unpacker",
        "formats",
    },
    "conversion": {"errors", "datum", "codec", "input", "transaction", "racket", "suggestions", "formats", "pkg"},
    "suggestions": set(),
    "pltfile": {"errors", "codec", "suggestions", "unpacker"},
    "shutil_formats": {"packer", "unpacker"},
    "fs": {"codec", "pltfile"},
    "visible": set(),
    "inspection": {
        "errors",
        "datum",
        "codec",
        "input",
        "racket",
        "transaction",
        "unpacker",
        "formats",
        "pkg",
        "conversion",
        "visible",
    },
}
"""What the modules of each layer may import, besides their own layer."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_layers(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in names if name.startswith("pltpack.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    assert imported_layers(path) <= BELOW[layer(path)] | {layer(path)}


def test_every_layer_is_there() -> None:
    assert {layer(path) for path in MODULES} == set(BELOW)


def test_every_layer_is_described() -> None:
    concepts = (PACKAGE.parent / "docs" / "concepts.md").read_text("utf-8")
    described = re.findall(r"^      (\w+)(?:/|\.py) ", concepts, re.MULTILINE)
    assert sorted(described) == sorted(BELOW)


@pytest.mark.parametrize("name", ["datum", "codec"])
def test_the_format_knows_no_file_system(name: str) -> None:
    known = {"os", "pathlib", "shutil", "tempfile", "glob"}
    # The number of cores; the search path and a place for what the program complains of.
    allowed = {"compression.py": {"os"}, "gzip_program.py": {"shutil", "tempfile"}}
    for path in (PACKAGE / name).glob("*.py"):
        imports = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert imports & known <= allowed.get(path.name, set()), path
