"""What is recognised as an archive, what is said of everything else, and the limits of the layers."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import itertools
import lzma
import random
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.codec.encoding import EncodingFacts, decode
from pltpack.codec.limits import Limits
from pltpack.codec.reader import ArchiveReader
from pltpack.codec.sinks import EncodingSink
from pltpack.errors import EncodingError, LimitError, PltError, TruncatedError
from tests.streams import SAMPLES, ShortReads, raw_stream

RAW = SAMPLES[0].with_suffix(".raw").read_bytes()
TEXT = SAMPLES[0].read_bytes()
MEMBER = base64.b64decode(TEXT)

FORMS: dict[str, tuple[bytes, str]] = {
    "as written": (TEXT, "base64+gzip"),
    "CR LF": (TEXT.replace(b"\n", b"\r\n"), "base64+gzip"),
    "one line": (TEXT.replace(b"\n", b""), "base64+gzip"),
    "byte order mark": (b"\xef\xbb\xbf" + TEXT, "base64+gzip"),
    "empty lines before": (b"\n\n\n\n\n" + TEXT, "base64+gzip"),
    "no padding": (TEXT.replace(b"=", b""), "base64+gzip"),
    "text behind the padding": (TEXT.rstrip(b"=\n") + b"=\nThe end.\n", "base64+gzip"),
    "gzip": (MEMBER, "gzip"),
    "gzip of another program": (gzip.compress(RAW, 1), "gzip"),
    "raw": (RAW, "raw"),
}


@pytest.mark.parametrize(("data", "layers"), FORMS.values(), ids=FORMS)
def test_forms(data: bytes, layers: str) -> None:
    for stream in (io.BytesIO(data), ShortReads(data), ShortReads(data, 7)):
        facts = EncodingFacts()
        assert b"".join(decode(stream, facts, limits=Limits())) == RAW
        assert (facts.layers, facts.file_bytes, facts.raw_bytes) == (layers, len(data), len(RAW))


def tar_gz() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("x"), io.BytesIO())
    return sink.getvalue()


def zipped() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as file:
        file.writestr("x", "y")
    return sink.getvalue()


NOT_ARCHIVES: dict[str, tuple[bytes, type[PltError], str]] = {
    "empty": (b"", TruncatedError, "the file is empty"),
    "one letter": (b"P", EncodingError, "not a .plt archive"),
    "two letters": (b"PL", EncodingError, "not a .plt archive"),
    "prose": (b"To whom it may concern:\nthis is no archive.\n" * 50, EncodingError, "not a .plt archive"),
    "line feeds": (b"\n" * 5000, EncodingError, "not a .plt archive"),
    "NUL bytes": (bytes(5000), EncodingError, "not a .plt archive"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)), EncodingError, "it is a picture"),
    "checksum": (b"0123456789abcdef" * 2 + b"01234567\n", EncodingError, "give the archive beside it"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), EncodingError, "it is a picture"),
    "zip": (zipped(), EncodingError, "zip file"),
    "tar.gz": (tar_gz(), EncodingError, "does not begin with PLT"),
    "gzip of nothing": (gzip.compress(b""), TruncatedError, "ends before its header"),
    "bzip2": (bz2.compress(b"x"), EncodingError, "bzip2"),
    "xz": (lzma.compress(b"x"), EncodingError, "xz"),
    "PDF": (b"%PDF-1.7\n" + bytes(range(256)), EncodingError, "PDF"),
    "page": (b"\n<!DOCTYPE html><html><title>404 Not Found</title></html>\n", EncodingError, "web page"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", EncodingError, "pointer"),
    "program": (b"#lang racket/base\n(define x 1)\n", EncodingError, "Racket program"),
    "zlib": (base64.b64encode(zlib.compress(RAW)), EncodingError, "not a .plt archive"),
    "base64 of text": (base64.b64encode(RAW), EncodingError, "not a .plt archive"),
    "cut gzip header": (MEMBER[:6], TruncatedError, "header ends too early"),
    "cut base64": (TEXT[:12], TruncatedError, "header ends too early"),
    "cut raw": (b"PLT", TruncatedError, "ends before its info procedure"),
    "one datum": (b"PLT (lambda)", TruncatedError, "ends before its unit"),
    "gzip of PL": (gzip.compress(b"PL"), TruncatedError, "ends before its header"),
}


@pytest.mark.parametrize(("data", "kind", "message"), NOT_ARCHIVES.values(), ids=NOT_ARCHIVES)
def test_not_archives(data: bytes, kind: type[PltError], message: str) -> None:
    for stream in (io.BytesIO(data), ShortReads(data)):
        with pytest.raises(kind) as caught:
            ArchiveReader(stream, name="x.plt")
        assert type(caught.value) is kind
        assert message in str(caught.value)
        assert str(caught.value).startswith("x.plt")


def test_random_data_is_refused() -> None:
    for seed in range(300):
        data = random.Random(seed).randbytes(seed)
        with pytest.raises((EncodingError, TruncatedError)):
            ArchiveReader(io.BytesIO(data))


def test_total_limit() -> None:
    for data in (TEXT, MEMBER, RAW):
        assert b"".join(decode(io.BytesIO(data), EncodingFacts(), limits=Limits(total_bytes=len(RAW)))) == RAW
        with pytest.raises(LimitError, match=f"more than {len(RAW) - 1} bytes") as caught:
            list(decode(io.BytesIO(data), EncodingFacts(), limits=Limits(total_bytes=len(RAW) - 1)))
        assert "--max-total-bytes" in str(caught.value)


def test_ratio_limit() -> None:
    bomb = gzip.compress(RAW + b'file ("x") 30000000 *' + bytes(30_000_000))
    limits = Limits(ratio=100, ratio_from=1 << 20)
    sizes: list[int] = []
    pieces = decode(io.BytesIO(bomb), EncodingFacts(), limits=limits)
    with pytest.raises(LimitError, match="more than 100 times its size"):
        sizes.extend(map(len, pieces))
    assert sum(sizes) < 100 * len(bomb) + (2 << 20)
    with pytest.raises(LimitError, match="more than 200 times its size"):
        list(decode(io.BytesIO(bomb), EncodingFacts(), limits=Limits()))
    assert len(b"".join(decode(io.BytesIO(bomb), EncodingFacts(), limits=Limits(ratio=2000)))) > 30_000_000


def test_zeros_at_the_start_of_a_large_archive_are_no_bomb() -> None:
    """The ratio is that to the whole file, not to as much of it as has been read."""
    raw = RAW + bytes(30_000_000) + random.Random(1).randbytes(300_000)
    packed = gzip.compress(raw)
    assert len(b"".join(decode(io.BytesIO(packed), EncodingFacts(), limits=Limits()))) == len(raw)


def test_errors_of_the_stream_pass_through() -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            data = super().read(100)
            if not data:
                raise OSError(5, "Input/output error")
            return data

    for data in (TEXT, MEMBER[:-20], RAW):
        with pytest.raises(OSError, match="Input/output"):
            list(decode(Broken(data), EncodingFacts(), limits=Limits()))


@settings(max_examples=60)
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=4), st.integers(1, 50))
def test_written_streams_are_read(raw: bytes, cuts: list[int], most: int) -> None:
    data = b"PLT" + raw
    sink = io.BytesIO()
    encoder = EncodingSink(sink, jobs=1)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        encoder.write(data[start:end])
    encoder.finish()
    encoder.close()
    assert raw_stream(sink.getvalue()) == data
    assert b"".join(decode(ShortReads(sink.getvalue(), most), EncodingFacts(), limits=Limits())) == data
    assert set(map(len, sink.getvalue().splitlines()[:-1])) <= {72}


class NothingYet(io.RawIOBase):
    """A stream that must not wait: it has some data, and says that there may be more later."""

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data

    def read(self, _size: int = -1) -> bytes | None:
        data, self._data = self._data, None
        return data


@pytest.mark.parametrize("data", [b"", TEXT[:70], RAW], ids=["nothing", "part", "raw"])
def test_a_stream_that_has_nothing_yet_has_not_ended(data: bytes) -> None:
    stream = NothingYet(data or None)  # type: ignore[arg-type]
    with pytest.raises(BlockingIOError, match="blocking mode"):
        b"".join(decode(stream, EncodingFacts(), limits=Limits()))  # type: ignore[arg-type]
