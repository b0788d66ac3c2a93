"""Setting up: what is run, and what its failure becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.errors import InstallationError
from pltpack.racket.installation import Installation
from pltpack.unpacker.setup import run_setup


def fake(root: Path, status: int = 0) -> Path:
    """An installation whose ``racket`` writes down its arguments."""
    (root / "collects/racket").mkdir(parents=True)
    (root / "bin").mkdir()
    racket = root / "bin/racket"
    racket.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {root}/arguments\nexit {status}\n')
    racket.chmod(0o755)
    return root


def discover(root: Path, **options: object) -> Installation:
    environ = {"HOME": str(root), "PATH": "/usr/bin:/bin"}
    return Installation.discover(racket=root, environ=environ, version="8.7", **options)  # type: ignore[arg-type]


def test_command(tmp_path: Path) -> None:
    run_setup([("a",), ("b", "c")], discover(fake(tmp_path)))
    assert (tmp_path / "arguments").read_text().split() == ["-l-", "raco", "setup", "-l", "a", "b/c"]


def test_what_was_given_is_handed_on(tmp_path: Path) -> None:
    found = discover(fake(tmp_path), addon_dir=Path("/a"), config_dir=Path("/g"), search=[Path("/s")], user_paths=False)
    run_setup([("a",)], found)
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[:7] == ["-A", "/a", "-G", "/g", "-S", "/s", "-U"]


def test_nothing_to_do(tmp_path: Path) -> None:
    run_setup([], discover(fake(tmp_path)))
    assert not (tmp_path / "arguments").exists()


def test_failure(tmp_path: Path) -> None:
    with pytest.raises(InstallationError, match="exit status 3"):
        run_setup([("a",)], discover(fake(tmp_path, 3)))


def test_no_racket(tmp_path: Path) -> None:
    found = Installation.discover(environ={"HOME": str(tmp_path), "PATH": ""}, version="8.7")
    with pytest.raises(InstallationError, match="--racket DIR"):
        run_setup([("a",)], found)
