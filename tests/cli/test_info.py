"""``pltpack info``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.racket.info import info
from pltpack.errors import InfoError

app = typer.Typer()
app.command()(info)

TEXT = """#lang info
(define collection 'multi)
(define deps `("base" (,(string-append "a" "-lib") #:version "1.0")))
(define where (collection-path "mine"))
(define parts (list (build-path "a" "b") car))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an info file, and no Racket anywhere."""
    for name in ("PLTADDONDIR", "PLTCONFIGDIR", "PLTCOLLECTS", "PLTUSERHOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "info.rkt").write_text(TEXT)
    (tmp_path / "cols" / "mine").mkdir(parents=True)
    return tmp_path


def test_lines(folder: Path) -> None:
    result = CliRunner().invoke(app, [str(folder)])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "collection: multi",
        'deps: ("base" ("a-lib" #:version "1.0"))',
        'parts: [{"$path": "a/b"}, {"$proc": "car"}]',
    ]
    assert "info.rkt:4:14: collection-path: the directory of the collection mine is not known here" in result.stderr


def test_json(folder: Path) -> None:
    collects = str(folder / "cols")
    result = CliRunner().invoke(app, [str(folder / "info.rkt"), "--json", "--collects", collects])
    document = json.loads(result.stdout)
    assert document == {
        "schema": "pltpack.info",
        "version": 1,
        "file": str(folder / "info.rkt"),
        "fields": {
            "collection": {"$sym": "multi"},
            "deps": ["base", ["a-lib", {"$kw": "version"}, "1.0"]],
            "where": {"$path": f"{collects}/mine"},
            "parts": [{"$path": "a/b"}, {"$proc": "car"}],
        },
        "unknown": {},
    }


def test_one_field(folder: Path) -> None:
    result = CliRunner().invoke(app, [str(folder), "--field", "collection"])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "collection: multi\n", "")
    result = CliRunner().invoke(app, [str(folder), "--field", "version"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no field version" in result.stderr


def test_a_field_that_is_not_known_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (folder / "info.rkt").write_text('#lang info\n(define a 1)\n(define b (collection-path "nowhere"))\n')
    result = CliRunner().invoke(app, [str(folder)])
    assert (result.exit_code, result.stdout) == (0, "a: 1\n")
    assert f"{folder}/info.rkt:3:10: collection-path" in result.stderr
    assert "[field b]" in result.stderr
    assert CliRunner().invoke(app, [str(folder), "--field", "a"]).exit_code == 0
    result = CliRunner().invoke(app, [str(folder), "--field", "b", "--json"])
    assert (result.exit_code, list(json.loads(result.stdout)["unknown"])) == (1, ["b"])


def test_no_file(folder: Path) -> None:
    assert isinstance(CliRunner().invoke(app, [str(folder / "cols")]).exception, FileNotFoundError)


def test_a_broken_file(folder: Path) -> None:
    (folder / "info.rkt").write_text("#lang info\n(define")
    assert isinstance(CliRunner().invoke(app, [str(folder)]).exception, InfoError)
