"""Which modules programs require, and which packages of today have them."""

from __future__ import annotations

import pytest

from pltpack.datum.program import read_program
from pltpack.planet.rescue.dependencies import Dependencies, examine, is_build_file
from pltpack.planet.rescue.modules import required_modules
from pltpack.planet.rescue.providers import Providers, providers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#lang scheme/base\n(require scheme/list)", ["scheme/base", "scheme/list"]),
        ('(module m mzscheme (require (lib "list.ss") (lib "url.ss" "net")))',
         ["mzscheme/main", "mzlib/list", "net/url"]),
        ('(require (lib "a/b.ss") (lib "c") (lib "d.scm" "e"))', ["a/b", "c/main", "e/d.scm"]),
        ("(require (only a x) (prefix p: b) (all-except c x) (rename d x y) (prefix-all-except p: e x))",
         ["a/main", "b/main", "c/main", "d/main", "e/main"]),
        ("(require (for-syntax a (only-in b/c x)) (prefix-in p: (except-in d x)) (combine-in e f) (for-meta 2 g))",
         ["a/main", "b/c", "d/main", "e/main", "f/main", "g/main"]),
        ("(require (planet x/y) \"a.ss\" (file \"/b\") 'c (submod d e))", ["d/main"]),
        ("(require (submod \".\" main) (submod \"..\"))", []),
        ("(require-for-syntax a) (dynamic-require 'b 'x) (dynamic-require c 'x) (lazy-require [d (x)])",
         ["a/main", "b/main", "d/main"]),
        ("'(require a) `(require b) #'(require c)", ["c/main"]),
        ("#lang s-exp a/b\n(require c)", ["s-exp/lang/reader", "a/b", "c/main"]),
        ("#lang at-exp a/b\n", ["at-exp", "a/b"]),
        ("#lang planet x/y\n(require a)", ["a/main"]),
        ("(module reader syntax/module-reader a/b)", ["syntax/module-reader", "a/b"]),
        ("(module reader syntax/module-reader #:language 'a/b)", ["syntax/module-reader", "a/b"]),
        ("#lang s-exp syntax/module-reader\na/b", ["s-exp/lang/reader", "syntax/module-reader", "a/b"]),
        ("#lang scribble/manual\n@(require a (for-label b))\n@require[c]\ntext (require d)",
         ["scribble/manual", "a/main", "b/main", "c/main"]),
        ("(define-runtime-module-path-index i 'a/b) (require/typed c [x Y])", ["a/b", "c/main"]),
        ("#reader a/b (x)", ["a/b"]),
        ("(my-require a (lib \"x.ss\"))", []),
        ("(require (my-in a (lib \"x.ss\")))", ["mzlib/x"]),
        ("(require #%kernel a.b |c d|)", []),
    ],
)  # fmt: skip
def test_required(text: str, expected: list[str]) -> None:
    assert [required.module for required in required_modules(read_program(text.encode()))] == expected


TABLE = Providers(
    {
        "packages": {
            "base": {"kit": ["main"], "tools": ["a", "b"]},
            "more": {"kit": ["extra", "lang/reader"]},
            "catalog:late": {"old": ["x"], "kit": ["main"]},
        },
        "gone": {"kit": ["lost"]},
    }
)


@pytest.mark.parametrize(
    ("text", "packages", "notes"),
    [
        ("(require kit kit/extra old/x)", ["base", "more", "late"], []),
        ("#lang kit\n", ["more"], []),
        ("(require tools/hidden)", ["base"], []),
        ("(require kit/hidden)", [], ["unknown-module"]),
        ("(require kit/lost kit/lost)", [], ["gone-module"]),
        ("(require nowhere)", [], ["unknown-module"]),
        ("#lang nowhere\n(set-car! x 1)", [], ["set-pair", "unknown-module"]),
        ("(require r5rs) (set-car! x 1)", [], ["unknown-module"]),
        ("; set-car!\n'set-cdr?", [], []),
    ],
)
def test_providers(text: str, packages: list[str], notes: list[str]) -> None:
    found = Dependencies()
    told = list(examine("x.ss", text.encode(), read_program(text.encode()), TABLE, found))
    assert sorted(note.kind for note in told) == notes
    assert list(found.run) == packages
    run, build = found.settled()
    assert next(iter(run)) == "base"
    assert build == {}


def test_what_only_building_takes() -> None:
    found = Dependencies()
    for file, text in (
        ("a.scrbl", "(require kit/extra)"),
        ("tests/t.ss", "(require old/x)"),
        ("b.ss", "(require kit)"),
    ):
        list(examine(file, text.encode(), read_program(text.encode()), TABLE, found))
    run, build = found.settled()
    assert (list(run), list(build)) == (["base"], ["late", "more"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("manual.scrbl", True), ("tests/a.ss", True), ("a/Test/b.rkt", True), ("test.ss", True), ("a-test.ss", True),
        ("test-all.rkt", True), ("examples/x.ss", True), ("main.rkt", False), ("contest.ss", False),
        ("latest.rkt", False),
    ],
)  # fmt: skip
def test_files_for_building(path: str, expected: bool) -> None:
    assert is_build_file(path) is expected


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("mzlib/list", "compatibility-lib"), ("mzlib/pconvert", "pconvert-lib"), ("scheme/base", "scheme-lib"),
        ("scheme/gui", "gui-lib"), ("net/url", "base"), ("net/smtp", "net-lib"), ("srfi/13", "srfi-lite-lib"),
        ("web-server/servlet", "web-server-lib"), ("unstable/list", "unstable-list-lib"),
        ("schemeunit/main", "schemeunit"),
        ("planet/version", "planet-lib"), ("scribble/manual", "scribble-lib"),
    ],
)  # fmt: skip
def test_the_table_that_comes_along(module: str, package: str) -> None:
    from pltpack.planet.rescue.modules import Required

    assert providers().find(Required(module, 0)).package == package
