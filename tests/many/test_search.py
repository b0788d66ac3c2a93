"""Searching: names, lines, modules, requirements."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.conversion.convert import convert
from pltpack.many.query import Line, Query
from pltpack.many.requires import required
from pltpack.many.search import Searched, search, search_archive
from tests.many.archives import fill, write_archive


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fill(tmp_path / "all")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "all"


def found(query: Query) -> list[tuple[str, str, tuple[Line, ...]]]:
    return [(one.archive, match.path, match.lines) for one in search(["all"], query) for match in one.matches]


@pytest.mark.usefixtures("folder")
def test_by_name() -> None:
    assert found(Query(names=("*.txt",))) == [("all/b/noname", "collects/b/note.txt", ())]


@pytest.mark.usefixtures("folder")
def test_by_text() -> None:
    line = (Line(2, "(require mred)"),)
    everywhere = [
        ("all/a.plt", "collects/a/main.rkt"),
        ("all/cut.plt", "collects/a/main.rkt"),
        ("all/b/c.zip", "a/main.rkt"),
    ]
    for query in (
        Query(text="mred"),
        Query(text="MRED", ignore_case=True),
        Query(text=r"^\(re\w+ m", regexp=True),
        Query(text="mred", names=("*.rkt",)),
        Query(text="mred", requires="mred"),
        Query(requires="mred"),
    ):
        assert found(query) == [(*place, line) for place in everywhere], query
    assert found(Query(text="mred", names=("*.txt",))) == []
    assert found(Query(text="MRED")) == []


@pytest.mark.usefixtures("folder")
def test_by_module_and_language() -> None:
    assert [place[1] for place in found(Query(module="b"))] == ["collects/b/main.rkt"]
    assert [place[1] for place in found(Query(module="b/main.ss"))] == ["collects/b/main.rkt"]
    assert found(Query(module="main/b")) == []
    assert [place[1:] for place in found(Query(requires="scheme"))] == [
        ("collects/b/main.rkt", (Line(1, "#lang scheme"),))
    ]


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_read_says_so() -> None:
    errors = {
        one.archive: type(one.error).__name__ for one in search(["all", "nowhere"], Query(text="mred")) if one.error
    }
    assert errors == {"all/cut.plt": "TruncatedError", "nowhere": "FileNotFoundError"}


def test_an_executor_changes_nothing(folder: Path) -> None:
    def picture(one: Searched) -> tuple[str, object, str]:
        return one.archive, one.matches, repr(one.error)

    query = Query(text="r")
    with ThreadPoolExecutor(2) as executor:
        assert [*map(picture, search([folder], query, executor=executor))] == [*map(picture, search([folder], query))]


def test_what_is_no_expression() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        search([], Query(text="(", regexp=True))


@given(st.lists(st.text(st.sampled_from("ab\r \u03bb"), max_size=6), max_size=12), st.booleans(), st.integers(1, 9))
def test_lines_are_those_of_the_text(texts: list[str], ended: bool, step: int) -> None:
    """However the data comes in pieces."""
    data = ("\n".join(texts) + "\n" * ended).encode()
    lines = data.decode().split("\n")
    for query in (Query(text="ab"), Query(text="a+b$", regexp=True)):
        compiled = query.compiled()
        pieces = [data[start : start + step] for start in range(0, len(data), step)]
        numbers = [line.number for line in compiled.lines(pieces) or ()]
        expected = [
            number
            for number, line in enumerate(lines, 1)
            if ("ab" in line if not query.regexp else line.removesuffix("\r").endswith("ab"))
        ]
        assert numbers == expected


def test_binary_data_and_long_lines(tmp_path: Path) -> None:
    with create_archive(tmp_path / "x.plt", Header("x")) as archive:
        archive.add_file(("binary",), b"\0\1needle\n")
        archive.add_file(("long",), b"x" * (3 << 20) + b"needle\nneedle\n")
    binary, long = search_archive(str(tmp_path / "x.plt"), Query(text="needle")).matches
    assert binary.lines == (Line(1, ""),)
    assert long.count == 2


def test_streams_and_directories(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.plt", "a", {"x.rkt": b"needle"})
    stream = io.BytesIO((tmp_path / "a.plt").read_bytes())
    assert [match.path for match in search_archive("it", Query(text="needle"), source=stream).matches] == [
        "collects/a/x.rkt"
    ]
    convert(tmp_path / "a.plt", tmp_path / "tree")
    (searched,) = search([tmp_path / "tree"], Query(text="needle"))
    assert [match.path for match in searched.matches] == ["a/x.rkt"]


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("#lang racket/base\n(require a b/c)", ["racket/base", "a", "b/c"]),
        ("(module m mzscheme (require (lib \"a.ss\" \"games\") (lib \"list.ss\") (lib \"x/y.rkt\")))",
         ["mzscheme", "games/a", "mzlib/list", "x/y"]),
        ("#lang scheme (require (only-in mred f) (prefix-in p: a) (for-syntax b (only-in c d)) (rename-in e [f g]))",
         ["scheme", "mred", "a", "b", "c", "e"]),
        ('#lang r (require (planet "x.ss" ("owner" "pkg.plt" 1 2)) (planet o/p:1) "near.rkt" (file "/far.rkt"))',
         ["r", "planet:owner/pkg.plt/x.ss", "planet:o/p:1", "file:near.rkt", "file:/far.rkt"]),
        ("; (require no)\n#| (require no) |# \"(require no)\" #;(require no) (require yes)", ["yes"]),
        ("(define (f) (let () (local-require no) (#%require yes)))", ["yes"]),
        ("#lang scribble/doc\n@(require scribble/manual \"x.rkt\")\n@require[foo]\ntext ) with | odd \\ things\n",
         ["scribble/doc", "scribble/manual", "file:x.rkt", "foo"]),
        ("#lang r\n#<<END oops #{never #reader\n(require late)", ["r", "late"]),
        ("(require-for-syntax a) (require (for-meta 2 b) (submod \"x.rkt\" y) (combine-in c d))",
         ["a", "b", "file:x.rkt", "c", "d"]),
        ("(lazy-require [a (f g)])", ["a"]),
        ("(module+ test (require rackunit)) (module* main #f (require x))", ["rackunit", "x"]),
        ("(require", []),
        ("", []),
    ],
)  # fmt: skip
def test_requirements(text: str, modules: list[str]) -> None:
    assert [found.module for found in required(text.encode())] == modules


def test_lines_of_requirements() -> None:
    assert [tuple(found) for found in required(b"#lang a\n\n(require b\n  c)\n")] == [("a", 1), ("b", 3), ("c", 4)]


@given(st.binary(max_size=200))
def test_any_data_is_a_program(data: bytes) -> None:
    list(required(data))
    list(required(b"#lang x\n(require a " + data))
