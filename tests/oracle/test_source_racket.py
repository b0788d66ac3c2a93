"""Generated package sources and names: the same answers as Racket's own functions."""

from __future__ import annotations

import json
import random
import string
import subprocess

import pytest

from pltpack.pkg.names import is_collection_name, is_package_name
from pltpack.pkg.source import SOURCE_TYPES, SourceType, parse_source
from pltpack.racket.info.fields import valid_version

pytestmark = pytest.mark.racket

_STARTS = (
    *("", "/", "./", "../", "~/", "//", "file://", "file:///", "file://localhost/", "file:///x/", "x://", "://"),
    *("http://", "http://h/", "https://h:80/", "https://u:p@h/", "git://h/", "git://github.com/", "HTTP://h/"),
    *(
        "git://GitHub.com/",
        "github://github.com/",
        "github://other/",
        "git+http://h/",
        "git+https://h/",
        "git+ssh://h/",
    ),
    *("ftp://h/", "s3://b/", "c:/", "http://[::1]/", "http://h:/", "http://:1/", "file:", "http:", "http://h"),
)
_PARTS = (
    *("a", "b-1", "u", "r.git", "a.zip", "b.tar.gz", "c.plt", "d.tgz", "e.tar", "f.gz", ".zip", ".git", ".", "..", ""),
    *("a b", "é", "x%20y", "%2e%2e", "a%2Fb", "a%2Fb.zip", "p;q", "p;q.zip", "%", "%4", "+", "a.b.zip", "A.ZIP", "_"),
    *("a:b", "@", "%C3%A9.zip", "%ff.zip", "tree", "-"),
)
_ENDS = (
    *(
        "",
        "",
        "",
        "",
        "/",
        "//",
        "#",
        "#v1",
        "?",
        "?path=p",
        "?path=p/q#dev",
        "?path=",
        "?path",
        "?path=/",
        "?path=a//b/",
    ),
    *(
        "?path=../x",
        "?path=p/.&x=1",
        "?x;path=z",
        "?type=file",
        "?type=dir",
        "?type=link&type=dir",
        "?type=static-link",
    ),
    *("?type=zip", "?type", "#a#b", "?a=%20+b", "?path=a+b", "#%4z", "?path=q/..", "?p%61th=w", "?path=x/ "),
)
_RACKET_SOURCES = """
(require json pkg/name)
(define (ask s type)
  (define complained #f)
  (with-handlers ([exn:fail? (lambda (e) (list #f #f #t))])
    (define-values (name found)
      (package-source->name+type s type #:must-infer-name? #t #:complain (lambda (s m) (set! complained #t))))
    (list name (and found (symbol->string found)) complained)))
(write-json (for/list ([c (read-json)]) (ask (car c) (and (cadr c) (string->symbol (cadr c))))))
"""
_RACKET_NAMES = """
(require json setup/collection-name version/utils)
(write-json (for/list ([s (read-json)])
  (list (regexp-match? #rx"^[-_a-zA-Z0-9]+$" s) (and (collection-name-element? s) #t) (and (valid-version? s) #t))))
"""


def _ask(racket: str, program: str, question: object) -> list[list[object]]:
    done = subprocess.run(
        [racket, "-e", program], input=json.dumps(question), capture_output=True, encoding="utf-8", check=True
    )
    answer: list[list[object]] = json.loads(done.stdout)
    return answer


def test_generated_sources(racket: str) -> None:
    dice = random.Random(5)
    types: tuple[SourceType | None, ...] = (None, None, None, *SOURCE_TYPES)
    cases: list[tuple[str, SourceType | None]] = []
    for _ in range(12_000):
        parts = "/".join(dice.choice(_PARTS) for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4))))
        cases.append((dice.choice(_STARTS) + parts + dice.choice(_ENDS), dice.choice(types)))
    for (text, type), expected in zip(
        cases, _ask(racket, _RACKET_SOURCES, [[text, type or False] for text, type in cases]), strict=True
    ):
        source = parse_source(text, type=type, strict=False)
        got = [source.name or False, source.type or False, source.problem is not None]
        # Where Racket stops with an exception of its own, an objection is all that is asked for.
        assert got == expected or (expected == [False, False, True] and got[2]), (text, type, source.problem)


def test_names_and_versions(racket: str) -> None:
    dice = random.Random(7)
    texts = [f"a%{code:02x}" for code in range(256)] + ["", "%", "a%2", "a%2F", "é", "+", "multi", "a/b"]
    texts += ["".join(dice.choices("ab-_+%29.~ é", k=dice.randrange(6))) for _ in range(1000)]
    texts += [".".join(str(dice.choice((0, 1, 7, 10, 99, 100, 999, 1000, "01"))) for _ in range(n)) for n in range(1, 6)
              for _ in range(300)]  # fmt: skip
    texts += ["".join(dice.choices(string.printable, k=3)) for _ in range(300)]
    for text, expected in zip(texts, _ask(racket, _RACKET_NAMES, texts), strict=True):
        assert [is_package_name(text), is_collection_name(text), valid_version(text)] == expected, text
