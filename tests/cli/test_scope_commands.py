"""What is installed, looked at and mended from the command line: why, tree, check, restore."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.scope.scopes import make_package


@pytest.fixture
def installed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two packages for the user, of which one needs the other."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLTADDONDIR", str(tmp_path / "addon"))
    monkeypatch.setenv("PLTPACK_RACKET_VERSION", "8.7")
    monkeypatch.setenv("PATH", "")
    make_package(tmp_path / "a.zip", deps='"b"')
    make_package(tmp_path / "b.zip")
    assert run("raco-pkg", "install", "--batch", "--deps", "force", "b.zip", "a.zip").code == 0


def test_without_racket_the_way_to_say_its_version_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLTADDONDIR", str(tmp_path / "addon"))
    monkeypatch.delenv("PLTPACK_RACKET_VERSION", raising=False)
    monkeypatch.setenv("PATH", "")
    make_package(tmp_path / "a.zip")
    for command in (["install", "./a.zip"], ["remove", "a"], ["lock", "./a.zip"], ["show"], ["tree"]):
        ran = run("raco-pkg", *command)
        assert (ran.code, "--racket-version V" in ran.err) == (6, True), command
    ran = run("raco-pkg", "install", "-i", "./a.zip")
    assert (ran.code, "--racket DIR" in ran.err, "--racket-version" in ran.err) == (6, True, False)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "words",
    [["remove", "a b"], ["install", "--name", "a b", "./a.zip"], ["update", "--name", "x", "./a.zip", "./b.zip"]],
)
def test_names_that_nothing_can_have_are_wrong_calls(run: Run, words: list[str]) -> None:
    assert run("raco-pkg", *words).code == 2


@pytest.mark.usefixtures("installed")
def test_why_and_tree(run: Run) -> None:
    why = run("raco-pkg", "why", "b")
    assert (why.code, "a" in why.out) == (0, True)
    lines = run("raco-pkg", "tree").out.splitlines()
    assert any(line.strip().startswith("a") for line in lines)
    assert run("raco-pkg", "why", "b", "--json").out.startswith("{")
    assert json.loads(run("raco-pkg", "tree", "--json").out)["schema"] == "pltpack.package-tree"


@pytest.mark.usefixtures("installed")
def test_check_finds_and_mends(run: Run, tmp_path: Path) -> None:
    assert run("raco-pkg", "check").code == 0
    (lost,) = (path.parent / "lost" for path in tmp_path.glob("addon/**/pkgs.rktd"))
    lost.mkdir()
    found = run("raco-pkg", "check", "--json")
    assert (found.code, json.loads(found.out)["findings"][0]["code"]) == (1, "orphan")
    assert run("raco-pkg", "check", "--repair").code == 0
    assert not lost.exists()


@pytest.mark.usefixtures("installed")
def test_restore(run: Run) -> None:
    assert run("raco-pkg", "remove", "--batch", "a").code == 0
    assert run("raco-pkg", "restore", "--dry-run", "a").out.endswith("(but not really)\n")
    assert json.loads(run("raco-pkg", "restore", "a", "--json").out)["schema"] == "pltpack.restored"
    assert run("raco-pkg", "check").code == 0
    assert run("raco-pkg", "restore", "a").code == 5
