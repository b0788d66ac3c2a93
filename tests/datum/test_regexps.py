"""Which regular expressions are valid. The table's second column was tried in Racket 8.7."""

from __future__ import annotations

import sys

import pytest

from pltpack.datum.regexps import RegexpSyntaxError, check_regexp

_BOTH = (
    "", "a|b", "(a)", "(|a)", "(a|)", "()", "a*?", "[]a]", "[^]]", "[a-]", "[-a]", "a.b^$", "(?:a)",
    "(?i:a)", "(?-s:a)", "(?=a)", "(?!a)", "(?<=a)", "(?<!ab)", "(?>a)", "(?(1)a|b)(c)", "(?(?=a)b|c)",
    "a\\", "\\.", "(?ms:a)",
)  # fmt: skip
_NEITHER = (
    "(", ")", "a)", "(a", "*", "a**", "a+?+", "(*a)", "a|*", "(a*)*", "(a?)+", "(a|)*", "^*", "$+",
    "(?=a)*", "[", "[]", "[a", "[b-a]", "[a-b-c]", "[--a]", "(?", "(?x", "(?a:b)", "(?<a)", "(?(a)b)",
    "(?(1))", "(?(1)a|)", "(?(1)a|b|c)", "(?<=a*)b", "(?(2)a)", "(?:", "(?(", "[a-\\d]", "[\\",
)  # fmt: skip
_PERL_ONLY = (
    "\\d", "[\\d]", "\\p{Ll}", "\\P{^L}", "\\p{L&}", "(a)\\1", "\\b", "a{2}", "a{,3}", "a{2,}", "a{}",
    "[[:alpha:]]", "\\p{.}",
)  # fmt: skip
_NOT_PERL = (
    "{", "a{", "a}", "]", "\\q", "\\p{Lx}", "\\p", "\\1", "(a)\\2", "a{2}{3}", "a{x}", "{2}", "[\\q]",
    "(a*){2}", "\\x",
)  # fmt: skip


def accepts(pattern: str, *, perl: bool) -> bool:
    answers = set()
    for source in (pattern, pattern.encode("latin-1")):
        try:
            check_regexp(source, perl=perl)
        except RegexpSyntaxError:
            answers.add(False)
        else:
            answers.add(True)
    (answer,) = answers
    return answer


@pytest.mark.parametrize("pattern", _BOTH)
def test_valid(pattern: str) -> None:
    assert accepts(pattern, perl=False)
    assert accepts(pattern, perl=True)


@pytest.mark.parametrize("pattern", _NEITHER)
def test_invalid(pattern: str) -> None:
    assert not accepts(pattern, perl=False)
    assert not accepts(pattern, perl=True)


@pytest.mark.parametrize("pattern", _PERL_ONLY)
def test_only_pregexp_gives_it_a_meaning(pattern: str) -> None:
    assert accepts(pattern, perl=True)


@pytest.mark.parametrize("pattern", _NOT_PERL)
def test_only_regexp_takes_it_literally(pattern: str) -> None:
    assert not accepts(pattern, perl=True)
    assert accepts(pattern, perl=False)


def test_nesting_does_not_recurse() -> None:
    depth = sys.getrecursionlimit() * 20
    for opening in ("(", "(?:", "(?=", "(?>", "(a|"):
        assert accepts(opening * depth + "a" + ")" * depth, perl=True)
        assert not accepts(opening * depth, perl=True)


def test_work_grows_with_the_pattern() -> None:
    """Counted in function calls; references inside nested repetitions are looked at once."""

    def calls(size: int) -> int:
        count = 0

        def tracer(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in {"call", "c_call"}

        pattern = "(" * size + "".join(f"\\{number}" for number in range(1, size)) + "b)+" * size
        sys.setprofile(tracer)
        try:
            check_regexp(pattern, perl=True)
        finally:
            sys.setprofile(None)
        return count

    assert calls(800) < 4.3 * calls(200)
