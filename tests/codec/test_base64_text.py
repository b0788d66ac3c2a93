"""The base64 layer: read as Racket's ``net/base64`` reads it, written in lines of 72."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.codec.base64_text import Base64Encoder, Base64Facts, decode_base64

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def decoded(*blocks: bytes) -> tuple[bytes, Base64Facts]:
    facts = Base64Facts()
    return b"".join(decode_base64(blocks, facts)), facts


def bit_by_bit(text: bytes) -> bytes:
    """The same in the slowest way there is: every six bits give way to eight as soon as they can."""
    found = bytearray()
    bits = count = 0
    for byte in text.partition(b"=")[0]:
        if byte in ALPHABET:
            bits, count = bits << 6 | ALPHABET.index(byte), count + 6
            if count >= 8:
                count -= 8
                found.append(bits >> count & 0xFF)
                bits &= (1 << count) - 1
    return bytes(found)


CASES = {
    "nothing": (b"", b"", Base64Facts()),
    "padded": (b"aGVsbG8=\n", b"hello", Base64Facts()),
    "two pads": (b"aGVsbA==\n", b"hell", Base64Facts()),
    "line ends": (b"aGVs\nbG8h\n", b"hello!", Base64Facts()),
    "CR LF": (b"aGVs\r\nbG8h\r\n", b"hello!", Base64Facts(carriage_returns=2)),
    "no padding": (b"aGVsbG8", b"hello", Base64Facts(padding_missing=True)),
    "foreign bytes": (b"\xef\xbb\xbfaG-V_s\0b G\t8=", b"hello", Base64Facts(foreign=8)),
    "one too many": (b"aGVsb", b"hel", Base64Facts(padding_missing=True, surplus_character=True)),
    "surplus before pad": (b"aGVsb=", b"hel", Base64Facts(surplus_character=True)),
    "equals inside": (b"aGVs=bG8h", b"hel", Base64Facts(text_after_padding=True)),
    "second text": (b"aGVsbA==\naGVsbA==\n", b"hell", Base64Facts(text_after_padding=True)),
    "left-over bits": (b"aGVsbB==", b"hell", Base64Facts()),
    "padding only": (b"====\n\n", b"", Base64Facts()),
}


@pytest.mark.parametrize(("text", "data", "facts"), CASES.values(), ids=CASES)
def test_decoding(text: bytes, data: bytes, facts: Base64Facts) -> None:
    assert decoded(text) == (data, facts)
    assert decoded(*(text[i : i + 1] for i in range(len(text)))) == (data, facts)


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(st.binary(max_size=12), st.text("ABCxyz019+/\n", max_size=40).map(str.encode), st.just(b"=")),
        max_size=8,
    )
)
def test_decoding_in_any_pieces(blocks: list[bytes]) -> None:
    text = b"".join(blocks)
    assert decoded(*blocks) == decoded(text)
    assert decoded(text)[0] == bit_by_bit(text)


@pytest.mark.parametrize("size", [*range(120), 53 * 54, 54 * 4096 - 1, 54 * 4096, 54 * 4096 * 3 + 77])
def test_encoding(size: int) -> None:
    data = random.Random(size).randbytes(size)
    text = base64.b64encode(data)
    expected = b"".join(text[i : i + 72] + b"\n" for i in range(0, len(text), 72))
    encoder = Base64Encoder()
    assert encoder.encode(data) + encoder.finish() == expected


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=200), max_size=12))
def test_encoding_in_any_pieces(blocks: list[bytes]) -> None:
    whole, pieces = Base64Encoder(), Base64Encoder()
    text = b"".join(map(pieces.encode, blocks)) + pieces.finish()
    assert text == whole.encode(b"".join(blocks)) + whole.finish()
    assert all(len(line) == 72 for line in text.splitlines()[:-1])
    assert decoded(text) == (b"".join(blocks), Base64Facts())
