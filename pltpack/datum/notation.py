"""What each character means at the start of a datum: one function per notation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from pltpack.datum.atoms import read_atom, read_keyword, read_prefixed_number, read_symbol
from pltpack.datum.compounds import (
    BoxFrame,
    CaseFrame,
    Comment,
    HashFrame,
    NumberVectorFrame,
    PrefabFrame,
    Quotation,
    VectorFrame,
)
from pltpack.datum.frames import Assembly, lone_dot
from pltpack.datum.regexps import read_regexp
from pltpack.datum.source import CLOSERS, SPACE
from pltpack.datum.strings import read_byte_string, read_character, read_here_string, read_string
from pltpack.datum.values import Char, HashKind, Symbol

Rule: TypeAlias = "Callable[[Assembly, int], int]"
"""Reads what begins at an offset and returns the offset behind it."""

_QUOTE: Final = re.compile(rb"#?(?:'|`|,@?+)")
_QUOTES: Final = {
    mark: Symbol(name)
    for mark, name in {
        b"'": "quote", b"`": "quasiquote", b",": "unquote", b",@": "unquote-splicing",
        b"#'": "syntax", b"#`": "quasisyntax", b"#,": "unsyntax", b"#,@": "unsyntax-splicing",
    }.items()
}  # fmt: skip
_COMMENT_EDGE: Final = re.compile(rb"\|#|#\|")
_LINE_END: Final = re.compile(rb"[^\n\\]*+(?:\\\n?+[^\n\\]*+)*+\n?+")
_HASH: Final = re.compile(rb"#hash(?:(eqv?+)|(alw))?+([(\[{])", re.IGNORECASE)
_HASH_WORDS: Final = tuple(b"#hash" + kind + b"(" for kind in (b"", b"eq", b"eqv", b"alw"))
_SIZED: Final = re.compile(rb"#([0-9]++)([(\[{=#]?)")
_NUMBERS: Final = re.compile(rb"#(?:[fF]x|[fF]l)([0-9]*+)([(\[{]?)")
_REFUSED: Final = {
    b"#l": (b"#lang", "`#lang` names a language; only data are read here"),
    b"#r": (b"#reader", "`#reader` names a reader extension; only data are read here"),
    b"#!": (b"#!", "`#!` without a space or a slash names a language; only data are read here"),
    b"#~": (b"#~", "`#~` begins compiled code; only data are read here"),
    b"#<": (b"#<", "`#<...>` is the print of a value that cannot be read back"),
}


def read_other(assembly: Assembly, at: int) -> int:
    """Whatever begins at ``at``: white space, a comment, a datum, or what the assembly knows beyond them."""
    extra = assembly.extra
    if extra is not None:
        data = assembly.source.data
        rule = extra.get(data[at : at + 2]) or extra.get(data[at : at + 1])
        if rule is not None:
            return rule(assembly, at)
    return read_plain(assembly, at)


def read_plain(assembly: Assembly, at: int) -> int:
    """Whatever begins at ``at``, by the rules for data alone."""
    return _RULES.get(assembly.source.data[at], _atom)(assembly, at)


def _space(assembly: Assembly, at: int) -> int:
    match = SPACE.match(assembly.source.data, at, assembly.source.stop)
    return _atom(assembly, at) if match is None or match.end() == at else match.end()


def _atom(assembly: Assembly, at: int) -> int:
    datum, end = read_atom(assembly.source, at, assembly.fold)
    assembly.deliver(datum, at, end)
    return end


def _dot(assembly: Assembly, at: int) -> int:
    if not assembly.source.ends(at + 1, "a symbol", at):
        return _atom(assembly, at)
    if not assembly.stack:
        raise lone_dot(assembly, at)
    assembly.stack[-1].dot(assembly, at)
    return at + 1


def _string(assembly: Assembly, at: int) -> int:
    text, end = read_string(assembly.source, at, at)
    assembly.deliver(text, at, end)
    return end


def _line_comment(assembly: Assembly, at: int) -> int:
    source = assembly.source
    newline = source.data.find(b"\n", at, source.stop)
    if newline < 0:
        if not source.complete:
            raise source.cut("a comment", at)
        return source.stop
    return newline + 1


def _quote(assembly: Assembly, at: int) -> int:
    source = assembly.source
    mark = _QUOTE.match(source.data, at, source.stop)
    assert mark is not None
    if mark.end() == source.stop and not source.complete:
        raise source.cut("a quoted datum", at)
    head = assembly.wrapped(_QUOTES[mark[0]], at, mark.end())
    assembly.push(Quotation(at, head))
    return mark.end()


def _hash_sign(assembly: Assembly, at: int) -> int:
    source = assembly.source
    if at + 1 >= source.stop:
        raise source.cut("a datum", at)
    rule = _HASH_RULES.get(source.data[at + 1 : at + 2].lower())
    if rule is None or (source.data[at + 1] in b"SLRP"):
        raise _bad(assembly, at)
    return rule(assembly, at)


def _bad(assembly: Assembly, at: int) -> Exception:
    """The error for a ``#`` notation that Racket does not have, or that may not be read."""
    word, reason = _REFUSED.get(assembly.source.data[at : at + 2], (b"", ""))
    if word and assembly.source.data.startswith(word, at):
        return assembly.source.error(reason, at)
    if assembly.source.may_become(at, word, b"#hasheqv(", b"#hashalw("):
        return assembly.source.cut("a datum", at)
    return assembly.source.error(f"no datum begins with {assembly.source.show(at, 8)}", at)


def _refuse(assembly: Assembly, at: int) -> int:
    raise _bad(assembly, at)


def _shebang(assembly: Assembly, at: int) -> int:
    source = assembly.source
    if at + 2 >= source.stop:
        raise source.cut("a comment", at)
    if source.data[at + 2] not in b" /":
        raise _bad(assembly, at)
    line = _LINE_END.match(source.data, at, source.stop)
    assert line is not None
    if not line[0].endswith(b"\n") and not source.complete:
        raise source.cut("a comment", at)
    return line.end()


def _block_comment(assembly: Assembly, at: int) -> int:
    source = assembly.source
    depth, end = 1, at + 2
    while depth:
        edge = _COMMENT_EDGE.search(source.data, end, source.stop)
        if edge is None:
            raise source.cut("a block comment", at)
        depth += 1 if edge[0] == b"#|" else -1
        end = edge.end()
    return end


def _datum_comment(assembly: Assembly, at: int) -> int:
    assembly.push(Comment(at))
    return at + 2


def _vector(assembly: Assembly, at: int) -> int:
    assembly.push(VectorFrame(at, CLOSERS[assembly.source.data[at + 1]], None, assembly))
    return at + 2


def _sized(assembly: Assembly, at: int) -> int:
    """``#3(``, ``#3=`` and ``#3#``."""
    source = assembly.source
    match = _SIZED.match(source.data, at, source.stop)
    assert match is not None
    digits, sign, end = match[1], match[2], match.end()
    if not sign:
        if end >= source.stop:
            raise source.cut("a vector", at)
        raise _bad(assembly, at)
    if sign in b"([{":
        assembly.push(VectorFrame(at, CLOSERS[sign[0]], _size(assembly, digits, at), assembly))
        return end
    if assembly.syntax or len(digits) > 8:
        raise source.error("graph marks are not allowed here" if assembly.syntax else "graph mark above 99999999", at)
    if sign == b"=":
        assembly.mark(int(digits), at)
    else:
        assembly.repeat(int(digits), at, end)
    return end


def _size(assembly: Assembly, digits: bytes, at: int) -> int | None:
    """The declared size of a vector; ``None`` if none is declared."""
    if len(digits.lstrip(b"0")) > 15:
        raise assembly.source.limit(f"a vector of more than {assembly.source.limits.implied} items", at)
    return int(digits[-16:]) if digits else None


def _boolean(assembly: Assembly, at: int) -> int:
    """``#t``, ``#true``, ``#f``, ``#false``, and ``#fx(``, ``#fl(``."""
    source = assembly.source
    if numbers := _NUMBERS.match(source.data, at, source.stop):
        return _number_vector(assembly, at, numbers)
    for word in (b"#true", b"#t", b"#T", b"#false", b"#f", b"#F"):
        if source.data.startswith(word, at, source.stop) and source.ends(at + len(word), "a datum", at):
            assembly.deliver(word in b"#true #T", at, at + len(word))
            return at + len(word)
    if source.data[at + 1] in b"tf" and source.may_become(at, b"#true", b"#false"):
        raise source.cut("a datum", at)
    raise _bad(assembly, at)


def _number_vector(assembly: Assembly, at: int, match: re.Match[bytes]) -> int:
    source = assembly.source
    if assembly.syntax:
        raise source.error("vectors of fixnums and flonums are not allowed here", at)
    if not match[2]:
        raise source.cut("a vector", at) if match.end() >= source.stop else _bad(assembly, at)
    exact = source.data[at + 2] == 0x78
    assembly.push(NumberVectorFrame(at, CLOSERS[match[2][0]], _size(assembly, match[1], at), exact, assembly))
    return match.end()


def _case(assembly: Assembly, at: int) -> int:
    source = assembly.source
    if at + 2 >= source.stop:
        raise source.cut("a datum", at)
    letter = source.data[at + 2 : at + 3].lower()
    if letter not in (b"i", b"s"):
        raise _bad(assembly, at)
    assembly.push(CaseFrame(at, assembly.fold))
    assembly.fold = letter == b"i"
    return at + 3


def _hash_table(assembly: Assembly, at: int) -> int:
    source = assembly.source
    match = _HASH.match(source.data, at, source.stop)
    if match is None:
        raise source.cut("a hash table", at) if source.may_become(at, *_HASH_WORDS) else _bad(assembly, at)
    kinds: dict[bytes, HashKind] = {b"": "equal", b"eq": "eq", b"eqv": "eqv", b"alw": "always"}
    kind = kinds[(match[1] or match[2] or b"").lower()]
    assembly.push(HashFrame(at, CLOSERS[match[3][0]], kind))
    return match.end()


def _prefab(assembly: Assembly, at: int) -> int:
    source = assembly.source
    if at + 2 >= source.stop:
        raise source.cut("a prefab structure", at)
    closer = CLOSERS.get(source.data[at + 2])
    if closer is None:
        raise _bad(assembly, at)
    assembly.push(PrefabFrame(at, closer, assembly))
    return at + 3


def _box(assembly: Assembly, at: int) -> int:
    assembly.push(BoxFrame(at, None))
    return at + 2


def _character(assembly: Assembly, at: int) -> int:
    text, end = read_character(assembly.source, at)
    assembly.deliver(Char(text), at, end)
    return end


def _byte_string(assembly: Assembly, at: int) -> int:
    data, end = read_byte_string(assembly.source, at + 1, at)
    assembly.deliver(data, at, end)
    return end


def _less(assembly: Assembly, at: int) -> int:
    """``#<<END``; any other ``#<`` is the print of an unreadable value."""
    source = assembly.source
    if at + 2 >= source.stop:
        raise source.cut("a here string", at)
    if source.data[at + 2] != 0x3C:
        raise _bad(assembly, at)
    text, end = read_here_string(source, at)
    assembly.deliver(text, at, end)
    return end


def _regexp(assembly: Assembly, at: int) -> int:
    source = assembly.source
    if at + 2 >= source.stop:
        raise source.cut("a datum", at)
    if source.data[at + 2] != 0x78:
        raise _bad(assembly, at)
    datum, end = read_regexp(source, at)
    assembly.deliver(datum, at, end)
    return end


def _number(assembly: Assembly, at: int) -> int:
    datum, end = read_prefixed_number(assembly.source, at, assembly.fold)
    assembly.deliver(datum, at, end)
    return end


def _keyword(assembly: Assembly, at: int) -> int:
    datum, end = read_keyword(assembly.source, at, assembly.fold)
    assembly.deliver(datum, at, end)
    return end


def _primitive(assembly: Assembly, at: int) -> int:
    datum, end = read_symbol(assembly.source, at, assembly.fold)
    assembly.deliver(datum, at, end)
    return end


_RULES: Final[dict[int, Rule]] = {
    **dict.fromkeys(b"\xc2\xe1\xe2\xe3\xef", _space),
    **dict.fromkeys(b"'`,", _quote),
    ord("."): _dot,
    ord('"'): _string,
    ord(";"): _line_comment,
    ord("#"): _hash_sign,
}
_HASH_RULES: Final[dict[bytes, Rule]] = {
    **dict.fromkeys((b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9"), _sized),
    **dict.fromkeys((b"(", b"[", b"{"), _vector),
    **dict.fromkeys((b"'", b"`", b","), _quote),
    **dict.fromkeys((b"t", b"f"), _boolean),
    **dict.fromkeys((b"e", b"i", b"b", b"o", b"d", b"x"), _number),
    **dict.fromkeys((b"r", b"p"), _regexp),
    **dict.fromkeys((b"l", b"~", b"^"), _refuse),
    b"!": _shebang,
    b"|": _block_comment,
    b";": _datum_comment,
    b"c": _case,
    b"h": _hash_table,
    b"s": _prefab,
    b"&": _box,
    b"\\": _character,
    b'"': _byte_string,
    b"<": _less,
    b":": _keyword,
    b"%": _primitive,
}
