"""Verifying: every kind of damage, oddity and trap is found, and nothing is found where nothing is."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.archive import create_archive
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.inspection.findings import Level, Report
from pltpack.inspection.spelling import Spelling
from pltpack.inspection.verify import verify
from tests.trees import HEADER, archive, file, folder

ROOT = Path(__file__).parents[2]
CRAFTED = ROOT / "fixtures" / "crafted"
SAMPLES = ROOT / "fixtures" / "samples"
CANONICAL = (
    b'PLT\n(lambda (request failure) (case request ((name) "n") ((unpacker) (quote mzscheme)) ((requires) (quote ())) '
    b"((conflicts) (quote ())) ((plt-relative?) #f) ((plt-home-relative?) #f) ((test-plt-dirs) #f) (else (failure))))\n"
    b"(unit (import main-collects-parent-dir mzuntar) (export) (mzuntar void) (quote ()))\n"
)
GOOD = CANONICAL + b'dir\n("d")\nfile\n("d" "x")\n5\n*hellofile-replace\n("y")\n0\n*'


def report(data: bytes) -> Report:
    return verify(io.BytesIO(data))


def found(checked: Report) -> list[tuple[str, str]]:
    """Level and code of every finding."""
    return [(finding.level.value, finding.code) for finding in checked.findings]


def packed(raw: bytes) -> bytes:
    text = base64.b64encode(gzip.compress(raw, mtime=0))
    return b"\n".join(text[start : start + 72] for start in range(0, len(text), 72)) + b"\n"


def test_nothing_is_found_in_what_racket_writes() -> None:
    checked = report(packed(GOOD))
    assert checked.findings == []
    assert (checked.files, checked.directories, checked.content_bytes) == (2, 1, 5)
    assert checked.raw_sha256 == hashlib.sha256(GOOD).hexdigest()
    assert checked.clean
    assert checked.whole


ENCODINGS = {
    "raw stream": (GOOD, [("leniency", "raw")]),
    "gzip only": (gzip.compress(GOOD, mtime=0), [("leniency", "gzip-only")]),
    "foreign bytes": (packed(GOOD).replace(b"\n", b"--\n"), [("leniency", "foreign-bytes")]),
    "crlf": (packed(GOOD).replace(b"\n", b"\r\n"), [("note", "carriage-returns")]),
    "time": (base64.b64encode(gzip.compress(GOOD, mtime=99)), [("note", "gzip-time")]),
    "bad crc": (
        base64.b64encode(gzip.compress(GOOD, mtime=0)[:-8] + b"\0" * 4 + gzip.compress(GOOD)[-4:]),
        [("damage", "encoding")],
    ),
    "no trailer": (base64.b64encode(gzip.compress(GOOD, mtime=0)[:-8]), [("damage", "truncated")]),
    "two members": (base64.b64encode(gzip.compress(GOOD, mtime=0) * 2), [("damage", "encoding")]),
    "zlib, not gzip": (base64.b64encode(zlib.compress(GOOD)), [("damage", "encoding")]),
    "web page": (b"<html>", [("damage", "encoding")]),
    "empty": (b"", [("damage", "truncated")]),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_what_is_around_the_raw_stream(name: str) -> None:
    data, expected = ENCODINGS[name]
    assert found(report(data)) == expected


def test_padding_is_missed_only_where_there_should_be_some() -> None:
    for spaces in range(3):
        text = packed(GOOD + b" " * spaces)
        codes = [code for _, code in found(report(text.replace(b"=", b"")))]
        assert ("no-padding" in codes) == (b"=" in text)


def test_text_behind_the_padding_is_told() -> None:
    texts = [packed(GOOD + b" " * spaces) for spaces in range(3)]
    padded = next(text for text in texts if b"=" in text)
    assert ("leniency", "text-after-padding") in found(report(padded + b"more\n"))


ENTRIES = {
    "old quotes": (HEADER + b'dir\n("d")\n', [("leniency", "odd-header")]),
    "brackets": (CANONICAL + b'dir\n["d"]\nfile\n("x")\n1\n*1', [("leniency", "odd-entry")]),
    "hex size": (CANONICAL + b'file\n("x")\n#x1\n*1file\n("y")\n1\n*1', [("leniency", "odd-entry")]),
    "spaces": (CANONICAL + b'file ("x") 1 *1', [("leniency", "odd-entry")]),
    "escape": (CANONICAL + b'file\n("\\x61")\n1\n*1dir\n("d")\n', [("leniency", "odd-entry")]),
    "comment between": (CANONICAL + b'dir\n("d")\n; hm\nfile\n("x")\n1\n*1', [("leniency", "odd-entry")]),
    "newline behind": (CANONICAL + b'file\n("x")\n1\n*1\n', [("leniency", "odd-end")]),
    "unknown header": (b'PLT\n"any"\n1\ndir\n("d")\n', [("leniency", "unknown-header")]),
    "old header": (
        CANONICAL.replace(b" ((test-plt-dirs) #f)", b"").replace(b"main-collects-parent-dir", b"plthome"),
        [("note", "old-header")],
    ),
    "unknown tag": (CANONICAL + b'link\n("x")\n', [("damage", "entry")]),
    "short data": (CANONICAL + b'file\n("x")\n9\n*1', [("damage", "truncated")]),
    "bad datum": (CANONICAL + b"dir\n#<x>", [("damage", "notation")]),
    "twice": (CANONICAL + b'file\n("x")\n1\n*1file\n("x")\n1\n*1', [("leniency", "duplicate")]),
    "directory twice": (CANONICAL + b'dir\n("x")\ndir\n("x")\n', []),
    "upwards": (CANONICAL + b'file\n(".." "x")\n1\n*1dir\n(up)\n', [("unsafe", "unsafe-path")] * 2),
    "absolute": (CANONICAL + b'dir\n("/x")\n', [("unsafe", "unsafe-path")]),
    "two kinds": (CANONICAL + b'file\n("x")\n1\n*1dir\n("x")\n', [("unsafe", "two-kinds")]),
    "below a file": (CANONICAL + b'file\n("x")\n1\n*1file\n("x" "y")\n1\n*1', [("unsafe", "below-a-file")]),
    "device": (CANONICAL + b'dir\n("aux")\n', [("trap", "not-portable")]),
    "case": (CANONICAL + b'dir\n("X")\nfile\n("x")\n1\n*1', [("trap", "collision")]),
    "unicode": (
        CANONICAL + 'dir\n("\u00e9")\ndir\n("e\u0301")\n'.encode(),
        [("trap", "not-portable"), ("trap", "collision")],
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_in_the_raw_stream(name: str) -> None:
    raw, expected = ENTRIES[name]
    assert found(report(packed(raw))) == expected


def test_findings_name_the_entry_and_the_offset() -> None:
    (finding,) = report(packed(CANONICAL + b'dir\n("d")\nfile\n("x")\n#x1\n*1')).findings
    assert (finding.entry, finding.offset) == ("x", len(CANONICAL) + len(b'dir\n("d")\n'))
    assert str(finding).startswith(f"entry x, byte {finding.offset} of the raw stream: is spelled")


def test_every_unsafe_entry_is_listed() -> None:
    checked = report(archive(*(file("..", f"x{number}") for number in range(30)), folder("ok")))
    assert [finding.entry for finding in checked.of(Level.UNSAFE)] == [f"../x{number}" for number in range(30)]


def test_limits_are_findings() -> None:
    data = packed(CANONICAL + b'file\n("x")\n9\n*123456789')
    (finding,) = verify(io.BytesIO(data), limits=Limits(file_bytes=8)).findings
    assert (finding.level, finding.code) == (Level.UNSAFE, "limit")
    assert "--max-file-bytes" in finding.message


@pytest.mark.parametrize("path", sorted(CRAFTED.glob("u*.plt")), ids=lambda path: path.stem)
def test_no_archive_that_racket_stumbles_over_is_called_clean(path: Path) -> None:
    clean = {"u07-same-symbol", "u08-no-parent-dir"}
    assert verify(path).clean == (path.stem in clean)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.plt")), ids=lambda path: path.stem)
def test_racket_s_own_archives_are_whole_and_spelled_well(path: Path) -> None:
    checked = verify(path)
    assert checked.whole
    assert not {finding.code for finding in checked.findings} & {"odd-entry", "odd-header", "odd-end"}
    raw = path.with_suffix(".raw")
    assert checked.raw_sha256 == hashlib.sha256(raw.read_bytes()).hexdigest()


@settings(max_examples=80)
@given(
    files=st.lists(
        st.tuples(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), st.binary(max_size=200_000))
    ),
    encode=st.booleans(),
)
def test_what_is_written_is_spelled_well_whatever_it_is(files: list[tuple[str, bytes]], encode: bool) -> None:
    sink = io.BytesIO()
    with create_archive(sink, Header("n"), encode=encode) as output:
        for name, data in files:
            output.add_directory((name, name))
            output.add_file((name, "x"), data, len(data))
    codes = {code for _, code in found(report(sink.getvalue()))}
    assert not codes & {"odd-entry", "odd-header", "odd-end"}


@settings(max_examples=150)
@given(cut=st.integers(0, len(packed(GOOD)) - 2))
def test_a_cut_anywhere_is_damage(cut: int) -> None:
    assert not report(packed(GOOD)[:cut]).whole


@settings(max_examples=200)
@given(bit=st.integers(0, len(GOOD) * 8 - 1))
def test_a_flipped_bit_in_the_data_is_damage(bit: int) -> None:
    compressed = bytearray(gzip.compress(GOOD, mtime=0))
    bit %= (len(compressed) - 10) * 8
    compressed[10 + bit // 8] ^= 1 << bit % 8
    checked = report(base64.b64encode(compressed))
    # The last bits of the deflated data may stand for nothing.
    assert not checked.whole or checked.raw_sha256 == hashlib.sha256(GOOD).hexdigest()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{sha1}", None),
        ("{sha1}\n", "not in forty lower-case digits and nothing else"),
        ("{SHA1}", "not in forty lower-case digits and nothing else"),
        ("0" * 40, "says 0000"),
        ("", "does not hold a SHA-1"),
    ],
)
def test_the_checksum_file_is_compared(text: str, problem: str | None, tmp_path: Path) -> None:
    path = tmp_path / "x.plt"
    path.write_bytes(packed(GOOD))
    sha1 = hashlib.sha1(path.read_bytes()).hexdigest()
    (tmp_path / "x.plt.CHECKSUM").write_text(text.format(sha1=sha1, SHA1=sha1.upper()))
    findings = verify(path).findings
    if problem is None:
        assert findings == []
    else:
        assert [finding.code for finding in findings] == ["checksum-file"]
        assert problem in findings[0].message


def test_other_formats_are_verified_too(tmp_path: Path) -> None:
    import tarfile
    import zipfile

    with zipfile.ZipFile(tmp_path / "x.zip", "w") as output:
        output.writestr("a/B", b"data")
        output.writestr("a/b", b"more")
    assert found(verify(tmp_path / "x.zip")) == [("trap", "collision")]
    data = bytearray((tmp_path / "x.zip").read_bytes())
    data[data.index(b"data")] ^= 1
    (tmp_path / "x.zip").write_bytes(data)
    assert found(verify(tmp_path / "x.zip"))[0] == ("damage", "damaged")
    with tarfile.open(tmp_path / "x.tar", "w") as output_tar:
        output_tar.addfile(tarfile.TarInfo("../x"))
    assert found(verify(tmp_path / "x.tar")) == [("unsafe", "unsafe-path")]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "con").write_text("x")
    assert found(verify(tmp_path / "folder")) == [("trap", "not-portable")]


def test_long_data_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0

    class Counting(Spelling):
        def update(self, data: bytes, /) -> None:
            nonlocal most
            super().update(data)
            most = max(most, sum(map(len, self._pieces)))

    monkeypatch.setattr("pltpack.inspection.verify.Spelling", Counting)
    raw = CANONICAL + b'file\n("x")\n50000000\n*' + bytes(50_000_000) + b'file\n("y")\n1\n*1'
    assert verify(io.BytesIO(packed(raw)), limits=Limits(ratio=2000)).findings == []
    assert 0 < most < 4_000_000
