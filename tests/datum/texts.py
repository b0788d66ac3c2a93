"""Texts for the datum reader, from dice that know Racket's notation: most of them nearly right."""

# ruff: noqa: SIM905, E501  (tables of tokens)

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

_NUMBER_PARTS: Final = (
    "0 1 12 9 . + - e E i I # / @ inf.0 nan.0 +inf.0 +inf.f -nan.t t d f s l x #e #i #x #b #o #d e10 e-3 a F +i 1/2 000 e400 .0"
).split()
_WHOLES: Final = (
    "",
    "0",
    "1",
    "12",
    "007",
    "3.5",
    ".5",
    "1.",
    "1#",
    "1#.#",
    "1/2",
    "3/0",
    "1#/2",
    "1/2#",
    "1/0#",
    "0/1",
)
_EXPONENTS: Final = ("", "", "", "e2", "e-2", "E5", "d1", "f1", "s1", "l1", "t1", "e400", "e-400")
_SIGNS: Final = ("+", "-", "", "+inf.0", "-inf.0", "+nan.0", "+inf.f", "-inf.t")
_PREFIXES: Final = ("", "", "", "#e", "#i", "#x", "#b", "#x#e", "#e#d", "#i#x")
_TOKENS: Final = (
    *"( ) [ ] { } . . ' ` , ,@ #' #` #, #,@ a b 1 \"s\" #t #f #( #3( #2[ #& #s( #hash( #hasheq( #hashalw[".split(),
    *("(a . 1)", "[b . (1)]", "#;", "#|", "|#", "#|x|#", ";", "#!", "#! x\n", "#0=", "#0#", "#1=", "#1#", "#\\a"),
    *("#\\space", "#\\", "#:k", "#:", "#%x", "\\", "\\ ", "#s(a ", "|a b|", "|", "#ci", "#cs", "#CI ", "AbC", '#"b"'),
    *'#rx"a" #px#"a" #fx( #fl( #fx2( 1.5 #e1.5 é İ #< #reader #true #false #T #F #tr'.split(),
    *"#h #c #s #r #e #x #~ #^ # .. ... #d #hash #\\1 #\\12 #\\u #\\u41 #\\x #\\nul +inf.0 '() ()".split(),
    *(
        "\u3000",
        "\ufeff",
        "#<<E\nx\nE\n",
        "#lang a",
        "#!/a\n",
        "\t",
        "\r",
        "\0",
        "\x1c",
        "#s((a 1) ",
        "#s((a 1 (1 #f) #(0)) ",
    ),
    *(" ", " ", " ", " . ", "\n"),
)
_ATOMS: Final = ("a", "1", '"s"', "#t", "#\\a", "1.5", "#:k", "|x y|", '#"b"', "b", "2", "()", "-0.0", '#rx"a"')
_STRING_PARTS: Final = (
    *(
        "a",
        "\\n",
        "\\",
        "\\x",
        "4",
        "1",
        "f",
        "\\u",
        "\\U",
        "d",
        "8",
        "0",
        "\\377",
        "\\8",
        "\\q",
        "\\\n",
        "\\\r\n",
        '\\"',
    ),
    *("\\'", "é", "λ", "\U0001f600", "\\ud83d", "\\ude00", "\\uD83D\\uDE00", "\n", "\r", "00", "10ffff", "\0", "|"),
)
_CHARACTER_PARTS: Final = (
    *"a 1 7 0 u U x nul space TAB é ͅ λ ٣ Ⅷ ( ) 41 d800 \ud7ff \U0001f600 newline null _ - linefeed".split(" "),
    *(" ", "\u3000"),
)
_SYMBOL_PARTS: Final = (
    *"a B | \\ # % : . 1 é İ ß Σ ' ~ @ ^ \x01 \x7f \u200b \\( #ci".split(" "),
    *("\xa0", "\ufeff", "\u2028", "| |", "\x85"),
)
_BYTES: Final = bytes.fromhex("6120222829c285a0e280a8e3efbbbff09f9880edfff4905c7c233b0a")
_REGEXP_PARTS: Final = (
    *r"a b ( ) ( ) [ ] | * + ? *? { } {2} {,3} {2,} {} {0} {,} . ^ $ (?: (?i: (?-i: (?mi: (?= (?! (?<= (?<! (?> (?(1)".split(),
    *r"(?(2) (?(?=a) (?(?<=a) (?( \1 \2 \3 \ \d \D \w \S \b \B \p{Ll} \P{L} \p{^Ll} \p{ \p \q \X \. \\ - [a-z] [^a] [] [^]".split(),
    *r"[]a] [a-] [-a] [b-a] [[:alpha:]] [[:foo:]] [\d] [\d-z] [a-\d] [a-b-c] [\]] [\ [[:alpha:]-z] é () (a) (|a) (a|) ,".split(),
    *r"1 (? (?:a*) (a?) \p{L&} \p{Xx} \p{.} \x \0 \10 [a-[:alpha:]] [--a] [^-] [^]] [^^]".split(),
)


class TextDice:
    """Throws texts; the same seed throws the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def texts(self, count: int) -> list[bytes]:
        """That many different texts of every sort."""
        found: dict[bytes, None] = {}
        sorts: tuple[Callable[[], str | bytes], ...] = (
            *(self.number_soup, self.number, self.soup, self.datum, self.string),
            *(self.character, self.symbol, self.bytes, self.regexp),
        )
        while len(found) < count:
            text = self.random.choice(sorts)()
            found[text.encode() if isinstance(text, str) else text] = None
        return list(found)

    def _join(self, parts: tuple[str, ...] | list[str], most: int) -> str:
        return "".join(self.random.choice(parts) for _ in range(self.random.randint(1, most)))

    def number_soup(self) -> str:
        return self._join(_NUMBER_PARTS, 6)

    def number(self) -> str:
        pick = self.random.choice

        def unsigned() -> str:
            return pick(_WHOLES) + pick(_EXPONENTS)

        def signed() -> str:
            return pick(_SIGNS) + pick((unsigned(), unsigned(), ""))

        ends = ("", "", "", signed() + "i", "+" + unsigned() + "i", "-" + unsigned() + "i", "@" + signed(), "i")
        return pick(_PREFIXES) + signed() + pick(ends)

    def soup(self) -> str:
        return self._join(_TOKENS, 9)

    def datum(self, depth: int = 0) -> str:
        pick = self.random.choice
        kind = self.random.random()
        if depth > 3 or kind < 0.4:
            return pick(_ATOMS)
        items = [self.datum(depth + 1) for _ in range(self.random.randint(0, 4))]
        between = pick((" ", " ", "\n", " #;x ", "  ;c\n"))
        if kind < 0.6:
            if items and self.random.random() < 0.3:
                items[-1:] = [".", items[-1]]
            elif len(items) > 2 and self.random.random() < 0.3:
                items = [items[0], ".", items[1], ".", *items[2:]]
            left, right = pick(("()", "[]", "{}"))
            return left + between.join(items) + right
        if kind < 0.7:
            return pick(("#(", "#5(")) + between.join(items) + ")"
        if kind < 0.75:
            return "#s(" + pick(("a ", "(a 1) ", "(a #(0)) ", "(b 1 c 1) ", "(b c 1) ")) + between.join(items) + ")"
        if kind < 0.85:
            table = pick(("#hash(", "#hasheq(", "#hasheqv(", "#hashalw("))
            return table + between.join(f"({item} . {self.datum(depth + 1)})" for item in items[:1]) + ")"
        if kind < 0.95:
            return pick(("'", "`", ",", ",@", "#&", "#'", "#,@", "#0=", "#ci")) + self.datum(depth + 1)
        return "#;" + self.datum(depth + 1) + " " + self.datum(depth + 1)

    def string(self) -> str:
        return self.random.choice(('"', '#"')) + self._join(_STRING_PARTS, 5) + '"'

    def character(self) -> str:
        return "#\\" + self._join(_CHARACTER_PARTS, 4)

    def symbol(self) -> str:
        return self._join(_SYMBOL_PARTS, 5)

    def bytes(self) -> bytes:
        return bytes(self.random.choice(_BYTES) for _ in range(self.random.randint(1, 8)))

    def regexp(self) -> str:
        pattern = self._join(_REGEXP_PARTS, 6)
        kind = self.random.choice(("#rx", "#px", "#px", "#px#", "#rx#"))
        return kind + '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'
