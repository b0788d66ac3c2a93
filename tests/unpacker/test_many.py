"""Many archives at once: in this process, in others, and on a cluster of dask."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from pltpack.archive import open_archive
from pltpack.errors import EntryExistsError, FormatError
from pltpack.unpacker.many import Attempt, extract_many, own_directory
from tests.trees import archive, file, files_in

NAMES = [f"a{number}.plt" for number in range(6)]


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    """Six archives with a file of their own and one that all have."""
    paths = [tmp_path / name for name in NAMES]
    for path in paths:
        path.write_bytes(archive(file(path.stem, data=path.name.encode()), file("same", data=b"same")))
    return paths


@pytest.fixture(scope="module", params=["here", "threads", "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    match request.param:
        case "threads":
            with ThreadPoolExecutor(3) as pool:
                yield pool
        case "processes":
            with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
                yield processes
        case _:
            yield None


def contents(attempts: list[Attempt]) -> list[dict[str, bytes]]:
    return [files_in(attempt.dest) for attempt in attempts]


def check_own_directories(archives: list[Path], dest: Path, executor: Executor | None) -> None:
    attempts = list(extract_many(archives, own_directory(dest), executor=executor))
    assert [attempt.archive for attempt in attempts] == list(map(str, archives))
    assert [attempt.dest for attempt in attempts] == [dest / path.stem for path in archives]
    assert contents(attempts) == [{path.stem: path.name.encode(), "same": b"same"} for path in archives]
    for attempt, path in zip(attempts, archives, strict=True):
        assert attempt.extraction is not None
        assert [placed.path for placed in attempt.extraction.entries] == [path.stem, "same"]
        with open_archive(path) as opened:
            assert attempt.extraction.preamble == opened.preamble


def test_each_in_its_own_directory(archives: list[Path], tmp_path: Path, executor: Executor | None) -> None:
    check_own_directories(archives, tmp_path / "own", executor)


def test_the_same_directory_is_filled_in_order(archives: list[Path], tmp_path: Path, executor: Executor | None) -> None:
    attempts = list(extract_many(archives, tmp_path / "all", executor=executor))
    assert [type(attempt.error) for attempt in attempts] == [type(None), *[EntryExistsError] * 5]
    assert files_in(tmp_path / "all") == {"a0": b"a0.plt", "same": b"same"}
    attempts = list(extract_many(archives, tmp_path / "all", executor=executor, force=True))
    assert all(attempt.error is None for attempt in attempts)
    assert len(files_in(tmp_path / "all")) == 7


def test_what_fails_does_not_stop_the_others(archives: list[Path], tmp_path: Path, executor: Executor | None) -> None:
    archives[1].write_bytes(archives[1].read_bytes()[:-20])
    archives[3].unlink()
    attempts = list(extract_many(archives, own_directory(tmp_path / "own"), executor=executor))
    errors = [attempt.error for attempt in attempts]
    assert isinstance(errors[1], FormatError)
    assert errors[1].file == str(archives[1])
    assert isinstance(errors[3], FileNotFoundError)
    assert [error is None for error in errors] == [True, False, True, False, True, True]
    assert not files_in(tmp_path / "own" / "a1")


def test_on_a_cluster_of_dask(archives: list[Path], tmp_path: Path) -> None:
    distributed = importlib.import_module("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        check_own_directories(archives, tmp_path / "own", client.get_executor())
