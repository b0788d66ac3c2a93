"""The content modes against recorded results of Racket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import PltError
from pltpack.pkg.strip import strip_package
from pltpack.pkg.strip_rules import MODES, Mode
from tests.pkg.trees import STRIP_CASES, build, snapshot

COMPILED_INFO = ("compiled/info_rkt.zo", "compiled/info_rkt.dep")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", STRIP_CASES, ids=lambda case: case["label"])
def test_recorded_cases(case: dict[str, Any], mode: Mode, tmp_path: Path) -> None:
    source, dest = tmp_path / "pkg", tmp_path / "out"
    build(source, case["tree"])
    expected = case["results"][mode]
    if expected.get("error") and not has_alien_bytecode(case["tree"]):
        with pytest.raises(PltError):
            strip_package(source, dest, mode, version="8.7", recompile=False)
        assert not dest.exists()
        return
    result = strip_package(source, dest, mode, version="8.7", recompile=False)
    if expected.get("error"):
        return
    got = snapshot(dest)
    assert without_compiled(set(got), mode) == without_compiled(set(expected["paths"]), mode)
    for path, data in got.items():
        if data is not None:
            text = expected["changed"].get(path, case["tree"].get(path))
            assert data == ((source / path).read_bytes() if text == "<zo>" else text.encode()), path
    compiled = [path for path in expected["paths"] if path.endswith("compiled/info_rkt.zo")]
    if mode != "built":
        assert bool(compiled) == any("info.rkt files are not compiled" in warning for warning in result.warnings)


def has_alien_bytecode(tree: dict[str, Any]) -> bool:
    """Whether an ``info_rkt.zo`` stands beside an ``info.rkt``, but is compiled from something else.

    Racket runs it and fails; here compiled code is never looked into for the fields of an ``info.rkt``.
    """
    return any(f"{path[:-8]}compiled/info_rkt.zo" in tree for path in tree if path.endswith("info.rkt"))


def without_compiled(paths: set[str], mode: Mode) -> set[str]:
    """The paths without the bytecode of rewritten info files, which only Racket makes, and directories for it alone."""
    made = COMPILED_INFO if mode != "built" else tuple(f"/{name}" for name in COMPILED_INFO)
    rest = {path for path in paths if not f"/{path}".endswith(made) or (mode == "built" and path.count("/") > 1)}
    return {
        path
        for path in rest
        if not path.endswith("compiled/") or any(other.startswith(path) and other != path for other in rest)
    }
