"""Installations made for a test, with all directories in one place."""

from __future__ import annotations

from pathlib import Path

from pltpack.racket.installation import Installation

USER = "add/8.7"


def installation(root: Path, config_dir: Path | None = None) -> Installation:
    """Version 8.7 with its directories in ``main`` and the user's in ``add/8.7``; only ``main/collects`` exists."""
    (root / "main/collects").mkdir(parents=True, exist_ok=True)
    return Installation.discover(
        version="8.7",
        collects_dir=root / "main/collects",
        addon_dir=root / "add",
        config_dir=config_dir,
        environ={"HOME": str(root), "PATH": ""},
        platform="linux",
    )


def collection(root: Path, name: str, info: str | None = None) -> Path:
    """A collection of the user, with the text of its ``info.rkt`` behind ``#lang info``."""
    directory = root / USER / "collects" / name
    directory.mkdir(parents=True)
    if info is not None:
        (directory / "info.rkt").write_text(f"#lang info\n{info}\n")
    return directory
