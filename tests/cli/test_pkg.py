"""``raco-pkg create``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.formats.trees import build

TREE = {"info.rkt": '#lang info\n(define version "1.2")\n', "main.rkt": "#lang racket/base\n", "sub": None, "a~": ""}

INFO, MAIN = 34, 18
"""Bytes of the two files."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    build(tmp_path / "in" / "games", TREE)
    return tmp_path / "in" / "games"


@pytest.mark.usefixtures("package")
def test_create(run: Run, tmp_path: Path) -> None:
    ran = run("raco-pkg", "create", "in/games")
    data = (tmp_path / "in" / "games.zip").read_bytes()
    sha1 = hashlib.sha1(data).hexdigest()
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "packing in/games into in/games.zip",
        "writing package checksum to in/games.zip.CHECKSUM",
        f"3 files, 1 directory, {INFO + MAIN} bytes; {len(data)} bytes packed, SHA-1 {sha1}",
    ]
    assert ran.err == "raco-pkg: warning: a~: is a backup or an editor's own file\n"
    assert (tmp_path / "in" / "games.zip.CHECKSUM").read_text() == sha1


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (["--format", "tgz", "--source", "--dest", "out"], ["out/games.tgz", "out/games.tgz.CHECKSUM"]),
        (["--manifest"], ["in/games/MANIFEST"]),
        (["--as-is", "--from-dir", "--name", "cards"], ["in/cards.zip", "in/cards.zip.CHECKSUM"]),
        (["--built", "--racket-version", "8.7", "--no-recompile"], ["games.zip", "games.zip.CHECKSUM"]),
        (["--binary", "--racket-version", "8.7", "--no-recompile"], ["games.zip", "games.zip.CHECKSUM"]),
        (["--binary-lib", "--racket-version", "8.7", "--no-recompile"], ["games.zip", "games.zip.CHECKSUM"]),
    ],
)
def test_options(run: Run, package: Path, tmp_path: Path, arguments: list[str], made: list[str]) -> None:
    (tmp_path / "out").mkdir()
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert run("raco-pkg", "create", "-q", *arguments, package).code == 0
    after = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path).as_posix() for path in after - before} == set(made)


def test_dry_run(run: Run, package: Path, tmp_path: Path) -> None:
    ran = run("raco-pkg", "create", "--dry-run", "--source", package)
    assert ran.out.splitlines()[:5] == [
        f"{INFO:>10}  info.rkt",
        f"{MAIN:>10}  main.rkt",
        "            sub/",
        "  left out  a~: it is a backup file",
        f"would pack {package} into games.zip",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_json(run: Run, package: Path) -> None:
    document = json.loads(run("raco-pkg", "create", "--json", "--dry-run", package).out)
    files = document.pop("files")
    assert [file["path"] for file in files] == ["a~", "info.rkt", "main.rkt", "sub"]
    assert files[1] == {"path": "info.rkt", "kind": "file", "mode": "0644", "size": INFO}
    assert {key: document[key] for key in ("schema", "version", "name", "packageVersion", "format", "mode")} == {
        "schema": "pltpack.create", "version": 1, "name": "games", "packageVersion": "1.2", "format": "zip",
        "mode": "as-is",
    }  # fmt: skip
    assert document["warnings"] == ["a~: is a backup or an editor's own file"]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--source", "--built", "games"], 2),
        (["--from-dir", "--from-install", "games"], 2),
        (["--format", "zip", "--manifest", "games"], 2),
        (["--format", "rar", "games"], 2),
        (["--scope", "user", "games"], 2),
        (["--from-install", "--scope", "all", "games"], 2),
        ([], 2),
        (["one", "two"], 2),
        (["missing"], 6),
        (["--dest", "missing", "in/games"], 6),
        (["--format", "plt", "in/games"], 3),
        (["--from-install", "no-such-package", "--racket-version", "8.7"], 3),
    ],
)
def test_errors(run: Run, arguments: list[str], code: int) -> None:
    ran = run("raco-pkg", "create", *arguments)
    assert ran.code == code
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_problems_are_told(run: Run, package: Path) -> None:
    (package / "info.rkt").write_text('#lang info\n(define deps "base")\n')
    ran = run("raco-pkg", "create", package)
    assert ran.code == 0
    assert "warning: raco pkg install will object: deps is not a list" in ran.err


def test_names_are_escaped_on_a_terminal_only(run: Run, package: Path) -> None:
    (package / "a\x1b[31m").write_text("")
    assert "a\x1b[31m" in run("raco-pkg", "create", "-v", package).out
