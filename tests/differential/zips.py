"""Zip archives that programs may read differently, from tables: every field of every header, alone."""

from __future__ import annotations

import itertools
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.differential.tars import EVIL, GOOD, Variant

UTF8 = 1 << 11
DESCRIBED = 1 << 3


@dataclass(frozen=True)
class Member:
    """An entry, whose headers say what they are told to; ``local`` and ``central`` replace fields by name."""

    name: bytes
    data: bytes = GOOD
    method: int = 8
    flags: int = 0
    system: int = 3
    attributes: int = 0o100644 << 16
    local_extra: bytes = b""
    central_extra: bytes = b""
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)
    descriptor: str = ""
    """A format of ``struct`` for checksum, packed size and size, with ``mark`` before it for the mark."""
    before: bytes = b""
    packed: bytes | None = None

    def body(self) -> bytes:
        """The data as it is stored."""
        if self.packed is not None:
            return self.packed
        if self.method == 0:
            return self.data
        squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return squeezer.compress(self.data) + squeezer.flush()


_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4sBB5H3I5H2I")
_END = struct.Struct("<4s4H2IH")


def pack(
    *members: Member, end: dict[str, Any] | None = None, order: tuple[int, ...] = (), between: bytes = b""
) -> bytes:
    """An archive. ``order``: that of the central directory; ``between``: bytes in front of it."""
    data: bytes = b""
    central: list[bytes] = []
    for member in members:
        data += member.before
        body, offset = member.body(), len(data)
        sums = (zlib.crc32(member.data), len(body), len(member.data))
        facts: dict[str, Any] = {
            "mark": b"PK\3\4", "version": 20, "flags": member.flags, "method": member.method, "time": 0, "date": 33,
            "crc": sums[0], "packed": sums[1], "size": sums[2], "name": member.name,
        }  # fmt: skip
        said = {**facts, **({"crc": 0, "packed": 0, "size": 0} if member.descriptor else {}), **member.local}
        data += _LOCAL.pack(
            said["mark"], said["version"], said["flags"], said["method"], said["time"], said["date"], said["crc"],
            said["packed"], said["size"], len(said["name"]), len(member.local_extra),
        )  # fmt: skip
        data += said["name"] + member.local_extra + body
        if member.descriptor:
            form = member.descriptor.removeprefix("mark")
            data += b"PK\7\x08" * member.descriptor.startswith("mark") + struct.pack(form, *sums)
        said = {
            **facts, "mark": b"PK\1\2", "system": member.system, "disk": 0, "internal": 0, "offset": offset,
            "attributes": member.attributes, "comment": b"", **member.central,
        }  # fmt: skip
        central.append(
            _CENTRAL.pack(
                said["mark"], 20, said["system"], said["version"], said["flags"], said["method"], said["time"],
                said["date"], said["crc"], said["packed"], said["size"], len(said["name"]), len(member.central_extra),
                len(said["comment"]), said["disk"], said["internal"], said["attributes"], said["offset"],
            )
            + said["name"] + member.central_extra + said["comment"]
        )  # fmt: skip
    data += between
    start = len(data)
    directory = b"".join(central[number] for number in order or range(len(central)))
    facts = {
        "disk": 0, "first": 0, "here": len(order or central), "count": len(order or central),
        "length": len(directory), "offset": start, "comment": b"", "behind": b"", **(end or {}),
    }  # fmt: skip
    return bytes(
        data
        + directory
        + facts.get("records", b"")
        + _END.pack(
            b"PK\5\6", facts["disk"], facts["first"], facts["here"], facts["count"], facts["length"], facts["offset"],
            facts.get("said", len(facts["comment"])),
        )
        + facts["comment"]
        + facts["behind"]
    )  # fmt: skip


A, B = Member(b"a.rkt"), Member(b"b.rkt", EVIL)
D = Member(b"d/", b"", method=0, attributes=0o040755 << 16 | 0x10)


def unicode_name(name: bytes, of: bytes, *, version: int = 1) -> bytes:
    """Info-ZIP's field for the name in UTF-8."""
    return struct.pack("<HHBI", 0x7075, 5 + len(name), version, zlib.crc32(of)) + name


def large(*numbers: int, kind: int = 1) -> bytes:
    """A field of ZIP64."""
    return struct.pack(f"<HH{len(numbers)}Q", kind, 8 * len(numbers), *numbers)


VALUES: dict[str, tuple[Any, ...]] = {
    "version": (0, 10, 45, 63, 255),
    "flags": (1, 2, 4, 8, 16, 32, 64, 1 << 11, 1 << 12, 1 << 13),
    "method": (0, 1, 9, 12, 99),
    "crc": (0, 1, 0xFFFFFFFF),
    "packed": (0, 1, 17, 21, 22, 200, 0xFFFFFF),
    "size": (0, 1, 17, 19, 200, 0xFFFFFF, 0xFFFFFFFF),
    "name": (b"c.rkt", b"b.rkt", b"d/", b"a.rk", b"../a.rkt", b"a.rkt\0", b"A.rkt", b""),
    "date": (0, 0xFFFF),
}
CENTRAL_VALUES: dict[str, tuple[Any, ...]] = {
    "system": (0, 2, 5, 7, 10, 11, 14, 16, 19, 255),
    "disk": (1, 0xFFFF),
    "internal": (1, 0xFFFF),
    "offset": (0, 1, 30, 60, 0x7FFFFFFF, 0xFFFFFFFF),
    "attributes": (0, 1, 0x10, 0x20, 0o120777 << 16, 0o040755 << 16, 0o010644 << 16, 0o020644 << 16, 0o100000 << 16),
    "comment": (b"hello", b"PK\5\6" + bytes(18), b"PK\1\2"),
}


def fields() -> Iterator[Variant]:
    """Every field with odd values: in the local header, in the central one, and in both."""
    for name, values in VALUES.items():
        for value, method, where in itertools.product(values, (0, 8), ("local", "central", "both")):
            odd = {name: value}
            changed = replace(
                A, method=method, local=odd if where != "central" else {}, central=odd if where != "local" else {}
            )
            yield Variant(f"{where} {name} {value!r}, method {method}", "zip", pack(changed, B))
            if where != "both":
                last = replace(changed, name=b"z.rkt") if name != "name" else changed
                yield Variant(f"{where} {name} {value!r}, method {method}, last", "zip", pack(B, last))
    for name, values in CENTRAL_VALUES.items():
        for value, method in itertools.product(values, (0, 8)):
            yield Variant(
                f"{name} {value!r}, {method}", "zip", pack(replace(A, method=method, central={name: value}), B)
            )


def descriptors() -> Iterator[Variant]:
    """Descriptors of every form, sound and not."""
    forms = ("<3I", "mark<3I", "<I2Q", "mark<I2Q", "mark<2IQ", "")
    for form, method, flags, which in itertools.product(forms, (0, 8), (0, DESCRIBED), ("first", "last", "directory")):
        odd = replace(D if which == "directory" else A, method=method, descriptor=form, flags=flags)
        members = (odd, B) if which != "last" else (B, odd)
        yield Variant(f"descriptor {form!r}, method {method}, flags {flags}, {which}", "zip", pack(*members))
        if flags:
            for where in ("local", "central"):
                lone = replace(odd, flags=0, **{where: {"flags": flags}})  # type: ignore[arg-type]  # a field by name
                yield Variant(f"descriptor {form!r}, method {method}, only {where}", "zip", pack(lone, B))
    for crc in (0x08074B50, 0x04034B50):
        odd = replace(A, descriptor="<3I", flags=DESCRIBED, data=GOOD + forged(GOOD, crc))
        yield Variant(f"descriptor that begins with {crc:x}", "zip", pack(odd, B))
    for said in ((1, 22, 18), (0, 0, 0)):
        yield Variant(f"local sizes {said} and a descriptor", "zip", pack(replace(
            A, descriptor="mark<3I", flags=DESCRIBED, local=dict(zip(("crc", "packed", "size"), said, strict=True))
        ), B))  # fmt: skip


def forged(data: bytes, crc: int) -> bytes:
    """Four bytes that give ``data`` the checksum ``crc``."""
    table = [_crc_entry(byte) for byte in range(256)]
    wanted = crc ^ 0xFFFFFFFF
    for _ in range(4):
        index = next(i for i in range(256) if table[i] >> 24 == wanted >> 24)
        wanted = ((wanted ^ table[index]) << 8 | index) & 0xFFFFFFFF
    return struct.pack("<I", wanted ^ zlib.crc32(data) ^ 0xFFFFFFFF)


def _crc_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ 0xEDB88320 * (byte & 1)
    return byte


def extras() -> Iterator[Variant]:
    """Additional fields: names in UTF-8, ZIP64, broken ones."""
    for name, version in itertools.product((b"a.rkt", b"other.rkt", b"../x", b"", b"d/"), (1, 2)):
        for where, of in itertools.product(("local_extra", "central_extra", "both"), (b"a.rkt", b"b.rkt")):
            extra = unicode_name(name, of, version=version)
            given: dict[str, Any] = (
                {where: extra} if where != "both" else {"local_extra": extra, "central_extra": extra}
            )
            title = f"{where} calls it {name!r} ({of!r}, {version})"
            yield Variant(title, "zip", pack(replace(A, **given), B))
            yield Variant(f"{title} with another before it", "zip", pack(
                replace(A, **{key: struct.pack("<HHI", 0x9999, 4, 0) + value for key, value in given.items()}), B
            ))  # fmt: skip
    body = len(A.body())
    for method, sizes in itertools.product((0, 8), ((18, body), (18, 18), (5, 5), (0, 0), (1 << 40, 1 << 40))):
        for local, central in ((True, True), (False, True), (False, False)):
            if local and sizes != (18, body if method else 18):
                continue  # Racket takes memory for the whole size, which is slow
            odd = {"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF}
            given = {
                "local_extra": large(*sizes), "central_extra": large(*sizes),
                "local": odd if local else {}, "central": odd if central else {},
            }  # fmt: skip
            for members in ((replace(A, method=method, **given), B), (B, replace(A, method=method, **given))):
                title = f"ZIP64 {sizes}, method {method}, {local}, {central}, {members[0].name!r} first"
                yield Variant(title, "zip", pack(*members))
    for extra in (b"\1", b"\1\0\xff\xff", struct.pack("<HH", 0x7075, 500), b"\x75\x70\1\0\1", bytes(4), bytes(3)):
        for where in ("local_extra", "central_extra"):
            yield Variant(f"{where} {extra!r}", "zip", pack(replace(A, **{where: extra}), B))  # type: ignore[arg-type]


_NAMES = [
    *(
        b"a/",
        b"./a",
        b"a//b",
        b"a/./b",
        b".",
        b"..",
        b"../a",
        b"/a",
        b"//a",
        b"a\\b",
        b"..\\a",
        b"C:\\a",
        b"C:a",
        b"a/..",
        b"a/.",
    ),
    *(
        "é".encode(),
        b"\x82",
        b"a b",
        b"a\nb",
        b"a\x01",
        b"\x1b[2J",
        b"a;1",
        b"a;",
        b"a;1;2",
        b"d;1/a",
        b"a;x",
        b"-a",
        b"~",
        b"a\0b",
    ),
    *(
        b"con",
        b"a.",
        b"a ",
        b"a:b",
        b"*",
        b"x" * 300,
        b"",
        "e\u0301".encode(),
        b"\xff\xfe",
        b"a\x7f",
        b"`id`",
        b"a;99999999999",
    ),
]


def names() -> Iterator[Variant]:
    """Names of every shape, made on several systems, with and without the flag for UTF-8."""
    for name, system, flags in itertools.product(_NAMES, (0, 3, 11), (0, UTF8)):
        odd = Member(name, b"" if name.endswith(b"/") else GOOD, flags=flags, system=system, method=8)
        yield Variant(f"name {name[:20]!r} of system {system}, flags {flags}", "zip", pack(odd, B))
    for name, other in (
        (b"a;1", b"a"),
        (b"a\x01", b"a"),
        (b"a\\b", b"a/b"),
        (b"A", b"a"),
        (b"./a", b"a"),
        (b"a//b", b"a/b"),
    ):
        for system in (0, 3):
            members = (Member(name, EVIL, system=system), Member(other, system=system))
            yield Variant(f"{name!r} beside {other!r}, system {system}", "zip", pack(*members))
            yield Variant(f"{other!r} beside {name!r}, system {system}", "zip", pack(*reversed(members)))
    for modes in (0o120777, 0o040755, 0o100644, 0o010644, 0):
        for name, low, system in itertools.product((b"x", b"x/"), (0, 0x10), (0, 3, 5, 16, 19)):
            odd = Member(name, b"a.rkt" if name == b"x" else b"", 0, attributes=modes << 16 | low, system=system)
            yield Variant(f"{name!r} of mode {modes:o}, {low}, system {system}", "zip", pack(odd, A))


def layouts() -> Iterator[Variant]:
    """Bytes and entries where none should be, and end records of every shape."""
    hidden = pack(Member(b"hidden.rkt", EVIL))
    entry = hidden[: hidden.index(b"PK\1\2")]
    for name, what in {"an entry": entry, "junk": b"#!/bin/sh\n", "zeros": bytes(4), "an archive": hidden}.items():
        yield Variant(f"{name} before", "zip", pack(replace(A, before=what), B))
        yield Variant(f"{name} between", "zip", pack(A, replace(B, before=what)))
        yield Variant(f"{name} before the directory", "zip", pack(A, B, between=what))
        yield Variant(f"{name} as a comment", "zip", pack(A, B, end={"comment": what}))
        yield Variant(f"{name} behind", "zip", pack(A, B, end={"behind": what}))
        yield Variant(f"{name} in front, offsets not moved", "zip", what + pack(A, B))
    yield Variant("another order", "zip", pack(A, B, order=(1, 0)))
    yield Variant("one entry not in the directory", "zip", pack(A, B, order=(0,)))
    yield Variant("the first not in the directory", "zip", pack(A, B, order=(1,)))
    yield Variant("one entry twice in the directory", "zip", pack(A, B, order=(0, 1, 0)))
    yield Variant("no entries in the directory", "zip", pack(A, B, end={"here": 0, "count": 0}))
    yield Variant("empty", "zip", pack())
    yield Variant("one name twice", "zip", pack(A, replace(B, name=b"a.rkt")))
    yield Variant("a file and a directory", "zip", pack(replace(A, name=b"d"), D))
    yield Variant("a file below a file", "zip", pack(A, replace(B, name=b"a.rkt/b")))
    yield Variant("a directory with data", "zip", pack(replace(A, name=b"d/"), B))
    for key, values in {
        "disk": (1, 0xFFFF), "first": (1, 0xFFFF), "here": (1, 3, 0xFFFF), "count": (0, 1, 3, 0xFFFF),
        "length": (0, 46, 0xFFFFFFFF), "offset": (0, 1, 0xFFFFFFFF), "said": (1, 22, 0xFFFF),
    }.items():  # fmt: skip
        for value in values:
            yield Variant(f"end record: {key} {value}", "zip", pack(A, B, end={key: value}))
    plain = pack(A, B)
    count, length, start = struct.unpack_from("<HII", plain, len(plain) - 12)
    place = len(plain) - 22
    for name, (here, size, offset, pointer) in {
        "good": (count, length, start, place), "one entry": (1, length, start, place), "offset": (2, length, 0, place),
        "pointer": (2, length, start, 0),
    }.items():  # fmt: skip
        record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, here, here, size, offset)
        record += struct.pack("<4sIQI", b"PK\6\7", 0, pointer, 1)
        yield Variant(f"ZIP64 records: {name}", "zip", pack(A, B, end={"records": record}))
        ends: dict[str, Any] = {"records": record, "here": 0xFFFF, "count": 0xFFFF, "length": 0xFFFFFFFF}
        yield Variant(f"ZIP64 records that count: {name}", "zip", pack(A, B, end={**ends, "offset": 0xFFFFFFFF}))
    for body in (b"", b"\3\0", b"\1\0\0\xff\xff", A.body() + b"x", A.body()[:-1], b"\7"):
        yield Variant(f"deflated data {body!r}", "zip", pack(replace(A, packed=body), B))
        yield Variant(f"deflated data {body!r} of nothing", "zip", pack(replace(A, packed=body, data=b""), B))


def mutations(count: int, seed: int) -> Iterator[Variant]:
    """Sound archives with one to three bytes of their headers changed."""
    dice = random.Random(seed)
    bases = (
        pack(D, replace(A, name=b"d/a.rkt"), B),
        pack(replace(A, descriptor="mark<3I", flags=DESCRIBED), replace(B, method=0)),
        pack(
            replace(A, local_extra=unicode_name(b"a.rkt", b"a.rkt"), central_extra=unicode_name(b"a.rkt", b"a.rkt")), B
        ),
    )
    for number in range(count):
        data = bytearray(dice.choice(bases))
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.choice((0, 1, 8, 0x10, 0x2E, 0x2F, 0x50, 0xFF, dice.randrange(256)))
        yield Variant(f"mutation {number} of seed {seed}", "zip", bytes(data))


def zip_variants(mutated: int, seed: int) -> Iterator[Variant]:
    """All of the tables, and so many mutations."""
    for table in (fields, descriptors, extras, names, layouts):
        yield from table()
    yield from mutations(mutated, seed)
