"""``progress=`` of the library: called with bytes that grow to the total, and never beyond it."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from pltpack.archive import open_archive
from pltpack.conversion.compare import compare
from pltpack.conversion.convert import convert
from pltpack.errors import FormatError
from pltpack.packer.pack import PackOptions, pack_plt
from pltpack.unpacker.install import install
from pltpack.unpacker.unpack import extract
from tests.unpacker.installations import installation


class Told:
    """What was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int | None]] = []

    def __call__(self, done: int, total: int | None) -> None:
        self.calls.append((done, total))

    def grew_to(self, total: int, *, known: bool = True) -> bool:
        done = [call[0] for call in self.calls]
        rising = all(before <= after for before, after in itertools.pairwise(done))
        return rising and done[-1] == total and {call[1] for call in self.calls} == {total if known else None}


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    folder = tmp_path / "kit"
    folder.mkdir()
    (folder / "large.bin").write_bytes(bytes(range(256)) * 12_000)
    (folder / "small.rkt").write_text("#lang racket")
    (folder / "info.rkt").write_text("#lang info\n")
    return folder


@pytest.fixture
def plt(kit: Path) -> Path:
    pack_plt(kit.parent / "kit.plt", "kit", ["kit"], options=PackOptions(directory=str(kit.parent)))
    return kit.parent / "kit.plt"


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_packing(kit: Path) -> None:
    told, reported = Told(), list[str]()
    options = PackOptions(directory=str(kit.parent), report=reported.append)
    plain, watched = io.BytesIO(), io.BytesIO()
    pack_plt(plain, "kit", ["kit"], options=options)
    lines = list(reported)
    pack_plt(watched, "kit", ["kit"], options=options, progress=told)
    assert told.grew_to(size_of(kit))
    assert len(told.calls) > 4, "the large file is told in pieces"
    assert watched.getvalue() == plain.getvalue()
    assert reported == lines * 2, "the look at the files before says nothing"


def test_packing_nothing(tmp_path: Path) -> None:
    told = Told()
    (tmp_path / "empty").mkdir()
    pack_plt(io.BytesIO(), "empty", ["empty"], options=PackOptions(directory=str(tmp_path)), progress=told)
    assert told.calls == [(0, 0)]


def extracting(plt: Path | io.BytesIO, dest: Path, told: Told) -> None:
    extract(plt, dest, progress=told)


def installing(plt: Path | io.BytesIO, dest: Path, told: Told) -> None:
    install(plt, installation=installation(dest), directory=dest, check=False, progress=told)


@pytest.mark.parametrize("act", [extracting, installing])
@pytest.mark.parametrize("stream", [False, True])
def test_placing(act: Callable[[Path | io.BytesIO, Path, Told], None], stream: bool, plt: Path, tmp_path: Path) -> None:
    told = Told()
    (tmp_path / "out").mkdir()
    act(io.BytesIO(plt.read_bytes()) if stream else plt, tmp_path / "out", told)
    assert told.grew_to(plt.stat().st_size)


def test_errors_name_the_file_all_the_same(plt: Path, tmp_path: Path) -> None:
    plt.write_bytes(plt.read_bytes()[:5000])
    with pytest.raises(FormatError) as caught:
        extract(plt, tmp_path / "out", progress=Told())
    assert str(plt) in str(caught.value)


def test_an_open_archive_is_watched_by_whoever_opened_it(plt: Path, tmp_path: Path) -> None:
    told = Told()
    with open_archive(plt) as archive:
        extract(archive, tmp_path / "out", progress=told)
    assert told.calls == []


@pytest.mark.parametrize("suffix", ["plt", "zip", "tgz", "tar"])
def test_comparing_archives(plt: Path, kit: Path, tmp_path: Path, suffix: str) -> None:
    told = Told()
    other = tmp_path / f"other.{suffix}"
    convert(kit, other)
    compare(plt, other, progress=told)
    done = [call[0] for call in told.calls]
    total = plt.stat().st_size + other.stat().st_size
    assert done == sorted(done)
    assert {call[1] for call in told.calls} == {total}
    # What stands behind the last entry of a zip file, its directory, is not read again.
    assert plt.stat().st_size < done[-1] <= total


def test_comparing_with_a_directory(plt: Path, kit: Path) -> None:
    told = Told()
    compare(plt, kit, view="stored", progress=told)
    assert told.grew_to(plt.stat().st_size + size_of(kit), known=False)
