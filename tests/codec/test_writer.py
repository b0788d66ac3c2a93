"""Writing archives: the very bytes, sizes that are kept, streams that stay open."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.archive import create_archive
from pltpack.codec.compression import Compression
from pltpack.codec.entries import SAME, UP, PathList
from pltpack.codec.header import Header, Preamble
from pltpack.codec.writer import ArchiveWriter, Buffer, format_path
from pltpack.datum.values import Symbol
from pltpack.errors import SourceError
from tests.streams import content, raw_stream

HEADER = Header("n", plt_relative=False)
HEAD = (
    b'PLT\n(lambda (request failure) (case request ((name) "n") ((unpacker) (quote mzscheme)) ((requires) (quote ()))'
    b" ((conflicts) (quote ())) ((plt-relative?) #f) ((plt-home-relative?) #f) ((test-plt-dirs) #f)"
    b" (else (failure))))\n(unit (import main-collects-parent-dir mzuntar) (export) (mzuntar void) (quote ()))\n"
)

PATHS: list[tuple[PathList, str]] = [
    ((), "()"),
    ((SAME,), "(same)"),
    ((UP, UP, "x"), '(up up "x")'),
    (("same", "up"), '("same" "up")'),
    (("a b", "it's", "x/y"), '("a b" "it\'s" "x/y")'),
    (('"\\', "\a\b\t\n\v\f\r\x1b"), r'("\"\\" "\a\b\t\n\v\f\r\e")'),
    (("\x01\x7f", "\xad\u2028\ufeff"), r'("\u0001\u007F" "\u00AD\u2028\uFEFF")'),
    (("\U000e0001", "\U0010ffff"), r'("\U000E0001" "\U0010FFFF")'),
    (("λ😀é", "\xa0\u3000"), '("λ😀é" "\xa0\u3000")'),
    (("",), '("")'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), PATHS)
def test_paths(path: PathList, text: str) -> None:
    assert format_path(path) == text


def test_names_that_are_no_text() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        format_path(("\udc80",))


@pytest.mark.parametrize("encode", [True, False])
def test_bytes(encode: bool) -> None:
    sink, digest = io.BytesIO(), hashlib.sha256()
    with ArchiveWriter(sink, HEADER, encode=encode, digest=digest) as archive:
        archive.add_directory(("d",))
        archive.add_file(("d", "f"), b"hello", 5)
        archive.add_file(("d", "g"), [b"he", b"", b"llo\n"], 6, replace=True)
        archive.add_file(("e",), (), 0)
    expected = HEAD + b'dir\n("d")\nfile\n("d" "f")\n5\n*hellofile-replace\n("d" "g")\n6\n*hello\nfile\n("e")\n0\n*'
    assert (raw_stream(sink.getvalue()) if encode else sink.getvalue()) == expected
    assert archive.raw_bytes == len(expected)
    assert digest.digest() == hashlib.sha256(expected).digest()
    assert archive.stream is sink
    assert not sink.closed


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"1234", "5 bytes were announced, 4 came"),
        (b"123456", "5 bytes were announced, more came"),
        ([b"123", b"4"], "5 bytes were announced, 4 came"),
        ([b"123", b"456"], "5 bytes were announced, more came"),
        ([], "5 bytes were announced, 0 came"),
    ],
)
def test_sizes_are_kept(body: bytes | list[bytes], message: str) -> None:
    with (
        pytest.raises(SourceError, match=message) as caught,
        ArchiveWriter(io.BytesIO(), HEADER) as archive,
    ):
        archive.add_file(("d", "f"), body, 5)
    assert caught.value.entry == "d/f"


def test_an_endless_body_is_given_up() -> None:
    with pytest.raises(SourceError, match="more came"), ArchiveWriter(io.BytesIO(), HEADER, jobs=1) as archive:
        archive.add_file(("f",), itertools.repeat(b"x" * 1000), 5)


def test_an_archive_with_a_broken_file_is_not_completed() -> None:
    sink = io.BytesIO()
    archive = ArchiveWriter(sink, HEADER, encode=False)
    with pytest.raises(SourceError):
        archive.add_file(("f",), b"1234", 5)
    with pytest.raises(ValueError, match="not whole"):
        archive.add_directory(("d",))
    with pytest.raises(ValueError, match="not whole"):
        archive.close()
    assert sink.getvalue() == b""


def test_nothing_is_added_behind_the_end() -> None:
    sink = io.BytesIO()
    archive = ArchiveWriter(sink, HEADER)
    archive.close()
    whole = sink.getvalue()
    archive.close()
    with pytest.raises(ValueError, match="closed"):
        archive.add_directory(("d",))
    with pytest.raises(ValueError, match="closed"):
        archive.add_file(("d",), b"", 0)
    assert sink.getvalue() == whole


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_data_in_any_buffer(kind: Callable[[bytes], Buffer]) -> None:
    sink = io.BytesIO()
    with ArchiveWriter(sink, HEADER, encode=False) as archive:
        archive.add_file(("f",), kind(b"hello"), 5)
    assert sink.getvalue().endswith(b'file\n("f")\n5\n*hello')


def test_misuse() -> None:
    archive = ArchiveWriter(io.BytesIO(), HEADER)
    with pytest.raises(TypeError, match="sequence of names"):
        archive.add_directory("docs")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="-1 bytes"):
        archive.add_file(("f",), b"", -1)
    archive.close()


def test_another_preamble() -> None:
    sink = io.BytesIO()
    with ArchiveWriter(sink, Preamble(Symbol("info"), [1, 2]), encode=False):
        pass
    assert sink.getvalue() == b"PLT\ninfo\n(1 2)\n"


@pytest.mark.parametrize("compression", [Compression.DEFAULT, Compression.FAST, Compression.BEST], ids=str)
def test_large_files(compression: Compression) -> None:
    data = bytes(range(256)) * 20_000
    sink = io.BytesIO()
    with ArchiveWriter(sink, HEADER, compression=compression, jobs=2) as archive:
        archive.add_file(("a",), (data[i : i + 70_001] for i in range(0, len(data), 70_001)), len(data))
        archive.add_file(("b",), data, len(data))
    assert content(sink.getvalue()) == [(("a",), data, False), (("b",), data, False)]


def test_archives_at_a_path(tmp_path: Path) -> None:
    path = tmp_path / "x.plt"
    path.write_text("old")
    with create_archive(path, HEADER) as archive:
        archive.add_directory(("d",))
        assert path.read_text() == "old"
    assert content(path.read_bytes()) == [(("d",), None, False)]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.plt"
    for old in (None, "old"):
        if old is not None:
            path.write_text(old)
        with pytest.raises(SourceError), create_archive(path, HEADER, jobs=2) as archive:
            archive.add_file(("a",), bytes(3 << 20), 4 << 20)
        assert [file.read_text() for file in tmp_path.iterdir()] == ([] if old is None else [old])


def test_contradicting_headers_create_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs"), create_archive(tmp_path / "x.plt", Header("n", test_plt_dirs=())):
        pass
    assert list(tmp_path.iterdir()) == []
