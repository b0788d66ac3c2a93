"""What ``--json`` prints: each document has its schema and version, and all of it is written down."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_looking import DOCS, document
from tests.cli.test_options import TABLES
from tests.trees import archive, file, write_tree

SCHEMAS = set(re.findall(r"^## (pltpack\.[\w-]+)$", DOCS, re.MULTILINE))

CALLS = {
    "pltpack.list": "pltpack list a.plt --json",
    "pltpack.show": "pltpack show a.plt --json --digests",
    "pltpack.verify": "pltpack verify a.plt --json",
    "pltpack.diff": "pltpack diff a.plt p --json",
    "pltpack.convert": "pltpack convert a.plt x.zip --json",
    "pltpack.convert-into": "pltpack convert --into out --format zip a.plt none.plt --json",
    "pltpack.pack": "raco-pack x.plt p --json",
    "pltpack.unpack": "raco-unpack a.plt --json",
    "pltpack.unpack-list": "raco-unpack -l a.plt --json",
    "pltpack.unpack-at-plt": "raco-unpack --at-plt a.plt --json --racket-version 8.7",
    "pltpack.create": "raco-pkg create p --json --dry-run",
    "pltpack.source": "pltpack source git://github.com/u/g.git?path=lib#v2 --json",
    "pltpack.info": "pltpack info p --json",
    "pltpack.dirs": "pltpack dirs --json --racket-version 8.7",
    "pltpack.doctor": "pltpack doctor --json --racket-version 8.7",
    "pltpack.edit": "pltpack edit a.plt --rm x -o x.plt --json",
}


@pytest.mark.parametrize(("schema", "call"), CALLS.items(), ids=lambda value: value.split()[0])
def test_it_is_as_it_is_written_down(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: str, call: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")
    (tmp_path / "a.plt").write_bytes(archive(file("a", "main.rkt")))
    write_tree(tmp_path / "p", {"info.rkt": b'#lang info\n(define collection "p")\n', "main.rkt": b""})
    found = document(run(*call.split()).out)
    assert found["schema"] == schema


def test_every_command_with_json_is_among_them() -> None:
    """Those of other folders have tests of their own."""
    tables = [TABLES[name] for name in ("archives", "packages", "racket")]
    with_json = {row.command for table in tables for row in table.ROWS if row.option == "--json"}
    calls = " ".join(CALLS.values())
    words = {"pack": "raco-pack", "unpack": "raco-unpack", "create": "raco-pkg create"}
    for command in with_json:
        name = command.rpartition(".")[2]
        assert words.get(name, f"pltpack {name}") in calls, f"{command}: a call is missing here, for docs/json.md"


def test_every_document_is_written_down() -> None:
    assert set(CALLS) <= SCHEMAS


def test_a_failure_is_told_in_the_document_that_was_asked_for() -> None:
    """Whatever the command, the kind of its document is one that is written down."""
    documents = importlib.import_module("pltpack_cli.documents")
    written = set(re.findall(r"pltpack\.([a-z-]+)|\b(cache-[a-z]+)", DOCS))
    known = {name for pair in written for name in pair}
    for program in ("main", "packages.main"):
        for module, function in importlib.import_module(f"pltpack_cli.{program}").COMMANDS.values():
            command = getattr(importlib.import_module(f"pltpack_cli.{module}"), function)
            if "json" in inspect.signature(command).parameters:
                assert documents.kind_of(command.__module__) in known, module


def test_a_catalog_that_is_not_there_fails_as_its_check_would_tell(run: Run) -> None:
    found = json.loads(run("pltpack", "catalog", "check", "nowhere", "--json").out)
    assert found["schema"] == "pltpack.catalog-check"
    assert found["error"]["exitCode"] == 6
