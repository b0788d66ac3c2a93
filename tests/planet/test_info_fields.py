"""The fields of info files: what PLaneT refuses, what it warns of, and what makes raco setup act."""

from __future__ import annotations

import pytest

from pltpack.datum.program import read_program
from pltpack.datum.reader import read_datum
from pltpack.planet.info_fields import info_objections, is_xexpr, plain_text, setup_fields
from pltpack.racket.info.info import parse_info

FINE = {
    "name": '"kit"',
    "blurb": '\'("A " (tt "kit") (a ((href "x")) "y") nbsp 955)',
    "release-notes": '\'((p "First."))',
    "categories": "'(misc net)",
    "primary-file": '\'("main.rkt" "b.rkt")',
    "required-core-version": '"4.1.0.3"',
    "repositories": '\'("3xx" "4.x")',
    "scribblings": '\'(("manual.scrbl" (multi-page) (library 10) "kit") ("b.scrbl"))',
    "version": '"1.0"',
    "homepage": '"http://example.com/kit"',
}

BAD = {
    "name": ["'kit", "1"],
    "blurb": ['"text"', "'(#t)", "'((1))", "'(0)"],
    "release-notes": ['"text"'],
    "categories": ["'(games)", '"net"', '\'("net")'],
    "primary-file": ["'main", "'(main)"],
    "required-core-version": ['"soon"', "4"],
    "repositories": ['\'("5.x")', '"4.x"'],
    "scribblings": ['\'("manual.scrbl")', "'((manual))", '\'(("m.scrbl" multi-page))', '\'(("m.scrbl" () (a "b")))'],
    "version": ["1"],
    "homepage": ['"example.com"', "'(x)"],
    "doc.txt": ["'doc"],
    "html-docs": ['"doc"'],
}


def objections(**fields: str) -> list[tuple[bool, str]]:
    text = "#lang setup/infotab\n" + "".join(f"(define {name} {value})\n" for name, value in fields.items())
    return list(info_objections(parse_info(text.encode()), frozenset({"main.rkt", "b.rkt"})))


def test_nothing_to_say() -> None:
    assert objections(**FINE) == []


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_what_is_refused(name: str, value: str) -> None:
    found = objections(**{**FINE, name: value})
    assert [refused for refused, _ in found if refused] == [True]
    assert any(name in message or "category" in message for refused, message in found if refused)


@pytest.mark.parametrize("name", ["name", "blurb", "categories", "primary-file", "release-notes", "repositories"])
def test_what_is_missed(name: str) -> None:
    assert [refused for refused, _ in objections(**{key: FINE[key] for key in FINE if key != name})] == [False]
    assert [refused for refused, _ in objections(**{**FINE, name: "#f"})] == [False]


def test_files_that_are_not_there() -> None:
    ((refused, message),) = objections(**{**FINE, "primary-file": '"c.rkt"'})
    assert not refused
    assert "c.rkt" in message


def test_deeply_nested_texts_are_none() -> None:
    assert not is_xexpr(read_datum(b"(a " * 2000 + b")" * 2000)[0])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b'("A \\n kit" (tt "x"))', "A kitx"),
        (b'"plain"', "plain"),
        (b'((p ((class "c")) "One" " two") "three")', "One twothree"),
        (b"(5 #t)", ""),
    ],
)
def test_texts(value: bytes, text: str) -> None:
    assert plain_text(read_datum(value)[0]) == text


def test_long_texts_are_cut() -> None:
    assert len(plain_text(["word " * 10_000])) <= 200


def test_what_makes_setup_act() -> None:
    text = b"""(module info (lib "infotab.ss" "setup")
      (define name "x") (define scribblings '()) (define tools '()) (define mred-launcher-names '("x"))
      (define install-collection "installer.ss") (define (tools x) 1))"""
    assert [name for name, _ in setup_fields(read_program(text))] == [
        "scribblings", "tools", "mred-launcher-names", "install-collection",
    ]  # fmt: skip
