"""Archives as a filesystem of fsspec."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

fsspec = pytest.importorskip("fsspec")

from pltpack.codec.limits import Limits  # noqa: E402
from pltpack.errors import LimitError, UnsafePathError  # noqa: E402
from pltpack.fs import PltFileSystem  # noqa: E402
from tests.trees import archive, file, folder  # noqa: E402


@pytest.fixture(autouse=True)
def registered() -> None:
    # What the entry point does in an installed copy, whatever copy this is.
    fsspec.register_implementation("plt", PltFileSystem, clobber=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "x.plt"
    place.write_bytes(
        archive(folder("kit"), file("kit", "main.rkt", data=b"main"), file(b"same", "a", "b", data=b"deep"))
    )
    return place


def test_a_url_opens_a_member(path: Path) -> None:
    with fsspec.open(f"plt://kit/main.rkt::file://{path}") as stream:
        assert stream.read() == b"main"
    with fsspec.open(f"plt://kit/main.rkt::{path}", "rt") as text:
        assert text.read() == "main"


def test_it_is_a_filesystem(path: Path) -> None:
    fs = fsspec.filesystem("plt", fo=str(path))
    assert sorted(fs.find("")) == ["a/b", "kit/main.rkt"]
    assert sorted(fs.ls("", detail=False)) == ["a", "kit"]
    assert fs.isdir("kit")
    assert fs.isdir("a")
    assert fs.isfile("a/b")
    assert fs.size("kit/main.rkt") == 4
    assert fs.glob("**/*.rkt") == ["kit/main.rkt"]
    assert fs.cat("a/b") == b"deep"
    assert fs.cat(["a/b", "kit/main.rkt"]) == {"a/b": b"deep", "kit/main.rkt": b"main"}
    assert fs.exists("kit/main.rkt")
    assert not fs.exists("kit/none")
    assert [sorted(names) for _, _, names in fs.walk("")] == [[], ["b"], ["main.rkt"]]
    with fs.open("kit/main.rkt") as stream:
        stream.read(2)
        assert stream.read() == b"in"
    fs.close()


def test_an_archive_in_another_filesystem(path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/archives/x.plt", path.read_bytes())
    assert fsspec.open("plt://a/b::memory://archives/x.plt").open().read() == b"deep"


def test_a_stream_will_do(path: Path) -> None:
    assert PltFileSystem(io.BytesIO(path.read_bytes())).cat("a/b") == b"deep"


def test_members_can_be_fetched(path: Path, tmp_path: Path) -> None:
    fsspec.filesystem("plt", fo=str(path)).get("kit/", str(tmp_path / "out"), recursive=True)
    assert (tmp_path / "out" / "main.rkt").read_bytes() == b"main"


def test_it_can_only_be_read(path: Path) -> None:
    with pytest.raises(ValueError, match="only be read"):
        PltFileSystem(str(path), mode="w")
    fs = PltFileSystem(str(path))
    with pytest.raises(OSError, match="only be read"):
        fs.open("new", "wb")


def test_what_is_missing_is_a_file_not_found(path: Path) -> None:
    fs = PltFileSystem(str(path))
    with pytest.raises(FileNotFoundError):
        fs.open("none")
    with pytest.raises(IsADirectoryError):
        fs.open("kit")


def test_limits_hold(path: Path) -> None:
    with pytest.raises(LimitError):
        PltFileSystem(str(path), limits=Limits(file_bytes=3)).ls("")


EVIL = [("..", "evil"), ("a", "..", "..", "evil"), ("/evil",), (b"up", "evil"), ("a/../../evil",)]


@pytest.mark.parametrize("names", EVIL, ids=str)
def test_nothing_is_fetched_out_of_the_target(tmp_path: Path, names: tuple[str | bytes, ...]) -> None:
    """Whatever fsspec makes of the paths that it is told: unsafe ones are not told."""
    place = tmp_path / "x.plt"
    place.write_bytes(archive(file("good"), file(*names, data=b"evil")))
    fs = PltFileSystem(str(place))
    asks: list[Callable[[], object]] = [
        lambda: fs.get("", str(tmp_path / "sub/out"), recursive=True),
        lambda: fs.find(""),
        lambda: fs.ls("good"),
        lambda: fs.cat("good"),
    ]
    for ask in asks:
        with pytest.raises(UnsafePathError):
            ask()
    assert not list(tmp_path.rglob("*evil*"))
    safe = PltFileSystem(str(place), unsafe="sanitize")
    safe.get(safe.find(""), [str(tmp_path / "sub/out" / path) for path in safe.find("")])
    assert all(found.is_relative_to(tmp_path / "sub/out") for found in tmp_path.rglob("*evil*"))
    with pytest.raises(ValueError, match="made safe"):
        PltFileSystem(str(place), unsafe="show")  # type: ignore[arg-type]  # that is what is tested


def test_parts_of_files(path: Path) -> None:
    """As in fsspec's own file system of zip files."""
    fs = fsspec.filesystem("plt", fo=str(path))
    for start, end in ((None, None), (1, 3), (2, None), (-2, None), (0, -1), (-3, -1), (9, 12)):
        assert fs.cat_file("kit/main.rkt", start=start, end=end) == b"main"[start:end]
    assert fs.cat_ranges(["kit/main.rkt", "a/b"], [1, 0], [2, 2]) == [b"a", b"de"]
    assert fs.head("a/b", 2) == b"de"
    assert fs.tail("a/b", 2) == b"ep"
    with fs.open("kit/main.rkt") as stream:
        assert (stream.tell(), stream.seek(2), stream.read(), stream.tell()) == (0, 2, b"in", 4)
        assert (stream.seek(-4, 2), stream.read(1)) == (0, b"m")
