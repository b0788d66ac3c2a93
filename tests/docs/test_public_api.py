"""The public API does not change unnoticed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_public_names_are_as_they_are_written_down() -> None:
    spec = importlib.util.spec_from_file_location("api", ROOT / "docs" / "api.py")
    assert spec is not None
    assert spec.loader is not None
    api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(api)
    written = (ROOT / "docs" / "public-api.txt").read_text("utf-8")
    assert written == api.listing(), "the public API has changed: make api, and say in CHANGELOG.md what for"
    assert all(f"\npltpack.{name}" in f"\n{written}" for name in ("convert(", "extract(", "Header: class"))
