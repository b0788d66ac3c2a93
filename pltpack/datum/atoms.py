"""Symbols, keywords and numbers: the text up to the next delimiter."""

from __future__ import annotations

import re
from typing import Final

from pltpack.datum.numbers import Number, NumberError, TooManyDigitsError, implied_digits, parse_number
from pltpack.datum.source import ATOM, Source, decode
from pltpack.datum.values import Keyword, Symbol

_PART: Final = re.compile(rb"(?P<plain>[^|\\]++)|\|(?P<barred>[^|]*+)\||\\(?P<single>[\x00-\x7f]|[\x80-\xff]++)")
"""A stretch of a symbol; of what stands behind a backslash only the first character is quoted."""


def read_atom(source: Source, at: int, fold: bool) -> tuple[Symbol | Number, int]:
    """The symbol or number at ``at`` and the offset behind it; ``fold`` as ``#ci`` asks for."""
    text, quoted, end = _text(source, at, at, "a symbol", fold)
    if not quoted:
        number = _number(source, text, at)
        if number is not None:
            return number, end
    return Symbol(text), end


def read_prefixed_number(source: Source, at: int, fold: bool) -> tuple[Number, int]:
    """The number whose ``#x``, ``#e`` or the like is at ``at``."""
    text, quoted, end = _text(source, at, at, "a number", fold)
    number = None if quoted else _number(source, text, at)
    if number is None:
        raise source.error(f"bad number {source.show(at)}", at)
    return number, end


def read_keyword(source: Source, at: int, fold: bool) -> tuple[Keyword, int]:
    """The keyword whose ``#:`` is at ``at``."""
    text, quoted, end = _text(source, at + 2, at, "a keyword", fold)
    if text == "." and not quoted:
        raise source.error("a keyword cannot be a lone dot", at)
    return Keyword(text), end


def read_symbol(source: Source, at: int, fold: bool) -> tuple[Symbol, int]:
    """The symbol at ``at``, whatever it looks like: for those that begin with ``#%``."""
    text, _, end = _text(source, at, at, "a symbol", fold)
    return Symbol(text), end


def _number(source: Source, text: str, at: int) -> Number | None:
    try:
        number = parse_number(text, digits=source.limits.digits)
    except NumberError as error:
        raise source.error(f"{error}: {source.show(at, 40)}", at) from None
    except TooManyDigitsError as error:
        raise source.limit(str(error), at) from None
    if number is not None and (implied := implied_digits(number, text)):
        source.expand(implied, at)
    return number


def _text(source: Source, at: int, began: int, what: str, fold: bool) -> tuple[str, bool, int]:
    """The text without bars and backslashes, whether there were any, and the offset behind it."""
    match = ATOM.match(source.data, at, source.stop)
    assert match is not None
    raw, end = match[0], match.end()
    if end >= source.stop:
        if not source.complete:
            raise source.cut(what, began)
    elif source.data[end] in b"|\\":
        raise source.cut(what, began)
    if b"|" not in raw and b"\\" not in raw:
        text = decode(raw)
        return text.casefold() if fold else text, False, end
    pieces = []
    for part in _PART.finditer(raw):
        text = decode(part[0].strip(b"|") if part.lastgroup == "barred" else part[part.lastgroup or 0])
        if fold and part.lastgroup == "plain":
            text = text.casefold()
        elif fold and part.lastgroup == "single":
            text = text[:1] + text[1:].casefold()
        pieces.append(text)
    return "".join(pieces), True, end
