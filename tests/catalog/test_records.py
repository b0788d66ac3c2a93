"""Records: every key kept, the known ones typed, the right version chosen, sources absolute and relative."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from pltpack.catalog.record import Record, as_dependency
from pltpack.catalog.sources import absolute_source, relative_source, with_sources
from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, HashTable, Regexp, Symbol, same_datum
from pltpack.errors import CatalogError
from pltpack.racket.info.fields import Dependency
from tests.strategies import datums

FULL = (
    b'#hash((author . "ann@example.org") (checksum . "01") (dependencies . ("base" ("v" "1.2") ("k" #:version "2.0") '
    b'("p" #:platform windows) ("r" #:platform #rx"linux" #:version "3.1"))) (description . "d") '
    b'(modules . ((lib "full/main.rkt"))) (ring . 1) (source . "full.zip") (tags . ("a" "b")) (x-own . (1 #\\a)))'
)
VERSIONS = (
    b'#hash((checksum . "0") (source . "new.zip") (tags . ("t")) (versions . #hash(("6.0" . #hash((source . "old.zip"'
    b'))) (default . #hasheq((source . "default.zip") (checksum . "1"))))))'
)


def test_the_known_keys_are_typed() -> None:
    record = Record.parse("full", FULL)
    assert (record.author, record.checksum, record.description, record.ring) == ("ann@example.org", "01", "d", 1)
    assert (record.source, record.tags) == ("full.zip", ("a", "b"))
    assert record.modules == ([Symbol("lib"), "full/main.rkt"],)
    assert record.dependencies == (
        Dependency("base"),
        Dependency("v", "1.2"),
        Dependency("k", "2.0"),
        Dependency("p", None, Symbol("windows")),
        Dependency("r", "3.1", Regexp("linux")),
    )


def test_all_keys_are_kept() -> None:
    assert Record.parse("full", FULL).write() == FULL
    assert Record.parse("full", FULL).updated({"ring": 2}).write() == FULL.replace(b"(ring . 1)", b"(ring . 2)")


def test_what_is_missing_is_empty() -> None:
    record = Record.parse("bare", b"#hash()")
    assert (record.source, record.checksum, record.ring, record.author, record.tags) == (None, None, None, "", ())


@pytest.mark.parametrize(
    ("version", "source"),
    [("6.0", "old.zip"), ("6.0.1", "default.zip"), ("8.7", "default.zip"), (None, "default.zip")],
)
def test_the_version_is_chosen_exactly_or_by_default(version: str | None, source: str) -> None:
    assert Record.parse("v", VERSIONS).for_version(version).source == source


def test_the_table_of_versions_is_typed() -> None:
    assert set(Record.parse("v", VERSIONS).versions) == {"6.0", None}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("source", "3"), ("checksum", "x"), ("tags", '"word"'), ("tags", "(sym)"), ("ring", '"1"'), ("ring", "#t"),
        ("dependencies", '"base"'), ("dependencies", "(3)"), ("dependencies", '(("x" #:version))'), ("modules", "#t"),
        ("versions", "()"), ("versions", '#hash(("6.0" . 1))'), ("author", "#(1)"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_named(field: str, text: str) -> None:
    record = Record.parse("p", f"#hash(({field} . {text}))".encode())
    with pytest.raises(CatalogError, match=f"the {field} of package p is not"):
        getattr(record, field)


@pytest.mark.parametrize("text", [b"", b"(1)", b"<html>", b"#hash((source . ", b'#hash(("source" . "x"))', b"; only"])
def test_what_is_no_record_is_an_error(text: bytes) -> None:
    with pytest.raises(CatalogError):
        Record.parse("p", text)


@pytest.mark.parametrize("text", ["(sym)", "()", '("x" #:other 1)', '("x" #:version)', '("x" #:platform 3)', '("x" 3)'])
def test_what_is_no_dependency(text: str) -> None:
    assert as_dependency(read_datum(text.encode())[0]) is None


@given(datums())
def test_any_value_passes_through(value: Datum) -> None:
    again = Record.parse("p", Record.of("p", {"x": value}).write()).get("x")
    assert again is not None
    assert same_datum(again, value)


HERE = "file:///w/site/catalog/"
THERE = "http://h/site/catalog/"


@pytest.mark.parametrize(
    ("source", "here", "there"),
    [
        ("../pkgs/r.zip", "file:///w/site/pkgs/r.zip", "http://h/site/pkgs/r.zip"),
        ("../src/d/", "file:///w/site/src/d/", "http://h/site/src/d/"),
        ("./h.zip", "file:///w/site/catalog/h.zip", "http://h/site/catalog/h.zip"),
        ("../pkgs/q.zip?x=1", "file:///w/site/pkgs/q.zip?x=1", "http://h/site/pkgs/q.zip?x=1"),
        ("../pkgs/a%20b.zip", "file:///w/site/pkgs/a%20b.zip", "http://h/site/pkgs/a%20b.zip"),
        ("../../../../../x.zip", "file:///x.zip", "http://h/x.zip"),
        ("../src/d?type=static-link", "file:///w/site/src/d?type=static-link", "http://h/site/src/d?type=static-link"),
    ],
)
def test_relative_sources_become_absolute(source: str, here: str, there: str) -> None:
    assert (absolute_source(HERE, source), absolute_source(THERE, source)) == (here, there)


@pytest.mark.parametrize(
    "source",
    ["/abs/x.zip", "git://example.org/u/r?path=p#rev", "github://github.com/u/r/master", "file:///x/f.zip", "other",
     "file://x/f.zip", "https://example.org/u/r.git", ""],
)  # fmt: skip
def test_other_sources_stay_as_they_are(source: str) -> None:
    assert absolute_source(HERE, source) == absolute_source(THERE, source) == source


@pytest.mark.parametrize(
    ("source", "relative"),
    [
        ("file:///w/pkgs/a%20b.zip", "../pkgs/a%20b.zip"), ("/w/out/x.zip", "x.zip"), ("file:///w/src/d/", "../src/d/"),
        ("https://example.org/x.zip", "https://example.org/x.zip"), ("other", "other"),
    ],
)  # fmt: skip
def test_absolute_sources_become_relative(source: str, relative: str) -> None:
    assert relative_source(Path("/w/out"), source) == relative


def test_sources_of_versions_change_too() -> None:
    record = with_sources(Record.parse("v", VERSIONS), lambda source: f"x/{source}")
    old = record.versions["6.0"]
    assert isinstance(old, HashTable)
    assert (record.source, old.get(Symbol("source"))) == ("x/new.zip", "x/old.zip")
