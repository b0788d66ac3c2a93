"""The same fields, and the same refusals, as the real Racket finds in info files."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import InfoError
from pltpack.racket.info.info import load_info, parse_info
from pltpack.racket.info.machine import InstalledMachine
from pltpack.racket.installation import Installation
from tests.racket.info_corpus import encoded, expected, unordered

pytestmark = pytest.mark.racket

HERE = Path(__file__).parent

_OTHER_PLACE = ("unquote-splicing", ",@", "#%top")
"""Racket names the list around a bad unquote-splicing, or inside it, where that itself is named here."""


@pytest.fixture(scope="module")
def machine(racket: str) -> InstalledMachine:
    return InstalledMachine(Installation.discover(racket=Path(racket)))


def ask(racket: str, requests: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """The verdicts of Racket."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run(
        [racket, str(HERE / "evaluate_info.rkt")], input=lines, capture_output=True, text=True, timeout=300, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def ours(data: bytes, machine: InstalledMachine) -> tuple[tuple[str, object], list[int | None]]:
    """Our verdict in the same form, and the place of the error."""
    try:
        return ("ok", encoded(parse_info(data, machine=machine))), []
    except InfoError as error:
        return ("error", error.category), [error.line, error.column]


def test_every_file_of_the_installation(
    racket: str, machine: InstalledMachine, compared: Callable[[int], None]
) -> None:
    installation = machine.installation
    roots = [path for path in (installation.collects_dir, installation.pkgs_dir) if path is not None and path.is_dir()]
    directories = [file.parent for root in roots for file in sorted(root.rglob("info.rkt"))]
    assert len(directories) >= 20
    verdicts = ask(racket, ({"directory": str(directory)} for directory in directories))
    for directory, verdict in zip(directories, verdicts, strict=True):
        found, _ = ours((directory / "info.rkt").read_bytes(), machine)
        assert found == ("ok", unordered(verdict["fields"])), directory
    compared(len(directories))


def lines_of_table() -> list[str]:
    """Odd texts, one a line, line feeds as ``¶``."""
    return [line.replace("¶", "\n") for line in (HERE / "info_texts.txt").read_text(encoding="utf-8").splitlines()]


def test_odd_texts(racket: str, machine: InstalledMachine, compared: Callable[[int], None]) -> None:
    texts = lines_of_table()
    for text, verdict in zip(texts, ask(racket, ({"source": text} for text in texts)), strict=True):
        found, place = ours(text.encode(), machine)
        assert found == expected(verdict), (text, verdict.get("message"))
        if found == ("error", "syntax") and verdict["places"] and not any(form in text for form in _OTHER_PLACE):
            assert [place] == verdict["places"], (text, verdict["message"])
    compared(len(texts))


_COUNTS = {
    **{name: [1] for name in ("car", "cdr", "reverse", "path->string", "make-immutable-hash", "getenv", "hash-clear")},
    **{name: [2] for name in ("cons", "equal?", "hash-remove")},
    "hash": [0, 2, 4],
    "hash-set": [3],
    "hash-set*": [1, 3],
    "hash-update": [3, 4],
}
_SUITABLE = {
    **{name: ["'(1 2)", "(list 'a 5)", "`(,list)"] for name in ("car", "cdr", "reverse", "append")},
    "string-append": ['"x"', '"y"'],
    "getenv": ['"x"'],
    "build-path": ['"x"', '"y/z"', "'up", '(build-path "p")'],
    "path->string": ['(build-path "a" "b")'],
    "make-immutable-hash": ["'((a . 1))", "'((a . 1) (a . 2) (b 3))"],
}


class Writer:
    """Writes info files at random: mostly right ones, with values of all kinds and a mistake now and then."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names: list[str] = []

    def choice(self, *options: Callable[[], str]) -> str:
        return self.random.choice(options)()

    def text(self) -> str:
        lines = []
        self.names = []
        for name in self.random.sample(["a", "b", "deps", "|x y|", "version", "list", "car", "if"], 4):
            lines.append(f"(define {name} {self.expression(3)})")
            self.names.append(name)
        if self.random.random() < 0.05:
            self.random.shuffle(lines)
        body = "\n".join(lines)
        return self.random.choice([f"#lang info\n{body}", f"#lang setup/infotab\n{body}", f"(module info info {body})"])

    def expression(self, depth: int) -> str:
        if depth == 0:
            return self.choice(self.atom, self.name)
        return self.choice(
            self.atom,
            self.name,
            lambda: "'" + self.datum(depth),
            lambda: "`" + self.template(depth, 0),
            lambda: "`" + self.template(depth, 0),
            lambda: self.call(depth),
            lambda: self.call(depth),
            lambda: self.call(depth),
            lambda: f"(if {self.expression(depth - 1)} {self.expression(depth - 1)} {self.expression(depth - 1)})",
        )

    def name(self) -> str:
        return self.random.choice([*self.names, *self.names, "list", "car", "'x"]) if self.names else '"s"'

    def atom(self) -> str:
        if self.random.random() < 0.02:
            return self.random.choice(["#:k", "()", ",x", "nowhere"])
        atoms = ['"a"', '"λ\\n"', "5", "-1/2", "1.5", "#t", "#f", "#\\a", '#"b"', '#rx"x+"', '#px#"y"', "'()", "'#:k"]
        return self.random.choice([*atoms, "#(1 a)", "#hash((a . 1))", "#s(p 1)", "#&b", "+nan.0"])

    def datum(self, depth: int) -> str:
        if depth == 0:
            return self.random.choice(["a", "unquote", "1", '"x"', "()", "#t", "#:k", "|q r|", "quasiquote"])
        inner = " ".join(self.datum(depth - 1) for _ in range(self.random.randrange(4)))
        return self.choice(
            lambda: self.datum(0),
            lambda: f"({inner})",
            lambda: f"[{inner}]",
            lambda: f"({inner} . {self.datum(depth - 1)})" if inner else "()",
            lambda: f"#({inner})",
            lambda: f"#&{self.datum(depth - 1)}",
            lambda: f"#s(p {inner})",
            lambda: f"#hash((k . {self.datum(depth - 1)}) ({self.datum(1)} . 2))",
            lambda: f"'{self.datum(depth - 1)}",
            lambda: f"#;{self.datum(depth - 1)} {self.datum(depth - 1)}",
        )

    def template(self, depth: int, level: int) -> str:
        if depth == 0:
            return self.choice(lambda: self.datum(0), lambda: f",{self.name()}", self.atom)
        parts = [self.template(depth - 1, level) for _ in range(self.random.randrange(4))]
        inner = " ".join(parts)
        return self.choice(
            lambda: f"({inner})",
            lambda: f"({inner})",
            lambda: f"({inner} . {self.template(depth - 1, level)})" if inner else "()",
            lambda: f"#({inner})",
            lambda: f"#&{self.template(depth - 1, level)}",
            lambda: f"#s(p {inner})",
            lambda: f"#hash((k . {self.template(depth - 1, level)}))",
            lambda: f"`{self.template(depth - 1, level + 1)}",
            lambda: f",{self.expression(depth - 1)}",
            lambda: f"({inner} ,@{self.spliced(depth - 1)})",
            lambda: f"(,@{self.spliced(depth - 1)} {inner})",
            lambda: f"({inner} unquote {self.expression(depth - 1)})",
        )

    def spliced(self, depth: int) -> str:
        if self.random.random() < 0.2:
            return self.expression(depth)
        return f"(list {self.expression(0)} {self.expression(0)})"

    def call(self, depth: int) -> str:
        lists = ["list", "list*", "cons", "car", "cdr", "append", "reverse", "equal?", "string-append"]
        tables = ["hash", "make-immutable-hash", "hash-set", "hash-set*", "hash-remove", "hash-clear", "hash-update"]
        paths = ["path->string", "build-path", "getenv"]
        function = self.random.choice([*lists, *lists, *tables, *paths])
        count = self.random.choice(_COUNTS.get(function, [1, 2, 3]))
        if self.random.random() < 0.02 and function != "cons":  # (if (cons) 1 2) is 1 to Racket's compiler
            count = 0
        arguments = [self.expression(depth - 1) for _ in range(count)]
        if function in _SUITABLE and self.random.random() < 0.9:
            arguments = [self.random.choice(_SUITABLE[function]) for _ in arguments]
        if arguments and function.startswith("hash-"):
            arguments[0] = self.random.choice(
                ["(hash 'a '(1))", "#hasheq((a . 1))", "(make-immutable-hash '((1 . 2)))"]
            )
        if function == "hash-update" and len(arguments) > 2:
            arguments[2] = self.random.choice(["list", "reverse", "car", "hash"])
        return f"({' '.join([function, *arguments])})"


def test_generated_texts(racket: str, machine: InstalledMachine, compared: Callable[[int], None]) -> None:
    texts = [Writer(seed).text() for seed in range(600)]
    right = 0
    for text, verdict in zip(texts, ask(racket, ({"source": text} for text in texts)), strict=True):
        found, _ = ours(text.encode(), machine)
        assert found == expected(verdict), (text, verdict.get("message"))
        right += found[0] == "ok"
    assert right >= 100, "the generator makes too few texts that mean something"
    compared(len(texts))


def test_bytecode_alone_is_no_info_file(racket: str, tmp_path: Path, compared: Callable[[int], None]) -> None:
    """What is left of a package when its source is not there: Racket does not read it, and we do not."""
    file = tmp_path / "info.rkt"
    file.write_text('#lang info\n(define name "games")\n')
    subprocess.run([racket, "-l-", "raco", "make", str(file)], check=True)
    file.unlink()
    assert (tmp_path / "compiled" / "info_rkt.zo").is_file()
    asked = f'(require setup/getinfo) (display (get-info/full (string->path "{tmp_path}")))'
    done = subprocess.run([racket, "-l", "racket/base", "-e", asked], capture_output=True, text=True, check=True)
    assert (done.stdout, load_info(tmp_path)) == ("#f", None)
    compared(1)
