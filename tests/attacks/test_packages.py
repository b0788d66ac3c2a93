"""Hostile zip and tar archives, through the readers behind every command that takes packages."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pltpack.codec.limits import Limits
from pltpack.conversion.convert import convert
from pltpack.errors import AmbiguityError, FormatError, LimitError, PltError, UnsafePathError
from pltpack.formats.formats import Format, entry_reader
from pltpack.pkg.staging import open_package
from tests.attacks.conftest import Arena
from tests.trees import files_in, picture

GOOD = {"d/x": b"some data" * 20, "keep": b"kept"}


def refuses(arena: Arena, data: bytes, format: Format, kind: type[PltError], limits: Limits = Limits()) -> PltError:
    """Neither looked at nor unpacked, and nothing changes."""
    source = arena.world.with_name(f"world.{format}")
    source.write_bytes(data)
    before = arena.state()
    try:
        with pytest.raises(kind) as caught:
            convert(source, arena.target / "new", format="dir", limits=limits)
        with pytest.raises(kind):
            open_package(source, limits=limits)
    finally:
        source.unlink()
    assert arena.state() == before
    arena.record("refused")
    return caught.value


def accepts(arena: Arena, data: bytes, format: Format) -> Path:
    """Unpacked inside the target; where."""
    before = {path: what for path, what in arena.state().items() if not path.startswith("target")}
    place = arena.target / "new"
    convert(io.BytesIO(data), place, source_format=format, format="dir")
    assert {path: what for path, what in arena.state().items() if not path.startswith("target")} == before
    arena.record("accepted")
    return place


def verdict(arena: Arena, data: bytes, format: Format) -> dict[str, bytes] | PltError:
    """The files that are read, or the error."""
    try:
        with entry_reader(io.BytesIO(data), format, name="it") as reader:
            found = {entry.path: entry.read() for entry in reader if entry.kind == "file"}
    except PltError as error:
        arena.record("refused")
        return error
    arena.record("accepted")
    return found


# Archives by hand


def info(name: str, type: bytes = tarfile.REGTYPE, **facts: Any) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = type
    for fact, value in facts.items():
        setattr(made, fact, value)
    return made


def tar(*members: tarfile.TarInfo | bytes, end: bytes = bytes(1024)) -> bytes:
    """Members with the letter ``x`` as data, and blocks as they are."""
    return b"".join(_member(member) if isinstance(member, tarfile.TarInfo) else member for member in members) + end


def _member(member: tarfile.TarInfo) -> bytes:
    header = member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    return header + padded(b"x" * member.size if member.isreg() else b"")


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def header(
    name: bytes, size: bytes = b"00000000004\0", type: bytes = b"0", magic: bytes = b"ustar\x0000", prefix: bytes = b""
) -> bytes:
    """A tar header, byte by byte."""
    block = bytearray(512)
    owner, time, sums = b"0000000\0" * 2, b"00000000000\0", b" " * 8
    fields = {0: name, 100: b"0000644\0" + owner, 124: size, 136: time + sums, 156: type, 257: magic, 345: prefix}
    for place, field in fields.items():
        block[place : place + len(field)] = field
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def extended(records: dict[str, str], type: bytes = b"x") -> bytes:
    """A pax header."""
    data = b""
    for key, value in records.items():
        rest = f" {key}={value}\n".encode("utf-8", "surrogateescape")
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length += 1
        data += str(length).encode() + rest
    return header(b"pax", b"%011o\0" % len(data), type) + padded(data)


FILE = header(b"f") + padded(b"data")


def zip_of(
    *members: tuple[str, bytes] | tuple[zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytearray:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return bytearray(sink.getvalue())


def attributed(name: str, mode: int) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = 3, mode << 16
    return made


def good_zip() -> bytearray:
    return zip_of(*GOOD.items())


def good_tar() -> bytes:
    return tar(info("d", tarfile.DIRTYPE, mode=0o755), *(info(name, size=len(data)) for name, data in GOOD.items()))


def central(data: bytes | bytearray, number: int = 0) -> int:
    """Where an entry of the central directory is."""
    place = struct.unpack_from("<I", data, len(data) - 6)[0]
    for _ in range(number):
        place += 46 + sum(struct.unpack_from("<3H", data, place + 28))
    return int(place)


def local(data: bytes | bytearray, number: int = 0) -> int:
    return int(struct.unpack_from("<I", data, central(data, number) + 42)[0])


# Names and kinds

NAMES = ["../canary", "d/../../canary", "..", "/etc/x", "//x", "a/..", "a\0b", "d/\0", ".pltpack-0/journal", "x" * 256]
"""In a tar header a name ends at NUL; an extended header can hold one."""
HARMLESS = ["~/x", "C:\\x", "..\\x", "...", "a b", "\x1b[2J", "CON", "-rf"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", NAMES, ids=repr)
@pytest.mark.parametrize("format", ["zip", "tar", "tgz"])
def test_names(arena: Arena, name: str, format: Format) -> None:
    if format == "zip":
        data = bytes(zip_of(("good", b"1"), (name.replace("\0", "?"), b"evil"))).replace(b"?", b"\0")
    else:
        data = tar(info("good"), extended({"path": name}), FILE)
        data = gzip.compress(data) if format == "tgz" else data
    refuses(arena, data, format, UnsafePathError)


@pytest.mark.parametrize("name", HARMLESS, ids=repr)
def test_names_that_only_look_dangerous_here(arena: Arena, name: str) -> None:
    for format, data in (
        ("zip", bytes(zip_of((name, b"tame"), ("b", b"")))),
        ("tar", tar(info(name, size=1), info("b"))),
    ):
        place = accepts(arena, data, format)  # type: ignore[arg-type]
        assert sorted(files_in(place)) == sorted([name, "b"])
        arena.reset()


TWO = [["a", "a"], ["a", "a/b"], ["a/b", "a"], ["a", "./a"], ["a", "b/../a"]]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", TWO, ids=repr)
def test_one_name_for_two_things(arena: Arena, names: list[str]) -> None:
    refuses(arena, bytes(zip_of(*((name, b"x") for name in names))), "zip", UnsafePathError)
    refuses(arena, tar(*(info(name, size=1) for name in names)), "tar", UnsafePathError)


def test_every_offender_of_a_zip_is_listed(arena: Arena) -> None:
    error = refuses(
        arena, bytes(zip_of(*((name, b"") for name in ("../a", "b", "/c", "d/../..")))), "zip", UnsafePathError
    )
    assert isinstance(error, UnsafePathError)
    assert [path for path, _ in error.paths] == ["../a", "/c", "d/../.."]


TARGETS = ["/etc/passwd", "../canary", "..", "d/../../x", "d/..", "", "../" * 40 + "etc"]


@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_links_outward(arena: Arena, target: str) -> None:
    refuses(arena, tar(info("d", tarfile.DIRTYPE), info("l", tarfile.SYMTYPE, linkname=target)), "tar", UnsafePathError)
    refuses(arena, bytes(zip_of((attributed("l", 0o120777), target.encode()), ("x", b""))), "zip", UnsafePathError)


@pytest.mark.parametrize("target", ["..", "../outside", "d/../.."], ids=repr)
def test_links_that_are_outward_only_without_the_top(arena: Arena, target: str) -> None:
    """An installer drops the directory around the package, and a link that pointed to it points further up then."""
    data = tar(info("top", tarfile.DIRTYPE), info("top/f", size=1), info("top/l", tarfile.SYMTYPE, linkname=target))
    refuses(arena, data, "tar", UnsafePathError)


def test_what_lies_below_a_link(arena: Arena) -> None:
    link = info("l", tarfile.SYMTYPE, linkname="d")
    for second in (info("l/x", size=1), info("l", tarfile.DIRTYPE), info("l", size=1)):
        refuses(arena, tar(info("d", tarfile.DIRTYPE), link, second), "tar", UnsafePathError)
    refuses(arena, tar(info("l/x", size=1), link), "tar", UnsafePathError)
    refuses(arena, bytes(zip_of((attributed("l", 0o120777), b"d"), ("l/x", b"evil"))), "zip", UnsafePathError)


@pytest.mark.parametrize("target", ["/etc/passwd", "../canary", "f", "h", "later"])
def test_hard_links_are_no_members(arena: Arena, target: str) -> None:
    members = [
        info("f", size=1),
        info("h", tarfile.LNKTYPE, linkname=target),
        info("later", tarfile.SYMTYPE, linkname="f"),
    ]
    assert set(picture(accepts(arena, tar(*members), "tar"))) == {"f", "later"}


@pytest.mark.parametrize("type", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_in_tar(arena: Arena, type: bytes) -> None:
    refuses(arena, tar(info("f"), info("n", type)), "tar", UnsafePathError)


@pytest.mark.parametrize("kind", [0o020000, 0o060000, 0o010000, 0o140000], ids=oct)
def test_devices_in_zip(arena: Arena, kind: int) -> None:
    refuses(arena, bytes(zip_of((attributed("n", kind | 0o666), b""))), "zip", UnsafePathError)


@pytest.mark.parametrize("mode", [0o4755, 0o2777, 0o1777, 0o7777, 0o666, 0o000], ids=oct)
def test_permissions(arena: Arena, mode: int) -> None:
    in_tar = tar(info("d", tarfile.DIRTYPE, mode=mode), info("d/f", size=1, mode=mode), info("e"))
    in_zip = bytes(
        zip_of((attributed("d/", 0o040000 | mode), b""), (attributed("d/f", 0o100000 | mode), b"x"), ("e", b""))
    )
    for format, data in (("tar", in_tar), ("zip", in_zip)):
        place = accepts(arena, data, format)  # type: ignore[arg-type]
        for path in (place / "d", place / "d" / "f"):
            assert path.stat().st_mode & 0o7002 == 0
        assert (place / "d" / "f").read_bytes() == b"x"
        arena.reset()


@pytest.mark.parametrize("time", ["1e300", "-1e300", "9" * 30, "nan", "inf", "x"])
def test_times(arena: Arena, time: str) -> None:
    found = verdict(arena, tar(extended({"mtime": time}), FILE), "tar")
    assert isinstance(found, FormatError) or found == {"f": b"data"}


# Sizes


def test_bombs(arena: Arena) -> None:
    limits = Limits(ratio=20, ratio_from=10_000)
    zeros = bytes(1 << 20)
    refuses(arena, bytes(zip_of(("a", zeros), ("b", b""))), "zip", LimitError, limits)
    refuses(arena, gzip.compress(tar(info("a")) + zeros), "tgz", LimitError, limits)
    for limits in (Limits(file_bytes=1000), Limits(total_bytes=1000), Limits(entries=1)):
        refuses(arena, bytes(zip_of(("a", zeros), ("b", b""))), "zip", LimitError, limits)
        refuses(arena, tar(info("a", size=5000), info("b")), "tar", LimitError, limits)


def test_many_empty_members(arena: Arena) -> None:
    names = [f"d{number}/" for number in range(300)]
    refuses(arena, bytes(zip_of(*((name, b"") for name in names))), "zip", LimitError, Limits(entries=200))
    refuses(arena, tar(*(info(name, tarfile.DIRTYPE) for name in names)), "tar", LimitError, Limits(entries=200))
    refuses(arena, tar(info("a/" * 250 + "b")), "tar", LimitError, Limits(entries=200))


@pytest.mark.parametrize(
    "size", [b"\xff" * 12, b"-0000000001\0", b"77777777777\0", b"\x80" + b"\xff" * 11, b"0x10\0", b"4.0\0"]
)
def test_sizes_in_tar_headers(arena: Arena, size: bytes) -> None:
    refuses(arena, tar(FILE, header(b"g", size) + padded(b"data")), "tar", PltError)


@pytest.mark.parametrize("size", ["0", "3", "5", "600", "-512", "-1024", "1048576", "9999999999999999999", "1.0", "x"])
def test_an_extended_size_that_is_another(arena: Arena, size: str) -> None:
    refuses(arena, tar(info("first"), extended({"size": size}), FILE, FILE), "tar", PltError)


@pytest.mark.parametrize("field", ["path", "linkpath", "size"])
def test_one_name_or_size_for_all_members(arena: Arena, field: str) -> None:
    refuses(arena, tar(extended({field: "4"}, b"g"), FILE), "tar", FormatError)
    assert verdict(arena, tar(extended({"comment": "4"}, b"g"), FILE), "tar") == {"f": b"data"}


def test_endless_extended_headers(arena: Arena) -> None:
    refuses(arena, tar(*[extended({"path": "x"})] * 5000, FILE), "tar", FormatError)
    refuses(arena, tar(extended({"comment": "x" * 300_000}), FILE), "tar", LimitError)
    refuses(arena, tar(*(extended({f"a{n}": "x"}, b"g") + FILE for n in range(200))), "tar", PltError)
    long = header(b"L", b"%011o\0" % 300_000, b"L") + padded(b"x" * 300_000)
    refuses(arena, tar(long, FILE), "tar", LimitError)


def test_long_names_of_gnu(arena: Arena) -> None:
    for name in (b"../canary\0", b"/etc/x\0", b"a/" * 300 + b"x\0"):
        long = header(b"././@LongLink", b"%011o\0" % len(name), b"L") + padded(name)
        refuses(arena, tar(long, FILE), "tar", PltError)
    long = header(b"././@LongLink", b"%011o\0" % 151, b"L") + padded(b"x" * 150 + b"\0")
    assert verdict(arena, tar(long, FILE), "tar") == {"x" * 150: b"data"}


SPARSE = [
    {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s", "GNU.sparse.realsize": "4"},
    {"GNU.sparse.map": "0,4", "GNU.sparse.size": "4"},
    {"GNU.sparse.size": "4", "GNU.sparse.offset": "0", "GNU.sparse.numbytes": "4"},
    {"GNU.sparse.realsize": str(1 << 60)},
]


@pytest.mark.parametrize("records", SPARSE, ids=lambda records: next(iter(records)))
def test_sparse_files(arena: Arena, records: dict[str, str]) -> None:
    refuses(arena, tar(extended(records), header(b"f", b"00000002000\0") + padded(b"1\n" * 512)), "tar", FormatError)


def test_sparse_files_of_old_gnu(arena: Arena) -> None:
    refuses(arena, tar(header(b"f", type=b"S", magic=b"ustar  \0") + padded(b"data")), "tar", FormatError)
    extending = bytearray(header(b"f", type=b"S", magic=b"ustar  \0"))
    extending[482] = 1
    extending[148:156] = b" " * 8
    extending[148:156] = b"%06o\0 " % sum(extending)
    refuses(arena, tar(bytes(extending), end=b""), "tar", FormatError)


def test_the_prefix_counts_in_ustar_headers_only(arena: Arena) -> None:
    assert verdict(arena, tar(header(b"f", prefix=b"p") + padded(b"data")), "tar") == {"p/f": b"data"}
    gnu = header(b"f", magic=b"ustar  \0", prefix=b"14000000000\0") + padded(b"data")
    refuses(arena, tar(gnu), "tar", AmbiguityError)  # Python's tarfile takes it for a part of the name
    refuses(arena, tar(header(b"x", prefix=b"..") + padded(b"data")), "tar", UnsafePathError)


@pytest.mark.parametrize("format", ["tar", "tgz"])
def test_one_tar_behind_another(arena: Arena, format: Format) -> None:
    both = tar(info("a")) + tar(info("../b"))
    refuses(arena, gzip.compress(both) if format == "tgz" else both, format, FormatError)
    far = tar(info("a"), end=bytes(100 * 512)) + b"x"
    refuses(arena, gzip.compress(far) if format == "tgz" else far, format, FormatError)
    accepts(arena, tar(info("a"), end=bytes(tarfile.RECORDSIZE)), "tar")


def test_gzip_members_in_a_row(arena: Arena) -> None:
    refuses(arena, gzip.compress(good_tar()) * 2, "tgz", FormatError)
    refuses(arena, gzip.compress(good_tar()) + b"junk", "tgz", FormatError)


# One zip, two readings


def patched(form: str, place: Callable[[bytearray], int], value: int) -> bytes:
    data = good_zip()
    struct.pack_into(form, data, place(data), value)
    return bytes(data)


LIES = {
    "local checksum": ("<I", lambda d: local(d) + 14, 1),
    "local packed size": ("<I", lambda d: local(d) + 18, 3),
    "local size": ("<I", lambda d: local(d) + 22, 3),
    "local name": ("<B", lambda d: local(d) + 30, ord("e")),
    "local method": ("<H", lambda d: local(d) + 8, 0),
    "local name length": ("<H", lambda d: local(d) + 26, 2),
    "local extra length": ("<H", lambda d: local(d) + 28, 7),
    "local encryption": ("<H", lambda d: local(d) + 6, 1),
    "strong encryption": ("<H", lambda d: central(d) + 8, 0x41),
    "masked headers": ("<H", lambda d: central(d) + 8, 1 << 13),
    "patch data": ("<H", lambda d: central(d) + 8, 1 << 5),
    "descriptor promised in the directory only": ("<H", lambda d: central(d) + 8, 8),
    "descriptor promised before the data only": ("<H", lambda d: local(d) + 6, 8),
    "central checksum": ("<I", lambda d: central(d) + 16, 1),
    "central packed size": ("<I", lambda d: central(d) + 20, 3),
    "central size": ("<I", lambda d: central(d) + 24, 3),
    "central size of 4 GiB": ("<I", lambda d: central(d) + 24, 0xFFFFFFFF),
    "central offset": ("<I", lambda d: central(d) + 42, 1),
    "central offset of another entry": ("<I", lambda d: central(d, 1) + 42, 0),
    "central offset far away": ("<I", lambda d: central(d) + 42, 0xFFFFFFF0),
    "unknown method": ("<H", lambda d: central(d) + 10, 12),
    "count of entries": ("<H", lambda d: len(d) - 12, 1),
    "count on this disk": ("<H", lambda d: len(d) - 14, 1),
    "number of the disk": ("<H", lambda d: len(d) - 18, 1),
    "size of the directory": ("<I", lambda d: len(d) - 10, 46),
    "offset of the directory": ("<I", lambda d: len(d) - 6, 0),
    "offset beyond the end": ("<I", lambda d: len(d) - 6, 0xFFFFFF),
    "length of the comment": ("<H", lambda d: len(d) - 2, 1),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies(arena: Arena, lie: str) -> None:
    refuses(arena, patched(*LIES[lie]), "zip", FormatError)


@pytest.mark.parametrize("size", [3, 180, 10_000])
def test_sizes_on_which_both_headers_agree_and_the_data_does_not(arena: Arena, size: int) -> None:
    """A reader that stops at the size it was told would not see the rest."""
    data = good_zip()
    truth = GOOD["d/x"]
    if size != len(truth):
        for place in (local(data) + 22, central(data) + 24):
            struct.pack_into("<I", data, place, size)
        for place in (local(data) + 14, central(data) + 16):
            struct.pack_into("<I", data, place, zlib.crc32(truth[:size]))
        refuses(arena, bytes(data), "zip", FormatError)
    else:
        assert verdict(arena, bytes(data), "zip") == GOOD


def test_bytes_behind_the_deflated_data_of_an_entry(arena: Arena) -> None:
    data = good_zip()
    packed = struct.unpack_from("<I", data, local(data) + 18)[0]
    end = local(data) + 30 + len("d/x") + packed
    for place in (local(data) + 18, central(data) + 20):
        struct.pack_into("<I", data, place, packed + 4)
    directory = central(data)
    second = central(data, 1) + 42
    struct.pack_into("<I", data, second, struct.unpack_from("<I", data, second)[0] + 4)
    struct.pack_into("<I", data, len(data) - 6, directory + 4)
    data[end:end] = b"evil"
    refuses(arena, bytes(data), "zip", FormatError)


def moved(data: bytearray, place: int, added: bytes) -> bytes:
    """The archive with bytes put into it, and its offsets put right."""
    for number in range(2):
        at = central(data, number) + 42
        offset = struct.unpack_from("<I", data, at)[0]
        struct.pack_into("<I", data, at, offset + len(added) * (offset >= place))
    struct.pack_into("<I", data, len(data) - 6, central(data) + len(added))
    data[place:place] = added
    return bytes(data)


@pytest.mark.parametrize("where", ["before the first", "between two", "behind the last"])
@pytest.mark.parametrize("what", ["an entry", "junk"])
def test_bytes_of_no_entry(arena: Arena, where: str, what: str) -> None:
    """Readers that go by the local headers, as Racket's does, find an entry there that the directory does not have."""
    data, other = good_zip(), zip_of(("../canary", b"evil"))
    added = bytes(other[: central(other)]) if what == "an entry" else b"#!/bin/sh\n"
    place = {"before the first": 0, "between two": local(data, 1), "behind the last": central(data)}[where]
    refuses(arena, moved(data, place, added), "zip", FormatError)


@pytest.mark.parametrize("junk", [b"x", b"\0", bytes(70_000), b"PK\5\6"], ids=len)
def test_bytes_around_the_archive(arena: Arena, junk: bytes) -> None:
    refuses(arena, bytes(good_zip()) + junk, "zip", FormatError)
    refuses(arena, junk + bytes(good_zip()), "zip", FormatError)


def test_an_archive_in_the_comment_of_another(arena: Arena) -> None:
    inner = bytes(zip_of(("../canary", b"evil")))
    data = good_zip()
    struct.pack_into("<H", data, len(data) - 2, len(inner))
    refuses(arena, bytes(data) + inner, "zip", FormatError)
    data = good_zip()
    struct.pack_into("<H", data, len(data) - 2, 5)
    assert verdict(arena, bytes(data) + b"hello", "zip") == GOOD


def test_quoted_overlap(arena: Arena) -> None:
    """Each entry holds, in a stored block, the header of the next one, so that all have the same kernel of data."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = squeezer.compress(bytes(100_000)) + squeezer.flush()
    crc, tail, names = zlib.crc32(bytes(100_000)), kernel, [b"c", b"b", b"a"]
    sizes, size, plain = [], 100_000, bytes(100_000)
    for name in names:
        head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(tail), size, 1, 0) + name
        sizes.append((name, crc, len(tail), size))
        block = b"\0" + struct.pack("<HH", len(head), len(head) ^ 0xFFFF) + head
        tail, plain = block + head[:0] + tail, head + plain
        crc, size = zlib.crc32(plain), len(plain)
    body = tail[5:]
    directory, place = b"", 0
    for name, checksum, packed, length in reversed(sizes):
        directory += (
            struct.pack(
                "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 33, checksum, packed, length, 1, 0, 0, 0, 0, 0, place
            )
            + name
        )
        place += 31 + 5
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 3, 3, len(directory), len(body), 0)
    error = refuses(arena, body + directory + end, "zip", FormatError)
    assert "overlaps" in str(error)


def large(change: Callable[[bytearray, int], None] | None = None) -> bytes:
    """A zip with ZIP64 records that say the same as the end record, or what ``change`` makes of them."""
    data = good_zip()
    end = len(data) - 22
    count, length, start = struct.unpack_from("<HII", data, end + 10)
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
    data[end:end] = record + struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    if change is not None:
        change(data, end)
    return bytes(data)


@pytest.mark.parametrize(
    ("field", "value"), [(4, 45), (16, 1), (24, 1), (32, 7), (40, 46), (48, 0), (56 + 8, 0), (56 + 4, 1)]
)
def test_records_for_large_archives_that_disagree(arena: Arena, field: int, value: int) -> None:
    assert verdict(arena, large(), "zip") == GOOD
    refuses(arena, large(lambda data, place: struct.pack_into("<I", data, place + field, value)), "zip", FormatError)


def streamed() -> bytearray:
    """A zip with descriptors behind the data, as it is written to a pipe."""

    class Pipe(io.RawIOBase):
        data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, block: Any, /) -> int:
            self.data += block
            return len(block)

    pipe = Pipe()
    pipe.data = bytearray()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in GOOD.items():
            archive.writestr(name, data)
    return pipe.data


def test_descriptors(arena: Arena) -> None:
    assert verdict(arena, bytes(streamed()), "zip") == GOOD
    for shift in range(4, 16, 4):
        data = streamed()
        data[local(data, 1) - 16 + shift] ^= 1
        refuses(arena, bytes(data), "zip", FormatError)


def test_a_directory_that_holds_data(arena: Arena) -> None:
    refuses(arena, bytes(zip_of(("d/", b"hidden"), ("x", b""))), "zip", FormatError)


# Damage

WHOLE: dict[Format, bytes] = {
    "zip": bytes(good_zip()),
    "tar": good_tar(),
    "tgz": gzip.compress(good_tar(), mtime=0),
}


def content(format: Format) -> dict[str, bytes]:
    return GOOD if format == "zip" else {name: b"x" * len(data) for name, data in GOOD.items()}


@pytest.mark.parametrize("format", WHOLE)
def test_cut_at_every_byte(arena: Arena, format: Format) -> None:
    data = WHOLE[format]
    enough = len(data) - (512 if format == "tar" else 0)  # one block of zeros is an end, for Racket too
    for cut in range(enough):
        found = verdict(arena, data[:cut], format)
        assert isinstance(found, FormatError), f"cut at {cut}"
    assert verdict(arena, data, format) == content(format)


@pytest.mark.parametrize("format", WHOLE)
def test_every_bit_flipped(arena: Arena, format: Format) -> None:
    """An error of ours, or names and data that the checksums of the format do not guard."""
    data = WHOLE[format]
    for place in range(len(data)):
        for bit in range(8) if format != "tar" else (place % 8,):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            found = verdict(arena, bytes(flipped), format)
            if format == "zip" and isinstance(found, dict):
                assert list(found.values()) == list(GOOD.values()), f"bit {bit} of byte {place}"
            if format == "tgz" and isinstance(found, dict):
                assert found == content(format), f"bit {bit} of byte {place}"
