"""Bytes that are sound archives of two formats: one reading, told, and the other one refused."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from pltpack.conversion.compare import compare
from pltpack.conversion.convert import convert
from pltpack.errors import AmbiguityError, PltError
from pltpack.formats.formats import FORMATS, Format
from pltpack.formats.readings import other_readings
from pltpack.formats.recognise import recognise
from pltpack.inspection.summary import summarise
from pltpack.inspection.verify import verify
from pltpack.pkg.staging import open_package
from tests.trees import HEADER

PLT = b"PLT\n" + HEADER.partition(b"\n")[2] if HEADER.startswith(b"PLT") else b"PLT\n" + HEADER
SHORT_TEXT = base64.b64encode(gzip.compress(b"PLT\n" * 3, mtime=0)) + b"="
TEXT = base64.b64encode(gzip.compress(PLT, mtime=0)) + b"="


def tar(name: bytes = b"good", data: bytes = b"data") -> bytes:
    """A tar archive of one file."""
    block = bytearray(tarfile.TarInfo("x").tobuf())
    block[:100] = name.ljust(100, b"\0")
    block[124:136] = b"%011o\0" % len(data)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + data + bytes(-len(data) % 512) + bytes(1024)


def plain_zip(comment: int = 0) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as output:
        output.writestr("evil", b"evil")
    return sink.getvalue()[:-2] + struct.pack("<H", comment)


def gzip_with(extra: bytes, data: bytes) -> bytes:
    """Gzip data with something in the additional field of its header."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = squeezer.compress(data) + squeezer.flush()
    head = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff" + struct.pack("<H", len(extra)) + extra
    return head + deflated + struct.pack("<2I", zlib.crc32(data), len(data))


def tar_that_ends_as_zip() -> bytes:
    """A zip archive as the last member; its comment is all that follows."""
    size = len(plain_zip())
    return tar(b"good", plain_zip(-size % 512 + 1024))


def zip_in_tar_header() -> bytes:
    """A local header whose name reaches over the places where tar has its numbers."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as output:
        output.writestr("n" * 600, b"")
    data = bytearray(sink.getvalue())
    block = bytearray(tar()[:512])
    block[:100] = bytes(data[:30]).replace(b"\0", b"\0") + b"n" * 70
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    start = data.find(b"PK\1\2")
    name = bytes(block[30:]) + b"n" * (600 - 482)
    data[30:630] = name
    data[start + 46 : start + 646] = name
    return bytes(data)


TWO: dict[str, tuple[bytes, Format, Format]] = {
    "a .plt in the header of a tgz": (gzip_with(TEXT, tar()), "tgz", "plt"),
    "a .plt in the name of a tar member": (tar(SHORT_TEXT), "tar", "plt"),
    "a zip at the end of a tar": (tar_that_ends_as_zip(), "tar", "zip"),
    "a zip that begins as a tar": (zip_in_tar_header(), "zip", "tar"),
    "a tar in the gzip data of a raw .plt": (gzip.compress(tar(b"PLT\n(x)"), mtime=0), "plt", "tgz"),
}


@pytest.mark.parametrize("kind", TWO)
def test_both_readings_are_known(kind: str, tmp_path: Path) -> None:
    data, ours, other = TWO[kind]
    assert recognise(io.BytesIO(data)) == ours
    assert other_readings(io.BytesIO(data), ours) == [other]
    path = tmp_path / f"p{FORMATS[ours].suffixes[0]}"
    path.write_bytes(data)
    found = [(finding.level.value, finding.code) for finding in verify(path).findings]
    assert ("unsafe", "read-differently") in found


@pytest.mark.parametrize("kind", TWO)
def test_neither_is_used(kind: str, tmp_path: Path) -> None:
    data, ours, _ = TWO[kind]
    path = tmp_path / f"p{FORMATS[ours].suffixes[0]}"
    path.write_bytes(data)
    with pytest.raises(AmbiguityError, match="sound archive of both"):
        convert(path, tmp_path / "out", format="dir", source_format=ours, view="stored")
    with pytest.raises(AmbiguityError):
        compare(path, path)
    with pytest.raises(AmbiguityError):
        open_package(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", TWO)
def test_both_are_shown(kind: str, tmp_path: Path) -> None:
    data, ours, other = TWO[kind]
    path = tmp_path / f"p{FORMATS[ours].suffixes[0]}"
    path.write_bytes(data)
    try:
        summary = summarise(path)
    except PltError:
        return  # damaged as well
    assert f"whoever takes it for {other}" in [difference.readers for difference in summary.judgement.differences]


def test_honest_archives_have_one_reading() -> None:
    with_zip = tar(b"inner.zip", plain_zip())
    for data, format in (
        (tar(), "tar"),
        (gzip.compress(tar()), "tgz"),
        (with_zip, "tar"),
        (gzip.compress(with_zip), "tgz"),
        (plain_zip(), "zip"),
        (base64.b64encode(gzip.compress(PLT)), "plt"),
        (gzip.compress(PLT), "plt"),
        (PLT, "plt"),
        (tar(b"PLT-notes.txt"), "tar"),
        (tar(b"H4sIexample.rkt"), "tar"),
    ):
        assert recognise(io.BytesIO(data)) == format
        assert other_readings(io.BytesIO(data), format) == []
