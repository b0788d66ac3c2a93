"""Every format through its writer and its reader, and what hostile and damaged archives get."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.codec.limits import Limits
from pltpack.errors import (
    EntryExistsError,
    FormatError,
    LimitError,
    PackageError,
    PltError,
    SourceError,
    UnsafePathError,
)
from pltpack.formats.entries import BytesContent, Entry
from pltpack.formats.formats import (
    FORMATS,
    Format,
    directory_writer,
    entry_reader,
    entry_writer,
    format_of,
    open_entries,
)
from pltpack.formats.paths import link_objection
from pltpack.regular import FileContent

ARCHIVES: tuple[Format, ...] = ("zip", "tgz", "tar", "plt")
TIME = 1_614_834_366

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..")
)


@st.composite
def trees(draw: st.DrawFn) -> list[Entry]:
    """A tree of a few directories, files and, in formats that have them, links; parents first."""
    entries: dict[str, Entry] = {}
    directories = [""]
    for _ in range(draw(st.integers(0, 8))):
        above = draw(st.sampled_from(directories))
        path = f"{above}/{draw(NAMES)}".lstrip("/")
        if path in entries:
            continue
        if draw(st.booleans()):
            entries[path] = Entry(path, "directory", 0o755, TIME)
            directories.append(path)
        else:
            data = draw(st.binary(max_size=2000))
            mode = draw(st.sampled_from((0o644, 0o755, 0o444)))
            entries[path] = Entry(path, "file", mode, TIME, len(data), BytesContent(data))
    return list(entries.values())


def write(entries: list[Entry], format: Format) -> bytes:
    sink = io.BytesIO()
    with entry_writer(sink, format, name="p") as writer:
        for entry in entries:
            writer.add(entry)
    return sink.getvalue()


def read(data: bytes, format: Format, limits: Limits = Limits()) -> list[tuple[str, str, int, int, bytes | str]]:
    with entry_reader(io.BytesIO(data), format, limits=limits, name="it") as reader:
        return [facts(entry) for entry in reader]


def facts(entry: Entry) -> tuple[str, str, int, int, bytes | str]:
    return entry.path, entry.kind, entry.mode, entry.mtime, entry.read() if entry.kind == "file" else entry.target


def file(path: str, data: bytes = b"data", mode: int = 0o644) -> Entry:
    return Entry(path, "file", mode, TIME, len(data), BytesContent(data))


def directory(path: str) -> Entry:
    return Entry(path, "directory", 0o755, TIME)


@settings(max_examples=40)
@given(trees())
def test_what_goes_in_comes_out(entries: list[Entry]) -> None:
    expected = [facts(entry) for entry in entries]
    for format in ("zip", "tgz", "tar"):
        assert read(write(entries, format), format) == expected
    got = [(path, kind, data) for path, kind, _, _, data in read(write(entries, "plt"), "plt") if path != "collects"]
    assert got == [(f"collects/{path}", kind, data) for path, kind, _, _, data in expected]


@settings(max_examples=20)
@given(trees())
def test_directories(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    entries = [entry for entry in entries if all(len(os.fsencode(name)) < 255 for name in entry.path.split("/"))]
    place = tmp_path_factory.mktemp("trees") / "new"
    with directory_writer(place) as writer:
        for entry in entries:
            writer.add(entry)
    with open_entries(place) as reader:
        assert sorted(facts(entry) for entry in reader) == sorted(facts(entry) for entry in entries)
    assert [path.name for path in place.parent.iterdir()] == ["new"]


@pytest.mark.parametrize("format", ARCHIVES)
def test_same_entries_same_bytes(format: Format) -> None:
    entries = [directory("a"), file("a/λ.rkt", b"x" * 5000), file("b" * 150, b"y")]
    assert write(entries, format) == write(entries, format)


@pytest.mark.parametrize("format", ["tgz", "tar", "dir"])
def test_links(format: Format, tmp_path: Path) -> None:
    entries = [directory("d"), file("d/f"), Entry("d/l", "link", 0o755, TIME, target="f"),
               Entry("up", "link", 0o755, TIME, target="d/f")]  # fmt: skip
    if format == "dir":
        with directory_writer(tmp_path / "x") as writer:
            for entry in entries:
                writer.add(entry)
        with open_entries(tmp_path / "x") as reader:
            got = [(entry.path, entry.target) for entry in reader]
    else:
        got = [(path, str(data)) for path, kind, _, _, data in read(write(entries, format), format) if kind == "link"]
    assert ("d/l", "f") in got
    assert ("up", "d/f") in got


@pytest.mark.parametrize("format", ["zip", "plt"])
def test_no_links(format: Format) -> None:
    with pytest.raises(PackageError, match="no links"):
        write([Entry("l", "link", 0o755, TIME, target="f")], format)


@pytest.mark.parametrize("format", ["zip", "plt"])
def test_names_that_are_not_unicode(format: Format) -> None:
    with pytest.raises(PackageError, match="not UTF-8"):
        write([file("a\udcff")], format)


@pytest.mark.parametrize("time", [0, 315532799, 4354819200])
def test_times_that_zip_cannot_hold(time: int) -> None:
    with pytest.raises(PackageError, match="before 1980 or after 2107"):
        write([Entry("a", "directory", 0o755, time)], "zip")


@pytest.mark.parametrize("format", ARCHIVES)
@pytest.mark.parametrize("size", [3, 5])
def test_a_file_that_changes(format: Format, size: int) -> None:
    with pytest.raises(SourceError, match=r"chang"):
        write([Entry("a", "file", 0o644, TIME, size, BytesContent(b"1234"))], format)


def test_formats_by_name(tmp_path: Path) -> None:
    for format, traits in FORMATS.items():
        for suffix in traits.suffixes:
            assert format_of(f"x/a{suffix}") == format
    assert format_of(tmp_path) == "dir"
    with pytest.raises(PackageError, match="not a package by its name"):
        format_of("a.gz")


def test_an_existing_directory_stays(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "old").write_bytes(b"1")
    with pytest.raises(EntryExistsError):
        directory_writer(tmp_path / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_directory_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with directory_writer(tmp_path / "x") as writer:
            writer.add(file("a"))
            writer.add(Entry("b", "file", 0o644, TIME, 1, FileContent(tmp_path / "missing")))

    with pytest.raises(FileNotFoundError):
        fail()
    assert list(tmp_path.iterdir()) == []


# Other programs


@pytest.mark.parametrize("program", ["unzip", "tar"])
def test_other_programs_read_ours(program: str, tmp_path: Path) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program}")
    entries = [directory("d"), directory("d/empty"), file("d/naïve λ.txt", b"1"), file("d/run", b"2", 0o755),
               directory("x" * 90), file("x" * 90 + "/" + "y" * 90, b"3")]  # fmt: skip
    format: Format = "zip" if program == "unzip" else "tgz"
    (tmp_path / "in").write_bytes(write(entries, format))
    out = tmp_path / "out"
    out.mkdir()
    command = ["unzip", "-qq", "-d", str(out)] if program == "unzip" else ["tar", "-C", str(out), "-xzf"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run([*command, str(tmp_path / "in")], check=True, env=environment)
    for entry in entries:
        place = out / entry.path
        assert place.stat().st_mode & 0o777 == entry.mode
        assert place.is_dir() or place.read_bytes() == entry.read()
    assert len(list(out.rglob("*"))) == len(entries)


# Hostile archives


def tar_with(*members: tarfile.TarInfo) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"0" * member.size))
    return sink.getvalue()


def member(name: str, type: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = type, target, size
    return info


BAD_NAMES = [("../x",), ("a/../../x",), ("/x",), ("a", "a/b"), ("a", "a"), ("a/b", "a")]


@pytest.mark.parametrize("names", BAD_NAMES, ids=str)
def test_unsafe_names_in_tar(names: tuple[str, ...]) -> None:
    with pytest.raises(UnsafePathError) as caught:
        read(tar_with(*map(member, names)), "tar")
    assert caught.value.paths


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", BAD_NAMES, ids=str)
def test_unsafe_names_in_zip(names: tuple[str, ...]) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in (*names, "../second"):
            archive.writestr(name, b"x")
    with pytest.raises(UnsafePathError) as caught:
        read(sink.getvalue(), "zip")
    assert [path for path, _ in caught.value.paths][-1] == "../second"
    assert len(caught.value.paths) == 2


def test_unsafe_names_in_plt() -> None:
    header = b"PLT\n(lambda (request failure) (case request))\n(unit)\n"
    for path in ('(up "x")', '(".." "x")', '("/x")', '("a/../../x")', '("a" "" "b")'):
        with pytest.raises(UnsafePathError):
            read(header + f"file\n{path}\n1\n*x".encode(), "plt")


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (member("l", tarfile.SYMTYPE, "/etc/passwd"), "absolute path"),
        (member("l", tarfile.SYMTYPE, "../x"), "leads out"),
        (member("d/l", tarfile.SYMTYPE, "x/../../.."), "down and up"),
        (member("p", tarfile.FIFOTYPE), "a pipe"),
        (member("c", tarfile.CHRTYPE), "a device"),
        (member("b", tarfile.BLKTYPE), "a device"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unsafe_kinds_in_tar(info: tarfile.TarInfo, reason: str) -> None:
    with pytest.raises(UnsafePathError) as caught:
        read(tar_with(info), "tar")
    assert reason in caught.value.paths[0][1]


def test_nothing_is_read_through_a_link() -> None:
    with pytest.raises(UnsafePathError):
        read(tar_with(member("l", tarfile.SYMTYPE, "d"), member("l/x")), "tar")


def test_chains_of_links_cannot_climb() -> None:
    # l1 is at the top, so "l1/.." is above what it lies in.
    assert link_objection("p/q/l1", "../../a") is None
    assert link_objection("p/q/l2", "l1/../..") is not None


def test_hard_links_are_passed_over_as_racket_does() -> None:
    with entry_reader(io.BytesIO(tar_with(member("a"), member("b", tarfile.LNKTYPE, "a"))), "tar") as reader:
        assert [entry.path for entry in reader] == ["a"]
        assert [path for path, _ in reader.ignored] == ["b"]


def test_limits() -> None:
    bomb = [file("a", b"\0" * 200_000)]
    for format in ARCHIVES:
        data = write(bomb, format)
        for limits in (Limits(file_bytes=1000), Limits(total_bytes=1000), Limits(ratio=2, ratio_from=1000)):
            if format == "tar" and limits.ratio == 2:
                continue
            with pytest.raises(LimitError):
                read(data, format, limits)
        with pytest.raises(LimitError):
            read(write([file(str(i)) for i in range(5)], format), format, Limits(entries=4))


def test_huge_extended_headers() -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("x" * 2_000_000))
    with pytest.raises(LimitError, match="extended"):
        read(sink.getvalue(), "tar")


# Damage


def whole(format: Format) -> bytes:
    return write([directory("d"), file("d/a", b"some data, some data"), file("e", bytes(range(200)))], format)


@pytest.mark.parametrize("format", ARCHIVES)
def test_cut_off_anywhere(format: Format) -> None:
    data = whole(format)
    # Of the zeros at the end of a tar archive one block is enough, as for Racket.
    last = len(data) - (tarfile.RECORDSIZE if format == "tar" else 0)
    for length in range(0, min(len(data) - 1, last + tarfile.BLOCKSIZE), 1 if format != "tar" else 97):
        with pytest.raises(PltError):
            read(data[:length], format)


@pytest.mark.parametrize("format", ARCHIVES)
def test_flipped_bits_never_crash(format: Format) -> None:
    data = whole(format)
    original = read(data, format)
    for position in range(0, len(data), 1 if format != "tar" else 13):
        for bit in (0, 3, 7):
            flipped = bytearray(data)
            flipped[position] ^= 1 << bit
            try:
                got = read(bytes(flipped), format)
            except PltError:
                continue
            if format in ("tgz", "plt"):
                assert got == original, (position, bit)


def test_gzip_data_behind_the_end() -> None:
    with pytest.raises(FormatError):
        read(whole("tgz") * 2, "tgz")


def zip_parts(data: bytes) -> Iterator[int]:
    """Offsets of the local headers."""
    position = data.find(b"PK\3\4")
    while position >= 0:
        yield position
        position = data.find(b"PK\3\4", position + 1)


def test_zip_headers_that_disagree() -> None:
    data = bytearray(whole("zip"))
    start = list(zip_parts(bytes(data)))[-1]
    for change in (lambda d: d.__setitem__(start + 30, ord("f")), lambda d: struct.pack_into("<H", d, start + 8, 0)):
        altered = bytearray(data)
        change(altered)
        with pytest.raises(FormatError, match="disagree"):
            read(bytes(altered), "zip")


def test_zip_entries_that_share_data() -> None:
    data = bytearray(whole("zip"))
    first = list(zip_parts(bytes(data)))[1]
    end = data.find(b"PK\5\6")
    directory = struct.unpack_from("<I", data, end + 16)[0]
    last = data.rfind(b"PK\1\2", directory, end)
    # Point the last entry of the directory at the data of another one.
    struct.pack_into("<I", data, last + 42, first)
    with pytest.raises(FormatError, match=r"disagree|overlap"):
        read(bytes(data), "zip")


def test_encrypted_zip() -> None:
    data = bytearray(whole("zip"))
    struct.pack_into("<H", data, list(zip_parts(bytes(data)))[-1] + 6, 1)
    with pytest.raises(FormatError, match="encrypted"):
        read(bytes(data), "zip")


def test_names_without_the_utf8_flag() -> None:
    """Racket writes UTF-8 and does not say so."""
    data = whole("zip").replace(b"d/a", "é".encode() + b"a")
    names = [path for path, *_ in read(data, "zip")]
    assert "éa" in names
