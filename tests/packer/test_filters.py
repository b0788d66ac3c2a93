"""Which names are packed: Racket's ``std-filter`` as it is, and what can be excluded besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from pltpack.packer.filters import excluding, include_compiled, std_filter

DROPPED = [
    *(".git", ".gitignore", ".github", ".gitattributes", ".gitx", ".git~", ".svn", "CVS", ".cvsignore"),
    *("compiled", "doc", "foo~", "~", "a.plt~", "doc~", "#foo#", "##", "#a#b#", ".#foo", ".#", ".#foo.rkt"),
    *("a.plt", ".plt", ".git\nx", "#a\nb#", "a\n.plt", ".#\n", "\n~", ".git/", "a/compiled/", "a/b/doc", "doc//"),
]
KEPT = [
    *(".hg", ".hgignore", ".bzr", ".DS_Store", ".svn2", ".svnignore", "cvs", "CVSROOT", ".cvsignore.bak"),
    *("Compiled", "compiled2", "precompiled", "compiled.rkt", "Doc", "mydoc", "docs", "doc.txt", "doc.scrbl"),
    *("document.rkt", "~foo", "foo~bar", "#foo", "foo#", "#", "x.#y", "a.PLT", "a.plt.gz", "plt", "aplt", "info.rkt"),
    *("compiled/x", ".git/x", "doc/y", "a~\n", "doc\n", "compiled\n", "#a#\n", "a.plt\n", "λ", " ", "x.git"),
]


@pytest.mark.parametrize("name", DROPPED)
def test_dropped(name: str) -> None:
    assert not std_filter(name)
    assert not std_filter(f"some/where/{name}")


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str) -> None:
    assert std_filter(name)
    assert std_filter(f"./compiled/{name}")


@pytest.mark.parametrize("name", ["compiled", "precompiled", ".gitcompiled", "x.compiled", "a/compiled"])
def test_compiled_included(name: str) -> None:
    assert include_compiled(name)


@pytest.mark.parametrize("name", ["compiled/y~", "doc", "a.plt", ".git", "compiled~"])
def test_compiled_included_and_nothing_else(name: str) -> None:
    assert not include_compiled(name)


@pytest.mark.parametrize("name", ["compiled/x.zo", "compiled/x.dep", "a.rkt", "compiled/"])
def test_included_and_below(name: str) -> None:
    assert include_compiled(name) == (name != "compiled/")


def test_excluding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p" / "build").mkdir(parents=True)
    (tmp_path / "p" / "src" / "build").mkdir(parents=True)
    (tmp_path / "p" / "file").mkdir()
    (tmp_path / "p" / "file" / "build").write_text("")
    monkeypatch.chdir(tmp_path)
    decide = excluding(["*.bak", "build/", "!keep.bak", "/top.txt"], std_filter)
    answers = {
        "p/x.bak": False,
        "p/keep.bak": True,
        "./x.bak": False,
        "p/build": False,
        "p/src/build": False,
        "p/file/build": True,
        "p/x~": False,
        "p/x.rkt": True,
        "./top.txt": False,
        "p/top.txt": True,
    }
    assert {path: decide(path) for path in answers} == answers


def test_excluding_in_another_directory(tmp_path: Path) -> None:
    (tmp_path / "p" / "build").mkdir(parents=True)
    (tmp_path / "p" / "file").write_text("")
    decide = excluding(["build/", "file/"], std_filter, directory=str(tmp_path))
    assert not decide("p/build")
    assert decide("p/file")


def test_excluding_keeps_the_mode() -> None:
    decide = excluding(["x"], lambda path: "file-replace" if path.endswith("y") else True)
    assert [decide(path) for path in ("p/x", "p/y", "p/z")] == [False, "file-replace", True]
