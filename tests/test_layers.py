"""Imports go down only. This is the one place that lists the layers."""

from __future__ import annotations

import ast
import graphlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pltpack"
COMMANDS = ROOT / "cli"

BELOW = {
    "dataclass": set(),
    "errors": set(),
    "arguments": set(),
    "given": {"errors"},
    "datum": {"errors"},
    "codec": {"errors", "arguments", "given", "datum"},
    "input": {"errors", "given"},
    "patterns": {"arguments"},
    "regular": {"errors"},
    "signals": set(),
    "transaction": {"errors", "signals"},
    "file_writer": {"codec"},
    "archive": {"errors", "given", "codec", "transaction", "file_writer"},
    "racket": {"errors", "arguments", "datum"},
    "packer": {
        "errors",
        "arguments",
        "datum",
        "codec",
        "input",
        "transaction",
        "patterns",
        "regular",
        "archive",
        "racket",
    },
    "unpacker": {"errors", "arguments", "datum", "codec", "input", "transaction", "archive", "racket"},
    "formats": {"errors", "given", "datum", "codec", "input", "regular", "transaction", "unpacker"},
    "pkg": {
        "regular",
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
    "scope": {
        "errors",
        "arguments",
        "datum",
        "input",
        "transaction",
        "racket",
        "packer",
        "formats",
        "pkg",
        "catalog",
        "fetch",
    },
    "lock": {
        "errors",
        "arguments",
        "datum",
        "input",
        "transaction",
        "racket",
        "packer",
        "formats",
        "pkg",
        "catalog",
        "fetch",
        "scope",
    },
    "supply": {"errors", "racket", "pkg", "fetch", "scope", "lock"},
    "planet": {
        "errors",
        "datum",
        "codec",
        "archive",
        "transaction",
        "racket",
        "packer",
        "formats",
        "pkg",
        "inspection",
        "visible",
    },
    "conversion": {
        "given",
        "regular",
        "errors",
        "datum",
        "codec",
        "input",
        "transaction",
        "racket",
        "suggestions",
        "formats",
        "pkg",
        "visible",
    },
    "editing": {
        "errors",
        "arguments",
        "datum",
        "codec",
        "input",
        "archive",
        "packer",
        "pkg",
        "conversion",
        "regular",
        "suggestions",
    },
    "suggestions": set(),
    "pltinfo": {"errors", "arguments", "suggestions", "codec", "unpacker"},
    "pltpass": {"errors", "given", "codec", "pltinfo"},
    "pltstream": {"pltpass"},
    "pltwriting": {"errors", "codec", "archive", "editing", "pltinfo", "pltstream"},
    "pltfile": {"errors", "given", "codec", "suggestions", "unpacker", "pltinfo", "pltpass", "pltstream", "pltwriting"},
    "shutil_formats": {"errors", "packer", "unpacker"},
    "fs": {"codec", "pltfile", "pltinfo"},
    "doctor": {"errors", "racket", "fetch", "transaction"},
    "visible": set(),
    "inspection": {
        "given",
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
    "fetch": {
        "errors",
        "arguments",
        "datum",
        "codec",
        "input",
        "signals",
        "transaction",
        "racket",
        "formats",
        "pkg",
        "visible",
    },
    "catalog": {
        "errors",
        "arguments",
        "datum",
        "codec",
        "input",
        "signals",
        "transaction",
        "racket",
        "formats",
        "pkg",
        "conversion",
        "fetch",
        "visible",
    },
    "many": {
        "errors",
        "arguments",
        "datum",
        "codec",
        "input",
        "racket",
        "formats",
        "pkg",
        "conversion",
        "inspection",
        "patterns",
        "regular",
    },
    "site": {
        "errors",
        "datum",
        "codec",
        "racket",
        "transaction",
        "formats",
        "pkg",
        "conversion",
        "inspection",
        "fetch",
        "catalog",
        "suggestions",
        "visible",
    },
    "distribution": {
        "errors",
        "datum",
        "codec",
        "input",
        "patterns",
        "racket",
        "transaction",
        "unpacker",
        "formats",
        "pkg",
        "inspection",
        "fetch",
        "catalog",
        "scope",
        "site",
        "suggestions",
        "visible",
    },
    "client": {"errors", "fetch", "pkg", "transaction", "visible"},
    "server": {
        "errors",
        "codec",
        "datum",
        "racket",
        "transaction",
        "formats",
        "pkg",
        "conversion",
        "inspection",
        "fetch",
        "catalog",
        "site",
        "distribution",
        "client",
        "visible",
    },
}
"""What the modules of each layer may import, besides their own layer, and ``dataclass``, which all may."""

LONGEST_MODULE = 350
FULLEST_FOLDER = 20

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
NAMES = {
    ".".join((top, *path.relative_to(folder).with_suffix("").parts)).removesuffix(".__init__"): path
    for top, folder in [("pltpack", PACKAGE), ("pltpack_cli", COMMANDS)]
    for path in folder.rglob("*.py")
}
"""Every module, the commands' too, by its full name."""


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(source: str, package: str = "") -> Iterator[tuple[str, str]]:
    """The module and the name of every import, wherever it stands: those for types and those in functions, too.

    ``package`` is the one that the source stands in, from which relative imports count.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from ((module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def imported_layers(path: Path) -> set[str]:
    modules = {module for module, _ in imported_names(path.read_text("utf-8"))}
    return {module.split(".")[1] for module in modules if module.startswith("pltpack.")}


def imported_modules(source: str, package: str = "") -> set[str]:
    """Which of our modules are imported; ``from pltpack import codec`` names the module of the second name."""
    return {
        name
        for module, part in imported_names(source, package)
        for name in [f"{module}.{part}" if f"{module}.{part}" in NAMES else module]
        if name in NAMES
    }


def ring(imports: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a ring, in turn; empty if there are none."""
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    assert imported_layers(path) <= BELOW[layer(path)] | {layer(path), "dataclass"}


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


def test_no_modules_import_each_other_in_a_ring() -> None:
    imports = {
        name: imported_modules(path.read_text("utf-8"), name if path.stem == "__init__" else name.rpartition(".")[0])
        for name, path in NAMES.items()
    }
    assert ring(imports) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pltpack.packer.pack",
        "from pltpack.packer import pack",
        "from pltpack.packer.pack import pack_plt",
        "if TYPE_CHECKING:\n    from pltpack.packer.pack import pack_plt",
        "def f():\n    from pltpack.packer.pack import pack_plt",
    ],
)
def test_a_ring_is_found_however_it_is_closed(source: str) -> None:
    closed = {"pltpack.packer.filters": imported_modules(source), "pltpack.packer.pack": {"pltpack.packer.filters"}}
    assert set(ring(closed)) == set(closed)


def test_the_library_knows_no_command() -> None:
    for path in PACKAGE.rglob("*.py"):
        modules = {module.partition(".")[0] for module, _ in imported_names(path.read_text("utf-8"))}
        assert modules.isdisjoint({"pltpack_cli", "cli", "typer", "rich"}), path


def test_transactions_know_no_archive() -> None:
    """What is written is a stream of bytes to them, wherever it comes from."""
    for path in (PACKAGE / "transaction").rglob("*.py"):
        known = {f"{module}.{name}" for module, name in imported_names(path.read_text("utf-8"))}
        assert not {name for name in known if name.startswith("pltpack.codec")}, path


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_module_can_be_read_in_one_go(name: str) -> None:
    assert len(NAMES[name].read_text("utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("folder", sorted({path.parent for path in NAMES.values()}), ids=lambda path: path.name)
def test_a_folder_can_be_seen_at_a_glance(folder: Path) -> None:
    assert len([path for path in folder.glob("*.py") if path.stem != "__init__"]) <= FULLEST_FOLDER
