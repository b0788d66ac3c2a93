"""Data for other builders, as the builders read it."""

from __future__ import annotations

import ast
import csv
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from pltpack.datum.reader import read_data
from pltpack.datum.values import Symbol
from pltpack.lock.values import Lock, Target
from pltpack.supply.export import EXPORT_FORMATS, export_lock
from tests.lock.strategies import locks
from tests.supply.locks import CARDS, COMMIT, GAMES, LOCK, TWICE

NIX = shutil.which("nix-instantiate")
GUILE = shutil.which("guile")
CI = bool(os.environ.get("CI"))

EXPECTED = {
    "name": "games",
    "version": "1.10",
    "type": "archive",
    "url": GAMES.source,
    "sha256": GAMES.sha256,
    "content": GAMES.content,
    "license": GAMES.license,
    "dependencies": ["cards", "local"],
    "build_dependencies": ["tests"],
    "provided": ["base"],
}
REPOSITORY: dict[str, Any] = {
    "name": "cards",
    "version": "0.0",
    "type": "git",
    "url": "https://github.com/ada/Cards.git",
    "revision": COMMIT,
    "directory": "src/cards",
    "content": CARDS.content,
    "license": CARDS.license,
    "dependencies": [],
}


def bazel(lock: Lock, target: Target | None = None) -> dict[str, Any]:
    """What a Starlark file defines: its literals are Python's."""
    head, made = ast.parse(export_lock(lock, "bazel", target).decode()).body
    assert isinstance(head, ast.Expr)
    assert isinstance(made, ast.Assign)
    assert ast.unparse(made.targets[0]) == "RACKET_PACKAGES"
    value: dict[str, Any] = ast.literal_eval(made.value)
    return value


def scheme(text: bytes) -> dict[str, Any]:
    """An association list that Racket's reader, too, reads."""
    (datum,) = read_data(text)
    assert isinstance(datum, list)
    rows: list[Any] = datum
    return {name: [plain(block) for block in blocks] for name, *blocks in rows}


def plain(block: Any) -> dict[str, Any]:
    assert all(isinstance(name, Symbol) for name, _ in block)
    return {name.name: value for name, value in block}


def test_bazel() -> None:
    packages = bazel(LOCK)
    assert list(packages) == ["cards", "games", "local", "tests"]
    assert (packages["games"], packages["cards"]) == (EXPECTED, REPOSITORY)
    assert packages["tests"]["type"] == "file"
    assert [block["version"] for block in bazel(TWICE)["games"]] == ["1.10", "2.0"]
    assert bazel(TWICE, Target("8.10", "x86_64-linux"))["games"]["version"] == "2.0"


def test_guix_is_a_datum() -> None:
    packages = scheme(export_lock(LOCK, "guix"))
    assert (packages["games"], packages["cards"]) == ([EXPECTED], [REPOSITORY])
    assert len(scheme(export_lock(TWICE, "guix"))["games"]) == 2


@given(locks)
@settings(max_examples=100)
def test_every_lock_can_be_read(lock: Lock) -> None:
    packages = bazel(lock)
    assert list(packages) == sorted({block.name for block in lock.packages})
    assert list(scheme(export_lock(lock, "guix"))) == list(packages)


@pytest.mark.skipif(NIX is None and not CI, reason="nix-instantiate is not installed")
@pytest.mark.parametrize("lock", [LOCK, TWICE])
def test_nix_evaluates_it(lock: Lock, tmp_path: Path) -> None:
    assert NIX is not None
    (tmp_path / "packages.nix").write_bytes(export_lock(lock, "nix"))
    ran = subprocess.run(
        [NIX, "--eval", "--strict", "--json", "--readonly-mode", "--store", "dummy://", "packages.nix"],
        cwd=tmp_path, stdout=subprocess.PIPE, check=True, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert json.loads(ran.stdout) == bazel(lock)


@pytest.mark.skipif(GUILE is None and not CI, reason="guile is not installed")
def test_guile_reads_it(tmp_path: Path) -> None:
    assert GUILE is not None
    (tmp_path / "packages.scm").write_bytes(export_lock(LOCK, "guix"))
    program = (
        '(define all (call-with-input-file "packages.scm" read #:encoding "UTF-8"))'
        "(define (of name) (lambda (field) (car (assq-ref (cadr (assoc name all)) field))))"
        '(setvbuf (current-output-port) \'block) (set-port-encoding! (current-output-port) "UTF-8")'
        '(write (list (length all) ((of "games") \'sha256) ((of "games") \'dependencies)))(newline)'
        '(display ((of "cards") \'license))'
    )
    ran = subprocess.run(
        [GUILE, "--no-auto-compile", "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    first, second = ran.stdout.decode().split("\n")
    assert first == f'(4 "{GAMES.sha256}" ("cards" "local"))'
    assert second == CARDS.license


def test_tables() -> None:
    rows = list(csv.DictReader(export_lock(LOCK, "csv").decode().splitlines()))
    assert [(row["name"], row["version"], row["size"]) for row in rows][:2] == [
        ("games", "1.10", "1000"),
        ("cards", "0.0", "5"),
    ]
    assert (rows[0]["needs"], rows[0]["build-needs"], rows[0]["explicit"]) == ("cards local", "tests", "yes")
    assert rows[1]["license"] == CARDS.license
    lines = export_lock(LOCK, "table").decode().splitlines()
    assert lines[0].split() == ["name", "version", "explicit", "license", "size", "source"]
    assert lines[1].split()[-2:] == ["1000", GAMES.source]


def test_no_cell_is_a_formula() -> None:
    risky = msgspec.structs.replace(GAMES, license='=HYPERLINK("x")')
    text = export_lock(msgspec.structs.replace(LOCK, packages=(risky,)), "csv").decode()
    assert next(csv.DictReader(text.splitlines()))["license"] == "'" + '=HYPERLINK("x")'


def test_an_empty_lock() -> None:
    empty = msgspec.structs.replace(LOCK, packages=(), wanted=())
    for format in EXPORT_FORMATS:
        assert export_lock(empty, format)
    assert bazel(empty) == {}
    with pytest.raises(ValueError, match="no such format"):
        export_lock(LOCK, "yaml")  # type: ignore[arg-type]
