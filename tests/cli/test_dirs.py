"""``pltpack dirs``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.racket.dirs import dirs
from pltpack.errors import ConfigError, InstallationError

app = typer.Typer()
app.command()(dirs)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without any Racket."""
    for name in ("PLTADDONDIR", "PLTCONFIGDIR", "PLTCOLLECTS", "PLTUSERHOME", "PLTCOMPILEDROOTS", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_lines(home: Path) -> None:
    result = CliRunner().invoke(app, ["--racket-version", "8.7", "--collects", "/mine"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    row = next(line for line in lines if line.startswith("user-lib-dir"))
    assert row.split() == ["user-lib-dir", f"{home}/.local/share/racket/8.7/lib", "(environment", "variable:", "HOME)"]
    at = next(number for number, line in enumerate(lines) if line.startswith("collection-paths"))
    assert lines[at].split() == ["collection-paths", "/mine"]
    assert lines[at + 1].split()[0] == f"{home}/.local/share/racket/8.7/collects"


def test_json(home: Path) -> None:
    result = CliRunner().invoke(app, ["--racket-version", "8.7", "--json"])
    document = json.loads(result.stdout)
    assert document["executable"] is None
    assert document["directories"]["user-pkgs-dir"] == {
        "racket": "find-user-pkgs-dir",
        "value": f"{home}/.local/share/racket/8.7/pkgs",
        "origin": {"source": "environment variable", "detail": "HOME", "file": None},
    }
    assert document["directories"]["interactive-file"]["value"] == "racket/interactive"
    assert document["directories"]["collection-links"]["value"][0] is None
    assert document["directories"]["default-scope"]["value"] == "user"


def test_an_installation(home: Path) -> None:
    for name in ("inst/collects/racket", "inst/bin", "inst/etc"):
        (home / name).mkdir(parents=True)
    (home / "inst/bin/racket").write_text("#!/bin/sh\n")
    (home / "inst/etc/config.rktd").write_text('#hash((build-stamp . "") (installation-name . "dev"))')
    result = CliRunner().invoke(app, ["--racket", f"{home}/inst/../inst"])
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in result.stdout.splitlines() if line[0] != " "}
    assert rows["executable"] == f"{home}/inst/bin/racket"
    assert rows["collects-dir"] == f"{home}/inst/collects  (found in {home}/inst)"
    assert rows["build-stamp"] == f'""  (build-stamp in {home}/inst/etc/config.rktd)'
    assert rows["user-lib-dir"].startswith(f"{home}/.local/share/racket/dev/lib ")


@pytest.mark.usefixtures("home")
def test_no_version() -> None:
    result = CliRunner().invoke(app, [])
    assert isinstance(result.exception, InstallationError)
    assert "--racket-version" in str(result.exception)


def test_a_wrong_value_stands_in_its_row(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.rktd").write_text("#hash((man-dir . 5))")
    monkeypatch.setenv("PLTCONFIGDIR", str(home))
    result = CliRunner().invoke(app, ["--racket-version", "8.7", "--json"])
    assert isinstance(result.exception, ConfigError)
    document = json.loads(result.stdout)
    assert "config.rktd" in document["directories"]["man-dir"]["error"]
    assert "value" in document["directories"]["doc-dir"]
