"""Changes that leave an input whole enough to get past checksums and lengths, where chance never gets."""

from __future__ import annotations

import binascii
import contextlib
import json
import random
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from tests.fuzz.seeds import TOKENS

Bytes: TypeAlias = Callable[[bytes], bytes]

_ENTRY: Final = re.compile(rb"(?:dir|file(?:-replace)?)\s(?:[^*]*?\)\n)(?:\d+\s+\*)?")
_FULL_TAR_BLOCK: Final = 512


def gunzipped(data: bytes) -> bytes:
    """What can be had of gzip data, whatever its checksum."""
    inflater = zlib.decompressobj(31)
    found = b""
    with contextlib.suppress(zlib.error):
        for at in range(0, len(data), 256):
            found += inflater.decompress(data[at : at + 256], 1 << 20)
    return found[: 1 << 20]


def gzipped(data: bytes, random: random.Random) -> bytes:
    """A gzip member, sometimes with an odd header."""
    flags = random.choice((0, 0, 0, 8, 16, 4, 2, 31))
    head = struct.pack("<4sIBB", b"\x1f\x8b\x08" + bytes([flags]), random.getrandbits(31), 0, 3)
    head += b"\2\0ab" * bool(flags & 4) + b"name\0" * bool(flags & 8) + b"comment\0" * bool(flags & 16)
    if flags & 2:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    deflater = zlib.compressobj(random.choice((0, 1, 6)), zlib.DEFLATED, -15)
    body = deflater.compress(data) + deflater.flush()
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def unwrapped(data: bytes) -> bytes:
    """The raw stream in an archive, as far as it can be had."""
    if data.startswith(b"PLT"):
        return data
    if not data.startswith(b"\x1f\x8b"):
        text = re.sub(rb"[^A-Za-z0-9+/]", b"", data.partition(b"=")[0])
        data = binascii.a2b_base64(text[: len(text) & ~3] + b"===" * bool(len(text) & 3), strict_mode=False)
    return gunzipped(data)


def archive(data: bytes, mutate: Bytes, random: random.Random) -> bytes:
    """Changes an archive on one of its layers, and wraps the result again."""
    layer = random.random()
    if layer < 0.15:
        return mutate(data)
    raw = unwrapped(data) or b"PLT\n"
    raw = raw_stream(raw, mutate, random)
    if layer < 0.25:
        return raw
    member = gzipped(raw, random)
    if layer < 0.35:
        member = mutate(member)
    if layer < 0.45:
        return member
    if random.random() < 0.1:
        member += random.choice((member, b"\0" * 9, b"x"))
    text = binascii.b2a_base64(member, newline=False)
    width = random.choice((72, 72, 76, 1 << 20, 7))
    newline = random.choice((b"\n", b"\r\n", b"\n\n "))
    return newline.join(text[at : at + width] for at in range(0, len(text), width)) + newline


def raw_stream(data: bytes, mutate: Bytes, random: random.Random) -> bytes:
    """Changes a raw stream: whole entries, one part of an entry, or anything at all."""
    starts = [found.start() for found in _ENTRY.finditer(data)]
    if not starts or random.random() < 0.2:
        return mutate(data)
    head, entries = data[: starts[0]], [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    at = random.randrange(len(entries))
    match random.randrange(7):
        case 0:
            entries.insert(random.randrange(len(entries) + 1), entries[at])
        case 1:
            del entries[at]
        case 2:
            random.shuffle(entries)
        case 3:
            head = with_token(head, mutate, random)
        case 4:
            entries[at] = _with_body(entries[at], mutate)
        case 5:
            line = entries[at].split(b"\n", 2)
            part = random.randrange(min(len(line), 2))
            line[part] = with_token(line[part], mutate, random)
            entries[at] = b"\n".join(line)
        case _:
            return with_token(data, mutate, random)
    return head + b"".join(entries)


def _with_body(entry: bytes, mutate: Bytes) -> bytes:
    """The entry with other data, and the size that they have."""
    head, star, body = entry.partition(b"*")
    if not star:
        return mutate(entry)
    body = mutate(body or b"x")
    return re.sub(rb"\d+\s*$", b"%d\n" % len(body), head) + b"*" + body


def with_token(data: bytes, mutate: Bytes, random: random.Random) -> bytes:
    """Puts a word of the language somewhere, or repeats or drops a bracketed part; or anything at all."""
    kind = random.random()
    at = random.randrange(len(data) + 1)
    if kind < 0.4:
        return data[:at] + random.choice(TOKENS).encode() + data[at + random.choice((0, 0, 1, 4)) :]
    if kind < 0.6:
        start, end = data.rfind(b"(", 0, at), data.find(b")", at) + 1
        if 0 <= start < end:
            part = data[start:end] * random.choice((0, 2, 3))
            return data[:start] + part + data[end:]
    return mutate(data)


_ODD_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, -1, 0, 1, 7, 1 << 40, 1 << 70, 1.5, 1e300, "", "x", ".", "..", "/", "a/b", "\0", "\ud800"),
    *("mine", "t", "x" * 300, [], ["x"], [["x"]], {}, {"x": 1}, [0, 1, False, ["x"], 1, 1, 1]),
)


def leftovers(data: bytes, mutate: Bytes, random: random.Random) -> bytes:
    """Puts an odd value somewhere into one of the two JSON texts, or changes anything at all."""
    parts = data.split(b"\0")
    at = random.randrange(len(parts))
    try:
        value = json.loads(parts[at])
    except (ValueError, RecursionError):
        return mutate(data)
    if random.random() < 0.2:
        return mutate(data)
    parts[at] = json.dumps(_with_odd_value(value, random)).encode()
    return b"\0".join(parts)


def _with_odd_value(value: Any, random: random.Random) -> Any:
    if not isinstance(value, list | dict) or not value or random.random() < 0.1:
        return random.choice(_ODD_VALUES)
    key = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
    if random.random() < 0.1:
        del value[key]
    else:
        value[key] = _with_odd_value(value[key], random)
    return value


def tar(data: bytes, mutate: Bytes, random: random.Random) -> bytes:
    """Changes a tar archive, and makes the checksums of its headers right again."""
    packed = data.startswith(b"\x1f\x8b")
    blocks = bytearray(gunzipped(data) if packed else data)
    if random.random() < 0.1 or len(blocks) < _FULL_TAR_BLOCK:
        return mutate(data)
    heads = [at for at in range(0, len(blocks) - 511, 512) if blocks[at + 257 : at + 262] == b"ustar"]
    at = random.choice(heads or [0])
    if random.random() < 0.6:
        field, size = random.choice(
            ((0, 100), (100, 8), (124, 12), (136, 12), (156, 1), (157, 100), (257, 8), (345, 155))
        )
        blocks[at + field : at + field + size] = mutate(bytes(blocks[at + field : at + field + size])).ljust(
            size, b"\0"
        )[:size]
    elif random.random() < 0.5 and len(heads) > 1:
        other = random.choice(heads)
        blocks[at:at] = blocks[other : other + 1024]
    else:
        blocks = bytearray(mutate(bytes(blocks)))
    for at in range(0, len(blocks) - 511, 512):
        if blocks[at + 257 : at + 262] == b"ustar":
            blocks[at + 148 : at + 156] = b"        "
            blocks[at + 148 : at + 156] = b"%06o\0 " % sum(blocks[at : at + 512])
    return gzipped(bytes(blocks), random) if packed or random.random() < 0.1 else bytes(blocks)


def zip_file(data: bytes, mutate: Bytes, random: random.Random) -> bytes:
    """Changes a zip archive; sometimes a name in both places where it stands, or one field of a header."""
    kind = random.random()
    central = [found.start() for found in re.finditer(rb"PK\x01\x02", data)]
    if kind < 0.4 or not central:
        return mutate(data)
    at = random.choice(central)
    length = int.from_bytes(data[at + 28 : at + 30], "little")
    name = data[at + 46 : at + 46 + length]
    if kind < 0.7 and name:
        return data.replace(name, mutate(name).ljust(length, b"x")[:length])
    start = at if random.random() < 0.7 else max(data.rfind(b"PK\3\4", 0, at), 0)
    field = start + 4 + 2 * random.randrange(21)
    value = random.choice((0, 1, 8, 0x800, 0xFFFF, random.getrandbits(16)))
    return data[:field] + struct.pack("<H", value) + data[field + 2 :]


Mutator: TypeAlias = Callable[[bytes, Bytes, random.Random], bytes]


def anything(data: bytes, mutate: Bytes, random: random.Random) -> bytes:
    """By what the input looks like."""
    if data.startswith(b"PK"):
        return zip_file(data, mutate, random)
    if data[257:262] == b"ustar" or gunzipped(data)[257:262] == b"ustar":
        return tar(data, mutate, random)
    return archive(data, mutate, random)


MUTATORS: Final[dict[str, Mutator]] = {
    "archive": archive,
    "raw": raw_stream,
    "header": with_token,
    "checked": anything,
    "extract": raw_stream,
    "leftovers": leftovers,
    "datum": with_token,
    "info": with_token,
    "settings": with_token,
    "source": with_token,
    "zip": zip_file,
    "tar": tar,
    "converted": anything,
}
"""The mutator of each target; each takes the data and the fuzzer's own change, which knows no format."""
