"""The info procedure and the unpacking unit: every shape that ``setup/unpack`` takes, and those that it does not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

from pltpack.codec.header import Header, Preamble
from pltpack.datum.reader import read_datum
from pltpack.datum.values import Datum, Symbol, same_datum
from pltpack.datum.writer import write_datum
from pltpack.errors import HeaderError
from tests.strategies_archive import headers

CLAUSES = {
    "name": '"n"',
    "unpacker": "(quote mzscheme)",
    "requires": "(quote ())",
    "conflicts": "(quote ())",
    "plt-relative?": "#f",
    "plt-home-relative?": "#f",
    "test-plt-dirs": "#f",
}
UNIT = "(unit (import main-collects-parent-dir mzuntar) (export) (mzuntar void) (quote ()))"


def info(clauses: dict[str, str] | None = None, *, without: str = "") -> str:
    """An info procedure as text, with some clauses of another value."""
    values = CLAUSES | (clauses or {})
    text = " ".join(f"(({name}) {value})" for name, value in values.items() if name != without)
    return f"(lambda (request failure) (case request {text} (else (failure))))"


def datum(text: str) -> Datum:
    value, _ = read_datum(text.encode())
    return value  # type: ignore[no-any-return]


def header(text: str, unit: str = UNIT) -> Header:
    return Preamble(datum(text), datum(unit)).header()


PLAIN = Header("n", plt_relative=False)

SHAPES = {
    "plain": (info(), UNIT, PLAIN),
    "brackets and quotes": (
        info().replace("((name)", "[(name)").replace('"n")', '"n"]').replace("(quote mzscheme)", "'mzscheme"),
        UNIT.replace("(quote ())", "'()"),
        PLAIN,
    ),
    "before 301.15": (info(without="test-plt-dirs"), UNIT.replace("main-collects-parent-dir", "plthome"), PLAIN),
    "any import": (info(), UNIT.replace("main-collects-parent-dir", "x"), PLAIN),
    "empty name": (info({"name": '""'}), UNIT, Header("", plt_relative=False)),
    "requires": (
        info({"requires": '\'((("mzscheme") (370)) (("a" "b") ()) (("c") (2.0 1/2 -1)))'}),
        UNIT,
        Header(
            "n",
            requires=((("mzscheme",), (370,)), (("a", "b"), ()), (("c",), (2.0, Fraction(1, 2), -1))),
            plt_relative=False,
        ),
    ),
    "conflicts": (
        info({"conflicts": '\'(("a") ("b" "c"))'}),
        UNIT,
        Header("n", conflicts=(("a",), ("b", "c")), plt_relative=False),
    ),
    "collections": (
        info(),
        UNIT.replace("(quote ())", '(quote (("a" "b") ("a" "b")))'),
        Header("n", collections=(("a", "b"), ("a", "b")), plt_relative=False),
    ),
    "plt-relative": (info({"plt-relative?": "#t"}), UNIT, Header("n")),
    "any datum is true": (info({"plt-relative?": "0"}), UNIT, Header("n")),
    "even a quoted false": (
        info({"plt-relative?": "'#f", "plt-home-relative?": "()"}),
        UNIT,
        Header("n", plt_home_relative=True),
    ),
    "home-relative alone means nothing": (info({"plt-home-relative?": "#t"}), UNIT, PLAIN),
    "home-relative": (
        info({"plt-relative?": "#t", "plt-home-relative?": "#t", "test-plt-dirs": '\'("collects" "doc")'}),
        UNIT,
        Header("n", plt_home_relative=True, test_plt_dirs=("collects", "doc")),
    ),
    "no directories to test": (
        info({"plt-relative?": "#t", "plt-home-relative?": "#t", "test-plt-dirs": "'()"}),
        UNIT,
        Header("n", plt_home_relative=True, test_plt_dirs=()),
    ),
    "without a test": (
        info({"plt-relative?": "#t", "plt-home-relative?": "#t", "test-plt-dirs": "'#f"}),
        UNIT,
        Header("n", plt_home_relative=True),
    ),
}


@pytest.mark.parametrize(("text", "unit", "expected"), SHAPES.values(), ids=SHAPES)
def test_shapes(text: str, unit: str, expected: Header) -> None:
    assert header(text, unit) == expected


REFUSED = {
    "no list": "whatever",
    "vector": "#(lambda)",
    "improper": "(lambda (request failure) . x)",
    "lambda sign": info().replace("lambda", "λ"),
    "other parameters": info().replace("request failure", "r f"),
    "other case": info().replace("case request", "case req"),
    "no else": info().replace("(else (failure))", ""),
    "other else": info().replace("(failure))))", "(fail))))"),
    "clause missing": info(without="conflicts"),
    "clause twice": info().replace("((name)", "((name) 5) ((name)"),
    "clause of three": info().replace('((name) "n")', '((name) "n" 5)'),
    "clause of two keys": info().replace("(name)", "(name title)"),
    "order changed": info().replace("requires", "x").replace("conflicts", "requires").replace("x", "conflicts"),
    "test-plt-dirs first": info(without="test-plt-dirs").replace("((name)", "((test-plt-dirs) #f) ((name)"),
    "unpacker": info({"unpacker": "'racket"}),
    "unpacker not quoted": info({"unpacker": "mzscheme"}),
    "name is a symbol": info({"name": "n"}),
    "name is computed": info({"name": '(string-append "a" "b")'}),
    "name is bytes": info({"name": '#"n"'}),
    "name is false": info({"name": "#f"}),
    "requires not quoted": info({"requires": "()"}),
    "requires computed": info({"requires": "(list)"}),
    "requires no list": info({"requires": "'x"}),
    "requires without version": info({"requires": '\'(("a"))'}),
    "requires with a name": info({"requires": '\'(("a" ()))'}),
    "requires with a text": info({"requires": '\'((("a") ("1")))'}),
    "requires with true": info({"requires": '\'((("a") (#t)))'}),
    "requires of nothing": info({"requires": "'((() ()))"}),
    "conflicts with symbols": info({"conflicts": "'((a))"}),
    "conflicts no list": info({"conflicts": '\'"a"'}),
    "test-plt-dirs true": info({"test-plt-dirs": "#t"}),
    "test-plt-dirs not quoted": info({"test-plt-dirs": '("collects")'}),
    "test-plt-dirs with symbols": info({"test-plt-dirs": "'(collects)"}),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refused_procedures(text: str) -> None:
    with pytest.raises(HeaderError):
        header(text)


@pytest.mark.parametrize(
    "unit",
    [
        "x",
        "#f",
        "()",
        UNIT.replace("unit", "unit/sig"),
        UNIT.replace("main-collects-parent-dir", '"plthome"'),
        UNIT.replace("mzuntar)", "mzuntar third)", 1),
        UNIT.replace("(export)", "(export x)"),
        UNIT.replace("void", "values"),
        UNIT.replace("(quote ())", "()"),
        UNIT.replace("(quote ())", "'(a)"),
        UNIT.replace("(quote ())", "'foo"),
        UNIT.removesuffix(")") + " 5)",
        UNIT.replace("(quote ())", "'() 5"),
    ],
)
def test_refused_units(unit: str) -> None:
    with pytest.raises(HeaderError):
        header(info(), unit)


def test_what_is_written() -> None:
    preamble = Header("n", plt_relative=False).preamble()
    assert write_datum(preamble.info) == info()
    assert write_datum(preamble.unit) == UNIT
    full = Header(
        'a "b"',
        requires=((("x", "y"), (1, 2)), (("z",), ())),
        conflicts=(("c",),),
        collections=(("d", "e"),),
        plt_home_relative=True,
        test_plt_dirs=("collects", "doc"),
    )
    preamble = full.preamble()
    assert write_datum(preamble.info) == info(
        {
            "name": r'"a \"b\""',
            "requires": '(quote ((("x" "y") (1 2)) (("z") ())))',
            "conflicts": '(quote (("c")))',
            "plt-relative?": "#t",
            "plt-home-relative?": "#t",
            "test-plt-dirs": '(quote ("collects" "doc"))',
        }
    )
    assert write_datum(preamble.unit) == UNIT.replace("(quote ())", '(quote (("d" "e")))')


def test_no_directories_to_test_are_written_quoted() -> None:
    preamble = Header("n", plt_home_relative=True).preamble()
    assert "((test-plt-dirs) (quote #f))" in write_datum(preamble.info)


def test_what_is_written_is_nobody_elses() -> None:
    """Changing a part of a preamble in place changes no other one."""

    def spoil(datum: Datum) -> None:
        if isinstance(datum, list):
            for part in datum:
                spoil(part)
            datum.append("spoilt")

    for value in (PLAIN, Header("n", plt_home_relative=True)):
        preamble = value.preamble()
        before = write_datum([preamble.info, preamble.unit])
        spoil(preamble.info)
        spoil(preamble.unit)
        again = value.preamble()
        assert write_datum([again.info, again.unit]) == before
        assert again.header() == value


def test_contradictions() -> None:
    with pytest.raises(ValueError, match="needs plt_relative"):
        Header("n", plt_relative=False, plt_home_relative=True).preamble()
    with pytest.raises(ValueError, match="needs plt_home_relative"):
        Header("n", test_plt_dirs=("collects",)).preamble()


def test_another_unit() -> None:
    unit: Datum = [Symbol("unit"), 5]
    assert Header("n").preamble(unit).unit is unit


@settings(max_examples=150)
@given(headers())
def test_written_headers_are_read(value: Header) -> None:
    preamble = value.preamble()
    text = f"{write_datum(preamble.info)} {write_datum(preamble.unit)}".encode()
    first, end = read_datum(text)
    second, _ = read_datum(text, end)
    assert same_datum([first, second], [preamble.info, preamble.unit])
    assert Preamble(first, second).header() == value
