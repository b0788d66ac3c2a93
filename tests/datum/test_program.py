"""Program text with positions: what stands where, in all the ways in which programs are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.datum.at_forms import MOST_NESTED, AtForm
from pltpack.datum.program import Language, Node, Program, ReaderPath, bare, read_program
from pltpack.datum.reader import DatumLimits, read_data
from pltpack.datum.values import Datum, Symbol
from pltpack.datum.writer import write_datum
from pltpack.errors import DatumError, LimitError, TruncatedError
from tests.strategies import datums


def texts(text: bytes, program: Program) -> list[bytes]:
    """The text of each form."""
    return [text[form.start : form.end] for form in program.forms]


def codes(node: Node) -> list[Datum]:
    """What an ``@`` form holds of code, inner forms behind outer ones, without positions."""
    found: list[Datum] = []
    pending = [node]
    while pending:
        form = pending.pop()
        assert isinstance(form.datum, AtForm)
        for part in (form.datum.command, *form.datum.arguments):
            if part is not None and not isinstance(part.datum, AtForm):
                found.append(bare(part))
        pending.extend(part for part in reversed([*form.datum.arguments, *form.datum.body]) if _is_at(part))
    return found


def _is_at(node: Node) -> bool:
    return isinstance(node.datum, AtForm)


def test_forms_and_comments() -> None:
    text = b"#! /bin/sh \\\n more\n; one\n(a #;(b c) d) #| x #| y |# |# 'e ; end"
    program = read_program(text)
    assert program.problem is None
    assert texts(text, program) == [b"(a #;(b c) d)", b"'e"]
    assert [bare(form) for form in program.forms] == read_data(text)
    assert [text[start:end] for start, end in program.comments] == [
        b"#! /bin/sh \\\n more\n", b"; one\n", b"#;(b c)", b"#| x #| y |# |#", b"; end",
    ]  # fmt: skip


@given(st.lists(datums(max_leaves=8), max_size=4))
def test_the_forms_of_data_are_the_data(data: list[Datum]) -> None:
    written = [write_datum(datum) for datum in data]
    text = "\n".join(written).encode()
    program = read_program(text)
    if program.problem is None:  # vectors of fixnums and flonums are no syntax
        assert [form.decode() for form in texts(text, program)] == written


@pytest.mark.parametrize(
    ("text", "name", "within", "mode"),
    [
        (b"#lang racket/base\n(f)", "racket/base", None, "code"),
        (b"; x\n#lang   scheme\n(f)", "scheme", None, "code"),
        (b"#!racket/base\n(f)", "racket/base", None, "code"),
        (b"#lang at-exp racket/base\n(f)", "at-exp", "racket/base", "at"),
        (b"#lang scribble/manual\n", "scribble/manual", None, "text"),
        (b"#lang planet ada/util:1\n", "planet", None, "code"),
    ],
)
def test_languages(text: bytes, name: str, within: str | None, mode: str) -> None:
    program = read_program(text)
    assert program.language is not None
    assert (program.language.name, program.language.within, program.mode) == (name, within, mode)
    assert isinstance(program.forms[0].datum, Language)
    shown = text[program.language.start : program.language.end]
    assert shown.endswith((within or name).encode())


def test_a_language_stands_first() -> None:
    assert isinstance(read_program(b"(a)\n#lang racket").problem, DatumError)
    assert isinstance(read_program(b"(a #lang racket)").problem, DatumError)


def test_a_reader() -> None:
    program = read_program(b"#reader(planet a/b)x")
    first, second = program.forms
    assert isinstance(first.datum, ReaderPath)
    assert bare(first.datum.path) == [Symbol("planet"), Symbol("a/b")]
    assert second.datum == Symbol("x")
    assert read_program(b'#reader(lib "docreader.ss" "scribble")\n@f[1] It\'s').problem is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@f", ["f"]),
        ("@f[1 (g)]", ["f", "1", "(g)"]),
        ("@f{text (g) @h[2] {nested @i{}}} rest", ["f", "h", "2", "i"]),
        ("@f[1]{@g[2]{@h[3]}}", ["f", "1", "g", "2", "h", "3"]),
        ("@(f 1)", ["(f 1)"]),
        ("@[1]{x}", ["1"]),
        ("@{x @f}", ["f"]),
        ("@f|{(g) @h[1] |@i[2] {}}|", ["f", "i", "2"]),
        ("@f|--{ }| |--@g[1] }--|", ["f", "g", "1"]),
        ("@f|<<{ |<<{ }>>| |<<@g }>>|", ["f", "g"]),
        ("@|f|", ["f"]),
        ("@|(f 1) 2|", ["(f 1)", "2"]),
        ('@"a@b" @f', ['"a@b"', "f"]),
        ("@'f[1]", ["f", "1"]),
        ("@`,@f{x}", ["f"]),
        ("a@b.c", ["b.c"]),
        ("@;{ @f[1] { } } @g", ["g"]),
        ("@; @f[1]\n   @g", ["g"]),
        ("@f[@g{x} #:k @h]", ["f", "#:k", "g", "h"]),
        ("@f[(a @g{x})]", None),
    ],
)
def test_at_forms(text: str, expected: list[str] | None) -> None:
    program = read_program(b"#lang scribble/base\n" + text.encode())
    assert program.problem is None
    if expected is not None:
        found = [datum for form in program.forms[1:] for datum in codes(form)]
        assert sorted(map(write_datum, found)) == sorted(expected)


def test_code_with_at_forms() -> None:
    program = read_program(b"#lang at-exp racket\n(f a@b @g{(no data) @h[1]} c)")
    assert program.problem is None
    (form,) = program.forms[1:]
    assert [type(part.datum) for part in form.datum] == [Symbol, Symbol, AtForm, Symbol]


@pytest.mark.parametrize("text", ["@f{", "@f[1", "@f{@g{}", "@", "@f|{ }", "@|f", "@f[)]", "@ x"])
def test_what_is_wrong_with_at_forms(text: str) -> None:
    program = read_program(b"#lang scribble/base\n" + text.encode())
    assert isinstance(program.problem, DatumError | TruncatedError)


@pytest.mark.parametrize("text", [b"(", b")", b"(a . )", b'"', b"#<x>", b"#lang racket\n(]", b"\xff("])
def test_what_cannot_be_read_is_told(text: bytes) -> None:
    assert read_program(text).problem is not None


def test_bytes_that_are_not_utf8_shift_nothing() -> None:
    text = b'"\xe9" (a) ; \xfc\n\xe4'
    assert texts(text, read_program(text)) == [b'"\xe9"', b"(a)", b"\xe4"]


@pytest.mark.parametrize(
    "text",
    [
        b"(" * 100_000,
        b"'" * 100_000,
        b"#;" * 100_000,
        b"#lang scribble/base\n" + b"@f{" * 100_000,
        b"#lang scribble/base\n" + b"@f[" * 100_000,
        b"#lang at-exp racket\n" + b"(@f" * 100_000,
        b"#reader " * 100_000,
    ],
    ids=["parentheses", "quotes", "comments", "bodies", "brackets", "at-exp", "readers"],
)
def test_nesting_has_an_end(text: bytes) -> None:
    assert isinstance(read_program(text).problem, LimitError | TruncatedError)


def test_nested_at_forms_up_to_the_limit() -> None:
    text = b"@f{" * MOST_NESTED + b"}" * MOST_NESTED
    assert read_program(b"#lang scribble/base\n" + text).problem is None
    assert isinstance(read_program(b"#lang scribble/base\n@f{" + text + b"}").problem, LimitError)


def test_block_comments_may_nest_deeply() -> None:
    text = b"#|" * 100_000 + b"|#" * 100_000 + b" a"
    assert [form.datum for form in read_program(text).forms] == [Symbol("a")]


def test_limits_hold() -> None:
    assert isinstance(read_program(b"(a) " * 10, limits=DatumLimits(length=5, count=3)).problem, type(None))
    assert isinstance(read_program(b"(a b c d)", limits=DatumLimits(count=3)).problem, LimitError)


@given(st.binary(max_size=200))
def test_nothing_is_raised(data: bytes) -> None:
    for start in (b"", b"#lang scribble/base\n", b"#lang at-exp racket\n"):
        read_program(start + data)


@given(st.text(alphabet="@f[](){}|;\"'\\# \n", max_size=60))
def test_nothing_is_raised_by_what_is_nearly_right(text: str) -> None:
    for start in (b"", b"#lang scribble/base\n", b"#lang at-exp racket\n"):
        read_program(start + text.encode())
