"""Recorded lines of Racket's ``pretty-write``.

Each case is a datum and what ``racket -e '(require racket/pretty) (pretty-write (read))'`` (8.7) prints for it.
"""

from __future__ import annotations

import pytest

from pltpack.datum.pretty import pretty_lines
from pltpack.datum.reader import read_datum
from pltpack.datum.values import Box, Datum

_RECORDED = {
    "fits": (
        r"""(lambda (x) x)""",
        r"""
(lambda (x) x)
""",
    ),
    "list": (
        r"""(alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho)""",
        r"""
(alpha
 beta
 gamma
 delta
 epsilon
 zeta
 eta
 theta
 iota
 kappa
 lambda
 mu
 nu
 xi
 omicron
 pi
 rho)
""",
    ),
    "dotted": (
        r"""(alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron . pi)""",
        r"""
(alpha
 beta
 gamma
 delta
 epsilon
 zeta
 eta
 theta
 iota
 kappa
 lambda
 mu
 nu
 xi
 omicron
 .
 pi)
""",
    ),
    "vector": (
        r"""#(alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho)""",
        r"""
#(alpha
  beta
  gamma
  delta
  epsilon
  zeta
  eta
  theta
  iota
  kappa
  lambda
  mu
  nu
  xi
  omicron
  pi
  rho)
""",
    ),
    "box": (
        r"""#&(alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho)""",
        r"""
#&(alpha
   beta
   gamma
   delta
   epsilon
   zeta
   eta
   theta
   iota
   kappa
   lambda
   mu
   nu
   xi
   omicron
   pi
   rho)
""",
    ),
    "quote": (
        r"""(quote (alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho))""",
        r"""
'(alpha
  beta
  gamma
  delta
  epsilon
  zeta
  eta
  theta
  iota
  kappa
  lambda
  mu
  nu
  xi
  omicron
  pi
  rho)
""",
    ),
    "hash": (
        r"""#hash((beta . "ccccccccccccccccccccccccccccccccccccccc") (alpha . ("ddddddddddddddddddddd")) (a . 1))""",
        r"""
#hash((a . 1)
      (alpha . ("ddddddddddddddddddddd"))
      (beta . "ccccccccccccccccccccccccccccccccccccccc"))
""",
    ),
    "prefab": (
        r"""#s(point "ccccccccccccccccccccccccccccccccccccccc" "ddddddddddddddddddddddddddddddd" 1)""",
        r"""
#s(point
   "ccccccccccccccccccccccccccccccccccccccc"
   "ddddddddddddddddddddddddddddddd"
   1)
""",
    ),
    "lambda": (
        r"""(lambda (request failure) (first-expression request failure) (second-expression request failure))""",
        r"""
(lambda (request failure)
  (first-expression request failure)
  (second-expression request failure))
""",
    ),
    "lambda too short": (
        r"""(lambda . ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc)""",
        r"""
(lambda
 .
 ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc)
""",
    ),
    "if": (
        r"""(if (string=? alpha-beta-gamma delta-epsilon) (first-expression request) (second-expression request))""",
        r"""
(if (string=? alpha-beta-gamma delta-epsilon)
  (first-expression request)
  (second-expression request))
""",
    ),
    "cond": (
        r"""(cond ((string=? alpha-beta-gamma delta-epsilon) first-expression) (else second-expression third))""",
        r"""
(cond
 ((string=? alpha-beta-gamma delta-epsilon) first-expression)
 (else second-expression third))
""",
    ),
    "case": (
        r"""(case request ((name other) "first") ((requires) '(() () ())) ((conflicts) 5) (else (failure)))""",
        r"""
(case request
  ((name other) "first")
  ((requires) '(() () ()))
  ((conflicts) 5)
  (else (failure)))
""",
    ),
    "and": (
        r"""(and (string=? alpha-beta-gamma delta-epsilon) (first-expression request) (second-expression request))""",
        r"""
(and (string=? alpha-beta-gamma delta-epsilon)
     (first-expression request)
     (second-expression request))
""",
    ),
    "let": (
        r"""(let ((alpha-beta-gamma delta-epsilon) (first-expression request)) (second-expression request failure))""",
        r"""
(let ((alpha-beta-gamma delta-epsilon) (first-expression request))
  (second-expression request failure))
""",
    ),
    "named let": (
        r"""(let loop ((alpha-beta-gamma delta-epsilon) (first-expression request)) (loop request failure ccccc))""",
        r"""
(let loop ((alpha-beta-gamma delta-epsilon) (first-expression request))
  (loop request failure ccccc))
""",
    ),
    "begin": (
        r"""(begin (string=? alpha-beta-gamma delta-epsilon) (first-expression request) (second-expression request))""",
        r"""
(begin
  (string=? alpha-beta-gamma delta-epsilon)
  (first-expression request)
  (second-expression request))
""",
    ),
    "do": (
        r"""(do ((alpha-beta-gamma delta-epsilon z)) ((first-expression request) eta) (second-expression request))""",
        r"""
(do ((alpha-beta-gamma delta-epsilon z))
    ((first-expression request) eta)
  (second-expression request))
""",
    ),
    "module": (
        r"""(module name racket/base (string=? alpha-beta-gamma delta-epsilon) (first-expression request failure))""",
        r"""
(module name racket/base
  (string=? alpha-beta-gamma delta-epsilon)
  (first-expression request failure))
""",
    ),
    "syntax-case": (
        r"""(syntax-case stx () ((string=? alpha-beta-gamma delta-epsilon) (first-expression request failure)))""",
        r"""
(syntax-case stx ()
  ((string=? alpha-beta-gamma delta-epsilon)
   (first-expression request failure)))
""",
    ),
    "make-object": (
        r"""(make-object class% (string=? alpha-beta-gamma delta-epsilon) (first-expression request failure) 1)""",
        r"""
(make-object class%
  (string=? alpha-beta-gamma delta-epsilon)
  (first-expression request failure)
  1)
""",
    ),
    "one line quotations": (
        r"""('a `b ,c ,@d #'e #`f #,g #,@h (quote) (quote a b) (unquote @x) (a unquote b) (a . 'b))""",
        r"""
('a `b ,c ,@d #'e #`f #,g #,@h (quote) (quote a b) , @x (a . ,b) (a quote b))
""",
    ),
    "unquote on several lines": (
        r"""(a unquote (alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi))""",
        r"""
(a
 unquote
 (alpha
  beta
  gamma
  delta
  epsilon
  zeta
  eta
  theta
  iota
  kappa
  lambda
  mu
  nu
  xi
  omicron
  pi))
""",
    ),
    "symbol with a line feed": (
        r"""(|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
b| cccccccccccccccccccccccccccccccc)""",
        r"""
(|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
b| cccccccccccccccccccccccccccccccc)
""",
    ),
    "exactly 79": (
        r"""(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)""",
        r"""
(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)
""",
    ),
    "one more": (
        r"""(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)""",
        r"""
(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)
""",
    ),
}


@pytest.mark.parametrize(("text", "printed"), _RECORDED.values(), ids=_RECORDED)
def test_recorded(text: str, printed: str) -> None:
    datum, _ = read_datum(text.encode())
    assert "\n" + "".join(f"{line}\n" for line in pretty_lines(datum)) == printed


def test_lines_come_one_by_one() -> None:
    lines = pretty_lines([["x" * 60]] * 100_000)
    assert next(lines).startswith('(("xxx')
    assert next(lines).startswith(' ("xxx')


def test_depth_is_no_recursion() -> None:
    datum: Datum = ["x" * 80]
    for _ in range(3000):
        datum = Box([datum])
    *_, last = pretty_lines(datum)
    assert last.endswith(")" * 3001)


def test_no_datum() -> None:
    with pytest.raises(TypeError):
        list(pretty_lines([object()]))  # type: ignore[list-item]
