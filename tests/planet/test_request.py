"""Requests: the forms that both the module system and PLaneT take, and what they mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pltpack.datum.reader import read_datum
from pltpack.planet.request import parse_form, parse_language
from tests.planet.corpus import cases

FORMS = [case for case in cases("forms.json") if not case["form"].startswith("(submod")]


def expected(case: dict[str, Any]) -> tuple[object, ...] | None:
    """What a form means, if Racket's two grammars both take it (and the version is a whole number)."""
    request = case["request"]
    if case["module_path"] is not True or "error" in request or isinstance(request["maj"], str):
        return None
    (owner,) = request["owner"]
    major = None if request["maj"] is False else request["maj"]
    high = None if request["hi"] is False else request["hi"]
    return owner, request["name"], major, request["lo"], high, "/".join([*request["path"], request["file"]])


@pytest.mark.parametrize("case", FORMS, ids=lambda case: case["form"])
def test_forms(case: dict[str, Any]) -> None:
    found = parse_form(read_datum(case["form"].encode())[0])
    got = found and (
        found.owner, found.package, found.bounds.major, found.bounds.low, found.bounds.high, found.file
    )  # fmt: skip
    assert got == expected(case)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b" cyd/lingo\n", "cyd/lingo/main.rkt"),
        (b" cyd/lingo:1:2/sub x", "cyd/lingo:1:2/sub.ss"),
        (b"  cyd/lingo:1:=2", "cyd/lingo:1:=2/main.rkt"),
        (b" cyd/lingo:0\n", None),
        (b" cyd\n", None),
    ],
)
def test_languages(text: bytes, shown: str | None) -> None:
    found = parse_language(text)
    assert found is not None
    assert (found[0] and str(found[0])) == shown


def test_no_language() -> None:
    assert parse_language(b"\n(f)") is None


_NAMES = st.from_regex(r"[a-z][-_a-z0-9]{0,8}", fullmatch=True)


@given(_NAMES, _NAMES, st.integers(1, 40), st.integers(0, 40), st.lists(_NAMES, min_size=1, max_size=3))
def test_all_ways_to_say_the_same(owner: str, package: str, major: int, minor: int, path: list[str]) -> None:
    joined = "/".join(path)
    short = parse_form(read_datum(f"(planet {owner}/{package}:{major}:{minor}/{joined})".encode())[0])
    string = parse_form(read_datum(f'(planet "{owner}/{package}:{major}:{minor}/{joined}.ss")'.encode())[0])
    folders = " ".join(f'"{name}"' for name in path[:-1])
    text = f'(planet "{path[-1]}.ss" ("{owner}" "{package}.plt" {major} {minor}) {folders})'
    assert short is not None
    assert short == string == parse_form(read_datum(text.encode())[0])
