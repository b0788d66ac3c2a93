"""Expressions of links files beside Racket's own ``regexp-match?``."""

from __future__ import annotations

import random
import subprocess

import pytest

from pltpack.datum.reader import read_datum
from pltpack.datum.values import Regexp
from pltpack.datum.writer import write_datum
from pltpack.racket.regexp import matches_version
from tests.oracle.conftest import Compared

pytestmark = pytest.mark.racket

VERSIONS = ("8.7", "8.10", "6.12", "7.9.0.3", "8.8", "77")
PIECES = (
    *(
        "8",
        "7",
        "0",
        "1",
        "[.]",
        "\\.",
        ".",
        "^",
        "$",
        "|",
        "(",
        ")",
        "(?:",
        "(?=",
        "(?!",
        "(?<=",
        "(?<!",
        "(?>",
        "(?i:",
    ),
    *(
        "*",
        "+",
        "?",
        "*?",
        "+?",
        "??",
        "{2}",
        "{1,2}",
        "{,3}?",
        "{0}",
        "{2,}",
        "\\1",
        "\\2",
        "(?(1)",
        "(?(?=8)",
        "(?(?!8)",
    ),
    *(
        "[0-9]",
        "[^8]",
        "[]7]",
        "[^]7]",
        "[7-]",
        "[[:digit:]]",
        "[^[:alpha:]]",
        "[\\d.]",
        "[\\W]",
        "\\d",
        "\\D",
        "\\w",
        "\\s",
    ),
    *("\\b", "\\B", "\\p{Nd}", "\\p{^N}", "\\P{P}", "\\p{.}", "\\p{L&}", "a", "{", "}", "]", "\\8", "\\a"),
)

_PROGRAM = """
(define versions (read))
(let loop ()
  (define item (read))
  (unless (eof-object? item)
    (define expression
      (with-handlers ([exn:fail? (lambda (_) #f)]) ((if (car item) pregexp regexp) (cadr item))))
    (write (and expression (for/list ([version versions]) (regexp-match? expression version))))
    (newline)
    (loop)))
"""


def test_expressions(racket: str, compared: Compared) -> None:
    dice = random.Random(87)
    sources = [
        ("".join(dice.choices(PIECES, k=dice.randint(1, 9))), dice.random() < 0.8)
        for _ in range(20_000)
    ]  # fmt: skip
    text = f"({' '.join(map(write_datum, VERSIONS))})" + "".join(
        f"({write_datum(perl)} {write_datum(source)})\n" for source, perl in sources
    )
    run = subprocess.run(
        [racket, "-I", "racket/base", "-e", _PROGRAM],
        input=text.encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    number = 0
    for (source, perl), line in zip(sources, run.stdout.splitlines(), strict=True):
        theirs, _ = read_datum(line)
        if theirs is False:
            with pytest.raises(ValueError, match="not a regular expression"):
                matches_version(Regexp(source, perl), VERSIONS[0])
            continue
        ours = [matches_version(Regexp(source, perl), version) for version in VERSIONS]
        assert ours == theirs, (source, perl)
        number += len(ours)
    assert number > 10_000
    compared(number)
