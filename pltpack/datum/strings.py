"""Strings, byte strings, here strings and characters: the literals that quote text."""

from __future__ import annotations

import re
from typing import Final

from pltpack.datum.source import Source, decode
from pltpack.datum.unicode import is_alphabetic

_BODY: Final = re.compile(rb'[^"\\]*+(?:\\[\x00-\xff][^"\\]*+)*+')
"""Everything up to the closing quote; the byte behind a backslash never closes."""

_HEX: Final = rb"[0-9a-fA-F]"
_ESCAPE: Final = re.compile(
    rb"\\(?:(?P<plain>[abtnvfre\"'\\])|(?P<octal>[0-7]{1,3})|x(?P<hex>" + _HEX + rb"{1,2})"
    rb"|u(?P<high>[dD][89abAB]" + _HEX + rb"{2})\\u(?P<low>[dD][c-fC-F]" + _HEX + rb"{2})"
    rb"|u(?P<short>" + _HEX + rb"{1,4})|U(?P<long>" + _HEX + rb"{1,8})|(?P<newline>\r?\n|\r))"
)
_PLAIN: Final = {
    b"a": "\a", b"b": "\b", b"t": "\t", b"n": "\n", b"v": "\v", b"f": "\f", b"r": "\r", b"e": "\x1b",
    b'"': '"', b"'": "'", b"\\": "\\",
}  # fmt: skip

CHARACTER_NAMES: Final = {
    "nul": "\0",
    "null": "\0",
    "backspace": "\b",
    "tab": "\t",
    "newline": "\n",
    "linefeed": "\n",
    "vtab": "\v",
    "page": "\f",
    "return": "\r",
    "space": " ",
    "rubout": "\x7f",
}


def read_string(source: Source, quote: int, began: int) -> tuple[str, int]:
    """The string whose opening quote is at ``quote``, and the offset behind it; ``began`` is for messages."""
    raw, at, end = _body(source, quote, began)
    if b"\\" not in raw:
        return decode(raw), end
    pieces: list[str] = []
    done = 0
    while (backslash := raw.find(b"\\", done)) >= 0:
        if backslash > done:
            pieces.append(decode(raw[done:backslash]))
        pieces.append(_escape(source, raw, backslash, at, in_bytes=False))
        done = _escape_end(raw, backslash)
    pieces.append(decode(raw[done:]))
    return "".join(pieces), end


def read_byte_string(source: Source, quote: int, began: int) -> tuple[bytes, int]:
    """The same for a byte string: characters U+0080 to U+00FF stand for one byte."""
    raw, at, end = _body(source, quote, began)
    if b"\\" not in raw and raw.isascii():
        return raw, end
    pieces: list[bytes] = []
    done = 0
    while (backslash := raw.find(b"\\", done)) >= 0:
        pieces.append(_latin(source, raw, done, backslash, at))
        pieces.append(_escape(source, raw, backslash, at, in_bytes=True).encode("latin-1"))
        done = _escape_end(raw, backslash)
    pieces.append(_latin(source, raw, done, len(raw), at))
    return b"".join(pieces), end


def _body(source: Source, quote: int, began: int) -> tuple[bytes, int, int]:
    """The bytes between the quotes, where they begin, and the offset behind the closing quote."""
    match = _BODY.match(source.data, quote + 1, source.stop)
    assert match is not None
    end = match.end()
    if end >= source.stop or source.data[end] != 0x22:
        raise source.cut("a string", began)
    return match[0], quote + 1, end + 1


def _escape_end(raw: bytes, backslash: int) -> int:
    match = _ESCAPE.match(raw, backslash)
    assert match is not None
    return match.end()


def _escape(source: Source, raw: bytes, backslash: int, at: int, *, in_bytes: bool) -> str:
    """The text of the escape at ``backslash`` of ``raw``, which lies at ``at`` in the source."""
    match = _ESCAPE.match(raw, backslash)
    kind = match.lastgroup if match is not None else None
    if match is None or kind is None or (in_bytes and kind in {"low", "short", "long"}):
        what = source.show(at + backslash, 2)
        raise source.error(f"no such escape in a {'byte ' if in_bytes else ''}string: {what}", at + backslash)
    digits = match[kind]
    if kind == "plain":
        return _PLAIN[digits]
    if kind == "newline":
        return ""
    if kind == "low":
        high, low = int(match["high"], 16), int(digits, 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    code = int(digits, 8 if kind == "octal" else 16)
    if code > 0xFF and kind == "octal":
        raise source.error("octal escape above \\377", at + backslash)
    return scalar(source, code, at + backslash)


def scalar(source: Source, code: int, at: int) -> str:
    """The character of a code; surrogates and codes above 10FFFF are none."""
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise source.error(f"no character has the code {code:X} (hexadecimal)", at)
    return chr(code)


def _latin(source: Source, raw: bytes, start: int, stop: int, at: int) -> bytes:
    part = raw[start:stop]
    if part.isascii():
        return part
    text = decode(part)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        offset = at + start + len(text[: error.start].encode())  # all before it is below U+0100, so decoded as is
        raise source.error("character above U+00FF in a byte string", offset) from None


def read_here_string(source: Source, began: int) -> tuple[str, int]:
    """``#<<END``: the lines up to one that is ``END``; the offset is behind that line's newline."""
    data, stop = source.data, source.stop
    newline = data.find(b"\n", began + 3, stop)
    if newline < 0:
        raise source.cut("a here string", began)
    terminator = decode(data[began + 3 : newline])
    line = newline + 1
    while True:
        newline = data.find(b"\n", line, stop)
        end = newline if newline >= 0 else stop
        if newline < 0 and not source.complete:
            raise source.cut("a here string", began)
        if end - line <= 4 * len(terminator) and decode(data[line:end]) == terminator:
            break
        if newline < 0:
            raise source.cut("a here string", began)
        line = newline + 1
    first = data.find(b"\n", began, stop) + 1
    return decode(data[first : line - 1] if line > first else b""), min(end + 1, stop)


def read_character(source: Source, began: int) -> tuple[str, int]:
    r"""``#\x`` in all its spellings, and the offset behind it. Nothing need part it from what follows."""
    data, stop, at = source.data, source.stop, began + 2
    if at >= stop:
        raise source.cut("a character", began)
    if (code := _CODE.match(data, at, stop)) is not None:
        _closed(source, code.end(), began, full=code.end() - at == (5 if code[1] else 9))
        return scalar(source, int(code[1] or code[2], 16), began), code.end()
    if (octal := _OCTAL.match(data, at, stop)) is not None:
        _closed(source, octal.end(), began, full=len(octal[0]) == 3)
        if len(octal[0]) == 2 or (len(octal[0]) == 3 and octal[0] > b"377"):
            raise source.error("an octal character has three digits, up to 377", began)
        return octal[0].decode() if len(octal[0]) == 1 else chr(int(octal[0], 8)), octal.end()
    first, end = source.character(at, "a character", began)
    if first in "uU":
        _closed(source, end, began)
        return first, end
    name = [first]
    if not is_alphabetic(first):
        return first, end
    while end < stop:
        following, behind = source.character(end, "a character", began)
        if not is_alphabetic(following):
            break
        name.append(following)
        end = behind
    else:
        _closed(source, end, began)
    if len(name) == 1:
        return first, end
    found = CHARACTER_NAMES.get("".join(name).casefold())
    if found is None:
        raise source.error(f"no character has the name {ascii(''.join(name[:20]))[1:-1]}", began)
    return found, end


def _closed(source: Source, end: int, began: int, *, full: bool = False) -> None:
    """Raise if the text stops at ``end`` where more of the character could follow; ``full``: it could not."""
    if not full and end >= source.stop and not source.complete:
        raise source.cut("a character", began)


_CODE: Final = re.compile(rb"u(" + _HEX + rb"{1,4})|U(" + _HEX + rb"{1,8})")
_OCTAL: Final = re.compile(rb"[0-7]{1,3}")
