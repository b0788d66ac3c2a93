"""The datum reader and writer beside the real ``read`` and ``write``."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from pltpack.datum.reader import END, read_data, read_datum
from pltpack.datum.unicode import is_alphabetic, is_blank, is_graphic, is_space
from pltpack.datum.values import Datum, same_datum
from pltpack.datum.writer import encode_datum, write_character, write_datum, write_string, write_symbol
from pltpack.errors import DatumError, LimitError, TruncatedError
from tests.datum.cases import FIXTURES
from tests.datum.test_values import SCALARS
from tests.datum.texts import TextDice
from tests.oracle.conftest import Compared
from tests.strategies import datums

pytestmark = pytest.mark.racket

_SCALARS = r"""
(define out (open-output-bytes))
(for ([code (in-range #x110000)] #:unless (<= #xD800 code #xDFFF))
  (define c (integer->char code))
  (write (string c) out) (write c out) (write (string->symbol (string c)) out) (write-string "\0\n" out))
(define (changes property)
  (for/fold ([found '()] [before #f] #:result (reverse found))
            ([code (in-range #x110000)] #:unless (<= #xD800 code #xDFFF))
    (define now (property (integer->char code)))
    (values (if (eq? now before) found (cons code found)) now)))
(for ([property (list char-graphic? char-blank? char-alphabetic? char-whitespace?)])
  (write (changes property) out))
(write (for*/list ([code (in-range #x110000)] #:unless (<= #xD800 code #xDFFF)
                   [text (in-value (string (integer->char code)))]
                   #:unless (equal? text (string-foldcase text)))
         (list text (string-foldcase text)))
       out)
(void (write-bytes (get-output-bytes out)))
"""
"""Three texts for each character, ended with NUL and newline (side by side in none of them); then where each property
changes; then what each character folds to."""


def test_every_character(racket: str, compared: Compared) -> None:
    """Every Unicode scalar value as a string, as a character, as a symbol; its properties; its folded form."""
    run = subprocess.run([racket, "-I", "racket/base", "-e", _SCALARS], stdout=subprocess.PIPE, check=True, timeout=120)
    *answers, properties = run.stdout.decode().split("\0\n")
    assert len(answers) == len(SCALARS)
    for character, answer in zip(SCALARS, answers, strict=True):
        ours = write_string(character) + write_character(character) + write_symbol(character)
        assert answer == ours, ascii(character)
    *changes, folded = read_data(properties.encode())
    for property_, theirs in zip((is_graphic, is_blank, is_alphabetic, is_space), changes, strict=True):
        assert theirs == _changes(property_), property_
    assert folded == [[text, text.casefold()] for text in SCALARS if text != text.casefold()]
    compared(3 * len(SCALARS))


def _changes(property_: Callable[[str], bool]) -> list[int]:
    """The characters for which a property is another than for the one before."""
    found: list[int] = []
    for character in SCALARS:
        if property_(character) == (len(found) % 2 == 0):
            found.append(ord(character))
    return found


def outcomes(racket: str, texts: Iterable[bytes]) -> list[list[str]]:
    """What ``outcomes.rkt`` says of each text: its kind and, for ``ok``, offset and written datum."""
    run = subprocess.run(
        [racket, str(FIXTURES / "outcomes.rkt")],
        input="".join(f"{text.hex()}\n" for text in texts).encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    return [bytes.fromhex(line.decode()).decode().split(" ", 2) for line in run.stdout.split()]


def our_outcome(text: bytes) -> tuple[str, Any, int]:
    try:
        datum, end = read_datum(text)
    except LimitError:
        return "limit", None, 0
    except (DatumError, TruncatedError):
        return "error", None, 0
    return ("end" if datum is END else "ok"), datum, end


@pytest.mark.parametrize("seed", [1, 2])
def test_thrown_texts(racket: str, compared: Compared, seed: int) -> None:
    """Accepted or refused alike; read up to the same byte; written alike."""
    texts = TextDice(seed).texts(6000)
    answers = outcomes(racket, texts)
    assert len(answers) == len(texts)
    for text, (kind, *rest) in zip(texts, answers, strict=True):
        found, datum, end = our_outcome(text)
        if found == "limit" or (kind == "ok" and "#0=" in rest[1] and "#0#" in rest[1]):
            assert found in {"limit", "error"}, text  # larger than our limits, or cyclic
        elif kind == "ok":
            assert (found, end) == ("ok", int(rest[0])), text
            assert write_datum(datum) == rest[1] or _same_table(datum, rest[1]), text
        else:
            assert found == {"eof": "error"}.get(kind, kind), text
    compared(len(texts))


def _same_table(datum: Datum, written: str) -> bool:
    """Racket orders the keys of some tables by its hash function: then the data must be the same."""
    return "#hash" in written and same_datum(read_datum(written.encode())[0], datum)


def test_generated_data(racket: str, compared: Compared) -> None:
    """What we write, Racket reads as a whole and writes the same."""
    data: list[Datum] = []

    @settings(max_examples=600, database=None, derandomize=True, phases=[Phase.generate])
    @given(datums())
    def collect(datum: Datum) -> None:
        data.append(datum)

    collect()
    texts = [encode_datum(datum) for datum in data]
    for datum, text, (kind, *rest) in zip(data, texts, outcomes(racket, texts), strict=True):
        assert (kind, rest[0]) == ("ok", str(len(text))), text
        assert rest[1] == text.decode() or _same_table(datum, rest[1]), text
    compared(len(texts))
