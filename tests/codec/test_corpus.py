"""Whole archives: those of ``fixtures/samples`` and ``fixtures/crafted``, and real ones of 2004 to 2019."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.archives.headers import config_lines
from cli.archives.listing import entry_line
from pltpack.codec.compression import Compression
from pltpack.codec.entries import SAME, PathSymbol
from pltpack.codec.reader import ArchiveReader
from pltpack.errors import EncodingError, EntryError, FormatError, HeaderError, TruncatedError
from tests.streams import CRAFTED, FIXTURES, SAMPLES, Content, ShortReads, content, raw_stream, written

REAL = Path(__file__).parents[3] / "shared" / "archives"

needs_gzip = pytest.mark.skipif(shutil.which("gzip") is None, reason="there is no program gzip")


def listing(data: bytes) -> str:
    """What ``raco-unpack -c -l`` prints."""
    reader = ArchiveReader(io.BytesIO(data))
    lines = [*config_lines(reader.preamble), *(line for entry in reader if (line := entry_line(entry)))]
    return "".join(line + "\n" for line in lines)


def again(data: bytes, *, encode: bool = True, compression: Compression = Compression.DEFAULT) -> bytes:
    """The archive read and written again, with the time of its gzip header."""
    reader = ArchiveReader(io.BytesIO(data))
    return written(
        reader.preamble, content(data), encode=encode, compression=compression, mtime=reader.encoding.gzip.mtime
    )


def test_all_samples_are_there() -> None:
    assert len(SAMPLES) == 20
    assert len(CRAFTED) == 44


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
class TestSample:
    def test_raw_stream(self, path: Path) -> None:
        assert raw_stream(path.read_bytes()) == path.with_suffix(".raw").read_bytes()

    def test_listing(self, path: Path) -> None:
        expected = path.with_suffix(".list").read_text("utf-8")
        shown, failure, _ = expected.partition("(raco unpack -c -l fails")
        if failure:
            # Racket gives up on the symbol up and on raw streams; both can be listed here.
            assert path.stem in ("11-up", "20-raw-unencoded")
            assert listing(path.read_bytes()).startswith(shown)
        else:
            assert listing(path.read_bytes()) == expected

    def test_written_again(self, path: Path) -> None:
        data = path.read_bytes()
        raw = path.with_suffix(".raw").read_bytes()
        assert again(data, encode=False) == raw
        assert raw_stream(again(data)) == raw
        assert content(again(data)) == content(data)

    def test_byte_by_byte(self, path: Path) -> None:
        data = path.read_bytes()
        assert content(ShortReads(data)) == content(data)


@needs_gzip
@pytest.mark.parametrize("path", SAMPLES[:19], ids=lambda path: path.stem)
def test_file_written_again_by_the_gzip_program(path: Path) -> None:
    assert again(path.read_bytes(), compression=Compression.GZIP_PROGRAM) == path.read_bytes()


def test_header_of_collection_mode() -> None:
    reader = ArchiveReader(io.BytesIO((FIXTURES / "samples" / "14-collect.plt").read_bytes()))
    header = reader.header
    assert header.name == "Greet λ"
    assert header.requires == ((("reqd",), (2, 5, 4, 7)), (("racket",), ()), (("greet", "sub"), ()))
    assert header.conflicts == (("greet",), ("nosuch",), ("x", "y"))
    assert header.collections == (("greet",),)
    assert header.plt_relative
    assert not header.plt_home_relative
    assert header.test_plt_dirs is None


OK: Content = [(("d",), None, False), (("d", "a.txt"), b"hello", False), (("d", "b.txt"), b"bye", False)]


def one(*path: str | PathSymbol, data: bytes | None = b"x") -> Content:
    return [(path, data, False)]


NOT_AN_ARCHIVE = (EncodingError, "not a .plt archive")
NO_TAG = (EntryError, "neither dir nor file nor file-replace")
NO_SIZE = (EntryError, "the size is not a whole number")

OUTCOMES: dict[str, Content | tuple[type[FormatError], str]] = {
    "e01-crlf": OK,
    "e02-one-line": OK,
    "e03-junk-between": OK,
    "e04-text-before": NOT_AN_ARCHIVE,
    "e05-no-padding": OK,
    "e06-equals-inside": (TruncatedError, "ends too early"),
    "e07-bad-crc": (EncodingError, "wrong checksum"),
    "e08-no-trailer": (TruncatedError, "trailer is missing"),
    "e09-two-members": (EncodingError, "another gzip member follows"),
    "e10-garbage-after-gzip": (EncodingError, "something else follows"),
    "e11-truncated": (TruncatedError, "ends too early"),
    "e12-gzip-with-name": OK,
    "e13-raw": OK,
    "e14-gzip-only": OK,
    "h01-brackets-and-quotes": OK,
    "h02-old-no-test-dirs": OK,
    "h03-comments": OK,
    "h04-name-not-string": OK,
    "h05-clauses-swapped": OK,
    "h06-requires-missing-collection": OK,
    "h07-requires-version-of-unversioned": OK,
    "h08-conflicts-installed": OK,
    "h09-unit-other-shape": OK,
    "h10-lower-case-magic": (EncodingError, "does not begin with PLT"),
    "u01-dotdot": one("..", "escaped.txt"),
    "u02-dotdot-inside": one("a", data=None) + one("a", "..", "..", "escaped2.txt"),
    "u03-up-symbol": one(PathSymbol.UP, "escaped3.txt"),
    "u04-absolute": one("/absolute-dir", data=None),
    "u05-absolute-inside": one("a", "/absolute-dir", data=None),
    "u06-slash-in-element": one("a/b", data=None) + one("a/b/c.txt"),
    "u07-same-symbol": one(SAME, data=None) + one(SAME, "f"),
    "u08-no-parent-dir": one("n", "f"),
    "u09-empty-list-file": one(),
    "u10-unknown-tag-after-file": NO_TAG,
    "u11-size-too-big": (TruncatedError, "9 bytes before the end of the file"),
    "u12-size-too-small": NO_TAG,
    "u13-size-hex": one("x", data=b"xy"),
    "u14-size-float": NO_SIZE,
    "u15-size-negative": NO_SIZE,
    "u16-star-glued": NO_SIZE,
    "u17-all-on-one-line": one("d", data=None) + one("d", "x") + one("y", data=b"yz"),
    "u18-letter-before-star": (EntryError, "no * before the data"),
    "u19-duplicates": [*one("a", data=b"1"), *one("a", data=b"2"), *one("b", data=b"1"), (("b",), b"2", True)],
    "u20-string-escapes": one("ABC😀.txt"),
}


def test_every_crafted_archive_has_an_outcome() -> None:
    assert sorted(OUTCOMES) == [path.stem for path in CRAFTED]


@pytest.mark.parametrize("path", CRAFTED, ids=lambda path: path.stem)
class TestCrafted:
    def test_outcome(self, path: Path) -> None:
        outcome = OUTCOMES[path.stem]
        if isinstance(outcome, list):
            assert content(path.read_bytes()) == outcome
            assert content(ShortReads(path.read_bytes())) == outcome
        else:
            kind, message = outcome
            for stream in (io.BytesIO(path.read_bytes()), ShortReads(path.read_bytes())):
                with pytest.raises(FormatError, match=re.escape(message)) as caught:
                    content(stream)
                assert type(caught.value) is kind
                assert caught.value.offset is not None or message.startswith("not a .plt")

    def test_made_again(self, path: Path) -> None:
        # Not the file: gzip's bytes depend on the version of zlib.
        made = runpy.run_path(str(FIXTURES / "crafted" / "make_crafted.py"))["crafted"]()[path.stem]
        if isinstance(OUTCOMES[path.stem], list):
            assert content(made) == content(path.read_bytes())


@pytest.mark.parametrize(
    "path",
    [path for path in CRAFTED if path.with_suffix(".list").exists() and isinstance(OUTCOMES[path.stem], list)],
    ids=lambda path: path.stem,
)
def test_listing_of_crafted_archives(path: Path) -> None:
    assert listing(path.read_bytes()) == path.with_suffix(".list").read_text("utf-8")


@pytest.mark.parametrize(
    "path", [path for path in CRAFTED if re.match("h0[1-9]", path.stem)], ids=lambda path: path.stem
)
def test_headers_of_crafted_archives(path: Path) -> None:
    reader = ArchiveReader(io.BytesIO(path.read_bytes()))
    if path.stem not in ("h04-name-not-string", "h05-clauses-swapped", "h09-unit-other-shape"):
        assert reader.header.name == "n"
        assert not reader.header.plt_relative
    else:
        with pytest.raises(HeaderError):
            _ = reader.header


@pytest.mark.parametrize("name", ["e07-bad-crc", "e08-no-trailer", "e10-garbage-after-gzip"])
def test_what_racket_does_not_check(name: str) -> None:
    data = (FIXTURES / "crafted" / f"{name}.plt").read_bytes()
    assert content(data, strict=False) == OK
    facts = ArchiveReader(io.BytesIO(data), strict=False)
    list(facts)
    gzip = facts.encoding.gzip
    assert (gzip.trailer_wrong, gzip.trailer_missing, gzip.bytes_behind > 0) == (
        name == "e07-bad-crc",
        name == "e08-no-trailer",
        name == "e10-garbage-after-gzip",
    )


def expected_archives() -> dict[str, Any]:
    try:
        expected: dict[str, Any] = json.loads((REAL / "expected.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return expected


@pytest.fixture(params=sorted(expected_archives()) or [""])
def real(request: pytest.FixtureRequest) -> tuple[bytes, dict[str, Any]]:
    """A real archive and what an independent reader found in it."""
    if not request.param:
        pytest.skip(f"the collection of real archives is not there ({REAL})")
    return (REAL / request.param).read_bytes(), expected_archives()[request.param]


class TestReal:
    def test_raw_stream(self, real: tuple[bytes, dict[str, Any]]) -> None:
        data, expected = real
        raw = raw_stream(data)
        assert len(raw) == expected["raw_size"]
        assert hashlib.sha256(raw).hexdigest() == expected["raw_sha256"]

    def test_header(self, real: tuple[bytes, dict[str, Any]]) -> None:
        data, expected = real
        header = ArchiveReader(io.BytesIO(data)).header
        facts = expected["header"]
        assert header.name == facts["name"]
        assert [[list(path), list(version)] for path, version in header.requires] == facts["requires"]
        assert list(map(list, header.conflicts)) == facts["conflicts"]
        assert list(map(list, header.collections)) == facts["collections"]
        assert header.plt_relative == facts["plt-relative?"]
        assert header.plt_home_relative == facts["plt-home-relative?"]
        assert header.test_plt_dirs == (facts.get("test-plt-dirs") or None)

    def test_entries(self, real: tuple[bytes, dict[str, Any]]) -> None:
        data, expected = real
        found = [
            [
                "dir" if body is None else "file-replace" if replace else "file",
                [{"sym": part.value} if isinstance(part, PathSymbol) else part for part in path],
                None if body is None else len(body),
                None if body is None else hashlib.sha256(body).hexdigest(),
            ]
            for path, body, replace in content(data)
        ]
        assert found == expected["entries"]

    def test_written_again(self, real: tuple[bytes, dict[str, Any]]) -> None:
        data, _ = real
        assert again(data, encode=False) == raw_stream(data)
        assert raw_stream(again(data)) == raw_stream(data)

    @needs_gzip
    def test_file_written_again_by_the_gzip_program(self, real: tuple[bytes, dict[str, Any]]) -> None:
        data, _ = real
        assert again(data, compression=Compression.GZIP_PROGRAM) == data


def test_header_of_2004() -> None:
    """``add-blaster.plt``: no test-plt-dirs, unit import plthome, so Racket shows header and unit whole."""
    path = REAL / "racket__old-plt__add-blaster.plt"
    if not path.exists():
        pytest.skip("the collection of real archives is not there")
    shown = listing(path.read_bytes())
    assert shown.startswith("config function:\n(lambda (request failure)\n  (case request\n    ((name) ")
    assert "\nsetup unit:\n(unit (import plthome mzuntar) (export) (mzuntar void) '())\n" in shown


def test_empty_file_of_the_field() -> None:
    path = REAL / "samsergey__formica__formica@f3e3cde.plt"
    if not path.exists():
        pytest.skip("the collection of real archives is not there")
    with pytest.raises(TruncatedError, match="the file is empty"):
        content(path.read_bytes())


def test_time_of_the_gzip_header_is_kept() -> None:
    data = written(ArchiveReader(io.BytesIO(SAMPLES[0].read_bytes())).preamble, mtime=1_100_000_000)
    reader = ArchiveReader(io.BytesIO(data))
    assert reader.encoding.gzip.mtime == 1_100_000_000
    assert base64.b64decode(data)[4:8] == (1_100_000_000).to_bytes(4, "little")
