"""Archives written, changed and sought in by the habits of ``zipfile``, which is the model."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.archive import create_archive, open_archive
from pltpack.codec.header import Header
from pltpack.errors import EntryExistsError, MemberError, UnsafePathError
from pltpack.pltfile import PltFile
from pltpack.pltinfo import PltInfo
from pltpack.pltstream import IN_MEMORY
from tests.streams import content

NAMES = ["a", "b/x", "b/y", "c/d/e"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with create_archive(tmp_path / "x.plt", Header("kit", collections=(("a",),))) as output:
        output.add_directory(("b",))
        output.add_file(("b", "x"), b"old", replace=True)
        output.add_file(("large",), b"0123456789" * (IN_MEMORY // 5))
    return tmp_path / "x.plt"


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=30)), max_size=5, unique_by=lambda pair: pair[0]))
def test_a_new_archive_is_what_zipfile_makes_of_it(files: list[tuple[str, bytes]]) -> None:
    ours, theirs = io.BytesIO(), io.BytesIO()
    with PltFile(ours, "w", header=Header("x")) as plt, zipfile.ZipFile(theirs, "w") as archive:
        for name, data in files:
            plt.writestr(name, data)
            archive.writestr(name, data)
    ours.seek(0)
    with PltFile(ours) as plt, zipfile.ZipFile(theirs) as archive:
        found = [info for info in plt.infolist() if not info.is_dir()]
        expected = archive.infolist()
        assert [(info.filename, info.file_size) for info in found] == [
            (info.filename, info.file_size) for info in expected
        ]
        assert [plt.read(name) for name, _ in files] == [archive.read(name) for name, _ in files]
        assert plt.testzip() is archive.testzip() is None


def test_files_and_directories_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("src").mkdir()
    Path("src/f.rkt").write_text("f")
    with PltFile("new.plt", "w") as plt:
        plt.write("src")
        plt.write("src/f.rkt")
        plt.write(tmp_path / "src" / "f.rkt", "collects/g.rkt", replace=True)
        plt.mkdir("empty/")
        plt.writestr("text", "λ")
        assert not Path("new.plt").exists()
    assert content(Path("new.plt").read_bytes()) == [
        (("src",), None, False),
        (("src", "f.rkt"), b"f", False),
        (("collects",), None, False),
        (("collects", "g.rkt"), b"f", True),
        (("empty",), None, False),
        (("text",), "λ".encode(), False),
    ]
    with open_archive("new.plt") as archive:
        assert archive.header == Header("new")


def fail_after_writing(plt: PltFile) -> None:
    plt.writestr("new", b"new")
    raise MemberError("something else")


def test_an_error_leaves_nothing(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    for mode, place in (("w", tmp_path / "new.plt"), ("w", path), ("a", path), ("x", tmp_path / "other.plt")):
        with pytest.raises(MemberError), PltFile(place, mode) as plt:  # type: ignore[arg-type]
            fail_after_writing(plt)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x.plt"]


def test_exclusive(path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        PltFile(path, "x")
    with PltFile(tmp_path / "y.plt", "x") as plt:
        plt.writestr("a", b"")
    assert (tmp_path / "y.plt").exists()
    with pytest.raises(FileExistsError), PltFile(tmp_path / "z.plt", "x") as plt:
        (tmp_path / "z.plt").write_text("somebody else's")
    assert (tmp_path / "z.plt").read_text() == "somebody else's"


def test_changes(path: Path, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"z" * (IN_MEMORY + 5))
    with PltFile(path, "a") as plt:
        plt.writestr("b/x", "changed")
        plt.write(tmp_path / "big", "big")
        (tmp_path / "big").unlink()
        plt.writestr("n/new", b"new")
        plt.mkdir("b")
        plt.rename("large", "moved")
        # It is seen as it will be, and the file is as it was.
        assert plt.namelist() == ["b/", "b/x", "moved", "big", "n/new"]
        assert [plt.read(name)[:7] for name in ("b/x", "moved", "big", "n/new")] == [
            b"changed",
            b"0123456",
            b"zzzzzzz",
            b"new",
        ]
        assert "large" not in plt
        assert plt.getinfo("big").file_size == IN_MEMORY + 5
        plt.remove("b/x")
        assert "b/x" not in plt
        with PltFile(path) as other:
            assert other.read("b/x") == b"old"
    with PltFile(path) as plt:
        assert plt.namelist() == ["b/", "moved", "big", "n/", "n/new"]
        assert plt.header == Header("kit", collections=(("a",),))
        assert plt.read("big") == b"z" * (IN_MEMORY + 5)


def test_nothing_changed_is_nothing_written(path: Path) -> None:
    status = path.stat()
    with PltFile(path, "a"):
        pass
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert path.stat().st_ino == status.st_ino


def test_appending_to_nothing_is_a_new_archive(tmp_path: Path) -> None:
    with PltFile(tmp_path / "n.plt", "a", header=Header("of its own")) as plt:
        plt.writestr(PltInfo("a", ("a",), replace=True), b"1")
    assert content((tmp_path / "n.plt").read_bytes()) == [(("a",), b"1", True)]
    with open_archive(tmp_path / "n.plt") as archive:
        assert archive.header.name == "of its own"


@pytest.mark.parametrize("mode", ["w", "a"])
def test_what_may_not_come_into_an_archive(path: Path, mode: str) -> None:
    with PltFile(path, mode) as plt:  # type: ignore[arg-type]
        for name in ("../x", "/x", "", "a\0"):
            with pytest.raises(UnsafePathError):
                plt.writestr(name, b"")
        plt.writestr("twice", b"1")


def test_two_things_at_one_place(tmp_path: Path, path: Path) -> None:
    with PltFile(tmp_path / "new.plt", "w") as plt:
        plt.writestr("a", b"")
        plt.writestr("b/c", b"")
        for name in ("a", "a/b", "b"):
            with pytest.raises(EntryExistsError):
                plt.writestr(name, b"")
        with pytest.raises(EntryExistsError):
            plt.mkdir("a")
        plt.mkdir("b")
    before = path.read_bytes()
    plt = PltFile(path, "a")
    plt.writestr("b/x/y", b"")
    with pytest.raises(EntryExistsError):
        plt.namelist()
    with pytest.raises(EntryExistsError):
        plt.close()
    assert path.read_bytes() == before


def test_what_a_mode_does_not_do(path: Path, tmp_path: Path) -> None:
    with PltFile(path) as plt:
        with pytest.raises(io.UnsupportedOperation):
            plt.writestr("x", b"")
        with pytest.raises(io.UnsupportedOperation):
            plt.mkdir("x")
        with pytest.raises(io.UnsupportedOperation):
            plt.remove("b")
    with PltFile(tmp_path / "new.plt", "w") as plt:
        with pytest.raises(io.UnsupportedOperation):
            plt.namelist()
        with pytest.raises(io.UnsupportedOperation):
            plt.remove(PltInfo("x", ("x",)))
    with pytest.raises(ValueError, match="closed"):
        plt.writestr("x", b"")
    with PltFile(path, "a") as plt, pytest.raises(MemberError):
        plt.remove("nothing")
    for source, mode in ((io.BytesIO(), "a"), (path, "q")):
        with pytest.raises(ValueError, match=r"mode|stream"):
            PltFile(source, mode)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="header"):
        PltFile(path, "a", header=Header("x"))


def test_a_damaged_member_is_named(path: Path) -> None:
    import base64

    raw = base64.decodebytes(path.read_bytes())
    path.write_bytes(base64.encodebytes(raw[:-1000]))
    with PltFile(path) as plt:
        assert plt.testzip() == "large"


steps = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(-1, IN_MEMORY)),
        st.tuples(st.just("seek"), st.integers(0, 3 * IN_MEMORY)),
        st.tuples(st.just("back"), st.integers(0, 2 * IN_MEMORY)),
    ),
    max_size=6,
)


@settings(max_examples=30)
@given(steps, st.sampled_from([5, IN_MEMORY + 12345]))
def test_seeking_is_as_in_memory(moves: list[tuple[str, int]], size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    sink = io.BytesIO()
    with create_archive(sink, Header("x"), encode=False) as output:
        output.add_file(("before",), b"1")
        output.add_file(("it",), data[:size])
        output.add_file(("behind",), b"2")
    sink.seek(0)
    with PltFile(sink) as plt, plt.open("it") as stream:
        model = io.BytesIO(data[:size])
        for kind, number in moves:
            if kind == "read":
                assert stream.read(number) == model.read(number)
            elif kind == "seek":
                assert stream.seek(number) == model.seek(number)
            else:
                assert stream.seek(-min(number, size), 2) == model.seek(-min(number, size), 2)
            assert stream.tell() == model.tell()
        assert plt.read("behind") == b"2"


def test_reading_forwards_needs_no_temporary_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with PltFile(path) as plt, plt.open("large") as stream:
        assert stream.read(10) == b"0123456789"
        stream.seek(IN_MEMORY)
        assert len(stream.read()) == IN_MEMORY // 5 * 10 - IN_MEMORY


@pytest.mark.racket
def test_racket_reads_what_was_written(racket: str, tmp_path: Path) -> None:
    with PltFile(tmp_path / "new.plt", "w") as plt:
        plt.writestr("collects/a/b.rkt", "#lang racket/base\n")
    with PltFile(tmp_path / "new.plt", "a") as plt:
        plt.writestr("collects/c/d.rkt", "#lang racket/base\n")
    raco = Path(racket).with_name("raco")
    subprocess.run([raco, "unpack", "new.plt"], cwd=tmp_path, check=True)
    assert (tmp_path / "collects" / "a" / "b.rkt").exists()
    assert (tmp_path / "collects" / "c" / "d.rkt").exists()
