"""Members by the hundred thousand, and what used to keep other readers busy: told in bounds, in little work."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.archive import create_archive
from pltpack.codec.entries import SAME, UP, PathList, PathSymbol
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.errors import AmbiguityError, LimitError, UnsafePathError
from pltpack.formats.formats import Format, entry_reader
from pltpack.inspection.findings import Level
from pltpack.inspection.verify import verify
from pltpack.unpacker.unpack import extract
from tests.differential.tars import file, header, pax, tar

MANY = 3000


def bad_names(format: Format) -> bytes:
    """So many members of which none may be unpacked."""
    sink = io.BytesIO()
    if format == "zip":
        with zipfile.ZipFile(sink, "w") as zipped:
            for number in range(MANY):
                zipped.writestr(f"../x{number}", b"")
    else:
        with tarfile.open(fileobj=sink, mode="w") as tarred:
            for number in range(MANY):
                tarred.addfile(tarfile.TarInfo(f"../x{number}"))
    return sink.getvalue()


@pytest.mark.parametrize("format", ["zip", "tar"])
def test_the_first_hundred_bad_names_and_the_count(format: Format) -> None:
    data = bad_names(format)
    told = "3,000 members may not be unpacked, the first 100 of them"
    with pytest.raises(UnsafePathError, match=told) as caught, entry_reader(io.BytesIO(data), format) as reader:
        list(reader)
    assert len(caught.value.paths) == 100
    report = verify(io.BytesIO(data), format=format)
    assert len(report.of(Level.UNSAFE)) == 101
    assert "and 2,900 more like the 100 that are told (unsafe-path)" in report.findings[-1].message


def test_every_bad_name_of_a_tar_is_told_and_not_only_the_first() -> None:
    data = tar(file(b"g/info.rkt"), file(b"g/x/../y.rkt"), file(b"g/ok.rkt"), file(b"/etc/z.rkt"))
    with pytest.raises(UnsafePathError) as caught, entry_reader(io.BytesIO(data), "tar") as reader:
        assert [entry.path for entry in reader] == ["g/info.rkt"]
    assert caught.value.paths == (("g/x/../y.rkt", "leads upwards (..)"), ("/etc/z.rkt", "is absolute"))


def test_one_bad_name_is_named_in_the_message() -> None:
    data = tar(file(b"../x"))
    with (
        pytest.raises(UnsafePathError, match=r"the member '\.\./x' leads upwards"),
        entry_reader(io.BytesIO(data), "tar") as reader,
    ):
        list(reader)


@pytest.mark.parametrize("count", [392, 200_000])
@pytest.mark.parametrize("digits", [b"1", b"9", b"0", b"1 ", b"12 x=", b"\n"])
def test_records_of_digits(digits: bytes, count: int) -> None:
    """The patterns of ``tarfile`` go through them again from each digit on."""
    data = tar(pax(digits * (count // len(digits))), file(b"f"))
    with pytest.raises(AmbiguityError, match="malformed"), entry_reader(io.BytesIO(data), "tar") as reader:
        list(reader)
    assert not verify(io.BytesIO(data), format="tar").clean


def test_links_by_the_thousand_are_told_once_each(tmp_path: Path) -> None:
    members = [header(b"l%d" % number, 0, b"2", target=b"nowhere") for number in range(500)]
    (tmp_path / "p.tar").write_bytes(tar(file(b"info.rkt", b"#lang info\n"), *members))
    findings = verify(tmp_path / "p.tar").of(Level.LENIENCY)
    assert len(findings) == 101
    assert "and 400 more" in findings[-1].message


PLAIN = ["a", "b", ".", "..", "", "a/b", "/", "x\0y", ".pltpack-0", ".PLTPACK-x", ".pltpack", "n" * 255, "n" * 256]
ELEMENTS: st.SearchStrategy[str | PathSymbol] = st.sampled_from([*PLAIN, SAME, UP])
PATHS: st.SearchStrategy[PathList] = st.lists(ELEMENTS, min_size=1, max_size=3).map(tuple)


@settings(max_examples=300)
@given(path=PATHS, directory=st.booleans())
def test_verify_and_unpacking_agree_on_every_path(
    tmp_path_factory: pytest.TempPathFactory, path: PathList, directory: bool
) -> None:
    sink = io.BytesIO()
    with create_archive(sink, Header("n", plt_relative=False)) as output:
        if directory:
            output.add_directory(path)
        else:
            output.add_file(path, b"data", 4)
    unsafe = bool(verify(io.BytesIO(sink.getvalue())).of(Level.UNSAFE))
    try:
        extract(io.BytesIO(sink.getvalue()), tmp_path_factory.mktemp("agree"), dry_run=True, limits=Limits())
    except (UnsafePathError, LimitError):
        assert unsafe
    else:
        assert not unsafe


@pytest.mark.parametrize("format", ["zip", "tar"])
def test_archives_agree_with_conversion_on_reserved_names(format: Format) -> None:
    sink = io.BytesIO()
    if format == "zip":
        with zipfile.ZipFile(sink, "w") as zipped:
            zipped.writestr("a/.pltpack-0/x", b"")
    else:
        sink.write(tar(file(b"a/.pltpack-0/x")))
    source = io.BytesIO(sink.getvalue())
    assert verify(source, format=format).of(Level.UNSAFE)
    source.seek(0)
    with pytest.raises(UnsafePathError, match="kept for unpacking itself"), entry_reader(source, format) as reader:
        list(reader)
