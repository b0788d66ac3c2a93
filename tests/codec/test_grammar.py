"""The declared format and the streaming codec: the same archives, read and written."""

from __future__ import annotations

import base64
import gzip
import io
import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.codec.entries import Directory, PathSymbol
from pltpack.codec.grammar import Entry, build_archive, build_raw, gzip_header, parse_archive, parse_raw
from pltpack.codec.header import Header, Preamble
from pltpack.codec.reader import ArchiveReader
from pltpack.codec.writer import ArchiveWriter
from pltpack.datum.values import same_datum
from pltpack.datum.writer import write_datum
from pltpack.errors import EncodingError, FormatError, PltError, TruncatedError
from tests.strategies import headers, preambles, stored_entries

FIXTURES = Path(__file__).parents[2] / "fixtures"
ARCHIVES = sorted(path for folder in ("samples", "crafted") for path in (FIXTURES / folder).rglob("*.plt"))

Contents = tuple[Preamble, list[Entry]]


class Trickle(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, sizes: random.Random) -> None:
        super().__init__(data)
        self.sizes = sizes

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.sizes.randint(1, 40) if size is None or size < 0 or size > 40 else size)


def streamed(data: bytes, seed: int = 0) -> Contents:
    """What the streaming reader finds."""
    reader = ArchiveReader(Trickle(data, random.Random(seed)))
    entries: list[Entry] = []
    for entry in reader:
        if isinstance(entry, Directory):
            entries.append(("dir", entry.path, b""))
        else:
            entries.append(("file-replace" if entry.replace else "file", entry.path, entry.body.read()))
    return reader.preamble, entries


def written(preamble: Preamble, entries: list[Entry], *, encode: bool) -> bytes:
    """What the streaming writer makes."""
    sink = io.BytesIO()
    with ArchiveWriter(sink, preamble, encode=encode, jobs=1) as writer:
        for tag, path, data in entries:
            if tag == "dir":
                writer.add_directory(path)
            else:
                writer.add_file(path, data, len(data), replace=tag == "file-replace")
    return sink.getvalue()


def same(left: Contents, right: Contents) -> bool:
    data = zip((left[0].info, left[0].unit), (right[0].info, right[0].unit), strict=True)
    return left[1] == right[1] and all(same_datum(*pair) for pair in data)


def outcome(read: Any, data: bytes) -> Contents | None:
    try:
        contents: Contents = read(data)
    except PltError:
        return None
    return contents


def agree(data: bytes) -> bool:
    """Whether both read the same, or both refuse."""
    declared, found = outcome(parse_archive, data), outcome(streamed, data)
    return found is None if declared is None else found is not None and same(declared, found)


archives = st.tuples(preambles(), st.lists(stored_entries(), max_size=4))


@settings(max_examples=100)
@given(archives, st.integers(0, 99))
def test_what_one_writes_the_other_reads(contents: Contents, seed: int) -> None:
    raw = build_raw(*contents)
    assert raw == written(*contents, encode=False)
    assert same(parse_raw(raw), contents)
    assert same(streamed(raw, seed), contents)
    for archive in (build_archive(*contents), written(*contents, encode=True)):
        assert same(parse_archive(archive), contents)
        assert same(streamed(archive, seed), contents)


@settings(max_examples=60)
@given(headers())
def test_headers_survive(header: Header) -> None:
    preamble, _ = parse_archive(build_archive(header.preamble(), []))
    assert preamble.header() == header


_GAPS = (
    " ",
    "\n",
    "\r\n",
    "\t \f",
    "; comment\n",
    "#| c #| d |# |#",
    "#;(a b)",
    "#! x\n",
    "\u3000",
    "\ufeff",
    "\u2028",
)
_SPACES = ("", " ", "\n", "\r\n \t", "\u3000", "\x85", "\u2029")


class Respeller:
    """Writes archives in other words."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def gap(self) -> str:
        """White space and comments; a comment that begins with ``#`` would go on a symbol."""
        return "".join(
            (self.random.choice((" ", "\n", ";c\n")), *self.random.choices(_GAPS, k=self.random.randint(0, 3)))
        )

    def raw(self, preamble: Preamble, entries: list[Entry]) -> bytes:
        pick = self.random.choice
        texts = [pick(("PLT", "PLT" + self.gap())), write_datum(preamble.info), self.gap()]
        raw = "".join([*texts, write_datum(preamble.unit), self.gap()]).encode()
        for tag, path, data in entries:
            elements = [part.value if isinstance(part, PathSymbol) else write_datum(part) for part in path]
            left, right = pick(("()", "[]", "{}"))
            texts = [pick((tag, f"|{tag}|", f"#ci{tag.upper()}")), self.gap()]
            texts += [left, self.gap().join(elements), right, self.gap()]
            raw += "".join(texts).encode()
            if tag != "dir":
                size = len(data)
                sizes = (f"{size}", f"+{size}", f"00{size}", f"#x{size:x}", f"#e{size}.0", f"{2 * size}/2")
                raw += f"{pick(sizes)} {pick(_SPACES)}*".encode() + data
        return raw + pick(("", " ", "\n; end", "#|x|#")).encode()


@settings(max_examples=100)
@given(archives, st.integers())
def test_other_spellings(contents: Contents, seed: int) -> None:
    raw = Respeller(seed).raw(*contents)
    assert same(parse_raw(raw), contents)
    assert same(streamed(raw, seed), contents)


_EDITS = (
    b"",
    b"*",
    b"(",
    b")",
    b'"',
    b"\\",
    b" ",
    b"0",
    b"9",
    b"-",
    b"#",
    b"file",
    b"dir\n()\n",
    b"\xff",
    b"|",
    b"'",
    b"PLT",
)


@settings(max_examples=300)
@given(archives, st.data())
def test_damaged_raw_streams(contents: Contents, data: st.DataObject) -> None:
    raw = build_raw(*contents)
    at = data.draw(st.integers(0, len(raw)))
    cut = data.draw(st.integers(0, 3))
    damaged = raw[:at] + data.draw(st.sampled_from(_EDITS)) + raw[at + cut :]
    assert agree(damaged)
    assert agree(raw[:at])


@settings(max_examples=200)
@given(st.data())
def test_damaged_files(data: st.DataObject) -> None:
    """Whatever is done to the bytes of the file, and to those of the gzip data."""
    entries: list[Entry] = [("dir", ("a",), b""), ("file", ("a", "b"), b"some data, some data"), ("file", ("c",), b"")]
    archive = build_archive(Header("x").preamble(), entries)
    member = base64.b64decode(archive)
    for text in (archive, member):
        at = data.draw(st.integers(0, len(text)))
        byte = data.draw(st.binary(max_size=2))
        assert agree(text[:at] + byte + text[at + data.draw(st.integers(0, 2)) :])
        assert agree(text[:at])
        assert agree(text + byte)


_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "mtime": st.integers(0, 2**32 - 1),
        "extra": st.binary(max_size=300),
        "name": st.binary(max_size=20).map(lambda name: name.replace(b"\0", b"")),
        "comment": st.binary(max_size=20).map(lambda name: name.replace(b"\0", b"")),
    },
)


@settings(max_examples=60)
@given(_FIELDS)
def test_gzip_headers(fields: dict[str, Any]) -> None:
    preamble = Header("x").preamble()
    archive = build_archive(preamble, [], **fields)
    member = base64.b64decode(archive)
    flags = [name for name in ("extra", "name", "comment") if name in fields]
    expected = {"mtime": 0, "extra": None, "name": None, "comment": None, "extra_flags": 0, "system": 3}
    assert gzip_header(member) == expected | fields | {"flags": flags}
    assert gzip.decompress(member) == build_raw(preamble, [])
    assert same(streamed(archive), (preamble, []))
    reader = ArchiveReader(io.BytesIO(archive))
    assert list(reader) == []
    facts = reader.encoding.gzip
    assert (facts.mtime, facts.name, facts.comment) == (
        fields.get("mtime", 0),
        fields.get("name"),
        fields.get("comment"),
    )


def test_a_member_with_every_flag() -> None:
    raw = build_raw(Header("x").preamble(), [])
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = b"\x1f\x8b\x08\x1f\x01\x02\x03\x04\x02\x0b" + b"\x03\0xyz" + b"name\0" + b"a comment\0"
    member = head + (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    member += (
        deflater.compress(raw)
        + deflater.flush()
        + zlib.crc32(raw).to_bytes(4, "little")
        + len(raw).to_bytes(4, "little")
    )
    assert gzip_header(member) == {
        "flags": ["text", "header_crc", "extra", "name", "comment"],
        "mtime": 0x04030201,
        "extra_flags": 2,
        "system": 11,
        "extra": b"xyz",
        "name": b"name",
        "comment": b"a comment",
    }
    assert agree(member)
    assert parse_archive(member)[1] == []


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.name)
def test_archives_made_by_racket(path: Path) -> None:
    assert agree(path.read_bytes())


def test_samples_are_built_again() -> None:
    """Every sample of Racket 8.7 parses, and builds the same raw stream."""
    samples = sorted((FIXTURES / "samples").rglob("*.plt"))
    assert samples
    for path in samples:
        data = path.read_bytes()
        raw = data if data.startswith(b"PLT") else gzip.decompress(base64.b64decode(data))
        assert build_raw(*parse_archive(data)) == raw, path.name


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (b"", TruncatedError, "ends too early"),
        (b"PLT", FormatError, "ends before the header"),
        (b"PLT a", FormatError, "ends before the header"),
        (b"PLT a b dir", TruncatedError, "ends before a path list"),
        (b"PLT a b file()", TruncatedError, "ends before a size"),
        (b"PLT a b file()5 ", TruncatedError, "ends too early"),
        (b"PLT a b file()5 *1234", TruncatedError, "ends too early"),
        (b"PLT a b file()99999999999999999999999 *1234", TruncatedError, "ends too early"),
        (b"PLT a b link()", FormatError, "not dir, file or file-replace"),
        (b"PLT a b dir(x)", FormatError, "not a path list"),
        (b"PLT a b file()-1 *", FormatError, "not a size"),
        (b"PLT a b file()#t *", FormatError, "not a size"),
        (b"PLT a b file()1 x", FormatError, "not as the format has it"),
        (b"\x1f\x8b\x08\x20" + b"\0" * 20, EncodingError, "not as the format has it"),
        (b"\x1f\x8b\x07\x00" + b"\0" * 20, EncodingError, "not as the format has it"),
        (b"\x1f\x8b\x08\x00" + b"\xff" * 20, EncodingError, "damaged"),
    ],
)
def test_errors(data: bytes, kind: type[FormatError], message: str) -> None:
    with pytest.raises(kind, match=message):
        parse_archive(data)
    assert agree(data)
