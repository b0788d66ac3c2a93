"""Fields of headers, set one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.codec.header import Header, Preamble
from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, same_datum
from pltpack.editing.changes import SetField
from pltpack.editing.header import edited, parsed
from pltpack.errors import HeaderError
from tests.strategies_archive import headers


def datum(text: str) -> Datum:
    value: Datum = read_datum(text.encode())[0]
    return value


OLD = Preamble(
    datum(
        '(lambda (request failure) (case request ((name) "Old") ((unpacker) (quote mzscheme)) ((requires) '
        "(quote ((() ())))) ((conflicts) (quote ())) ((plt-relative?) (and #t #t)) ((plt-home-relative?) #f) "
        "(else (failure))))"
    ),
    datum("(unit (import plthome mzuntar) (export) (mzuntar void) (quote ()))"),
)


def old(requires: str = "(quote ())") -> Preamble:
    return Preamble(
        datum(
            f'(lambda (request failure) (case request ((name) "Old") ((unpacker) (quote mzscheme)) ((requires) '
            f"{requires}) ((conflicts) (quote ())) ((plt-relative?) #t) ((plt-home-relative?) #f) (else (failure))))"
        ),
        datum("(unit (import plthome mzuntar) (export) (mzuntar void) (quote ()))"),
    )


@given(headers(), st.text(st.characters(codec="utf-8")))
def test_only_the_field_changes(header: Header, name: str) -> None:
    after = edited(header.preamble(), [SetField("name", name)]).header()
    assert after == Header(
        name,
        requires=header.requires,
        conflicts=header.conflicts,
        collections=header.collections,
        plt_relative=header.plt_relative,
        plt_home_relative=header.plt_home_relative,
        test_plt_dirs=header.test_plt_dirs,
    ) or same_header(after, header, name)


def same_header(after: Header, before: Header, name: str) -> bool:
    """Floats such as ``+nan.0`` are not equal to themselves as values, but as data."""
    expected = before.preamble()
    return after.name == name and same_datum(after.preamble().unit, expected.unit)


def test_an_old_shape_stays_an_old_shape() -> None:
    after = edited(old(), [SetField("name", "New"), SetField("location", "main")])
    assert "test-plt-dirs" not in after.clauses()
    header = after.header()
    assert (header.name, header.plt_home_relative, header.test_plt_dirs) == ("New", True, None)
    assert same_datum(after.unit, old().unit)


def test_an_old_shape_gets_the_clause_that_it_needs() -> None:
    after = edited(old(), [SetField("location", "main"), SetField("test-dirs", ("collects",))])
    assert after.header().test_plt_dirs == ("collects",)


def test_collections_are_said_by_the_unit() -> None:
    after = edited(old(), [SetField("collections", (("a", "b"),))])
    assert after.header().collections == (("a", "b"),)
    assert same_datum(after.info, old().info)


@pytest.mark.parametrize("preamble", [Preamble(1, 2), Preamble(old().info, 2), OLD])
def test_a_header_of_no_known_shape(preamble: Preamble) -> None:
    with pytest.raises(HeaderError):
        edited(preamble, [SetField("name", "x")])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name=a=b, c", "a=b, c"),
        ("name=", ""),
        ("requires=mzlib 370.1, mred/x", ((("mzlib",), (370, 1)), (("mred", "x"), ()))),
        ("requires=", ()),
        ("conflicts=a/b,c", (("a", "b"), ("c",))),
        ("collections=a", (("a",),)),
        ("location=user", "user"),
        ("test-dirs=collects,lib", ("collects", "lib")),
        ("test-dirs=", None),
    ],
)
def test_fields_as_text(text: str, value: object) -> None:
    assert parsed(text).value == value


@pytest.mark.parametrize(
    "text",
    ["name", "nonesuch=x", "location=moon", "requires=a 1.x", "requires=a/", "collections=a//b", "requires=a 1 2"],
)
def test_what_is_no_field(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)
