"""What earlier versions left on a disk is read, and gone on with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, run

__all__ = ["run"]

LEFT = sorted(path for path in (Path(__file__).parents[1] / "fixtures" / "upgrade").iterdir() if path.is_dir())


@pytest.fixture(params=LEFT, ids=lambda path: path.name)
def left(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what a version left, with what belongs to the user where that looks for it."""
    folder = tmp_path / "left"
    shutil.copytree(request.param, folder)
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("PLTPACK_CACHE", str(folder / "cache"))
    monkeypatch.setenv("PLTADDONDIR", str(folder / "addon"))
    monkeypatch.setenv("PLTPACK_RACKET_VERSION", "8.7")
    return folder


@pytest.fixture
def call(run: Callable[..., Ran], left: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Ran]:
    """Calls a program in the folder, and expects that it does well."""
    monkeypatch.chdir(left)

    def call(line: str) -> Ran:
        ran = run(*line.split())
        assert ran.code == 0, ran.err + ran.out
        return ran

    return call


def test_the_cache_is_whole(call: Callable[[str], Ran]) -> None:
    assert "left.zip" in call("pltpack cache show").out
    call("pltpack cache verify")


def test_a_lock_is_installed_from_the_cache_without_a_network(call: Callable[[str], Ran], left: Path) -> None:
    call("raco-pkg sync --offline --root image --racket-version 8.7")
    (found,) = (left / "image").rglob("left/main.rkt")
    assert found.read_bytes() == b"#lang racket/base\n"


def test_packages_are_known_and_can_be_removed(call: Callable[[str], Ran]) -> None:
    assert {"left", "right*"} <= set(call("raco-pkg show -u -a").out.split())
    call("raco-pkg check")
    call("raco-pkg remove --auto left")
    assert "right" not in call("raco-pkg show -u -a").out


def test_a_site_is_built_on_and_its_snapshot_restored(call: Callable[[str], Ran], left: Path) -> None:
    call("pltpack catalog check site")
    call("raco-pkg new more")
    call("pltpack catalog add site more")
    call("pltpack catalog restore site 2026-01-01")
    assert {"left", "right"} <= {path.name for path in (left / "site/catalog/pkg").iterdir()}
