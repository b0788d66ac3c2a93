"""``pltpack catalog``: a site from the command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.site.trees import package

DOCS = (Path(__file__).parents[2] / "docs" / "json.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    package(tmp_path, "apple")
    package(tmp_path, "pear")
    return tmp_path


def document(text: str, schema: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    assert found.pop("schema") == schema
    assert found.pop("version") == 1
    assert f"*{schema}*" in DOCS
    for field in found:
        assert f"`{field}`" in DOCS, field
    return found


def test_from_nothing_to_a_catalog_and_back(run: Run, folder: Path) -> None:
    built = run("pltpack", "catalog", "build", "site", "apple", "pear")
    assert (built.code, built.err) == (0, "")
    assert built.out.startswith("added    apple\nadded    pear\n")
    assert run("pltpack", "catalog", "build", "-q", "site", "apple", "pear").out == ""
    again = run("pltpack", "catalog", "build", "--json", "site", "apple", "pear")
    assert document(again.out, "pltpack.catalog-build")["unchanged"] == ["apple", "pear"]
    assert run("pltpack", "catalog", "check", "site").code == 0

    stamp = document(run("pltpack", "catalog", "snapshot", "--json", "site").out, "pltpack.catalog-snapshot")["stamp"]
    listed = run("pltpack", "catalog", "snapshot", "-l", "--json", "site")
    assert document(listed.out, "pltpack.catalog-snapshots") == {"snapshots": [stamp]}
    package(folder, "fig")
    added = run("pltpack", "catalog", "add", "site", "fig")
    assert added.out.startswith("added    fig\n")
    differ = run("pltpack", "catalog", "diff", f"site/snapshots/{stamp}", "site")
    assert (differ.code, differ.out) == (1, "+ fig\n")
    assert document(run("pltpack", "catalog", "diff", "--json", "site", "site").out, "pltpack.catalog-diff") == {
        "added": [], "removed": [], "changed": []
    }  # fmt: skip

    yanked = run("pltpack", "catalog", "yank", "--json", "site", "fig", "--reason", "sour")
    assert document(yanked.out, "pltpack.catalog-yank")["updated"] == ["fig"]
    assert run("pltpack", "catalog", "yank", "site", "fig", "--undo").code == 0
    removed = run("pltpack", "catalog", "remove", "--json", "site", "pear")
    assert document(removed.out, "pltpack.catalog-remove")["removed"] == ["pear"]
    restored = run("pltpack", "catalog", "restore", "--json", "site", stamp)
    assert document(restored.out, "pltpack.catalog-restore")["removed"] == ["fig"]
    pruned = run("pltpack", "catalog", "prune", "--json", "site", "--grace", "0")
    assert document(pruned.out, "pltpack.catalog-prune")["archives"] == []
    published = run("pltpack", "catalog", "publish", "--json", "site", "out")
    assert "catalog/pkgs-all" in document(published.out, "pltpack.catalog-publish")["put"]
    assert (folder / "out/catalog/pkg/pear").exists()


def test_findings(run: Run, folder: Path) -> None:
    run("pltpack", "catalog", "build", "site", "apple")
    (archive,) = (folder / "site").glob("pkgs/*/*/apple.zip")
    archive.write_bytes(b"PK")
    found = run("pltpack", "catalog", "check", "--json", "site")
    assert found.code == 1
    kinds = [finding["kind"] for finding in document(found.out, "pltpack.catalog-check")["findings"]]
    assert kinds == ["archive-damaged", "checksum-file", "checksum-wrong"]
    assert run("pltpack", "catalog", "check", "--no-archives", "site").code == 0
    sarif = json.loads(run("pltpack", "catalog", "check", "--sarif", "site").out)
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == kinds
    quiet = run("pltpack", "catalog", "check", "-q", "site")
    assert quiet.out.count("\n") == 3
    assert run("pltpack", "catalog", "check", "--strict", "--no-archives", "site").code == 0
    run("pltpack", "catalog", "yank", "site", "apple", "--reason", "x")
    package(folder, "plum", info='#lang info\n(define deps (quote ("apple")))\n')
    run("pltpack", "catalog", "build", "site", "plum")
    assert run("pltpack", "catalog", "check", "--no-archives", "site").code == 0
    assert run("pltpack", "catalog", "check", "--strict", "--no-archives", "site").code == 1


def test_failures_are_told_and_the_others_go_on(run: Run, folder: Path) -> None:
    (folder / "bad.zip").write_bytes(b"PK\x03\x04")
    ran = run("pltpack", "catalog", "build", "site", "bad.zip", "apple")
    assert ran.code == 3
    assert "added    apple" in ran.out
    assert re.search(r"^pltpack: .*bad\.zip: ", ran.err)
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["build", "site", "none.zip"], 6, "none.zip"),
        (["build", "--plt-as", "rpm", "site"], 2, "--plt-as is auto, plt or zip"),
        (["build", "apple/main.rkt"], 6, "a site is a directory"),
        (["remove", "site", "none"], 6, "there is no package 'none'"),
        (["yank", "site", "apple"], 2, "--reason TEXT, or --undo"),
        (["check", "nowhere"], 6, "no such catalog"),
        (["check", "--json", "--sarif", "site"], 2, "exclude each other"),
        (["snapshot", "site", "--stamp", "a/b"], 2, "cannot be the name of a snapshot"),
        (["prune", "site", "--keep", "1", "--weeks", "1"], 2, "exclude each other"),
        (["restore", "site", "2020-01-01"], 6, "no snapshot"),
        (["build", "site", "nowhere"], 6, "nowhere: No such file"),
        (["publish", "site"], 2, "the target is neither given"),
        (["publish", "site", "ftp://x"], 6, "no site can be published"),
        (["publish", "site", "out", "--option", "x"], 2, "KEY=VALUE"),
        (["serve", "nowhere"], 6, "there is no catalog"),
    ],
)
def test_what_cannot_be(run: Run, folder: Path, arguments: list[str], code: int, message: str) -> None:
    if arguments[0] not in ("serve",):
        run("pltpack", "catalog", "build", "-q", "site", folder / "apple")
    ran = run("pltpack", "catalog", *arguments)
    assert ran.code == code, ran.err
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_init_writes_what_the_settings_are(run: Run, folder: Path) -> None:
    assert run("pltpack", "catalog", "init", "--dry-run", "site").code == 0
    assert not (folder / "site").exists()
    assert run("pltpack", "catalog", "init", "site").code == 0
    text = (folder / "site/catalog.toml").read_text()
    assert run("pltpack", "catalog", "build", "-q", "site", "apple").code == 0
    (folder / "site/catalog.toml").write_text(re.sub(r"(?m)^# (\w+ = )", r"\1", text))
    assert run("pltpack", "catalog", "build", "site").out == "0 files written\n", "each line says what holds without it"
    assert run("pltpack", "catalog", "init", "site").code == 5
    assert run("pltpack", "catalog", "init", "-f", "site").code == 0
    assert (folder / "site/catalog.toml").read_text() == text


def test_serving_until_it_is_told_to_end(run: Run, folder: Path) -> None:
    run("pltpack", "catalog", "build", "-q", "site", "apple")
    program = "import sys; sys.argv[0] = 'pltpack'; from pltpack_cli.programs import pltpack; pltpack()"
    command = [sys.executable, "-u", "-c", program, "catalog", "serve", "site", "--port", "0"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"catalog: (http://127\.0\.0\.1:\d+/catalog/)\n", line)
        assert found is not None, line
        with urllib.request.urlopen(f"{found[1]}pkg/apple", timeout=60) as answer:
            assert answer.read() == (folder / "site/catalog/pkg/apple").read_bytes()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.mark.usefixtures("folder")
def test_a_snapshot_says_of_how_many_packages_it_is(run: Run) -> None:
    assert run("pltpack", "catalog", "build", "-q", "one", "apple").code == 0
    assert run("pltpack", "catalog", "snapshot", "one").out.endswith(" is a snapshot of 1 package\n")
    assert run("pltpack", "catalog", "build", "-q", "one", "pear").code == 0
    assert run("pltpack", "catalog", "snapshot", "one", "--stamp", "two").out == "two is a snapshot of 2 packages\n"
