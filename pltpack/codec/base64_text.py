"""The base64 layer: lines of 72 characters when written; read as ``net/base64`` of Racket reads it.

Racket's decoder skips every byte outside the alphabet, ends at the first ``=`` wherever it stands, needs no padding
and drops left-over bits. None of that loses data, so it is accepted; :class:`Base64Facts` says what was met.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterable, Iterator
from typing import Final

import pybase64

from pltpack.dataclass import dataclass

LINE_LENGTH: Final = 72
"""Characters on a line, without the line feed."""

_LINE_BYTES: Final = LINE_LENGTH // 4 * 3
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FOREIGN: Final = bytes(byte for byte in range(256) if byte not in _ALPHABET)

_BATCH: Final = 4096
_split_batch: Final = struct.Struct(f"{LINE_LENGTH}s" * _BATCH).unpack_from


@dataclass(slots=True)
class Base64Facts:
    """What the decoder met: all zero and false for a text as Racket writes it."""

    foreign: int = 0
    """Bytes outside the alphabet that were skipped, line ends not counted."""
    carriage_returns: int = 0
    padding_missing: bool = False
    text_after_padding: bool = False
    surplus_character: bool = False
    """One character was left over at the end, which is too little for a byte."""


def decode_base64(blocks: Iterable[bytes], facts: Base64Facts) -> Iterator[bytes]:
    """The bytes that a base64 text stands for; ``blocks`` may be cut anywhere. Raises nothing of its own."""
    carry = b""
    ended = False
    for block in blocks:
        if ended:
            facts.text_after_padding |= bool(block.translate(None, b"=\r\n \t"))
            continue
        text = block
        padding = text.find(b"=")
        if padding >= 0:
            ended = True
            facts.text_after_padding |= bool(text[padding:].translate(None, b"=\r\n \t"))
            text = text[:padding]
        letters = text.replace(b"\n", b"")
        if letters and not carry and not len(letters) & 3:
            # As Racket writes it, there is nothing but letters now; the strict decoder sees to that.
            try:
                data = pybase64.b64decode(letters, validate=True)
            except binascii.Error:
                pass
            else:
                yield data
                continue
        letters = text.translate(None, _FOREIGN)
        dropped = len(text) - len(letters) - text.count(b"\n")
        if dropped:
            returns = text.count(b"\r")
            facts.carriage_returns += returns
            facts.foreign += dropped - returns
        if carry:
            letters = carry + letters
        whole = len(letters) & ~3
        carry = letters[whole:]
        if whole:
            yield pybase64.b64decode(letters[:whole] if carry else letters, validate=True)
    if carry:
        facts.padding_missing = not ended
        if len(carry) == 1:
            facts.surplus_character = True
        else:
            yield pybase64.b64decode(carry + b"=" * (4 - len(carry)))


class Base64Encoder:
    """Writes bytes as base64 text in lines of 72 characters, each ended by a line feed."""

    def __init__(self) -> None:
        self._rest = b""

    def encode(self, data: bytes) -> bytes:
        """The lines that are full with ``data``; the rest waits for more."""
        if self._rest:
            data = self._rest + data
        whole = len(data) - len(data) % _LINE_BYTES
        self._rest = data[whole:]
        return _wrap(pybase64.b64encode(data[:whole] if self._rest else data)) if whole else b""

    def finish(self) -> bytes:
        """The last line, padded; empty if there is none."""
        rest, self._rest = self._rest, b""
        return pybase64.b64encode(rest) + b"\n" if rest else b""


def _wrap(text: bytes) -> bytes:
    """Put a line feed behind every 72 characters; splitting by ``struct`` is several times faster than slicing."""
    lines: list[bytes] = []
    start = 0
    while len(text) - start >= LINE_LENGTH * _BATCH:
        lines += _split_batch(text, start)
        start += LINE_LENGTH * _BATCH
    lines += [text[i : i + LINE_LENGTH] for i in range(start, len(text), LINE_LENGTH)]
    lines.append(b"")
    return b"\n".join(lines)
