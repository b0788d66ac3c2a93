"""What each character means at the start of a datum: one function per notation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from pltpack.datum.atoms import read_atom, read_keyword, read_prefixed_number, read_symbol
from pltpack.datum.compounds import HashFrame, NumberVectorFrame, PrefabFrame, VectorFrame
from pltpack.datum.frames import BoxFrame, CaseFrame, Comment, Quotation, lone_dot
from pltpack.datum.regexps import read_regexp
from pltpack.datum.source import SPACE
from pltpack.datum.strings import read_byte_string, read_character, read_here_string, read_string
from pltpack.datum.values import Char, HashKind, Symbol

if TYPE_CHECKING:
    from pltpack.datum.reader import Reader

Rule: TypeAlias = "Callable[[Reader, int], int]"
"""Reads what begins at an offset and returns the offset behind it."""

CLOSERS: Final = {0x28: 0x29, 0x5B: 0x5D, 0x7B: 0x7D}
"""Each opening bracket and the one that closes it."""

_QUOTE: Final = re.compile(rb"#?(?:'|`|,@?+)")
_QUOTE_NAMES: Final = {
    b"'": "quote", b"`": "quasiquote", b",": "unquote", b",@": "unquote-splicing",
    b"#'": "syntax", b"#`": "quasisyntax", b"#,": "unsyntax", b"#,@": "unsyntax-splicing",
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


def read_other(reader: Reader, at: int) -> int:
    """Whatever begins at ``at``: white space, a comment, or a datum."""
    return _RULES.get(reader.source.data[at], _atom)(reader, at)


def _space(reader: Reader, at: int) -> int:
    match = SPACE.match(reader.source.data, at, reader.source.stop)
    return _atom(reader, at) if match is None or match.end() == at else match.end()


def _atom(reader: Reader, at: int) -> int:
    datum, end = read_atom(reader.source, at, reader.fold)
    reader.deliver(datum, at, end)
    return end


def _dot(reader: Reader, at: int) -> int:
    if not reader.source.ends(at + 1, "a symbol", at):
        return _atom(reader, at)
    if not reader.stack:
        raise lone_dot(reader, at)
    reader.stack[-1].dot(reader, at)
    return at + 1


def _string(reader: Reader, at: int) -> int:
    text, end = read_string(reader.source, at, at)
    reader.deliver(text, at, end)
    return end


def _line_comment(reader: Reader, at: int) -> int:
    source = reader.source
    newline = source.data.find(b"\n", at, source.stop)
    if newline < 0:
        if not source.complete:
            raise source.cut("a comment", at)
        return source.stop
    return newline + 1


def _quote(reader: Reader, at: int) -> int:
    source = reader.source
    mark = _QUOTE.match(source.data, at, source.stop)
    assert mark is not None
    if mark.end() == source.stop and not source.complete:
        raise source.cut("a quoted datum", at)
    head = reader.wrapped(Symbol(_QUOTE_NAMES[mark[0]]), at, mark.end())
    reader.push(Quotation(at, head))
    return mark.end()


def _hash_sign(reader: Reader, at: int) -> int:
    source = reader.source
    if at + 1 >= source.stop:
        raise source.cut("a datum", at)
    rule = _HASH_RULES.get(source.data[at + 1 : at + 2].lower())
    if rule is None or (source.data[at + 1] in b"SLRP"):
        raise _bad(reader, at)
    return rule(reader, at)


def _bad(reader: Reader, at: int) -> Exception:
    """The error for a ``#`` notation that Racket does not have, or that may not be read."""
    word, reason = _REFUSED.get(reader.source.data[at : at + 2], (b"", ""))
    if word and reader.source.data.startswith(word, at):
        return reader.source.error(reason, at)
    if reader.source.may_become(at, word, b"#hasheqv(", b"#hashalw("):
        return reader.source.cut("a datum", at)
    return reader.source.error(f"no datum begins with {reader.source.show(at, 8)}", at)


def _refuse(reader: Reader, at: int) -> int:
    raise _bad(reader, at)


def _shebang(reader: Reader, at: int) -> int:
    source = reader.source
    if at + 2 >= source.stop:
        raise source.cut("a comment", at)
    if source.data[at + 2] not in b" /":
        raise _bad(reader, at)
    line = _LINE_END.match(source.data, at, source.stop)
    assert line is not None
    if not line[0].endswith(b"\n") and not source.complete:
        raise source.cut("a comment", at)
    return line.end()


def _block_comment(reader: Reader, at: int) -> int:
    source = reader.source
    depth, end = 1, at + 2
    while depth:
        edge = _COMMENT_EDGE.search(source.data, end, source.stop)
        if edge is None:
            raise source.cut("a block comment", at)
        depth += 1 if edge[0] == b"#|" else -1
        end = edge.end()
    return end


def _datum_comment(reader: Reader, at: int) -> int:
    reader.push(Comment(at))
    return at + 2


def _vector(reader: Reader, at: int) -> int:
    reader.push(VectorFrame(at, CLOSERS[reader.source.data[at + 1]], None))
    return at + 2


def _sized(reader: Reader, at: int) -> int:
    """``#3(``, ``#3=`` and ``#3#``."""
    source = reader.source
    match = _SIZED.match(source.data, at, source.stop)
    assert match is not None
    digits, sign, end = match[1], match[2], match.end()
    if not sign:
        if end >= source.stop:
            raise source.cut("a vector", at)
        raise _bad(reader, at)
    if sign in b"([{":
        reader.push(VectorFrame(at, CLOSERS[sign[0]], _size(reader, digits, at)))
        return end
    if reader.syntax or len(digits) > 8:
        raise source.error("graph marks are not allowed here" if reader.syntax else "graph mark above 99999999", at)
    if sign == b"=":
        reader.mark(int(digits), at)
    else:
        reader.repeat(int(digits), at, end)
    return end


def _size(reader: Reader, digits: bytes, at: int) -> int | None:
    """The declared size of a vector; ``None`` if none is declared."""
    if len(digits.lstrip(b"0")) > 15:
        raise reader.source.limit(f"a vector of more than {reader.source.limits.count} items", at)
    return int(digits[-16:]) if digits else None


def _boolean(reader: Reader, at: int) -> int:
    """``#t``, ``#true``, ``#f``, ``#false``, and ``#fx(``, ``#fl(``."""
    source = reader.source
    if numbers := _NUMBERS.match(source.data, at, source.stop):
        return _number_vector(reader, at, numbers)
    for word in (b"#true", b"#t", b"#T", b"#false", b"#f", b"#F"):
        if source.data.startswith(word, at, source.stop) and source.ends(at + len(word), "a datum", at):
            reader.deliver(word in b"#true #T", at, at + len(word))
            return at + len(word)
    if source.data[at + 1] in b"tf" and source.may_become(at, b"#true", b"#false"):
        raise source.cut("a datum", at)
    raise _bad(reader, at)


def _number_vector(reader: Reader, at: int, match: re.Match[bytes]) -> int:
    source = reader.source
    if reader.syntax:
        raise source.error("vectors of fixnums and flonums are not allowed here", at)
    if not match[2]:
        raise source.cut("a vector", at) if match.end() >= source.stop else _bad(reader, at)
    exact = source.data[at + 2] == 0x78
    reader.push(NumberVectorFrame(at, CLOSERS[match[2][0]], _size(reader, match[1], at), exact))
    return match.end()


def _case(reader: Reader, at: int) -> int:
    source = reader.source
    if at + 2 >= source.stop:
        raise source.cut("a datum", at)
    letter = source.data[at + 2 : at + 3].lower()
    if letter not in (b"i", b"s"):
        raise _bad(reader, at)
    reader.push(CaseFrame(at, reader.fold))
    reader.fold = letter == b"i"
    return at + 3


def _hash_table(reader: Reader, at: int) -> int:
    source = reader.source
    match = _HASH.match(source.data, at, source.stop)
    if match is None:
        raise source.cut("a hash table", at) if source.may_become(at, *_HASH_WORDS) else _bad(reader, at)
    kinds: dict[bytes, HashKind] = {b"": "equal", b"eq": "eq", b"eqv": "eqv", b"alw": "always"}
    kind = kinds[(match[1] or match[2] or b"").lower()]
    reader.push(HashFrame(at, CLOSERS[match[3][0]], kind))
    return match.end()


def _prefab(reader: Reader, at: int) -> int:
    source = reader.source
    if at + 2 >= source.stop:
        raise source.cut("a prefab structure", at)
    closer = CLOSERS.get(source.data[at + 2])
    if closer is None:
        raise _bad(reader, at)
    reader.push(PrefabFrame(at, closer, reader))
    return at + 3


def _box(reader: Reader, at: int) -> int:
    reader.push(BoxFrame(at, None))
    return at + 2


def _character(reader: Reader, at: int) -> int:
    text, end = read_character(reader.source, at)
    reader.deliver(Char(text), at, end)
    return end


def _byte_string(reader: Reader, at: int) -> int:
    data, end = read_byte_string(reader.source, at + 1, at)
    reader.deliver(data, at, end)
    return end


def _less(reader: Reader, at: int) -> int:
    """``#<<END``; any other ``#<`` is the print of an unreadable value."""
    source = reader.source
    if at + 2 >= source.stop:
        raise source.cut("a here string", at)
    if source.data[at + 2] != 0x3C:
        raise _bad(reader, at)
    text, end = read_here_string(source, at)
    reader.deliver(text, at, end)
    return end


def _regexp(reader: Reader, at: int) -> int:
    source = reader.source
    if at + 2 >= source.stop:
        raise source.cut("a datum", at)
    if source.data[at + 2] != 0x78:
        raise _bad(reader, at)
    datum, end = read_regexp(source, at)
    reader.deliver(datum, at, end)
    return end


def _number(reader: Reader, at: int) -> int:
    datum, end = read_prefixed_number(reader.source, at, reader.fold)
    reader.deliver(datum, at, end)
    return end


def _keyword(reader: Reader, at: int) -> int:
    datum, end = read_keyword(reader.source, at, reader.fold)
    reader.deliver(datum, at, end)
    return end


def _primitive(reader: Reader, at: int) -> int:
    datum, end = read_symbol(reader.source, at, reader.fold)
    reader.deliver(datum, at, end)
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
