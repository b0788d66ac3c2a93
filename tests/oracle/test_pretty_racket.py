"""Generated data: the same lines as Racket's ``pretty-write``."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from fractions import Fraction
from itertools import zip_longest

import pytest

from pltpack.codec.header import Header
from pltpack.datum.pretty import pretty_lines
from pltpack.datum.values import (
    Box,
    Char,
    Datum,
    Dotted,
    FixnumVector,
    FlonumVector,
    HashKind,
    HashTable,
    Keyword,
    Prefab,
    Regexp,
    Symbol,
    Vector,
)
from pltpack.datum.writer import write_datum

pytestmark = pytest.mark.racket

_PROGRAM = """
(require json racket/pretty racket/port)
(write-json (for/list ([datum (in-port read)]) (with-output-to-string (lambda () (pretty-write datum)))))
"""
_HEADS = [
    *("lambda", "λ", "define", "define-macro", "define-syntax", "syntax-rules", "shared", "unless", "when", "if"),
    *("set!", "set!-values", "cond", "case-lambda", "case", "class", "and", "or", "import", "export", "require"),
    *("require-for-syntax", "require-for-template", "provide", "link", "public", "private", "override", "rename"),
    *("inherit", "field", "init", "let", "letrec", "let*", "let-values", "letrec-values", "let*-values", "let-syntax"),
    *("letrec-syntax", "let-syntaxes", "letrec-syntaxes", "begin", "begin0", "do", "letrec-syntaxes+values", "module"),
    *("send", "syntax-case", "instantiate", "make-object", "quote", "quasiquote", "unquote", "unquote-splicing"),
    *("syntax", "quasisyntax", "unsyntax", "unsyntax-splicing", "unit", "else", "x"),
]
_NAMES = (
    *("a", "request", "plt-relative?", "main-collects-parent-dir", "@b", "unquote", "quote", "lambda", "let", ""),
    *("with space", "a-rather-long-symbol-that-fills-the-line-more-quickly", "λ", "x" * 85, "two\nlines", "a\tb", "\r"),
)


class Dice:
    """Data that are likely to be just about too long for a line."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def atom(self) -> Datum:
        dice = self.random
        return dice.choice(
            (
                Symbol(dice.choice(_NAMES)),
                Symbol(dice.choice(_NAMES[:9])),
                dice.randrange(-(10 ** dice.randrange(1, 40)), 10**5),
                dice.choice((True, False, 1.5, Fraction(-1, 3), [], "", b"", float("inf"))),
                "é\n\"'|" * dice.randrange(8),
                "w" * dice.randrange(90),
                bytes(dice.randrange(256) for _ in range(dice.randrange(12))),
                Keyword(dice.choice(("k", "key word", "ключ"))),
                Char(dice.choice("a\n\0λ ()")),
                Regexp("a[b\n]*"),
                Regexp(b"\\d+", perl=True),
            )
        )

    def datum(self, size: int) -> Datum:
        dice = self.random
        if size <= 1:
            return self.atom()
        items = self.items(size)
        match dice.randrange(16):
            case 0:
                return Vector(items)
            case 1:
                return Box(self.datum(size - 1))
            case 2:
                return Prefab(Symbol("point"), items)
            case 3:
                kind: HashKind = dice.choice(("equal", "eq", "eqv", "always"))
                keys = dice.sample((*_HEADS, *_NAMES[:9]), k=min(len(items), len(_HEADS)))
                entries = {Symbol(key): item for key, item in zip(keys, items, strict=False)}
                return HashTable(tuple(entries.items()), kind)
            case 4:
                return FixnumVector(tuple(dice.randrange(-(10**9), 10**9) for _ in items))
            case 5:
                return FlonumVector(tuple(dice.random() for _ in items))
            case 6:
                return Dotted(items, self.atom() or Symbol("tail"))
            case 7:
                return Dotted((Symbol(dice.choice(_HEADS)), *items), self.atom() or Symbol("tail"))
            case 8 | 9:
                return list(items)
            case 10:
                return [Symbol(dice.choice(("quote", "unquote", "quasiquote", "unsyntax"))), self.datum(size - 1)]
            case 11:
                return [*items, Symbol("unquote"), self.atom()]
            case _:
                return [Symbol(dice.choice(_HEADS)), *items]

    def items(self, size: int) -> tuple[Datum, ...]:
        count = self.random.randrange(1, 7)
        return tuple(
            self.datum(self.random.randrange(size) // self.random.randrange(1, count + 1)) for _ in range(count)
        )

    def header(self) -> Datum:
        """An info procedure or a unit, as :meth:`preamble` makes them."""
        return self.random.choice(self.preamble())

    def preamble(self) -> tuple[Datum, Datum]:
        """An info procedure and a unit, sometimes with a part changed, added, left out or put in a box."""
        dice = self.random
        preamble = Header(
            dice.choice(("archive", "a longer name for an archive", "x" * dice.randrange(70))),
            requires=tuple((("coll", "sub")[: dice.randrange(1, 3)], (5, 2)) for _ in range(dice.randrange(6))),
            conflicts=tuple((dice.choice(_HEADS),) for _ in range(dice.randrange(8))),
            collections=tuple(("collects", "name" * dice.randrange(1, 5)) for _ in range(dice.randrange(8))),
            plt_relative=dice.random() < 0.5,
        ).preamble()
        for datum in (preamble.info, preamble.unit):
            self._change(datum)
        return preamble.info, preamble.unit

    def _change(self, place: Datum) -> None:
        """Change a part somewhere in a list, or nothing."""
        dice = self.random
        while isinstance(place, list) and place:
            index = dice.randrange(len(place))
            if dice.random() < 0.4:
                match dice.randrange(4):
                    case 0:
                        place.pop(index)
                    case 1:
                        place.insert(index, self.datum(4))
                    case 2:
                        place[index] = Box(place[index])
                    case _:
                        place[index] = self.atom()
                break
            place = place[index]


def test_generated_data(racket: str, compared: Callable[[int], None]) -> None:
    dice = Dice(8)
    data = [dice.header() for _ in range(300)] + [dice.datum(size % 40 + 2) for size in range(1500)]
    text = "\n".join(map(write_datum, data))
    done = subprocess.run([racket, "-e", _PROGRAM], input=text, capture_output=True, encoding="utf-8", check=True)
    printed = json.loads(done.stdout)
    assert len(printed) == len(data)
    for datum, expected in zip(data, printed, strict=True):
        got = "".join(line + "\n" for line in pretty_lines(datum))
        if got != expected:
            same = next(index for index, pair in enumerate(zip_longest(got, expected)) if pair[0] != pair[1])
            pytest.fail(f"...{got[max(same - 300, 0) : same + 100]}\n--- Racket:\n{expected[same : same + 100]}")
    compared(len(data))
    assert sum(text.count("\n") > 1 for text in printed) > 500
