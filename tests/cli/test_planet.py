"""``pltpack planet``: each command as it is typed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.planet.corpus import FIXTURES, REPOSITORY, pack, put
from tests.trees import files_in, write_tree

NEW_USER = REPOSITORY / "bob" / "new-user.plt" / "1" / "0" / "new-user.plt"


def test_show(run: Run) -> None:
    ran = run("pltpack", "planet", "show", NEW_USER)
    assert (ran.code, ran.err) == (0, "")
    assert "a package for PLaneT" in ran.out
    assert "ada/util 1, by (planet ada/util:1:>=1)" in ran.out
    document = json.loads(run("pltpack", "planet", "show", "--json", NEW_USER).out)
    assert document["schema"] == "pltpack.planet-show"
    assert document["kind"] == "package"
    assert document["fields"]["required-core-version"] == '"5.0"'
    assert run("pltpack", "planet", "show", "-q", NEW_USER).out == ""
    assert run("pltpack", "planet", "show", "nowhere.plt").code == 6


def test_create(run: Run, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "sources" / "ada" / "util.plt" / "1.1", "util")
    ran = run("pltpack", "planet", "create", "util")
    assert (ran.code, ran.err) == (0, "")
    assert "util.plt: 3 files" in ran.out
    assert (tmp_path / "util.plt").is_file()
    document = json.loads(run("pltpack", "planet", "create", "--json", "--dry-run", "-o", "x.plt", "util").out)
    assert (document["written"], document["files"]) == (False, 3)
    assert not (tmp_path / "x.plt").exists()
    info = b"#lang setup/infotab\n(define name 'x)\n(define scribblings '((\"m.scrbl\")))\n"
    write_tree(tmp_path, {"bad/info.rkt": info})
    assert run("pltpack", "planet", "create", "bad").code == 3
    assert run("pltpack", "planet", "create", "-f", "bad").code == 0
    assert run("pltpack", "planet", "create", "-f", "--docs", "bad").code == 1
    assert run("pltpack", "planet", "create", "-o", "util", "bad").code == 2


def test_index(run: Run, tmp_path: Path) -> None:
    ran = run("pltpack", "planet", "index", REPOSITORY)
    assert (ran.code, ran.err) == (0, "")
    assert "missing: nobody/nothing 1, wanted by planet-cyd-lonely1" in ran.out
    document = json.loads(run("pltpack", "planet", "index", "--json", REPOSITORY).out)
    wants = {found["name"]: found["wants"] for found in document["releases"]}
    assert wants["planet-bob-new-user1"] == ["ada/util 1", "ada/util 2"]
    pack(tmp_path / "here" / "x.plt", {"main.ss": "1"})
    (tmp_path / "t").write_text("x.plt,u,1,0\n")
    assert "unplaced" in run("pltpack", "planet", "index", "here").out
    assert "u/x 1.0" in run("pltpack", "planet", "index", "here", "--table", "t").out
    (tmp_path / "here" / "x.plt").write_bytes(b"junk")
    assert run("pltpack", "planet", "index", "here", "--table", "t").code == 3


def test_rescue(run: Run, tmp_path: Path) -> None:
    ran = run("pltpack", "planet", "rescue", REPOSITORY, "--into", "pkgs", "--report", "r.html", "-v")
    assert ran.code == 3
    assert "planet-cyd-a.b1 is no package name" in ran.err
    assert "ada/util 1.1 -> pkgs/planet-ada-util1.zip: 3 files, 0 edits, 0 notes" in ran.out
    assert "main.rkt:2: (planet ada/util:1:>=1) -> ada/util1/main" in ran.out
    assert len(list((tmp_path / "pkgs").glob("*.zip"))) == 7
    assert "<html" in (tmp_path / "r.html").read_text()
    document = json.loads(run("pltpack", "planet", "rescue", REPOSITORY, "--into", "new", "--dry-run", "--json").out)
    assert document["written"] is False
    assert document["missing"] == [{"package": "nobody/nothing 1", "neededBy": ["planet-cyd-lonely1"]}]
    assert not (tmp_path / "new").exists()


def test_options_of_rescue(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "in", "u/p", {"main.ss": "(module main mzscheme (require (planet schematics/schemeunit:3)))"})
    args = ("pltpack", "planet", "rescue", "in", "--into")
    assert run(*args, "a", "--strict").code == 1
    assert run(*args, "b", "--strict", "--replace", "shipped").code == 0
    assert run(*args, "c", "--format", "dir", "--name", "u/p:1=mine").code == 0
    assert (tmp_path / "c" / "planet-u-mine" / "u" / "mine" / "main.ss").is_file()
    assert run(*args, "d", "--format", "rar").code == 2
    assert run(*args, "d", "--name", "u/p=mine").code == 2
    assert run(*args, "d", "--replace", "nowhere").code == 6
    assert run(*args, "d", "-q").out == ""
    assert run(*args, "e", "--max-total-bytes", "10").code == 4


def test_rescue_in_several_processes(run: Run, tmp_path: Path) -> None:
    for number in range(30):
        put(tmp_path / "in", f"u/p{number}", {"main.ss": "(module main mzscheme (require (planet u/p1:1)))"})
    assert run("pltpack", "planet", "rescue", "in", "--into", "a", "--jobs", "2").code == 0
    assert run("pltpack", "planet", "rescue", "in", "--into", "b", "--jobs", "1").code == 0
    assert files_in(tmp_path / "a") == files_in(tmp_path / "b")
    assert len(files_in(tmp_path / "a")) == 60


def test_the_cache(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLTPLANETDIR", raising=False)
    where = ("--addon", "addon", "--racket-version", "8.7", "--racket-version", "4.2.5")
    ran = run("pltpack", "planet", "cache", REPOSITORY, *where)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count(": installed in ") == 18
    assert ": kept in " in run("pltpack", "planet", "cache", REPOSITORY, *where).out
    assert ": replaced in " in run("pltpack", "planet", "cache", REPOSITORY, *where, "-f", "--archives", "--latest").out
    listed = run("pltpack", "planet", "cached", *where).out
    assert listed.count("  installed: ") == 18
    assert listed.count("  archive: ") == 16
    document = json.loads(run("pltpack", "planet", "cached", "--json", *where).out)
    assert [client["racketVersion"] for client in document["clients"]] == ["8.7", "4.2.5"]
    assert "would be removed" in run("pltpack", "planet", "remove", "ada/util:1:1", *where, "--dry-run").out
    assert run("pltpack", "planet", "remove", "ada/util:1:1", *where, "-e").code == 0
    assert run("pltpack", "planet", "remove", "ada/util:1:1", *where).code == 3
    assert run("pltpack", "planet", "remove", "ada/util", *where).code == 2
    assert run("pltpack", "planet", "cached", "--addon", "addon", "--racket-version", "../x").code == 6
    assert files_in(tmp_path / "addon")


def test_links(run: Run, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    where = ("--addon", "addon", "--racket-version", "8.7")
    assert run("pltpack", "planet", "link", "ada/util:1:0", "src", *where).code == 0
    assert f"link: ada/util 1.0 -> {tmp_path / 'src'}" in run("pltpack", "planet", "cached", *where).out
    assert run("pltpack", "planet", "link", "ada/util:1:0", "nowhere", *where).code == 3
    assert run("pltpack", "planet", "unlink", "ada/util:1:0", *where, "--dry-run").code == 0
    assert json.loads(run("pltpack", "planet", "unlink", "ada/util:1:0", *where, "--json").out)["written"]
    assert run("pltpack", "planet", "unlink", "ada/util:1:0", *where).code == 3


def test_serve(tmp_path: Path) -> None:
    program = "import sys; from pltpack_cli import programs; sys.argv[0] = 'pltpack'; programs.pltpack()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "planet", "serve", str(REPOSITORY), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=os.environ,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            text = ""
            while "}" not in text:
                text += server.stdout.readline()
            url = json.loads(text)["url"]
            question = "lang=%228.7%22&name=%22util.plt%22&maj=1&min-lo=0&min-hi=%23f&path=%28%22ada%22%29"
            with urllib.request.urlopen(f"{url}?{question}", timeout=20) as answer:
                assert answer.headers["Package-Minor-Version"] == "1"
        finally:
            server.terminate()
        _, errors = server.communicate(timeout=20)
    assert "GET /servlets/planet-servlet.ss" in errors
