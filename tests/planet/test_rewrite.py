"""Rewriting: the cases, one by one, and what holds for every text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.planet.index import Index
from pltpack.planet.release import Release
from pltpack.planet.rescue.notes import KINDS
from pltpack.planet.rescue.replacements import Replacements, read_replacements, shipped_replacements
from pltpack.planet.rescue.resolve import World
from pltpack.planet.rescue.rewrite import Rewritten, rewrite
from tests.planet.corpus import cases

CASES = cases("rewrite-cases.json")


def _release(name: str, major: str, minor: str) -> Release:
    owner, package = name.split("/")
    return Release(owner, package, int(major), int(minor), Path("nowhere"))


FILES = {
    _release(name, major, minor): frozenset(files)
    for name, majors in CASES["repository"].items()
    for major, minors in majors.items()
    for minor, files in minors.items()
}
_ME = CASES["me"]
ME = Release(_ME["owner"], _ME["package"], _ME["major"], _ME["minor"], Path("me"))
WORLD = World(Index(list(FILES)), {**FILES, ME: frozenset(_ME["files"])}.__getitem__)


def run(text: str, file: str = "x.rkt", world: World = WORLD) -> Rewritten:
    return rewrite(file, text.encode(), ME, world)


def kinds(result: Rewritten) -> list[str]:
    return sorted(note.kind for note in result.notes)


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: f"{case['id']} {case['what']}")
def test_cases(case: dict[str, Any]) -> None:
    result = run(case["in"], case["file"])
    assert result.data.decode() == case["out"]
    assert sorted(result.dependencies) == sorted(case["deps"])
    assert kinds(result) == sorted(case["notes"])


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: str(case["id"]))
def test_edits_say_what_was_done(case: dict[str, Any]) -> None:
    """All that is not in an edit is still there, in its order, and the edits are in the order of the text."""
    result = run(case["in"], case["file"])
    at = 0
    for edit in result.edits:
        found = case["in"].find(edit.before, at)
        assert found >= at
        assert case["in"].count("\n", 0, found) + 1 == edit.line
        at = found + len(edit.before)
    assert (result.data.decode() != case["in"]) == bool(result.edits)


def test_what_was_rewritten_once_stays() -> None:
    for case in CASES["cases"]:
        again = run(case["out"], case["file"])
        assert [edit for edit in again.edits if "planet" in edit.after] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(require(planet ada/util:1))", "(require ada/util1/main)"),
        ("(f #t(quote (planet ada/util:1))#f)", "(f #t(quote ada/util1/main)#f)"),
        ("`#((planet ada/util:1)2)", "`#(ada/util1/main 2)"),
        ("'#&(planet ada/util:1)", "'#& ada/util1/main"),
        ("'#hash((a . (planet ada/util:1)))", "'#hash((a . ada/util1/main))"),
        ("'(a . (planet ada/util:1))", "'(a . (planet ada/util:1))"),
        ("(require (only-in\r\n(planet ada/util:1)\r\nx))\r\n", "(require (only-in\r\nada/util1/main\r\nx))\r\n"),
        ("#'(require (planet ada/util:1))", "#'(require ada/util1/main)"),
        ("`(x ,(my (planet ada/util:1)))", "`(x ,(my (planet ada/util:1)))"),
        ("(module* m (planet ada/util:1) (my (planet ada/util)))", "(module* m ada/util1/main (my (planet ada/util)))"),
        ("(dynamic-require '(planet ada/util:1) 'x)", "(dynamic-require 'ada/util1/main 'x)"),
        ("(require/typed (planet ada/util:1) [x Y])", "(require/typed ada/util1/main [x Y])"),
        ("(define-runtime-module-path m (planet ada/util:1))", "(define-runtime-module-path m ada/util1/main)"),
        ("#lang scribble/manual\n@(f @planet{x})", "#lang scribble/manual\n@(f @planet{x})"),
        ("#lang scribble/manual\n@defmodule/this-package[]\n", "#lang scribble/manual\n@defmodule[bob/me1/main]\n"),
        (
            "#lang scribble/manual\n@declare-exporting/this-package[main #:use-sources (y sub/z)]\n",
            "#lang scribble/manual\n@declare-exporting[bob/me1/main #:use-sources (bob/me1/y bob/me1/sub/z)]\n",
        ),
        (
            "#lang scribble/manual\n@racketmodlink/this-package[y \"the\" module]\n",
            "#lang scribble/manual\n@racketmodlink[bob/me1/y \"the\" module]\n",
        ),
    ],
)  # fmt: skip
def test_more_places(text: str, expected: str) -> None:
    assert run(text).data.decode() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('(require (planet "main.ss" ("cyd" "a.b.plt" 1)))', ["package-name"]),
        ("(resolve-planet-path x)", ["planet-library"]),
        ('(require (lib "version.ss" "planet"))', ["planet-library"]),
        ("#lang scribble/manual\n@defmodule/this-package[(a b)]\n", ["this-package"]),
        ("#lang planet nobody/gone\n", ["missing-package"]),
        ("#lang planet ada/util:0\n", ["not-a-path"]),
        ("(this-package-in 5)", ["this-package"]),
        ("(require (this-package-in 5))", []),
        ("#lang planet ada/util:1:9\n", ["language-reader", "minor-version"]),
    ],
)
def test_more_notes(text: str, expected: list[str]) -> None:
    found = kinds(run(text))
    assert found == expected
    assert set(found) <= set(KINDS)


def test_other_files_are_copied() -> None:
    text = "(require (planet ada/util:1))"
    for name in ("x.txt", "x.rkt~", "rkt", "x.html"):
        assert run(text, name).data.decode() == text
    for suffix in (".ss", ".scm", ".scrbl", ".scribl", ".scs", ".sch", ".rktl", ".sls"):
        assert run(text, f"x{suffix}").edits


def test_latin_1_stays_latin_1() -> None:
    data = b'; \xe9t\xe9\n(require (planet ada/util:1)) "\xfc"'
    assert rewrite("x.ss", data, ME, WORLD).data == b'; \xe9t\xe9\n(require ada/util1/main) "\xfc"'


def test_other_names() -> None:
    world = World(WORLD.index, WORLD.files, aliases={("ada", "util.plt", 1): "util-one"})
    result = run("(require (planet ada/util:1) (planet ada/util:2))", world=world)
    assert result.data.decode() == "(require ada/util-one/main ada/util2/main)"
    assert list(result.dependencies) == ["planet-ada-util-one", "planet-ada-util2"]


def test_replacements(tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.write_text(
        "# stands in\nada/util:1 -> kit/util kit-lib\nada/util/sub/deep -> deep/main deep-lib # one file\n"
        "eve/gone:2/f.ss -> kit/f kit-lib\n"
    )
    world = World(WORLD.index, WORLD.files, read_replacements(table))
    text = "(require (planet ada/util:1) (planet ada/util:1/sub/deep) (planet ada/util:2) (planet eve/gone:2/f))"
    result = run(text, world=world)
    assert result.data.decode() == "(require kit/util/main deep/main ada/util2/main kit/f)"
    assert sorted(result.dependencies) == ["deep-lib", "kit-lib", "planet-ada-util2"]
    assert (result.notes, list(result.wants)) == ([], ["planet-ada-util2"])


def test_the_replacements_that_come_along() -> None:
    world = World(WORLD.index, WORLD.files, shipped_replacements())
    text = '(require (planet schematics/schemeunit:3) (planet "test.ss" ("schematics" "schemeunit.plt" 2)))'
    result = run(text, world=world)
    assert result.data.decode() == "(require schemeunit/main schemeunit/main)"
    assert list(result.dependencies) == ["schemeunit"]
    assert not Replacements().rows


@pytest.mark.parametrize("line", ["a/b", "a/b -> c", "a/b:x -> c d", "a/b -> c/../d e", "a/b -> c d.e"])
def test_a_bad_table_of_replacements(tmp_path: Path, line: str) -> None:
    from pltpack.errors import FormatError

    table = tmp_path / "table"
    table.write_text(f"# x\n{line}\n")
    with pytest.raises(FormatError, match="line 2"):
        read_replacements(table)


_PIECES = st.sampled_from(
    ["(require ", "(planet ada/util:1)", "(planet ", ")", "'", "#;", "; x\n", '"(planet a/b)"', " ", "[", "]",
     "#lang planet ", "ada/util:1", "@f[", "this-package-in ", "(module m ", "λ", "#reader", "|", "#|", "|#", "`", ","]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=25).map("".join), st.sampled_from(["x.rkt", "x.scrbl"]))
def test_only_requests_change(text: str, file: str) -> None:
    result = run(text, file)
    rest = text
    for edit in result.edits:
        before, found, rest = rest.partition(edit.before)
        assert found
        assert before.encode() in result.data
    if not result.edits:
        assert result.data == text.encode()
