"""``pltpack source``."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from cli.console import reporting
from cli.packages.source import source
from tests.pkg.test_source import CASES

app = typer.Typer()
app.command()(reporting(source))


def test_all_recorded_sources() -> None:
    for case in CASES:
        arguments = ["--json", *(["--type", case["given_type"]] if case["given_type"] else []), "--", case["source"]]
        result = CliRunner().invoke(app, arguments)
        document = json.loads(result.stdout)
        assert (document["name"] or False, document["type"] or False) == (case["name"], case["type"])
        assert result.exit_code == (1 if case["complaint"] else 0)


def test_lines() -> None:
    result = CliRunner().invoke(app, ["git://h:99/u/r.git?path=a/b#v1"])
    assert result.stdout.splitlines() == [
        "type: git", "name: b", "repository: git://h:99/u/r.git", "branch: v1", "path: a/b",
    ]  # fmt: skip
    result = CliRunner().invoke(app, ["dir/games.tar.gz"])
    assert result.stdout.splitlines() == [
        "type: file", "name: games", "path: dir/games.tar.gz", "checksum at: dir/games.tar.gz.CHECKSUM",
    ]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code"), [(["ftp://h/a"], 1), (["--type", "tarball", "a"], 2), ([], 2)])
def test_errors(arguments: list[str], code: int) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code
    assert result.stderr
