"""Archives by the habits of ``zipfile`` and ``tarfile``."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pltpack.archive import create_archive
from pltpack.codec.entries import SAME
from pltpack.codec.header import Header
from pltpack.codec.limits import Limits
from pltpack.errors import EntryExistsError, FormatError, LimitError, MemberError, UnsafePathError
from pltpack.pltfile import PltFile
from pltpack.pltinfo import PltInfo
from pltpack.pltpass import is_pltfile
from tests.trees import archive, file, files_in, folder

FILES = {"a/x": b"x" * 10, "a/y": b"y" * 100_000, "b/z": b"", "top": b"top"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "x.plt"
    with create_archive(place, Header("kit", collections=(("a",),))) as output:
        output.add_directory(("a",))
        for name, data in FILES.items():
            output.add_file(tuple(name.split("/")), data, len(data), replace=name == "top")
    return place


def test_names_and_members(path: Path) -> None:
    with PltFile(path) as plt:
        assert plt.header.name == "kit"
        assert plt.namelist() == ["a/", "a/x", "a/y", "b/z", "top"]
        assert plt.getnames() == ["a", *FILES]
        assert [member.size for member in plt.infolist()] == [0, 10, 100_000, 0, 3]
        assert plt.infolist() == plt.getmembers() == list(plt)
        assert len(plt) == 5
        assert "a/x" in plt
        assert "a/" in plt
        assert "a/q" not in plt
        assert 3 not in plt
        top = plt.getinfo("top")
        assert top.replace
        assert top.is_file()
        assert top.isfile()
        assert plt.getmember("a/").isdir()


@pytest.mark.parametrize("as_stream", [False, True])
def test_data_in_any_order(path: Path, as_stream: bool) -> None:
    source = io.BytesIO(path.read_bytes()) if as_stream else path
    with PltFile(source) as plt:
        for name in [*FILES, *reversed(FILES), "a/y", "a/y"]:
            assert plt.read(name) == FILES[name]
        assert plt.read(plt.getmember("a/x")) == FILES["a/x"]


def test_several_members_at_once(path: Path) -> None:
    with PltFile(io.BytesIO(path.read_bytes())) as plt:
        streams = {name: plt.open(name) for name in FILES}
        pieces = {name: stream.read(5) for name, stream in streams.items()}
        assert all(pieces[name] + streams[name].read() == data for name, data in FILES.items())
        for stream in streams.values():
            stream.close()


def test_members_in_order_cost_one_pass(path: Path) -> None:
    class Counting(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    source = Counting(path.read_bytes())
    size = len(source.getvalue())
    with PltFile(source) as plt:
        names = [member.name for member in plt if member.is_file()]
        assert source.count == size
        for name in names:
            plt.read(name)
        assert source.count <= 2 * size


def test_a_stream_is_read_from_where_it_stands(path: Path) -> None:
    source = io.BytesIO(b"before" + path.read_bytes())
    source.seek(6)
    with PltFile(source) as plt:
        assert plt.read("top") == b"top"
    assert not source.closed


def test_text_can_be_read_line_by_line(path: Path) -> None:
    with PltFile(path) as plt, io.TextIOWrapper(plt.open("top"), "utf-8") as text:
        assert list(text) == ["top"]


@pytest.mark.parametrize(
    ("name", "hint"), [("x", "did you mean a/x"), ("a/xx", "did you mean a/x"), ("nothing at all", None)]
)
def test_a_missing_member_is_a_key_error_with_a_suggestion(path: Path, name: str, hint: str | None) -> None:
    with PltFile(path) as plt, pytest.raises(KeyError) as caught:
        plt.read(name)
    assert isinstance(caught.value, MemberError)
    assert (caught.value.hint or "").startswith(hint or "")
    assert bool(caught.value.hint) == bool(hint)
    assert str(path) in str(caught.value)


def test_directories_cannot_be_opened(path: Path) -> None:
    with PltFile(path) as plt, pytest.raises(IsADirectoryError):
        plt.open("a")


def test_a_closed_archive_gives_nothing_more(path: Path) -> None:
    plt = PltFile(path)
    plt.close()
    with pytest.raises(ValueError, match="closed"):
        plt.read("top")


def test_symbols_in_paths_need_not_be_typed(tmp_path: Path) -> None:
    place = tmp_path / "x.plt"
    with create_archive(place, Header("kit")) as output:
        output.add_directory((SAME,))
        output.add_file((SAME, "x"), b"1", 1)
        output.add_directory(())
    with PltFile(place) as plt:
        assert plt.getnames() == [".", "./x", "."]
        assert plt.read("x") == plt.read("./x") == b"1"
        plt.extractall(tmp_path / "out", ["./x"])
    assert files_in(tmp_path / "out") == {"x": b"1"}


def test_extractall_unpacks_everything(path: Path, tmp_path: Path) -> None:
    with PltFile(path) as plt:
        plt.extractall(tmp_path / "out")
        assert files_in(tmp_path / "out") == FILES
        with pytest.raises(EntryExistsError):
            plt.extractall(tmp_path / "out")
        plt.extractall(tmp_path / "out", force=True)


def test_extract_unpacks_one_member(path: Path, tmp_path: Path) -> None:
    with PltFile(path) as plt:
        assert plt.extract("a/x", tmp_path / "one") == tmp_path / "one" / "a" / "x"
        assert plt.extract(plt.getmember("a"), tmp_path / "two") == tmp_path / "two" / "a"
    assert files_in(tmp_path / "one") == {"a/x": FILES["a/x"]}
    assert files_in(tmp_path / "two") == {name: FILES[name] for name in ("a/x", "a/y")}


def test_members_can_be_chosen_by_a_function(path: Path, tmp_path: Path) -> None:
    with PltFile(path) as plt:
        plt.extractall(tmp_path / "out", lambda name: name.endswith("y"))
    assert set(files_in(tmp_path / "out")) == {"a/y"}


def test_extractall_is_the_safe_one(tmp_path: Path) -> None:
    source = io.BytesIO(archive(folder("ok"), file("..", "evil"), file("ok", "good")))
    with PltFile(source) as plt, pytest.raises(UnsafePathError):
        plt.extractall(tmp_path / "out")
    assert not (tmp_path / "evil").exists()
    assert files_in(tmp_path) == {}


UNSAFE = {
    "upwards": ("..", "evil"),
    "upwards inside": ("a", "..", "..", "evil"),
    "the symbol": (b"up", "evil"),
    "absolute": ("/evil",),
    "absolute inside": ("a", "/evil"),
    "separators": ("a/../../evil",),
    "empty": ("", "evil"),
    "too long": ("x" * 256,),
}


@pytest.mark.parametrize("path", UNSAFE.values(), ids=UNSAFE.keys())
@pytest.mark.parametrize("entry", [file, folder])
def test_unsafe_names_are_refused(path: tuple[str | bytes, ...], entry: Callable[..., bytes]) -> None:
    """Whoever joins a name to a directory stays in it."""
    data = archive(file("good"), entry(*path))
    asks: list[Callable[[PltFile], object]] = [
        PltFile.namelist, PltFile.getnames, PltFile.infolist, list, len, lambda plt: plt.getinfo("good"),
        lambda plt: plt.read("good"), lambda plt: "good" in plt,
    ]  # fmt: skip
    for ask in asks:
        with PltFile(io.BytesIO(data)) as plt, pytest.raises(UnsafePathError) as caught:
            ask(plt)
        assert len(caught.value.paths) == 1


def test_unsafe_names_can_be_made_safe_or_shown(tmp_path: Path) -> None:
    data = archive(file("..", "a"), file("/b", data=b"b"), file("c", "..", "..", "d"), folder(b"up"))
    with PltFile(io.BytesIO(data), unsafe="sanitize") as plt:
        assert plt.namelist() == ["a", "b", "c/d", "./"]
        assert plt.read("b") == b"b"
        for member in plt:
            assert (tmp_path / member.name).resolve().is_relative_to(tmp_path)
    with PltFile(io.BytesIO(data), unsafe="show") as plt:
        assert plt.namelist() == ["../a", "/b", "c/../../d", "../"]


def test_every_unsafe_name_is_counted_and_some_are_told() -> None:
    with PltFile(io.BytesIO(archive(*(file("..", str(n)) for n in range(250))))) as plt:
        with pytest.raises(UnsafePathError, match="250 paths lead elsewhere") as caught:
            plt.namelist()
        assert len(caught.value.paths) == 100


def test_of_two_members_of_one_name_the_later_counts() -> None:
    with PltFile(io.BytesIO(archive(file("x", data=b"1"), file("x", data=b"2")))) as plt:
        assert plt.read("x") == b"2"
        assert [plt.read(member) for member in plt] == [b"1", b"2"]


def test_damage_is_told_before_any_data_is_given(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-60])
    with PltFile(path) as plt:
        assert plt.header.name == "kit"
        with pytest.raises(FormatError):
            plt.namelist()
        with pytest.raises(FormatError):
            plt.read("a/x")


def test_an_archive_that_changes_under_our_hands(path: Path) -> None:
    with PltFile(path) as plt:
        member = plt.getmember("top")
        plt.read("top")
        with create_archive(path, Header("other")) as output:
            output.add_file(("top",), b"changed", 7)
        with pytest.raises(FormatError, match="not what it was"):
            plt.read(member)


def test_limits_hold() -> None:
    source = io.BytesIO(archive(file("x", data=b"123456")))
    with PltFile(source, limits=Limits(file_bytes=5)) as plt, pytest.raises(LimitError):
        plt.getnames()


def test_a_stream_must_be_able_to_seek() -> None:
    class Pipe(io.RawIOBase):
        def readable(self) -> bool:
            return True

    with pytest.raises(ValueError, match="open_archive takes any"):
        PltFile(Pipe())  # type: ignore[arg-type]


def test_recognising_archives(path: Path, tmp_path: Path) -> None:
    (tmp_path / "no").write_bytes(b"PK\3\4")
    assert is_pltfile(path)
    assert not is_pltfile(tmp_path / "no")
    source = io.BytesIO(b"before" + path.read_bytes())
    source.seek(6)
    assert is_pltfile(source)
    assert source.tell() == 6


@settings(max_examples=40)
@given(
    files=st.dictionaries(st.text("abc/", min_size=1, max_size=4), st.binary(max_size=100_000), max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_any_order_gives_the_same_data(files: dict[str, bytes], order: object) -> None:
    sink = io.BytesIO()
    with create_archive(sink, Header("x")) as output:
        for number, data in enumerate(files.values()):
            output.add_file(("f", str(number)), data, len(data))
    sink.seek(0)
    expected = {f"f/{number}": data for number, data in enumerate(files.values())}
    names = [*expected, *expected]
    order.shuffle(names)  # type: ignore[attr-defined]
    with PltFile(sink) as plt:
        assert {name: plt.read(name) for name in names} == expected


def test_members_are_values() -> None:
    assert PltInfo("x", ("x",), 3) == PltInfo("x", ("x",), 3)


class Meeting(io.BytesIO):
    """A stream in which two threads meet between moving and reading, if they can: then one reads for the other."""

    armed = 0
    """How many more times one of them waits for another."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._together = threading.Barrier(2)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        place = super().seek(offset, whence)
        if self.armed > 0:
            self.armed -= 1
            with contextlib.suppress(threading.BrokenBarrierError):
                self._together.wait(0.1)  # nobody comes where only one may move it
            self._together.reset()
        return place


NUMBERED = {f"t/{number}": bytes([number]) * (20_000 + number) for number in range(24)}


class TestThreads:
    """One archive, made from a stream, that many threads read."""

    @pytest.fixture
    def stream(self) -> Meeting:
        return Meeting(b"before" + archive(*(file(*name.split("/"), data=data) for name, data in NUMBERED.items())))

    def test_each_gets_its_own_data(self, stream: Meeting) -> None:
        stream.seek(len(b"before"))
        with PltFile(stream) as plt, ThreadPoolExecutor(8) as threads:
            stream.armed = 3
            names = [f"t/{(seed * 7 + step * 11) % 24}" for seed in range(8) for step in range(20)]
            for name, data in zip(names, threads.map(plt.read, names), strict=True):
                assert data == NUMBERED[name], name

    def test_the_members_are_learnt_once(self, stream: Meeting) -> None:
        stream.seek(len(b"before"))
        together = threading.Barrier(8)

        def members() -> list[PltInfo]:
            together.wait()
            return plt.infolist()

        with PltFile(stream) as plt, ThreadPoolExecutor(8) as threads:
            stream.armed = 3
            first, *others = (future.result() for future in [threads.submit(members) for _ in range(8)])
            assert [member.name for member in first] == [*NUMBERED]
            assert all(mine is other for each in others for mine, other in zip(first, each, strict=True))

    def test_one_closes_it(self, stream: Meeting) -> None:
        """The others can read on what they have opened, and open nothing more."""
        stream.seek(len(b"before"))
        plt = PltFile(stream)
        opened = [plt.open(name) for name in NUMBERED]
        with ThreadPoolExecutor(8) as threads:
            threads.submit(plt.close).result()
            for name, data in zip(NUMBERED, threads.map(lambda each: each.read(), opened), strict=True):
                assert data == NUMBERED[name]
        with pytest.raises(ValueError, match="closed"):
            plt.open("t/0")
