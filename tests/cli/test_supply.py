"""``raco-pkg export``, ``audit``, ``diff`` and ``check --content``: as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from pltpack.lock.values import LockedPackage
from pltpack.lock.write import write_lock
from tests.cli.conftest import Run
from tests.scope.scopes import catalog, make_package
from tests.supply.locks import GAMES, LOCK


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without any Racket, and with a lock file."""
    for variable in ("PLTADDONDIR", "PLTCONFIGDIR", "PLTCOLLECTS", "PLTUSERHOME", "XDG_DATA_HOME", "PLTPACK_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PLTPACK_RACKET_VERSION", "8.7")
    write_lock(LOCK, tmp_path / "racket.lock")
    return tmp_path


def test_export(run: Run, tmp_path: Path) -> None:
    assert run("raco-pkg", "export").out.splitlines()[2].startswith("games  1.10")
    assert json.loads(run("raco-pkg", "export", "--format", "spdx", "--name", "mine").out)["name"] == "mine"
    document = json.loads(run("raco-pkg", "export", "--format", "csv", "-o", "x.csv", "--json").out)
    assert (document["packages"], document["bytes"]) == (4, (tmp_path / "x.csv").stat().st_size)
    assert run("raco-pkg", "export", "-o", "x.csv").out == "x.csv: 4 packages, table\n"


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["export", "--format", "yaml"], 2, "--format is one of cyclonedx"),
        (["export", "--json"], 2, "--output"),
        (["export", "--racket-version", "9.9"], 2, "it is for 8.7, 8.10"),
        (["export", "--platform", "x86_64-linux"], 2, "more than one version"),
        (["export", "--file", "nowhere.lock"], 6, "nowhere.lock"),
        (["export", "-o", "no/such/folder"], 6, "no/such"),
        (["audit", "bad.json"], 3, "bad.json"),
        (["audit", "nowhere.json"], 6, "nowhere.json"),
        (["audit"], 2, "ADVISORIES"),
        (["diff", "bad.json"], 3, "bad.json"),
        (["check", "--scope-dir", "s", "--content", "--file", "bad.json"], 3, "bad.json"),
    ],
)
def test_wrong_calls_and_bad_files(run: Run, tmp_path: Path, words: list[str], code: int, text: str) -> None:
    (tmp_path / "bad.json").write_text("[[[")
    ran = run("raco-pkg", *words)
    assert (ran.code, text in ran.err) == (code, True), ran.err
    assert "Traceback" not in ran.err


def test_audit(run: Run, tmp_path: Path) -> None:
    affected = {"package": {"ecosystem": "Racket", "name": "games"}, "versions": ["1.10"]}
    (tmp_path / "osv").mkdir()
    (tmp_path / "osv/one.json").write_text(json.dumps({"id": "A", "summary": "bad dice", "affected": [affected]}))
    ran = run("raco-pkg", "audit", "osv")
    assert (ran.code, ran.out.splitlines()) == (
        1,
        ["games 1.10 is affected by A: bad dice", "4 packages, 1 advisory: 1 finding"],
    )
    ran = run("raco-pkg", "audit", "osv", "--ignore", "A")
    assert (ran.code, ran.out) == (0, "4 packages, 1 advisory: 0 findings\n")
    document = json.loads(run("raco-pkg", "audit", "osv", "--json").out)
    assert document["findings"][0] | {"checksum": None} == {
        "id": "A",
        "aliases": [],
        "summary": "bad dice",
        "severity": [],
        "package": "games",
        "version": "1.10",
        "checksum": None,
        "certain": True,
        "fixed": [],
    }


def test_diff(run: Run, tmp_path: Path) -> None:
    newer: LockedPackage = msgspec.structs.replace(GAMES, version="2.0", size=1500)
    write_lock(msgspec.structs.replace(LOCK, packages=(newer, *LOCK.packages[1:])), tmp_path / "new.lock")
    ran = run("raco-pkg", "diff", "racket.lock", "new.lock")
    assert (ran.code, ran.out.splitlines()) == (
        1,
        [
            "changed games 1.10 (aaaaaaaa) -> 2.0 (aaaaaaaa) (+500 bytes)",
            "modules not known, for they are not in the cache (--fetch): cards, games, local, tests",
            "1,005 bytes -> 1,505 bytes",
        ],
    )
    document = json.loads(run("raco-pkg", "diff", "racket.lock", "new.lock", "--json").out)
    assert (document["packages"][0]["gained"], document["bytesAfter"]) == (None, 1505)
    assert run("raco-pkg", "diff", "new.lock", "new.lock").code == 0


def test_check_content(run: Run, tmp_path: Path) -> None:
    games = make_package(tmp_path / "p/games.zip", "1.0", '"cards"')
    catalog(tmp_path / "cat", [games, make_package(tmp_path / "p/cards.zip")])
    where = ("--scope-dir", "scope")
    assert run("raco-pkg", "lock", "games", "--catalog", "cat", "--platform", "x86_64-linux").code == 0
    install = ("raco-pkg", "install", *where, "--no-setup", "--deps", "search-auto", "--catalog", "cat", "games")
    assert run(*install).code == 0
    ran = run("raco-pkg", "check", *where, "--content")
    assert (ran.code, ran.out) == (0, "All is well.\n")
    (tmp_path / "scope/games/main.rkt").write_text("#lang racket/base\n")
    ran = run("raco-pkg", "check", *where, "--content", "--no-content")
    assert (ran.code, ran.out) == (1, "games: main.rkt was changed\n")
    (found,) = json.loads(run("raco-pkg", "check", *where, "--content", "--json").out)["findings"]
    assert (found["code"], found["path"], found["mendable"]) == ("file-changed", "main.rkt", False)
