"""Reading archives: every spelling, any pieces, limits, bodies, and errors that stay."""

from __future__ import annotations

import gzip
import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.archive import open_archive
from pltpack.codec.entries import SAME, UP, Directory, File, PathList
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import EntryError, FormatError, LimitError, PltError, TruncatedError
from tests.strategies_archive import archives, headers
from tests.streams import SAMPLES, Content, ShortReads, content, written

PREAMBLE = Header("n", plt_relative=False).preamble()
HEAD = written(PREAMBLE, encode=False)


def raw(entries: bytes) -> bytes:
    return HEAD + entries


def reader(data: bytes, **limits: int) -> ArchiveReader:
    return ArchiveReader(io.BytesIO(raw(data)), limits=Limits(**limits))


ENTRIES: dict[str, tuple[bytes, Content]] = {
    "as written": (b'dir\n("d")\nfile\n("d" "f")\n2\n*xy', [(("d",), None, False), (("d", "f"), b"xy", False)]),
    "no line ends": (b'dir("d")file("d" "f")2 *xy', [(("d",), None, False), (("d", "f"), b"xy", False)]),
    "CR LF": (b'dir\r\n("d")\r\nfile\r\n("f")\r\n2\r\n*xy', [(("d",), None, False), (("f",), b"xy", False)]),
    "replacing": (b'file-replace\n("f")\n0\n*', [(("f",), b"", True)]),
    "other brackets": (b'dir["d"]file{"f"}1\n*x', [(("d",), None, False), (("f",), b"x", False)]),
    "comments": (b';c\ndir #|x|# ("d" #;"x")\nfile("f") ;c\n #;5 1 *x;end', [
        (("d",), None, False), (("f",), b"x", False)] ),
    "comment behind the last data": (b'file("f")1 *x ; the end\n', [(("f",), b"x", False)]),
    "symbols": (b"dir (same)dir()dir(up same \"x\")", [
        ((SAME,), None, False), ((), None, False), ((UP, SAME, "x"), None, False)]),
    "quoted tags": (b'|dir|("d") \\file ("f") 0 *', [(("d",), None, False), (("f",), b"", False)]),
    "case folded": (b'#ci DIR ("d")', [(("d",), None, False)]),
    "strings called like symbols": (b'dir("same" "up" "collects")', [(("same", "up", "collects"), None, False)]),
    "escapes": (rb'dir("\x41\102\u43\uD83D\uDE00\a\\\"")', [(('ABC😀\a\\"',), None, False)]),
    "line continuation": (b'dir("a\\\n   b\\\r\nc")', [(("a   bc",), None, False)]),
    "raw newline": (b'dir("a\nb")', [(("a\nb",), None, False)]),
    "UTF-8": ('dir("λ" "😀")'.encode(), [(("λ", "😀"), None, False)]),
    "not UTF-8": (b'dir("a\xffb")', [(("a\ufffdb",), None, False)]),
    "here string": (b"dir(#<<END\nab\nEND\n)", [(("ab",), None, False)]),
    "sizes": (
        b'file("a")+1 *xfile("a")001 *xfile("a")-0 *file("a")#x1 *xfile("a")#b1 *xfile("a")#e1.0 *xfile("a")2/2 *x',
        [(("a",), data, False) for data in (b"x", b"x", b"", b"x", b"x", b"x", b"x")],
    ),
    "white space before the star": (
        'file("a")1\t\v\f\r\n \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000*x'.encode(),
        [(("a",), b"x", False)],
    ),
    "white space between": ("\u3000dir\u00a0(\u2028\"d\"\u2029)\u1680".encode(), [(("d",), None, False)]),
    "stars are data": (b'file("a")3 ****', [(("a",), b"***", False)]),
    "data like entries": (b'file("a")13 *\ndir\n("b")\n\r\xffdir("c")', [
        (("a",), b'\ndir\n("b")\n\r\xff', False), (("c",), None, False)]),
    "nothing but space": (b" \n\t; nothing\n", []),
    "quotation inside": (b'dir("a" "b")', [(("a", "b"), None, False)]),
}  # fmt: skip


@pytest.mark.parametrize(("entries", "expected"), ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("most", [1, 2, 3, 1000])
def test_spellings(entries: bytes, expected: Content, most: int) -> None:
    assert content(ShortReads(raw(entries), most)) == expected
    assert content(ShortReads(gzip.compress(raw(entries)), most)) == expected


REFUSED: dict[str, tuple[bytes, type[PltError], str]] = {
    "unknown tag": (b'link("x")', EntryError, "neither dir nor file"),
    "tag as a string": (b'"dir"("x")', EntryError, "neither dir nor file"),
    "quoted tag": (b'\'dir("x")', EntryError, "neither dir nor file"),
    "upper case": (b'DIR("x")', EntryError, "neither dir nor file"),
    "number": (b"5", EntryError, "neither dir nor file"),
    "NUL": (b"\0\0", EntryError, "neither dir nor file"),
    "keyword": (b"#:dir()", EntryError, "neither dir nor file"),
    "no path": (b"dir", TruncatedError, "ends before a path"),
    "path is a string": (b'dir"x"', EntryError, "not a list"),
    "path is a symbol": (b"dir same", EntryError, "not a list"),
    "path is a vector": (b"dir #()", EntryError, "not a list"),
    "dotted path": (b'dir("a" . "b")', EntryError, "not a list"),
    "quoted path": (b'dir \'("a")', EntryError, "neither a string nor same nor up"),
    "symbol in path": (b"dir(other)", EntryError, "neither a string nor same nor up"),
    "number in path": (b'dir("a" 5)', EntryError, "neither a string nor same nor up"),
    "bytes in path": (b'dir(#"a")', EntryError, "neither a string nor same nor up"),
    "list in path": (b'dir(("a"))', EntryError, "neither a string nor same nor up"),
    "false in path": (b"dir(#f)", EntryError, "neither a string nor same nor up"),
    "no size": (b'file("x")', TruncatedError, "ends before a size"),
    "float": (b'file("x")1.0 *x', EntryError, "not a whole number"),
    "negative": (b'file("x")-1 *x', EntryError, "not a whole number"),
    "half": (b'file("x")1/2 *x', EntryError, "not a whole number"),
    "infinite": (b'file("x")+inf.0 *x', EntryError, "not a whole number"),
    "true": (b'file("x")#t *x', EntryError, "not a whole number"),
    "size as a string": (b'file("x")"1" *x', EntryError, "not a whole number"),
    "glued star": (b'file("x")1*x', EntryError, "not a whole number"),
    "no star": (b'file("x")1 ', TruncatedError, "no * before the data"),
    "letter": (b'file("x")1 z*x', EntryError, "no * before the data"),
    "comment before the star": (b'file("x")1 ;c\n*x', EntryError, "no * before the data"),
    "information separator": (b'file("x")1 \x1c*x', EntryError, "no * before the data"),
    "short data": (b'file("x")5 *abcd', TruncatedError, "ends 1 bytes before the end of the file"),
    "no data": (b'file("x")999999999999999999999999999999 *', LimitError, "more than"),
    "open string": (b'dir("x', FormatError, ""),
    "open list": (b'dir("x"', FormatError, ""),
    "wrong bracket": (b'dir("x"]', FormatError, ""),
    "bad escape": (rb'dir("\q")', FormatError, ""),
    "lone surrogate": (rb'dir("\uD800")', FormatError, ""),
    "reader extension": (b"#reader x dir()", FormatError, ""),
    "language": (b"#lang racket", FormatError, ""),
}


@pytest.mark.parametrize(("entries", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_entries(entries: bytes, kind: type[PltError], message: str) -> None:
    good = b'dir("good")'
    for stream in (io.BytesIO(raw(good + entries)), ShortReads(raw(good + entries))):
        with pytest.raises(kind) as caught:
            content(stream, name="x.plt")
        assert message in str(caught.value)
        assert str(caught.value).startswith("x.plt")
        # "link" is what it is only behind its first letters.
        offset = caught.value.offset
        assert isinstance(caught.value, LimitError) or (offset is not None and offset >= len(raw(good)))


def test_offsets_and_names_of_entries() -> None:
    archive = reader(b'dir\n("a")\n file ("b") 3 *xyzdir("c")')
    offsets = [entry.offset - len(HEAD) for entry in archive]
    assert offsets == [0, len(b'dir\n("a")\n '), len(b'dir\n("a")\n file ("b") 3 *xyz')]
    with pytest.raises(EntryError) as caught:
        list(reader(b'file("some" "where")-1 *'))
    assert caught.value.entry == "some/where"
    entry = next(reader(b'file("some" "where")5 *abc'))
    assert isinstance(entry, File)
    with pytest.raises(TruncatedError) as short:
        entry.body.read()
    assert short.value.entry == "some/where"


class TestBodies:
    DATA = b'file("a")10 *0123456789file("b")3 *xyz'

    def entries(self) -> tuple[ArchiveReader, File]:
        archive = reader(self.DATA)
        entry = next(archive)
        assert isinstance(entry, File)
        return archive, entry

    @pytest.mark.parametrize("taken", [0, 1, 9, 10])
    def test_partly_read(self, taken: int) -> None:
        archive, first = self.entries()
        assert first.body.read(taken) == b"0123456789"[:taken]
        second = next(archive)
        assert isinstance(second, File)
        assert (second.path, second.body.read()) == (("b",), b"xyz")
        assert list(archive) == []

    def test_read_in_parts(self) -> None:
        _, entry = self.entries()
        assert [entry.body.read(4) for _ in range(4)] == [b"0123", b"4567", b"89", b""]
        assert entry.body.read() == b""

    def test_chunks(self) -> None:
        archive = ArchiveReader(ShortReads(raw(self.DATA)))
        entry = next(archive)
        assert isinstance(entry, File)
        assert entry.body.read(2) == b"01"
        pieces = list(entry.body.chunks())
        assert b"".join(pieces) == b"23456789"
        assert all(pieces)
        assert list(entry.body.chunks()) == []

    def test_too_late(self) -> None:
        archive, first = self.entries()
        next(archive)
        with pytest.raises(ValueError, match="earlier entry"):
            first.body.read()
        with pytest.raises(ValueError, match="earlier entry"):
            list(first.body.chunks())

    def test_short_data_behind_a_part(self) -> None:
        entry = next(reader(b'file("a")10 *012'))
        assert isinstance(entry, File)
        assert entry.body.read(2) == b"01"
        for _ in range(2):
            with pytest.raises(TruncatedError, match="ends 7 bytes before"):
                entry.body.read()


def test_failures_stay() -> None:
    archive = reader(b'dir("a")link("b")dir("c")')
    assert isinstance(next(archive), Directory)
    for _ in range(3):
        with pytest.raises(EntryError):
            next(archive)


def test_damage_in_a_body_stays() -> None:
    archive = reader(b'file("a")10 *012')
    entry = next(archive)
    assert isinstance(entry, File)
    with pytest.raises(TruncatedError):
        entry.body.read()
    for _ in range(2):
        with pytest.raises(TruncatedError):
            next(archive)


def test_the_end_stays() -> None:
    archive = reader(b'dir("a")')
    assert len(list(archive)) == 1
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(archive)


def test_nothing_is_known_whole_before_the_end() -> None:
    """The checksum is wrong, and the entries come all the same: the error comes instead of the end."""
    data = bytearray(gzip.compress(raw(b'file("a")3 *xyz')))
    data[-8] ^= 1
    archive = ArchiveReader(io.BytesIO(bytes(data)))
    entry = next(archive)
    assert isinstance(entry, File)
    assert entry.body.read() == b"xyz"
    with pytest.raises(FormatError, match="checksum"):
        next(archive)


LIMITS: list[tuple[dict[str, int], bytes, str]] = [
    ({"entries": 2}, b"dir()" * 3, "--max-entries"),
    ({"total_bytes": len(HEAD) + 5}, b'dir("abc")', "--max-total-bytes"),
    ({"file_bytes": 4}, b'file("a")5 *01234', "--max-file-bytes"),
    ({"entry_bytes": 50}, b'dir("' + b"x" * 100 + b'\\t")', "longer than 50 bytes"),
    ({"entry_bytes": 50}, b'dir\n("' + b"x" * 100 + b'")\n', "longer than 50 bytes"),
    ({"entry_bytes": 50}, b'file("a")' + b"0" * 100 + b"1 *x", "longer than 50 bytes"),
    ({"depth": 5}, b'dir(((((((("x"))))))))', "nested"),
]


@pytest.mark.parametrize(("limits", "entries", "message"), LIMITS)
def test_limits(limits: dict[str, int], entries: bytes, message: str) -> None:
    for stream in (io.BytesIO(raw(entries)), ShortReads(raw(entries))):
        with pytest.raises(LimitError) as caught:
            content(stream, limits=Limits(**limits))
        assert message in str(caught.value)


def test_limits_that_are_just_met() -> None:
    assert len(list(reader(b"dir()dir()", entries=2))) == 2
    assert len(list(reader(b'file("a")5 *01234', file_bytes=5))) == 1
    assert len(list(reader(b'file\n("' + b"x" * 40 + b'")\n5\n*01234', entry_bytes=50))) == 1


def test_any_white_space_before_the_star() -> None:
    for most in (1, 10_000, 1 << 20):
        data = raw(b'file("a")1' + b" \xe3\x80\x80\n" * 50_000 + b"*xdir()")
        assert content(ShortReads(data, most), limits=Limits(entry_bytes=50))[0] == (("a",), b"x", False)


@pytest.mark.parametrize("limits", [{"header_bytes": 100}, {"depth": 3}])
def test_limits_of_the_header(limits: dict[str, int]) -> None:
    for stream in (io.BytesIO(raw(b"")), ShortReads(raw(b""))):
        with pytest.raises(LimitError, match="--max-header-bytes and --max-depth"):
            ArchiveReader(stream, limits=Limits(**limits))


def test_endless_header() -> None:
    with pytest.raises(LimitError):
        ArchiveReader(io.BytesIO(b'PLT ("' + bytes(200_000)), limits=Limits(header_bytes=100_000))


def test_digest_and_close() -> None:
    digest = hashlib.sha256()
    path = SAMPLES[0]
    with open_archive(path, digest=digest) as archive:
        list(archive)
        assert archive.offset == path.with_suffix(".raw").stat().st_size
        assert archive.encoding.raw_bytes == archive.offset
    assert digest.hexdigest() == hashlib.sha256(path.with_suffix(".raw").read_bytes()).hexdigest()
    assert list(archive) == []


def test_an_open_stream_is_left_open() -> None:
    stream = io.BytesIO(SAMPLES[0].read_bytes())
    with open_archive(stream) as archive:
        next(archive)
    assert not stream.closed


@settings(max_examples=80)
@given(headers(), archives, st.integers(1, 100), st.booleans())
def test_written_archives_are_read(header: Header, entries: Content, most: int, encode: bool) -> None:
    data = written(header.preamble(), entries, encode=encode)
    archive = ArchiveReader(ShortReads(data, most))
    assert archive.header == header
    assert content(ShortReads(data, most)) == [
        (path, body, replace and body is not None) for path, body, replace in entries
    ]


def path_of(entries: bytes) -> PathList:
    return next(reader(entries)).path


def test_both_ways_of_reading_agree() -> None:
    """Names without escapes take a short cut; a space more and they do not."""
    for name in ("a", "a b", "", "..", "/x", "x/y", "'|;#()", "a\tb\nc", "é"):
        text = f'("{name}" "z")'.encode()
        assert path_of(b"dir\n" + text + b"\n") == path_of(b"dir  " + text) == (name, "z")
