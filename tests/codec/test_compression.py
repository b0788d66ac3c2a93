"""The gzip layer when it is written: sizes, determinism, and the program ``gzip``."""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import shutil
import subprocess
import sysconfig
import threading
import zlib
from pathlib import Path

import pytest
from zlib_ng import zlib_ng

from pltpack.codec.compression import BLOCK, Compression, GzipEncoder, gzip_header
from pltpack.codec.gzip_program import GzipProgram
from pltpack.errors import EncodingError

LEVELS = [
    *(Compression("zlib-ng", level) for level in range(1, 10)),
    *(Compression("isal", level) for level in range(4)),
]


def deflated(
    data: bytes, compression: Compression = Compression.DEFAULT, *, jobs: int = 1, step: int = 1 << 18, mtime: int = 0
) -> bytes:
    encoder = GzipEncoder(compression, jobs=jobs, mtime=mtime)
    pieces = [piece for start in range(0, len(data), step) for piece in encoder.encode(data[start : start + step])]
    return b"".join([*pieces, *encoder.finish()])


@pytest.fixture(scope="module")
def text() -> bytes:
    """Several megabytes of real program text: Python's own library."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return b"".join(file.read_bytes() for file in files)[: 5 << 20]


@pytest.mark.parametrize("compression", LEVELS, ids=str)
@pytest.mark.parametrize("size", [0, 1, 100, BLOCK - 1, BLOCK, BLOCK + 1])
def test_every_level_can_be_read(compression: Compression, size: int) -> None:
    data = (b"a line of text\n" * (size // 15 + 1))[:size]
    assert gzip.decompress(deflated(data, compression)) == data


@pytest.mark.parametrize("compression", [Compression.DEFAULT, Compression.FAST, Compression.BEST], ids=str)
def test_bytes_do_not_depend_on_jobs_or_pieces(text: bytes, compression: Compression) -> None:
    data = text[: 3 * BLOCK + 12345]
    one = deflated(data, compression)
    assert gzip.decompress(one) == data
    for jobs, step in ((2, 1 << 18), (5, 1 << 18), (2, 999_983), (3, len(data))):
        assert deflated(data, compression, jobs=jobs, step=step) == one


def test_as_small_as_gzip(text: bytes) -> None:
    job = zlib.compressobj(6, zlib.DEFLATED, 31)
    reference = len(job.compress(text) + job.flush())
    default = len(deflated(text))
    assert default <= reference * 1.02
    assert len(deflated(text, Compression.BEST)) <= default
    assert len(deflated(text, Compression.FAST)) <= reference * 1.5


@pytest.mark.parametrize("level", [6, 9])
def test_blocks_know_what_came_before(level: int) -> None:
    """Random data repeat every 20000 bytes: a block that did not know it would hold a copy of them."""
    pattern = random.Random(1).randbytes(20_000)
    data = (pattern * (4 * BLOCK // len(pattern) + 1))[: 4 * BLOCK]
    job = zlib_ng.compressobj(level, zlib_ng.DEFLATED, 31)
    in_one_go = len(job.compress(data) + job.flush())
    assert len(deflated(data, Compression("zlib-ng", level))) < in_one_go + len(pattern) // 2


def test_header() -> None:
    assert deflated(b"x")[:10] == gzip_header() == bytes.fromhex("1f8b0800000000000003")
    assert deflated(b"x", mtime=0x12345678)[:10] == bytes.fromhex("1f8b0800785634120003")


@pytest.mark.parametrize(("deflater", "level"), [("zlib-ng", 0), ("zlib-ng", 10), ("isal", 4), ("gzip", 0)])
def test_levels_that_are_not_there(deflater: str, level: int) -> None:
    with pytest.raises(ValueError, match=f"level {level} is not between"):
        Compression(deflater, level)  # type: ignore[arg-type]


def test_closing_unfinished_stops_the_threads() -> None:
    before = threading.active_count()
    encoder = GzipEncoder(Compression.DEFAULT, jobs=2)
    list(encoder.encode(bytes(4 * BLOCK)))
    assert threading.active_count() > before
    encoder.close()
    assert threading.active_count() == before


class TestGzipProgram:
    """Racket pipes through ``gzip``; so can we."""

    @staticmethod
    def through(data: bytes, *, step: int = 100_000, level: int = 6, mtime: int = 0) -> bytes:
        encoder = GzipProgram(level=level, mtime=mtime)
        with contextlib.closing(encoder):
            pieces = [
                piece for start in range(0, len(data), step) for piece in encoder.encode(data[start : start + step])
            ]
            return b"".join([*pieces, *encoder.finish()])

    @pytest.fixture
    def fake(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A script that takes the program's place; empty until it is written."""
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        script = tmp_path / "gzip"
        script.touch(0o755)
        return script

    @pytest.mark.skipif(shutil.which("gzip") is None, reason="there is no program gzip")
    @pytest.mark.parametrize("level", [1, 6, 9])
    def test_same_bytes(self, text: bytes, level: int) -> None:
        for data in (b"", b"hello", text[: 1 << 20]):
            expected = subprocess.run(["gzip", "-nc", f"-{level}"], input=data, capture_output=True, check=True).stdout
            assert self.through(data, level=level) == expected
            assert self.through(data, level=level, mtime=5)[4:8] == b"\5\0\0\0"

    def test_not_there(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(EncodingError, match="no program gzip"):
            GzipProgram()

    def test_failing_at_once(self, fake: Path) -> None:
        fake.write_text("#!/bin/sh\necho no room >&2\nexit 3\n")
        with pytest.raises(EncodingError, match=r"failed \(exit 3\): no room"):
            self.through(bytes(1 << 22))

    def test_failing_at_the_end(self, fake: Path) -> None:
        fake.write_text("#!/bin/sh\ncat >/dev/null\nexit 1\n")
        with pytest.raises(EncodingError, match=r"failed \(exit 1\)"):
            self.through(b"x")

    def test_writing_nothing(self, fake: Path) -> None:
        fake.write_text("#!/bin/sh\ncat >/dev/null\n")
        with pytest.raises(EncodingError, match=r"failed \(exit 0\)"):
            self.through(b"x")

    def test_header_in_two_pieces(self, fake: Path) -> None:
        fake.write_text(
            "#!/bin/sh\ncat >/dev/null\nprintf '\\037\\213\\010'\nsleep 0.2\n"
            "printf '\\000\\000\\000\\000\\000\\000\\003rest'\n"
        )
        assert self.through(b"x", mtime=5) == b"\x1f\x8b\x08\0\5\0\0\0\0\3rest"

    def test_talking_much_on_standard_error(self, fake: Path) -> None:
        fake.write_text("#!/bin/sh\nhead -c 300000 /dev/zero >&2\nexec cat\n")
        data = bytes(10) + b"no gzip data, passed on as they are" * 1000
        assert self.through(data) == data
