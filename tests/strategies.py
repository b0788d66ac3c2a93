"""Hypothesis strategies that more than one test module needs: Racket data, headers, entries."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from pltpack.codec.entries import SAME, UP
from pltpack.codec.header import Header, Preamble
from pltpack.datum.numbers import Real, rectangular_number
from pltpack.datum.regexps import RegexpSyntaxError, check_regexp
from pltpack.datum.values import (
    Box,
    Char,
    Datum,
    Dotted,
    Extflonum,
    FixnumVector,
    FlonumVector,
    HashKind,
    HashTable,
    Identities,
    Keyword,
    Prefab,
    Regexp,
    Symbol,
    Vector,
    hash_table,
)

Strategy = st.SearchStrategy[Any]


def characters() -> Strategy:
    """Every Unicode scalar value, the awkward ones often."""
    awkward = st.sampled_from(
        "\0\a\b\t\n\v\f\r\x1b\x7f\x85\xa0\xad\u2028\ufeff\ufffd\ue000\uffff\U0010ffff\"\\|'#;.()[]{} ,`"
    )
    return awkward | st.characters(codec="utf-8")


def strings() -> Strategy:
    """Racket strings."""
    return st.text(characters(), max_size=12)


def names() -> Strategy:
    """Names of symbols and keywords: plain ones, numbers in disguise, anything."""
    plain = st.from_regex(re.compile(r"[a-z!?*<=>/:%&^~_@+-][a-zA-Z0-9!?.+#-]{0,8}"), fullmatch=True)
    numeric = st.text("0123456789+-.eEit/#@xinf", min_size=1, max_size=7)
    return (
        plain
        | numeric
        | st.text(characters(), max_size=6)
        | st.sampled_from([".", "..", "...", "", "#%x", "#", "1/0", "+i"])
    )


def exact_reals() -> st.SearchStrategy[int | Fraction]:
    """Integers of any size, and fractions."""
    fractions = st.fractions().filter(lambda value: value.denominator != 1)
    return st.integers() | st.integers(-(10**40), 10**40) | fractions


def reals() -> st.SearchStrategy[Real]:
    """Every kind of real number but extended ones; one not-a-number, since Racket prints but one."""
    return exact_reals() | st.floats(allow_nan=False) | st.just(float("nan"))


def numbers() -> Strategy:
    """Real, complex and extended numbers."""
    same_kind = st.tuples(exact_reals(), exact_reals()) | st.tuples(
        st.floats(allow_nan=False), st.floats(allow_nan=False)
    )
    extended = st.from_regex(re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,3})?t[+-]?[0-9]{1,2}", re.ASCII), fullmatch=True)
    return reals() | same_kind.map(lambda parts: rectangular_number(*parts)) | extended.map(Extflonum)


def regexps() -> Strategy:
    """Valid regular expressions of the four kinds."""

    def valid(regexp: Regexp) -> bool:
        try:
            check_regexp(regexp.source, perl=regexp.perl)
        except RegexpSyntaxError:
            return False
        return True

    text = st.text(st.sampled_from('ab.|*+?()[]^$\\-{}1é\n"'), max_size=6)
    source = text | text.filter(lambda part: "é" not in part).map(lambda part: part.encode("latin-1"))
    return st.builds(Regexp, source, st.booleans()).filter(valid)


_ATOMS = st.one_of(
    st.integers(-9, 99),
    names().map(Symbol),
    strings(),
    st.booleans(),
    st.binary(max_size=8),
    numbers(),
    characters().map(Char),
    names().map(Keyword),
    regexps(),
    st.lists(st.integers(-(2**60), 2**60 - 1), max_size=3).map(lambda items: FixnumVector(tuple(items))),
    st.lists(st.floats(allow_nan=False), max_size=3).map(lambda items: FlonumVector(tuple(items))),
)


@st.composite
def atoms(draw: st.DrawFn) -> Datum:
    """Data without parts. (Composed: Hypothesis warns of strategies with a long ``repr``.)"""
    datum: Datum = draw(_ATOMS)
    return datum


def _compounds(parts: Strategy) -> Strategy:
    rows = st.lists(parts, max_size=4)
    heads = st.sampled_from(["quote", "quasiquote", "unquote", "unquote-splicing", "syntax"]).map(Symbol)
    tails = parts.filter(lambda tail: not isinstance(tail, list | Dotted))
    return st.one_of(
        rows,
        st.tuples(heads, parts).map(list),
        rows.map(lambda items: Vector(tuple(items))),
        st.builds(Dotted, st.lists(parts, min_size=1, max_size=3).map(tuple), tails),
        parts.map(Box),
        st.builds(_prefab, names(), rows, st.integers(0, 3)),
        st.builds(
            _table, st.lists(st.tuples(parts, parts), max_size=3), st.sampled_from(["equal", "eq", "eqv", "always"])
        ),
    )


def _prefab(name: str, fields: list[Datum], shape: int) -> Prefab:
    """A structure with one of the forms of key that ``prefab-struct-key`` returns."""
    key: Datum = Symbol(name)
    if shape == 1 and fields:
        key = [key, Vector((0,))]
    elif shape == 2 and len(fields) > 1:
        key = [key, Symbol("parent"), 1]
    elif shape == 3 and fields:
        key = [key, [1, False]]
    return Prefab(key, tuple(fields))


def _table(pairs: list[tuple[Datum, Datum]], kind: HashKind) -> HashTable:
    return hash_table(pairs, kind, Identities())


def datums(*, max_leaves: int = 12) -> st.SearchStrategy[Datum]:
    """Everything that can be read and written."""
    return st.recursive(atoms(), _compounds, max_leaves=max_leaves)


# --- archives -------------------------------------------------------------------------------------------------------


def path_lists() -> Strategy:
    """Path lists as an archive can have them; nothing is promised of the names."""
    names = st.sampled_from(["a", "b.txt", "collects", "same", "..", "", "/", "a b", "é", 'q"\\', "\0"]) | strings()
    return st.lists(names | st.sampled_from([SAME, UP]), max_size=4).map(tuple)


def stored_entries() -> Strategy:
    """Tag, path list and data of an entry; a directory has ``b""``."""
    bodies = st.binary(max_size=40) | st.sampled_from([b"dir", b"*", b"\n", b"file\n", b"(", b"x" * 5000])
    files = st.tuples(st.sampled_from(["file", "file-replace"]), path_lists(), bodies)
    return st.tuples(st.just("dir"), path_lists(), st.just(b"")) | files


def _collection_paths() -> Strategy:
    return st.lists(strings(), min_size=1, max_size=3).map(tuple)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Every valid header."""
    plt_relative = draw(st.booleans())
    home_relative = plt_relative and draw(st.booleans())
    test_dirs = draw(st.none() | st.lists(strings(), max_size=3).map(tuple)) if home_relative else None
    versions = st.lists(st.integers(0, 9) | exact_reals(), max_size=3).map(tuple)
    return Header(
        draw(strings()),
        requires=tuple(draw(st.lists(st.tuples(_collection_paths(), versions), max_size=2))),
        conflicts=tuple(draw(st.lists(_collection_paths(), max_size=2))),
        collections=tuple(draw(st.lists(_collection_paths(), max_size=2))),
        plt_relative=plt_relative,
        plt_home_relative=home_relative,
        test_plt_dirs=test_dirs,
    )


def preambles() -> st.SearchStrategy[Preamble]:
    """Headers as data, and data that are no headers."""
    return headers().map(lambda header: header.preamble()) | st.builds(Preamble, datums(), datums())
