"""The reader: what it makes of every notation, where it finds errors, what it does not read."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.datum.reader import END, DatumLimits, MoreInput, read_data, read_datum
from pltpack.datum.values import (
    Box,
    Char,
    Complex,
    Datum,
    Dotted,
    Extflonum,
    FixnumVector,
    FlonumVector,
    HashTable,
    Keyword,
    Prefab,
    Regexp,
    Symbol,
    Vector,
    same_datum,
)
from pltpack.datum.writer import encode_datum, write_datum
from pltpack.errors import DatumError, LimitError, TruncatedError
from tests.datum.cases import Case, cases, is_cyclic
from tests.strategies import datums

a, b, c = Symbol("a"), Symbol("b"), Symbol("c")


def read(text: str | bytes, **options: Any) -> Any:
    return read_datum(text.encode() if isinstance(text, str) else text, **options)[0]


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ('"a\\"\\x41\\101\\u3bb\\U1F600\\ud83d\\ude00\\\nb"', 'a"AAλ😀😀b'),
        ("#<<END\nx\n y\nEND\n", "x\n y"),
        ('#"a\\377é"', b"a\xff\xe9"),
        ("#\\a", Char("a")),
        ("#\\newline", Char("\n")),
        ("#\\u3bb", Char("λ")),
        ("#\\101", Char("A")),
        ("|a b|c\\ d", Symbol("a bc d")),
        ("#ci|A|B", Symbol("Ab")),
        ("#:k", Keyword("k")),
        ("#%kernel", Symbol("#%kernel")),
        ("#x-Ff", -255),
        ("#b101", 5),
        ("#e1.25", Fraction(5, 4)),
        ("4/2", 2),
        ("1.5e3", 1500.0),
        ("1#.#", 10.0),
        ("-0.0", -0.0),
        ("+inf.0", math.inf),
        ("1+2i", Complex(1, 2)),
        ("1.0+2i", Complex(1.0, 2.0)),
        ("1t3", Extflonum("1t3")),
        ("#t", True),
        ("#false", False),
        ("[a {b}]", [a, [b]]),
        ("()", []),
        ("(a . b)", Dotted((a,), b)),
        ("(a . (b . c))", Dotted((a, b), c)),
        ("(a . (b))", [a, b]),
        ("(a . c . b)", [c, a, b]),
        ("#(a b)", Vector((a, b))),
        ("#3(a b)", Vector((a, b, b))),
        ("#fx(1 #x10)", FixnumVector((1, 16))),
        ("#fl(1 .5)", FlonumVector((1.0, 0.5))),
        ("#&a", Box(a)),
        ("#s(a b)", Prefab(a, (b,))),
        ("#s((a 1) b)", Prefab(a, (b,))),
        ("#hash((a . 1) (b . 2) (a . 3))", HashTable(((b, 2), (a, 3)))),
        ('#hasheq(("s" . 1) ("s" . 2))', HashTable((("s", 1), ("s", 2)), "eq")),
        ('#rx"a*"', Regexp("a*")),
        ('#px#"\\\\d"', Regexp(b"\\d", perl=True)),
        ("'a", [Symbol("quote"), a]),
        ("`(,a ,@b)", [Symbol("quasiquote"), [[Symbol("unquote"), a], [Symbol("unquote-splicing"), b]]]),
        ("#'a", [Symbol("syntax"), a]),
        ("; c\n#;b #| #| |# |# #! x\\\ny\na", a),
        ("(#0=(a) #0#)", [[a], [a]]),
    ],
)
def test_every_notation(text: str, datum: Datum) -> None:
    assert same_datum(read(text), datum)


@pytest.mark.parametrize(
    "case", [case for case in cases() if not is_cyclic(case)], ids=lambda case: repr(case.text)[:60]
)
def test_reads_what_racket_reads(case: Case) -> None:
    if case.outcome in {"error", "eof"}:
        with pytest.raises((DatumError, TruncatedError, LimitError)) as caught:
            read_datum(case.text)
        assert 0 <= (caught.value.offset or 0) <= len(case.text)
        return
    datum, end = read_datum(case.text)
    if case.outcome == "end":
        assert (datum, end) == (END, len(case.text))
    else:
        assert case.written is not None
        assert end == case.end
        assert write_datum(datum) == case.written or same_datum(datum, read(case.written))


def test_cycles_are_refused() -> None:
    cyclic = [case for case in cases() if is_cyclic(case)]
    assert cyclic
    for case in cyclic:
        with pytest.raises(DatumError, match="cycle"):
            read_datum(case.text)


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("(a #lang racket)", 3, "#lang"),
        ("(a #reader x)", 3, "#reader"),
        ("(a #!eof)", 3, "#!"),
        ("(a #~xyz)", 3, "compiled code"),
        ("(a #<path:x>)", 3, "cannot be read back"),
        ("(a #^x)", 3, "no datum begins with"),
        ("(a . b . c . d)", 11, "misplaced ."),
        ("(a . b c)", 3, "misplaced ."),
        ("(. a)", 1, "misplaced ."),
        ("#(a . b)", 4, "misplaced ."),
        (" )", 1, "unexpected )"),
        ("(a]", 2, "] does not close a list that began at byte 0: expected )"),
        ("(')", 2, "unexpected )"),
        ('(a "\\q")', 4, "no such escape"),
        ('(a "é\\400")', 6, "octal"),
        ('"\\uD800x"', 1, "no character has the code D800"),
        ('"\\U110000"', 1, "no character has the code 110000"),
        ('#"aé\\x41λ"', 9, "U+00FF"),
        ('#"\\u41"', 2, "no such escape"),
        ("(a #\\xyz)", 3, "no character has the name xyz"),
        ("(a #\\12)", 3, "three digits"),
        ("(a 1/0)", 3, "division by zero"),
        ("(a #xg)", 3, "bad number"),
        ("(a #e+inf.0)", 3, "no exact number"),
        ("(a #e1t3)", 3, "extflonum"),
        ("(a #:.)", 3, "lone dot"),
        ("(a #truex)", 3, "no datum begins with"),
        ("(#hash(a))", 7, "pairs"),
        ("#hash((a b))", 9, "pairs"),
        ("#hash((a . b c))", 13, "pairs"),
        ("#hash((a))", 6, "pairs"),
        ("#2(a b c)", 0, "3 items in a vector of size 2"),
        ("#fx(a)", 4, "not a fixnum"),
        ("#fl(#e1)", 4, "bad number"),
        ("#s()", 0, "without a key"),
        ("#s((a 2) 1)", 0, "for 2 fields, not 1"),
        ('#rx"("', 0, "bad regular expression: missing )"),
        ("#rx a", 0, "string must follow"),
        ("(#0=a #0=b)", 6, "stands twice"),
        ("#1#", 0, "no graph mark"),
        ("#123456789=a", 0, "graph mark"),
    ],
)
def test_errors_say_where(text: str, offset: int, message: str) -> None:
    with pytest.raises(DatumError) as caught:
        read_datum(b"  " + text.encode(), 2, base=1000)
    assert caught.value.offset == 1002 + offset
    assert message.replace("byte 0", "byte 1002") in caught.value.message


@pytest.mark.parametrize(
    ("text", "what", "began"),
    [
        ("(a (b)", "a list", 0),
        ("(a [b", "a list", 3),
        ("(a . b", "a list", 0),
        ('(a "b', "a string", 3),
        ('(a "b\\"', "a string", 3),
        ('#"b', "a string", 0),
        ("(a #<<E\nb", "a here string", 3),
        ("a|b", "a symbol", 0),
        ("a\\", "a symbol", 0),
        ("#:a|", "a keyword", 0),
        ("#| a #| b |#", "a block comment", 0),
        ("'", "a quoted datum", 0),
        ("(a ' ; b", "a quoted datum", 3),
        ("#;", "a datum comment", 0),
        ("#&", "a box", 0),
        ("#(a", "a vector", 0),
        ("#s(a", "a prefab structure", 0),
        ("#hash((a . 1)", "a hash table", 0),
        ("#hash((a . 1", "a pair of a hash table", 6),
        ("#has", "a hash table", 0),
        ("#\\", "a character", 0),
        ("#tr", "a datum", 0),
        ("#rx", "a regular expression", 0),
        ("#0=", "a marked datum", 0),
    ],
)
def test_the_end_inside_a_datum(text: str, what: str, began: int) -> None:
    with pytest.raises(TruncatedError) as caught:
        read_datum(text.encode(), base=1000)
    assert caught.value.offset == 1000 + len(text)
    assert f"inside {what} that began at byte {1000 + began}" in caught.value.message


def outcome(data: bytes, *, final: bool = True) -> object:
    """Something to compare: the written datum with its end, the error with its offset, or ``"more"``."""
    try:
        datum, end = read_datum(data, final=final)
    except MoreInput:
        return "more"
    except (DatumError, LimitError) as error:
        return (type(error), error.offset)
    except TruncatedError:
        return TruncatedError
    return "end" if datum is END else (write_datum(datum), end)


def test_a_cut_text_asks_for_more_or_gives_the_same() -> None:
    """A prefix never gives another datum or another error than the whole text; a text that ends inside says so."""
    for case in cases():
        whole = outcome(case.text)
        for cut in range(len(case.text) + 1):
            part = outcome(case.text[:cut], final=False)
            assert part in ("more", whole), (case.text, cut)


@settings(max_examples=150)
@given(datums(), st.data())
def test_any_split_of_what_is_written(datum: Datum, data: st.DataObject) -> None:
    text = encode_datum(datum) + b" "
    cut = data.draw(st.integers(0, len(text) - 1))
    try:
        found, end = read_datum(text[:cut], final=False)
    except MoreInput:
        return
    assert same_datum(found, datum)
    assert end == len(text) - 1


@pytest.mark.parametrize(
    "text", ["abc", "12", "#t", "#\\a", "#:k", "1.5", "#x10", "#%x", "'a", "a|b|", "", " ", "; c", "#;a", "é"]
)
def test_what_touches_the_end_may_go_on(text: str) -> None:
    with pytest.raises(MoreInput):
        read_datum(text.encode(), final=False)


@pytest.mark.parametrize(
    "text", ['"a"', "(a)", '#"a"', "#(a)", "'(a)", '#rx"a"', "#<<E\na\nE\n", "#\\(", "#\\123", "#hash()"]
)
def test_what_is_complete_does_not(text: str) -> None:
    assert read_datum(text.encode(), final=False)[1] == len(text)


def test_reading_goes_on_behind_a_datum() -> None:
    assert read_data(b'a "b"(c)1\'d;e') == [a, "b", [c], 1, [Symbol("quote"), Symbol("d")]]
    assert read_datum(b"xx a", 2) == (a, 4)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'"\xe2\x82"', "\ufffd\ufffd"),
        (b'"\xf0\x9f\x98\x80\xf0\x9f\x98"', "😀\ufffd\ufffd\ufffd"),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd"),
        (b'"\xc0\x80\xff"', "\ufffd\ufffd\ufffd"),
    ],
)
def test_each_undecodable_byte_is_one_replacement(data: bytes, text: str) -> None:
    assert read(data) == text


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opening", ["(", "[", "'", "#&", "#(", "#s(a ", "#hash((", "#;", "(a . ", ",@", "#0(", "#ci"])
def test_nesting_is_bounded_and_never_recursive(opening: str) -> None:
    with pytest.raises(LimitError, match="nested deeper than 10000"):
        read(opening * 100_000)


def test_deep_data_within_the_limit() -> None:
    deep = b"(" * 9_999 + b")" * 9_999
    assert encode_datum(read(deep)) == deep
    limits = DatumLimits(depth=sys.getrecursionlimit() * 100)
    deeper = b"(" * 50_000 + b")" * 50_000
    assert encode_datum(read(deeper, limits=limits)) == deeper


@pytest.mark.parametrize(
    "text",
    [
        "#e1e1000000000",
        "#e1e-1000000000",
        "#e1" + "0" * 100_000,
        "1" * 100_001,
        "1/" + "3" * 100_001,
        "#x" + "f" * 100_001,
        "#e1.5e" + "9" * 5000,
    ],
)
def test_digits_are_bounded(text: str) -> None:
    with pytest.raises(LimitError, match="more than 100000 digits"):
        read(text)


def test_more_digits_than_python_converts() -> None:
    digits = "7" * 90_000
    assert write_datum(read(digits)) == digits
    assert write_datum(read(f"-1/{digits}")) == f"-1/{digits}"
    assert read("1" * 200_000 + ".5") == math.inf
    assert read("0e" + "9" * 10_000) == 0.0
    assert read("#x1.8s" + "9" * 10_000) == math.inf


def test_counts_are_bounded() -> None:
    limits = DatumLimits(count=100)
    assert len(read("(" + "a " * 99 + ")", limits=limits)) == 99
    for text in (
        "(" + "a " * 100 + ")",
        "#100(a)",
        "#100000000(1)",
        "#99999999999999999999(1)",
        "#;(" + "a " * 101 + ")b",
    ):
        with pytest.raises(LimitError):
            read(text, limits=limits)


@pytest.mark.parametrize(
    "text",
    [
        "#9999(#9999(#9999(1)))",
        "#400(#400(#400(1)))",
        "#400((#400(1) #400(2)))",
        "#2000(#hash((a . #200(0))))",
        "#9999(" + "'" * 20 + "x)",
        "#200001()",
        "#fx200002(1)",
        "#fl200001()",
        "(#0=(" + "a " * 1000 + ")" + " #0#" * 201 + ")",
        "(" + "#e1e99999 " * 3 + ")",
        "(" + "#e1e-99999 " * 3 + ")",
        "(" + "#e1e999@0 " * 300 + ")",
        "(" + "#e1e9999+1e9999i " * 15 + ")",
    ],
)
def test_what_is_only_implied_counts_as_written_out(text: str) -> None:
    with pytest.raises(LimitError, match="200000 data and digits that are only implied"):
        read(f"({text})")


def test_what_is_written_out_is_not_implied() -> None:
    assert len(read("(" + "a " * 300_000 + ")")) == 300_000
    assert len(read("(" + "#e123.5 #xFF 12/7 " * 20_000 + ")")) == 60_000
    assert len(read("#150000(1 2)").items) == 150_000
    assert read("(#x" + "F" * 30_000 + ")") == [16**30_000 - 1]


def test_repeated_data_count_as_written_out() -> None:
    doubling = "(#0=(a) " + " ".join(f"#{i + 1}=(#{i}# #{i}#)" for i in range(60)) + ")"
    with pytest.raises(LimitError, match="only implied"):
        read(doubling)
    deepening = "(#0=(a) " + " ".join(f"#{i + 1}=(#{i}#)" for i in range(60)) + ")"
    with pytest.raises(LimitError, match="nested deeper than 50"):
        read(deepening, limits=DatumLimits(depth=50))
    assert read("(#0=(a) #0# #0#)", limits=DatumLimits(depth=3)) == [[a], [a], [a]]


def test_length_is_bounded() -> None:
    limits = DatumLimits(length=10)
    assert read('"12345678"', limits=limits) == "12345678"
    for text in ('"123456789"', "12345678901", "(a b c d e f)", " " * 11, "; a comment"):
        for final in (True, False):
            with pytest.raises(LimitError, match="longer than 10 bytes"):
                read(text, limits=limits, final=final)
    assert read("       abc de", limits=DatumLimits(length=11)) == Symbol("abc")


# --- wrap -----------------------------------------------------------------------------------------------------------


def spans(text: str) -> list[tuple[str, object]]:
    """Every datum of the text in the order in which it is wrapped: its source, and the bare datum."""
    data = text.encode()
    seen: list[tuple[str, object]] = []

    def bare(value: Any) -> Any:
        match value:
            case ("wrapped", inner):
                return bare(inner)
            case list():
                return [bare(item) for item in value]
            case Vector():
                return Vector(tuple(bare(item) for item in value.items))
            case Dotted():
                return Dotted(tuple(bare(item) for item in value.items), bare(value.tail))
            case Box():
                return Box(bare(value.value))
            case Prefab():
                return Prefab(value.key, tuple(bare(item) for item in value.fields))
            case HashTable():
                return HashTable(tuple((key, bare(item)) for key, item in value.entries), value.kind)
        return value

    def wrap(datum: Datum, start: int, end: int) -> object:
        seen.append((data[start:end].decode(), bare(datum)))
        return ("wrapped", datum)

    value, end = read_datum(data, wrap=wrap)
    assert value[0] == "wrapped"
    assert bare(value) == read(text)
    assert end == len(data)
    return seen


def test_every_datum_is_wrapped_with_its_span() -> None:
    quote = Symbol("quote")
    assert spans(' (a "é" ; c\n \'b #\\x)') == [
        ("a", a),
        ('"é"', "é"),
        ("'", quote),
        ("b", b),
        ("'b", [quote, b]),
        ("#\\x", Char("x")),
        ('(a "é" ; c\n \'b #\\x)', [a, "é", [quote, b], Char("x")]),
    ]


@pytest.mark.parametrize(
    ("text", "wrapped"),
    [
        ("(a . b)", ["a", "b", "(a . b)"]),
        ("(a . c . b)", ["a", "c", "b", "(a . c . b)"]),
        ("#(a b)", ["a", "b", "#(a b)"]),
        ("#&a", ["a", "#&a"]),
        ("#s(a b)", ["b", "#s(a b)"]),
        ("#hash(((a b) . c))", ["c", "#hash(((a b) . c))"]),
        ("#ciAB", ["AB"]),
        (",@a", [",@", "a", ",@a"]),
        ("#,@a", ["#,@", "a", "#,@a"]),
    ],
)
def test_what_is_wrapped(text: str, wrapped: list[str]) -> None:
    assert [source for source, _ in spans(text)] == wrapped


def test_a_list_behind_a_dot_joins_the_outer_list() -> None:
    datum = read(
        "(a . (b . (c)))", wrap=lambda datum, start, _end: (start, datum) if isinstance(datum, Symbol) else datum
    )
    assert datum == [(1, a), (6, b), (11, c)]


@pytest.mark.parametrize("text", ["#0=a", "(#0=a #0#)", "#fx(1)", "#fl(1.0)"])
def test_syntax_has_no_graphs_and_no_number_vectors(text: str) -> None:
    with pytest.raises(DatumError, match="not allowed here"):
        read(text, wrap=lambda datum, _start, _end: datum)


# --- time -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit",
    [
        "a ",
        "(a . b) ",
        '"\\n" ',
        "#\\x ",
        "1.5 ",
        "'a ",
        "#;a b ",
        "#| |# ",
        "#hash((a . 1)) ",
        "#3(a) ",
        "|a| ",
        "; c\n",
        '#rx"a" ',
    ],
)
def test_work_grows_with_the_text(unit: str) -> None:
    """Counted in Python function calls, which do not depend on the machine."""

    def calls(repetitions: int) -> int:
        text = ("(" + unit * repetitions + ")").encode()
        count = 0

        def tracer(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in {"call", "c_call"}

        sys.setprofile(tracer)
        try:
            read_datum(text)
        finally:
            sys.setprofile(None)
        return count

    calls(10)  # caches, lazily compiled patterns
    small, large = calls(200), calls(800)
    assert large < 4.2 * small


def test_work_on_nested_dots_is_bounded() -> None:
    """Each list behind a dot is joined to the one around it; the joined data count again."""
    nested = b"(a . " * 3_000 + b"(b)" + b")" * 3_000
    assert len(read(nested)) == 3_001
    with pytest.raises(LimitError, match="data in one"):
        read(b"(a . " * 9_000 + b"(b)" + b")" * 9_000)
