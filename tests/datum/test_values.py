"""Equality of data, tables, prefab keys, and the character properties."""

from __future__ import annotations

import sys
import unicodedata
from fractions import Fraction
from types import FrameType

import pytest
from hypothesis import given, settings

from pltpack.datum.prefabs import PrefabKeyError, normal_prefab_key
from pltpack.datum.reader import read_datum
from pltpack.datum.unicode import is_alphabetic, is_blank, is_graphic, is_space
from pltpack.datum.values import (
    Box,
    Complex,
    Datum,
    HashKind,
    HashTable,
    Identities,
    Symbol,
    Vector,
    hash_table,
    same_datum,
)
from tests.strategies import datums

a, b = Symbol("a"), Symbol("b")


def read(text: str) -> Datum:
    datum: Datum = read_datum(text.encode())[0]
    return datum


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1", "1.0"),
        ("1", "#t"),
        ("0", "#f"),
        ("0.0", "-0.0"),
        ("a", '"a"'),
        ('"a"', '#"a"'),
        ("a", "#:a"),
        ("#\\a", '"a"'),
        ('#rx"a"', '#px"a"'),
        ('#rx"a"', '#rx#"a"'),
        ("(a)", "#(a)"),
        ("(a b)", "(a . b)"),
        ("#&a", "a"),
        ("#fx(1)", "#(1)"),
        ("#fx()", "#fl()"),
        ("#hash((a . 1))", "#hasheq((a . 1))"),
        ("#hash((a . 1))", "#hash((a . 2))"),
        ("#hash((a . 1))", "#hash((a . 1) (b . 1))"),
        ("#s(a 1)", "#s(b 1)"),
        ("1+2i", "1.0+2.0i"),
    ],
)
def test_different(left: str, right: str) -> None:
    assert not same_datum(read(left), read(right))
    assert not same_datum([read(left)], [read(right)])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("+nan.0", "-nan.0"),
        ("1/2", "2/4"),
        ("(a . (b))", "(a b)"),
        ("#hash((a . 1) (b . 2))", "#hash((b . 2) (a . 1))"),
        ("#hash((#hash((1 . 2) (3 . 4)) . x))", "#hash((#hash((3 . 4) (1 . 2)) . x))"),
        ("'a", "(quote a)"),
        ("1.0+0.0i", "1.0+0.0i"),
    ],
)
def test_the_same(left: str, right: str) -> None:
    assert same_datum(read(left), read(right))


@settings(max_examples=100)
@given(datums(), datums())
def test_identities_agree_with_writing(left: Datum, right: Datum) -> None:
    """Data are the same just if they are numbered the same, alone or inside other data."""
    identities = Identities()
    same = identities.of(left) == identities.of(right)
    assert same == same_datum(left, right)
    assert same == (identities.of([left, Box(right)]) == identities.of([right, Box(left)]))


def test_comparison_does_not_recurse() -> None:
    left: Datum = []
    right: Datum = []
    for _ in range(sys.getrecursionlimit() * 20):
        left, right = [left, 1], [right, 1]
    assert same_datum(left, right)
    assert not same_datum(left, [right])


@pytest.mark.parametrize(
    ("kind", "key", "entries"),
    [
        ("equal", "s", 1),
        ("eqv", "s", 2),
        ("eq", "s", 2),
        ("always", "s", 2),
        ("always", [a], 1),
        ("always", ["s"], 2),
        ("eqv", [a], 2),
        ("eq", [], 1),
        ("eq", a, 1),
        ("eq", 2**60 - 1, 1),
        ("eq", 2**60, 2),
        ("eq", 1.5, 2),
        ("eq", 0.0, 1),
        ("eqv", float("nan"), 1),
        ("eq", "", 1),
        ("eq", Vector(()), 1),
        ("eq", HashTable(()), 1),
        ("always", [""], 1),
        ("always", Box(""), 2),
        ("eqv", 1.5, 1),
        ("eqv", Fraction(1, 2), 1),
        ("eqv", Complex(1, 2), 1),
        ("equal", Vector((a, "s")), 1),
        ("always", Vector((a,)), 2),
    ],
)
def test_repeated_keys(kind: HashKind, key: Datum, entries: int) -> None:
    """As Racket's ``read``: the last of equal keys stays; to ``eq?`` a fresh object equals no other."""
    table = hash_table([(key, 1), (b, 2), (key, 3)], kind, Identities())
    assert len(table.entries) == entries + 1
    assert table.entries[-1] == (key, 3)


def test_lookup() -> None:
    table = HashTable(((a, 1), ([b], 2), (1, 3)))
    assert table.get(a) == 1
    assert table.get([b]) == 2
    assert table.get(True) is None
    assert table.get(1) == 3
    assert table.get(1.0) is None
    assert table == HashTable(table.entries)
    assert [value for _, value in table] == [1, 2, 3]


def test_looking_up_many_keys_takes_no_time_for_each_key() -> None:
    table = HashTable(tuple((Symbol(f"key-{number}"), number) for number in range(60_000)))
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    assert table.get(Symbol("none")) is None
    sys.setprofile(count)
    try:
        found = [table.get(Symbol(f"key-{number}")) for number in range(0, 60_000, 1000)]
    finally:
        sys.setprofile(None)
    assert found == list(range(0, 60_000, 1000))
    assert calls < 1000


@pytest.mark.parametrize(
    ("key", "fields", "normal"),
    [
        ("a", 3, "a"),
        ("(a)", 1, "a"),
        ("(a 2)", 2, "a"),
        ("(a 1 (0 #f))", 1, "a"),
        ("(a (0 x) #())", 1, "a"),
        ("(a (1 x))", 2, "(a (1 x))"),
        ("(a #(1 0))", 2, "(a #(0 1))"),
        ("(a 1 b 1)", 2, "(a b 1)"),
        ("(a b 1)", 2, "(a b 1)"),
        ("(a 1 (1 2) b 2 (1 3))", 5, "(a (1 2) b 2 (1 3))"),
    ],
)
def test_prefab_keys(key: str, fields: int, normal: str) -> None:
    assert same_datum(normal_prefab_key(read(key), fields), read(normal))


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        *(("()", 0), ("1", 0), ('"a"', 1), ("(1)", 0), ("(a 2)", 1), ("(a b)", 1), ("(a -1)", 0), ("(a . b)", 1)),
        *(("(a #(1))", 1), ("(a #(0 0))", 1), ("(a #(x))", 1), ("(a (1 2 3))", 1), ("(a b 2)", 1), ("(a 1 1)", 1)),
        *(("(a #(0) 1)", 1), ("(a #t)", 1)),
    ],
)
def test_bad_prefab_keys(key: str, fields: int) -> None:
    with pytest.raises(PrefabKeyError):
        normal_prefab_key(read(key), fields)


# --- character properties -------------------------------------------------------------------------------------------

SCALARS = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="this Python knows another Unicode than 14.0")
def test_properties_are_those_of_unicode_14() -> None:
    for character in SCALARS:
        category = unicodedata.category(character)
        assert is_graphic(character) == (category[0] in "LMNPS"), ascii(character)
        assert is_blank(character) == (category == "Zs" or character == "\t"), ascii(character)
        if category[0] == "L" or category == "Nl":
            assert is_alphabetic(character), ascii(character)
        elif category[0] not in "MS":  # Other_Alphabetic holds marks, and circled letters
            assert not is_alphabetic(character), ascii(character)


def test_newer_characters_stay_unassigned() -> None:
    """U+0CF3 came with Unicode 15.0, U+2EBF0 with 15.1, U+1C89 with 16.0; whatever Python knows of them."""
    for character in "\u0cf3\U0002ebf0\u1c89":
        assert not is_graphic(character)
        assert not is_alphabetic(character)


def test_white_space() -> None:
    spaces = {character for character in SCALARS if is_space(character)}
    codes = [*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
    assert spaces == {chr(code) for code in codes}
