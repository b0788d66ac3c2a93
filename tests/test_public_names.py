"""``import pltpack`` offers what it says it offers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pltpack


@pytest.mark.parametrize("name", sorted(pltpack.__all__))
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(pltpack, name)
    assert name.isupper() or name == "__version__" or value.__doc__


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(pltpack.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (alias.name, node.module) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen == {(name, f"pltpack.{home}") for name, home in pltpack._HOMES.items()}


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = pltpack.nonesuch


def test_all_names_are_there_without_any_extra() -> None:
    extras = ["cryptography", "dulwich", "fsspec", "obstore", "prometheus_client", "starlette", "uvicorn"]
    hidden = f"import sys; sys.modules.update(dict.fromkeys({extras!r}))"
    subprocess.run([sys.executable, "-c", f"{hidden}; from pltpack import *"], check=True)
