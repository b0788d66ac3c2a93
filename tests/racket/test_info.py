"""``info.rkt``: recorded cases, real files, places, limits, and the typed fields."""

from __future__ import annotations

import base64
import json
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pltpack.datum.values import Regexp, Symbol
from pltpack.errors import InfoError, LimitError
from pltpack.racket.info.info import (
    Dependency,
    Info,
    InfoLimits,
    PathValue,
    Procedure,
    load_info,
    parse_info,
    read_info_module,
)
from pltpack.racket.info.json import json_value
from pltpack.racket.installation import Installation
from tests.racket.info_corpus import REAL, RecordingMachine, cases, encoded, expected, unordered, verdict


def info(text: str, **options: Any) -> Info:
    """The fields of a text behind ``#lang info``."""
    return parse_info(f"#lang info\n{text}".encode(), **options)


@pytest.mark.parametrize("case", [case for case in cases() if case["result"] != "none"], ids=lambda case: case["label"])
def test_recorded_case(case: Mapping[str, Any]) -> None:
    data = case["source"].encode() if "source" in case else base64.b64decode(case["source_b64"])
    found = verdict(data, RecordingMachine())
    if case["label"] == "redefine define":
        assert found == ("ok", [["define", 5], ["v", 1]])  # the recording could not list both
    else:
        assert found == expected(case)


def test_the_cases_are_all_there() -> None:
    assert len(cases()) == 377
    (absent,) = (case for case in cases() if case["result"] == "none")
    assert absent["file"] == "INFO.RKT"


@pytest.mark.skipif(not REAL.is_dir(), reason="the corpus of real info files is not beside the checkout")
def test_real_files() -> None:
    recorded = json.loads((REAL / "expected.json").read_text(encoding="utf-8"))
    assert len(recorded) == 397
    for name, fields in recorded.items():
        found = load_info(REAL / "files" / name)
        assert found is not None
        assert encoded(found) == [[field, unordered(value)] for field, value in fields.items()], name


class TestLooking:
    def test_the_newer_name_comes_first_and_hides_the_older(self, tmp_path: Path) -> None:
        assert load_info(tmp_path) is None
        (tmp_path / "info.ss").write_text('#lang info\n(define name "old")')
        found = load_info(tmp_path)
        assert found is not None
        assert (found.name, found.file) == ("old", str(tmp_path / "info.ss"))
        (tmp_path / "info.rkt").write_text("broken")
        with pytest.raises(InfoError, match=r"info\.rkt:1:0: not a module info"):
            load_info(tmp_path)

    def test_a_directory_of_that_name_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "info.rkt").mkdir()
        assert load_info(tmp_path) is None

    def test_nothing_is_no_error(self, tmp_path: Path) -> None:
        assert load_info(tmp_path / "none") is None
        assert load_info(tmp_path / "none" / "info.rkt") is None

    def test_a_file_of_any_name(self, tmp_path: Path) -> None:
        file = tmp_path / "INFO.RKT"
        file.write_text("#!info\n(define v 1)")
        found = load_info(file)
        assert found is not None
        assert dict(found) == {"v": 1}


@pytest.mark.parametrize(
    ("text", "category", "line", "column"),
    [
        ("#lang info\n(define v\n  (lost))", "syntax", 3, 3),
        ("#lang info\r\n(define v 1)\r\n\t(define v 2)", "syntax", 3, 16),
        ("#lang info\n(define 名 ,x)", "syntax", 2, 10),
        ("#lang info\n(define v (car 5))", "runtime", 2, 10),
        ("#lang info\n(define v w)\n(define w 1)", "runtime", 2, 10),
        ('#lang info\n(define v "\\q")', "read", 2, 11),
        ("#lang info\n(define v '(a ]))", "read", 2, 14),
        ("#lang info\n\n#lang info", "read", 3, 0),
        ("; x\n#lang racket", "shape", 2, 0),
        ("#lang info (require x)", "syntax", 1, 11),
    ],
)
def test_places(text: str, category: str, line: int, column: int) -> None:
    with pytest.raises(InfoError) as caught:
        parse_info(text.encode(), file="d/info.rkt")
    assert (caught.value.category, caught.value.line, caught.value.column) == (category, line, column)
    assert str(caught.value).startswith(f"d/info.rkt:{line}:{column}: ")


class TestMachine:
    def test_without_an_installation_a_field_spoils_itself_and_what_uses_it(self) -> None:
        found = info(
            '(define a 1)\n(define b (list (collection-path "racket")))\n(define c `(x ,b))\n'
            "(define d (if #t a c))\n(define e (system-library-subpath))"
        )
        assert list(found) == ["a", "b", "c", "d", "e"]
        assert set(found.spoiled) == {"b", "c", "e"}
        assert (found["a"], found["d"]) == (1, 1)
        with pytest.raises(InfoError, match=r"3:16: collection-path: the directory of the collection racket"):
            found["c"]
        with pytest.raises(InfoError, match=r"6:10: system-library-subpath"):
            found.get("e")

    def test_what_fails_everywhere_fails_without_an_installation_too(self) -> None:
        with pytest.raises(InfoError, match="collection-path: an argument is not a relative path"):
            info('(define a (collection-path "/racket"))')

    def test_an_installation_is_asked(self, tmp_path: Path) -> None:
        (tmp_path / "mine" / "sub").mkdir(parents=True)
        (tmp_path / "info.rkt").write_text(
            '#lang info\n(define a (collection-path "mine" "sub"))\n(define b (collection-path "none" #:fail list))'
            "\n(define c (system-library-subpath #f))\n(define d (system-library-subpath 'cs))"
        )
        main = tmp_path / "main" / "collects"
        main.mkdir(parents=True)
        installation = Installation.discover(
            version="8.7", collects_dir=main, collects=[tmp_path], environ={"HOME": str(tmp_path), "PATH": ""}
        )
        found = load_info(tmp_path, installation=installation)
        assert found is not None
        assert found["a"] == PathValue(str(tmp_path / "mine" / "sub"))
        assert isinstance(found["b"], list)
        if sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64"):
            assert found["c"] == PathValue(f"{platform.machine()}-linux")
            assert found["d"] == PathValue(f"{platform.machine()}-linux/cs")

    def test_environment_variables_must_be_allowed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FOO", "foo")
        monkeypatch.setenv("BAR", "bar")
        text = '(define v (list (getenv "FOO") (getenv "BAR") (getenv "UNSET")))'
        assert info(text)["v"] == [False, False, False]
        monkeypatch.setenv("PLT_INFO_ALLOW_VARS", "X;FOO;UNSET")
        assert info(text)["v"] == ["foo", False, False]

    def test_paths_are_joined_as_the_platform_joins_them(self) -> None:
        class Windows(RecordingMachine):
            windows = True

        text = """(define v (list (build-path "a" "b/" 'up "c") (build-path "c:\\\\x" "y")))"""
        assert info(text, machine=Windows())["v"] == [PathValue("a\\b/..\\c"), PathValue("c:\\x\\y")]
        assert info('(define v (build-path "a" "c:/x"))', machine=RecordingMachine())["v"] == PathValue("a/c:/x")
        with pytest.raises(InfoError, match="absolute"):
            info('(define v (build-path "a" "c:/x"))', machine=Windows())


def doubling(form: str, first: str = "'(a)") -> str:
    """Sixty definitions, each of which uses the one before it (``_``)."""
    lines = [f"(define b0 {first})"] + [f"(define b{n} {form.replace('_', f'b{n - 1}')})" for n in range(1, 60)]
    return "\n".join(lines)


class TestLimits:
    @pytest.mark.parametrize(
        "text",
        [
            doubling("(append _ _)"),
            doubling("(list _ _)"),
            doubling("(list* _ _)"),
            doubling("(cons _ _)"),
            doubling("`(,_ . ,_)"),
            doubling("`(,@_ ,@_)"),
            doubling("`#(,_ ,_)"),
            doubling("`#&(,_ ,_)"),
            doubling("`#hash((a . ,_) (b . ,_))"),
            doubling("(hash 1 _ 2 _)"),
            doubling("(hash-set (hash 1 _) 2 _)"),
            doubling("(hash-update (hash 1 (list _ _)) 1 reverse)"),
            doubling("(string-append _ _)", '"abc"'),
            doubling("(string-append " + "_ " * 500 + ")", '"abc"'),
            doubling("(build-path _ _)", '"abc"'),
        ],
        ids=lambda text: text.splitlines()[1],
    )
    def test_doubling(self, text: str) -> None:
        with pytest.raises(LimitError, match="evaluation takes more than"):
            info(text, limits=InfoLimits(work=100_000))

    def test_much_work_on_a_large_table(self) -> None:
        lines = ["(define t0 (hash))", *(f"(define t{n} (hash-set t{n - 1} {n} 0))" for n in range(1, 1000))]
        with pytest.raises(LimitError, match="evaluation takes more than"):
            info("\n".join(lines), limits=InfoLimits(work=1_000_000))

    def test_a_value_that_nests_deeper_with_each_definition(self) -> None:
        lines = ["(define b0 1)", *(f"(define b{n} (list b{n - 1}))" for n in range(1, 10_005))]
        with pytest.raises(LimitError, match="nested deeper than 10000"):
            info("\n".join(lines))

    @pytest.mark.parametrize(
        ("opening", "inner", "closing"),
        [
            ("(list ", "1", ")"),
            ("(if 1 2 ", "3", ")"),
            ("`", "1", ""),
            ("`(a ", ",1", ")"),
            ("`(,", "1", ")"),
            ("'(", "1", ")"),
            ("(list '#&", "1", ")"),
            ("`#s(p ", "1", ")"),
        ],
    )
    def test_nesting_costs_no_stack(self, opening: str, inner: str, closing: str) -> None:
        text = "(define w (list 1))\n(define v " + opening * 3000 + inner + closing * 3000 + ")"
        assert "v" in info(text)

    def test_too_deep_text(self) -> None:
        with pytest.raises(LimitError, match="nested deeper"):
            info("(define v '" + "(" * 20_000)

    def test_json_has_its_own(self) -> None:
        with pytest.raises(LimitError, match="nested deeper"):
            json_value(info("(define v '" + "(" * 1000 + ")" * 1000 + ")")["v"])

    def test_long_numbers_are_text_in_json(self) -> None:
        number = json_value(info("(define v 1" + "0" * 5000 + ")")["v"])
        assert json.dumps(number) == json.dumps({"$num": "1" + "0" * 5000})


class TestModule:
    def test_both_notations(self) -> None:
        module = read_info_module(b'#lang info\n(define a \'(x "y"))\n(define b (list a))')
        assert (module.language, module.module_begin, module.notation) == (Symbol("setup/infotab"), True, "lang")
        assert [(one.name, one.value) for one in module.definitions()] == [
            ("a", [Symbol("quote"), [Symbol("x"), "y"]]),
            ("b", [Symbol("list"), Symbol("a")]),
        ]
        written = read_info_module(b'(module info (lib "infotab.ss" "setup") (define a 1) (define b 2))')
        assert (written.language, written.module_begin) == ([Symbol("lib"), "infotab.ss", "setup"], False)
        assert [one.name for one in written.definitions()] == ["a", "b"]
        begun = read_info_module(b"(module info info (#%module-begin (define a 1)))")
        assert (begun.language, begun.module_begin, len(begun.forms)) == (Symbol("info"), True, 1)

    def test_what_is_no_definition(self) -> None:
        module = read_info_module(b"#lang info\n(define (f) 1)", file="x")
        with pytest.raises(InfoError, match="x: not a definition"):
            module.definitions()


class TestFields:
    def test_a_package(self) -> None:
        found = info(
            """(define collection 'multi) (define version "1.2")
            (define deps '("base" ("x") ("y" "1.0") ("z" #:version "2.0" #:platform windows)
                           ("p" #:platform #rx"linux") ("q" #:platform "x" #:version "1.0")))
            (define package-content-state '(built "8.7" more))
            (define source-omit-files (list "a" (build-path "b" "c")))"""
        )
        assert found.collection == Symbol("multi")
        assert found.package_version == "1.2"
        assert found.deps == (
            Dependency("base"),
            Dependency("x"),
            Dependency("y", "1.0"),
            Dependency("z", "2.0", Symbol("windows")),
            Dependency("p", None, Regexp("linux")),
            Dependency("q", "1.0", "x"),
        )
        assert found.package_content_state == ("built", "8.7")
        assert found.paths("source-omit-files") == ("a", "b/c")

    def test_a_collection(self) -> None:
        found = info("""(define name "N") (define version '(2 5)) (define requires '(("mred") ("a" "b")))
                        (define conflicts (list (list "old")))""")
        assert (found.name, found.version) == ("N", (2, 5))
        assert (found.requires, found.conflicts) == ((("mred",), ("a", "b")), (("old",),))

    def test_nothing(self) -> None:
        found = info("")
        assert (found.name, found.version, found.package_version) == (None, (), "0.0")
        assert (found.requires, found.conflicts, found.deps, found.build_deps) == ((), (), (), ())
        assert found.collection == Symbol("use-pkg-name")
        assert found.package_content_state == ("source", None)
        assert found.paths("binary-keep-files") == ()
        assert len(found) == 0

    @pytest.mark.parametrize(
        ("text", "field"),
        [
            ("(define name 'x)", "name"),
            ('(define version "1.2")', "version"),
            ("(define version '(1 2.0))", "version"),
            ("(define version '(1 . 2))", "version"),
            ("(define version '(1 #t))", "version"),
            ("(define version '(1 2))", "package_version"),
            ('(define version "1.00")', "package_version"),
            ('(define requires "x")', "requires"),
            ("""(define requires '("x"))""", "requires"),
            ("""(define requires '(("/x")))""", "requires"),
            ("""(define requires '((("x") (1))))""", "requires"),
            ("(define conflicts '(()))", "conflicts"),
            ("(define collection 'other)", "collection"),
            ("(define deps 'x)", "deps"),
            ("""(define deps '(""))""", "deps"),
            ("(define deps '(x))", "deps"),
            ("""(define deps '(("x" "1")))""", "deps"),
            ("""(define deps '(("x" "1.0" "2.0")))""", "deps"),
            ("""(define deps '(("x" #:version)))""", "deps"),
            ("""(define deps '(("x" #:version "1.0" #:version "1.0")))""", "deps"),
            ("""(define deps '(("x" #:platform #rx#"x")))""", "deps"),
            ("""(define deps '(("x" #:platform beos)))""", "deps"),
            ("""(define build-deps '(("x" #:other 1)))""", "build_deps"),
        ],
    )
    def test_the_wrong_type(self, text: str, field: str) -> None:
        found = info(text, file="d/info.rkt")
        with pytest.raises(InfoError, match=r"^d/info\.rkt: the field [a-z-]+ is not a") as caught:
            getattr(found, field)
        assert caught.value.category == "runtime"

    @pytest.mark.parametrize("value", ["5", "'x", '"x"', "'(x)", '\'("")', '\'("/x")', '\'("a" . "b")'])
    def test_wrong_lists_of_paths(self, value: str) -> None:
        with pytest.raises(InfoError, match="the field binary-omit-files is not a list of relative paths"):
            info(f"(define binary-omit-files {value})").paths("binary-omit-files")

    @pytest.mark.parametrize("value", ["'x", '\'(zork "1.0")', "'(built)", "'(built 5)", "'built", '\'(built . "1.0")'])
    def test_a_content_state_of_another_shape_counts_as_none(self, value: str) -> None:
        assert info(f"(define package-content-state {value})").package_content_state == ("source", None)

    def test_it_is_a_mapping(self) -> None:
        found = info("(define b 1) (define a car)")
        assert list(found.items()) == [("b", 1), ("a", Procedure("car"))]
        assert "b" in found
        assert found.get("c") is None
        with pytest.raises(KeyError):
            found["c"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: info("(define v (car))"), "car: called with 0 arguments, takes 1"),
        (lambda: info("(define v (hash-update 1 2))"), "hash-update: called with 2 arguments, takes 3 to 4"),
        (lambda: info("(define v (list*))"), r"list\*: called with 0 arguments, takes 1 or more"),
        (lambda: info("(define v (list #:a 1))"), "list: takes no keyword #:a"),
        (lambda: info("(define v (map 1))"), "map is not defined"),
        (lambda: info("(define (f) 1)"), "functions cannot be defined"),
        (lambda: parse_info(b"#lang racket"), "#lang racket is not the language of info files"),
    ],
)
def test_messages(make: Callable[[], Info], message: str) -> None:
    with pytest.raises(InfoError, match=message):
        make()


@pytest.mark.parametrize(
    "body",
    [
        "(define a '#9999(#9999(#9999(1))))",
        "(define a '(" + " #e1e99999" * 1000 + "))",
        "".join(f"(define a{number} #e1e9999)" for number in range(50)),
        "".join(f"(define a{number} '#9999(x))" for number in range(50)),
    ],
    ids=["nested vectors", "digits", "digits of many fields", "vectors of many fields"],
)
def test_what_is_only_implied_is_bounded_over_all_fields(body: str) -> None:
    with pytest.raises(LimitError, match="only implied"):
        info(body)


def test_spoiled_fields_are_found_once() -> None:
    found = info('(define a (collection-path "x"))\n(define b 1)')
    assert list(found.spoiled) == ["a"]
    assert found.spoiled is found.spoiled
