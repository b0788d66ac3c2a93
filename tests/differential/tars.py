"""Tar archives that programs may read differently, from tables: every kind of oddity, alone and in pairs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

BLOCK = 512
END = bytes(2 * BLOCK)
GOOD = b"#lang racket/base\n"
EVIL = b"(evil)\n"


@dataclass(frozen=True)
class Variant:
    """An archive with a name that says what is odd about it."""

    name: str
    format: str
    data: bytes


def padded(data: bytes, fill: bytes = b"\0") -> bytes:
    """Data in whole blocks."""
    return data + fill * (-len(data) % BLOCK)


def header(
    name: bytes,
    size: int | bytes = 0,
    kind: bytes = b"0",
    *,
    target: bytes = b"",
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
    **fields: bytes,
) -> bytes:
    """A header; ``fields``: bytes for ``mode``, ``uid``, ``gid``, ``mtime``, ``checksum``."""
    said = size if isinstance(size, bytes) else b"%011o\0" % size
    block = bytearray(BLOCK)
    for place, width, value in (
        (0, 100, name),
        (100, 8, fields.get("mode", b"0000644\0")),
        (108, 8, fields.get("uid", b"0000000\0")),
        (116, 8, fields.get("gid", b"0000000\0")),
        (124, 12, said),
        (136, 12, fields.get("mtime", b"14000000000\0")),
        (148, 8, b" " * 8),
        (156, 1, kind),
        (157, 100, target),
        (257, 8, magic),
        (345, 155, prefix),
    ):
        block[place : place + min(len(value), width)] = value[:width]
    block[148:156] = fields.get("checksum") or b"%06o\0 " % sum(block)
    return bytes(block)


def file(name: bytes, data: bytes = GOOD) -> bytes:
    """A file with its data."""
    return header(name, len(data)) + padded(data)


def record(key: bytes, value: bytes) -> bytes:
    """A pax record."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest


def pax(data: bytes, kind: bytes = b"x", *, name: bytes = b"pax", fill: bytes = b"\0") -> bytes:
    """An extended header with records."""
    return header(name, len(data), kind) + padded(data, fill)


def long_name(name: bytes, kind: bytes = b"L", *, end: bytes = b"\0", fill: bytes = b"\0") -> bytes:
    """A long name of GNU tar."""
    data = name + end
    return header(b"././@LongLink", len(data), kind, magic=b"ustar  \0") + padded(data, fill)


def tar(*parts: bytes, end: bytes = END) -> bytes:
    """Parts after one another, and the end."""
    return b"".join(parts) + end


EXTENDED: dict[str, bytes] = {
    "x path": pax(record(b"path", b"main.rkt")),
    "x other path": pax(record(b"path", b"other.rkt")),
    "x linkpath": pax(record(b"linkpath", b"main.rkt")),
    "x comment": pax(record(b"comment", b"hello")),
    "x size": pax(record(b"size", b"%d" % len(GOOD))),
    "x size of another": pax(record(b"size", b"3")),
    "x size none": pax(record(b"size", b"0")),
    "x empty": pax(b""),
    "X path": pax(record(b"path", b"solaris.rkt"), b"X"),
    "g comment": pax(record(b"comment", b"hello"), b"g"),
    "g path": pax(record(b"path", b"global.rkt"), b"g"),
    "g size": pax(record(b"size", b"3"), b"g"),
    "g linkpath": pax(record(b"linkpath", b"else"), b"g"),
    "L": long_name(b"long.rkt"),
    "L other": long_name(b"longer/name.rkt"),
    "K": long_name(b"target.rkt", b"K"),
    "sparse name": pax(record(b"GNU.sparse.name", b"sparse.rkt")),
    "sparse 1.0": pax(
        record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.minor", b"0") + record(b"GNU.sparse.name", b"s.rkt")
    ),
    "sparse size": pax(record(b"GNU.sparse.realsize", b"3")),
    "schily": pax(record(b"SCHILY.realsize", b"5")),
    "sun": pax(record(b"SUN.holesdata", b" 0 4")),
    "charset": pax(record(b"hdrcharset", b"BINARY") + record(b"path", "é.rkt".encode())),
}
MEMBERS: dict[str, bytes] = {
    "file": file(b"file.rkt"),
    "directory": header(b"d/", 0, b"5"),
    "link": header(b"l", 0, b"2", target=b"main.rkt"),
    "hard link": header(b"h", 0, b"1", target=b"first.rkt"),
}


def rows() -> Iterator[Variant]:
    """Extended headers before each kind of member, and in front of the end."""
    for name, row in EXTENDED.items():
        for member, block in MEMBERS.items():
            yield Variant(f"{name} before a {member}", "tar", tar(file(b"first.rkt"), row, block))
    for names in (("L", "K", "L"), ("K", "L", "K"), ("x path", "L", "x path"), ("x comment", "g comment", "x path")):
        row = b"".join(EXTENDED[name] for name in names)
        yield Variant(f"{' + '.join(names)} before a link", "tar", tar(row, MEMBERS["link"]))
    for name, block in EXTENDED.items():
        yield Variant(f"{name} before the end", "tar", tar(file(b"first.rkt"), block))


RECORDS: dict[str, bytes] = {
    "good": record(b"path", b"main.rkt"),
    "no line feed": b"17 path=main.rktX",
    "another end": b"17 path=main.rkt\r",
    "too short": b"16 path=main.rkt\n",
    "too long": b"18 path=main.rkt\n",
    "far too long": b"9999 path=main.rkt\n",
    "leading zero": b"018 path=main.rkt\n",
    "hexadecimal": b"0x11 path=main.rkt\n",
    "a sign": b"+18 path=main.rkt\n",
    "a space before": b" 18 path=main.rkt\n",
    "two spaces": b"18  path=main.rkt\n",
    "a tab": b"17\tpath=main.rkt\n",
    "zero": b"0 path=main.rkt\n",
    "no equals": b"9 path it\n" + record(b"path", b"main.rkt"),
    "no key": b"5 =x\n" + record(b"path", b"main.rkt"),
    "empty path": record(b"path", b""),
    "twice": record(b"path", b"main.rkt") + record(b"path", b"other.rkt"),
    "twice the same": record(b"path", b"main.rkt") * 2,
    "zeros behind": record(b"path", b"main.rkt") + bytes(10),
    "zeros before": bytes(10) + record(b"path", b"main.rkt"),
    "zeros between": record(b"comment", b"x") + b"\0" + record(b"path", b"main.rkt"),
    "an empty line": record(b"comment", b"x") + b"\n" + record(b"path", b"main.rkt"),
    "cut": record(b"path", b"main.rkt")[:-4],
    "digits": b"1234567890" * 3,
    "a key with a space": record(b"pa th", b"x") + record(b"path", b"main.rkt"),
    "line feed in a value": record(b"comment", b"x\n18 path=evil.rkt\n") + record(b"path", b"main.rkt"),
    "record in a record": record(b"comment", b"\n" + record(b"path", b"evil.rkt")),
    "equals in a value": record(b"path", b"a=b.rkt"),
    "NUL in a path": record(b"path", b"main.rkt\0x"),
    "slash behind": record(b"path", b"main.rkt/"),
    "a dot": record(b"path", b"."),
    "not UTF-8": record(b"path", b"\xff\xfe.rkt"),
    "capitals": record(b"PATH", b"main.rkt"),
    "size first": record(b"size", b"%d" % len(GOOD)) + record(b"path", b"main.rkt"),
    "size with zeros": record(b"size", b"000%d" % len(GOOD)),
    "size with a sign": record(b"size", b"+%d" % len(GOOD)),
    "size in spaces": record(b"size", b" %d" % len(GOOD)),
    "size with a point": record(b"size", b"%d.0" % len(GOOD)),
    "size with an underscore": record(b"size", b"1_8"),
    "negative size": record(b"size", b"-1"),
    "huge size": record(b"size", b"9" * 25),
    "odd time": record(b"mtime", b"nan") + record(b"path", b"main.rkt"),
    "owner": record(b"uid", b"99999999999") + record(b"uname", "ü".encode()) + record(b"path", b"main.rkt"),
    "many": b"".join(record(b"k%d" % number, b"v") for number in range(50)) + record(b"path", b"main.rkt"),
}


def pairs_of_headers() -> Iterator[Variant]:
    """Two extended headers in a row."""
    for (one, first), (other, second) in itertools.product(EXTENDED.items(), repeat=2):
        for member in ("file", "link"):
            parts = (file(b"first.rkt"), first, second, MEMBERS[member])
            yield Variant(f"{one} + {other} before a {member}", "tar", tar(*parts))


def malformed_records() -> Iterator[Variant]:
    """Records of every shape, in headers of each kind, filled up with zeros and with something else."""
    for name, data in RECORDS.items():
        for kind in (b"x", b"g"):
            for fill in (b"\0", b"Z"):
                parts = (file(b"first.rkt"), pax(data, kind, fill=fill), file(b"file.rkt", EVIL))
                yield Variant(f"records: {name} in {kind!r} filled with {fill!r}", "tar", tar(*parts))
    for name, said in (("one more", 1), ("one less", -1), ("a block more", BLOCK)):
        data = record(b"path", b"main.rkt")
        row = header(b"pax", len(data) + said, b"x") + padded(data) + bytes(BLOCK if said == BLOCK else 0)
        yield Variant(f"records: {name} in the header", "tar", tar(row, file(b"file.rkt")))


NUMBERS: dict[str, bytes] = {
    "plain": b"00000000022\0",
    "twelve digits": b"000000000022",
    "spaces before": b"         22\0",
    "a space behind": b"00000000022 ",
    "NUL and space": b"0000000022\0 ",
    "zeros before": b"\0" + b"0000000022\0",
    "junk behind": b"000022\0junk\0",
    "a digit behind": b"000022\0" + b"0005\0",
    "blank": b" " * 12,
    "nothing": bytes(12),
    "base 256": b"\x80" + bytes(10) + b"\x12",
    "base 256 of nothing": b"\x80" + bytes(11),
    "negative": b"\xff" * 12,
    "other base 256": b"\xc0" + bytes(10) + b"\x12",
    "nine": b"00000000019\0",
    "sign": b"+0000000022\0",
    "minus": b"-0000000022\0",
    "underscore": b"0000000_022\0",
    "prefix": b"0o000000022\0",
    "point": b"0000000022.\0",
    "huge": b"77777777777\0",
}


def numbers() -> Iterator[Variant]:
    """Spellings of numbers in every field."""
    for name, number in NUMBERS.items():
        yield Variant(f"size {name}", "tar", tar(header(b"f.rkt", number), padded(GOOD), file(b"next.rkt")))
        block = header(b"f.rkt", len(GOOD), mtime=number)
        yield Variant(f"time {name}", "tar", tar(block, padded(GOOD), file(b"next.rkt")))
        for field in ("mode", "uid", "gid"):
            short = number[-8:] if number[:1] not in (b"\x80", b"\xff") else number[:1] + number[-7:]
            block = header(b"f.rkt", len(GOOD), **{field: short})
            yield Variant(f"{field} {name}", "tar", tar(block, padded(GOOD), file(b"next.rkt")))


def kinds() -> Iterator[Variant]:
    """Every type flag, with and without data, and data that is a header."""
    hidden = header(b"hidden.rkt", 0)
    for flag in range(256):
        kind = bytes((flag,))
        if kind in b"xgXLK":
            continue
        for size in (0, BLOCK) if flag < 128 else (0,):
            data = hidden if size else b""
            parts = (file(b"first.rkt"), header(b"odd", size, kind, target=b"first.rkt"), data, file(b"last.rkt"))
            yield Variant(f"kind {kind!r} with {size} bytes", "tar", tar(*parts))


NAMES = [
    *(
        b"a/",
        b"a//",
        b"./a",
        b"a/./b",
        b"a//b",
        b".",
        b"./",
        b"a/.",
        b"a/..",
        b"../a",
        b"/a",
        b"//a",
        b"",
        b"a\\b",
        b"C:x",
    ),
    *(
        "é".encode(),
        b"\xe9",
        b"a b",
        b" a",
        b"a ",
        b"a\nb",
        b"-a",
        b"~",
        b"a\x01b",
        b"x" * 100,
        b"d/" + b"y" * 98,
        b"*",
        b"...",
    ),
]
MAGICS = {
    "ustar": b"ustar\x0000",
    "gnu": b"ustar  \0",
    "none": bytes(8),
    "ustar, no version": b"ustar\0\0\0",
    "ustar, spaces": b"ustar\0  ",
    "ustar, blank": b"ustar   ",
    "capitals": b"USTAR\x0000",
    "junk": b"junkjunk",
}


def names() -> Iterator[Variant]:
    """Names of every shape for members of every kind, and prefixes under every magic."""
    for name in NAMES:
        for kind in (b"0", b"\0", b"5", b"2", b"1"):
            data = GOOD if kind in (b"0", b"\0") else b""
            block = header(name, len(data), kind, target=b"first.rkt") + padded(data)
            yield Variant(f"name {name!r} of kind {kind!r}", "tar", tar(file(b"first.rkt"), block))
        yield Variant(f"long name {name!r}", "tar", tar(file(b"first.rkt"), long_name(name), file(b"short")))
        yield Variant(f"pax name {name!r}", "tar", tar(pax(record(b"path", name)), file(b"short")))
        yield Variant(
            f"header of pax named {name!r}", "tar", tar(pax(record(b"path", b"good"), name=name), file(b"short"))
        )
    for (magic, value), prefix in itertools.product(MAGICS.items(), (b"", b"p", b"p/", b"./p", b"\0p", b"p" * 155)):
        for name in (b"a.rkt", b"a/"):
            kind = b"5" if name == b"a/" else b"0"
            block = header(name, 0, kind, magic=value, prefix=prefix)
            yield Variant(f"prefix {prefix[:9]!r} of {name!r}, {magic}", "tar", tar(block, file(b"next.rkt")))
    for end, fill in itertools.product((b"", b"\0", b"\0x", b"\0\0\0", b"\n"), (b"\0", b"Z")):
        row = long_name(b"long.rkt", end=end, fill=fill)
        yield Variant(f"long name with {end!r} filled with {fill!r}", "tar", tar(row, file(b"short")))
    yield Variant("old directory with a pax name", "tar", tar(pax(record(b"path", b"a")), header(b"a/", 0, b"\0")))
    yield Variant("pax name of an old directory", "tar", tar(pax(record(b"path", b"a/")), header(b"a", 0, b"\0")))


def pairs() -> Iterator[Variant]:
    """Two members at one place or one below the other."""
    members: dict[str, Callable[[bytes], bytes]] = {
        "file": file,
        "other": lambda name: file(name, EVIL),
        "directory": lambda name: header(name + b"/", 0, b"5"),
        "link": lambda name: header(name, 0, b"2", target=b"d"),
        "hard link": lambda name: header(name, 0, b"1", target=b"z"),
        "contiguous": lambda name: header(name, len(GOOD), b"7") + padded(GOOD),
    }
    for (one, first), (other, second) in itertools.product(members.items(), repeat=2):
        for names in ((b"a", b"a"), (b"a", b"a/b"), (b"a/b", b"a"), (b"a", b"./a"), (b"a", b"A")):
            data = tar(header(b"d/", 0, b"5"), file(b"z"), first(names[0]), second(names[1]))
            yield Variant(f"{one} {names[0]!r}, then {other} {names[1]!r}", "tar", data)


def ends() -> Iterator[Variant]:
    """Ends of every shape."""
    body = file(b"first.rkt")
    for name, end in {
        "none": b"",
        "one block": bytes(BLOCK),
        "three blocks": bytes(3 * BLOCK),
        "a record": bytes(20 * BLOCK),
        "half a block": bytes(BLOCK // 2),
        "a block and a half": bytes(BLOCK + BLOCK // 2),
        "a file behind one block": bytes(BLOCK) + file(b"behind.rkt") + END,
        "a file behind two": END + file(b"behind.rkt") + END,
        "junk behind two": END + b"junk",
        "a block of spaces": b" " * BLOCK + END,
    }.items():
        yield Variant(f"end: {name}", "tar", tar(body, end=end))
    yield Variant("no member", "tar", END)
    for name, checksum in {
        "signed": None,
        "wrong": b"000000\0 ",
        "spaces": b" " * 8,
        "without an end": b"",
        "six digits": b"0%05o\0 ",
    }.items():
        block = bytearray(header("é.rkt".encode(), 0))
        total = sum(block) - sum(block[148:156]) + 8 * 32
        if name == "signed":
            checksum = b"%06o\0 " % (total - 256 * sum(byte > 127 for byte in block))  # noqa: PLW2901
        elif name == "without an end":
            checksum = b"%08o" % total  # noqa: PLW2901
        elif name == "six digits":
            checksum = b"%7o\0" % total  # noqa: PLW2901
        block[148:156] = checksum or b" " * 8
        yield Variant(f"checksum: {name}", "tar", tar(bytes(block), file(b"next.rkt")))


_FIELDS = ((0, 12), (124, 136), (136, 148), (156, 157), (157, 169), (257, 265), (329, 345), (345, 360), (482, 512))


def mutations(count: int, seed: int) -> Iterator[Variant]:
    """Sound archives with one to three bytes of their headers and records changed, checksums set right."""
    dice = random.Random(seed)
    bases: Sequence[bytes] = (
        tar(header(b"d/", 0, b"5"), file(b"d/a.rkt"), header(b"l", 0, b"2", target=b"d"), file(b"z.rkt", EVIL)),
        tar(pax(record(b"path", b"main.rkt")), file(b"short"), file(b"next.rkt")),
        tar(long_name(b"main.rkt"), file(b"short"), long_name(b"main.rkt", b"K"), header(b"l", 0, b"2", target=b"m")),
    )
    for number in range(count):
        data = bytearray(dice.choice(bases))
        heads = [place for place in range(0, len(data), BLOCK) if data[place + 257 : place + 262] == b"ustar"]
        for _ in range(dice.randrange(1, 4)):
            head = dice.choice(heads)
            start, stop = dice.choice(_FIELDS)
            value = dice.choice((0, 32, 47, 48, 49, 55, 57, 61, 10, 95, 128, 255, dice.randrange(256)))
            if data[head + 156] in b"xL" and dice.randrange(2):
                start, stop = BLOCK, BLOCK + 24
            data[head + dice.randrange(start, stop)] = value
        for head in heads:
            data[head + 148 : head + 156] = b" " * 8
            data[head + 148 : head + 156] = b"%06o\0 " % sum(data[head : head + BLOCK])
        yield Variant(f"mutation {number} of seed {seed}", "tar", bytes(data))


def tar_variants(mutated: int, seed: int) -> Iterator[Variant]:
    """All of the tables, and so many mutations."""
    for table in (rows, pairs_of_headers, malformed_records, numbers, kinds, names, pairs, ends):
        yield from table()
    yield from mutations(mutated, seed)
