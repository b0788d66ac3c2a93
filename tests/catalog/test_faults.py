"""Servers that fail, and processes that are killed: a run completes or fails, what is there stays whole, and the next
run completes."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from pltpack.catalog.archive import ArchiveOptions, archive_catalog
from pltpack.catalog.copy import copy_catalogs
from pltpack.catalog.locations import catalog_writer, open_catalog
from pltpack.catalog.record import Record
from pltpack.errors import FetchError, PltError
from pltpack.fetch.cache import Cache
from pltpack.fetch.fetcher import Fetcher
from pltpack.fetch.transport import NetworkPolicy
from tests.catalog.scenarios import packed, sha1
from tests.servers import Route, Server, serving
from tests.transaction.calls import Fault, Kill, in_child, wrapped
from tests.trees import files_in

STEP: Final = 4096
KILLS: Final = 100 if os.environ.get("SWEEP") else 12
"""How often each kind of work is killed, at calls that are spread over all that it makes."""


def package(name: str, number: int = 0) -> bytes:
    """An archive with an ``info.rkt`` and something that does not get smaller."""
    noise = random.Random(f"{name}{number}").randbytes(6 * STEP)
    return packed(f"{name}.zip", {"info.rkt": "#lang info\n", "main.rkt": noise.hex()})


def publish(folder: Path, number: int = 0) -> None:
    """A catalog of three packages, their archives, and a URL directory."""
    records = []
    (folder / "pkgs").mkdir(parents=True, exist_ok=True)
    for name in ("a", "b", "c"):
        data = package(name, number)
        (folder / "pkgs" / f"{name}.zip").write_bytes(data)
        (folder / "pkgs" / f"{name}.zip.CHECKSUM").write_text(sha1(data))
        records.append(Record.of(name, {"checksum": sha1(data), "source": f"../pkgs/{name}.zip"}))
    catalog_writer(folder / "catalog").write(records)
    (folder / "dir").mkdir(exist_ok=True)
    (folder / "dir" / "MANIFEST").write_text("info.rkt\nmain.rkt\n")
    (folder / "dir" / ".CHECKSUM").write_text(str(number))
    (folder / "dir" / "info.rkt").write_text("#lang info\n")
    (folder / "dir" / "main.rkt").write_bytes(bytes(3 * STEP))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    publish(tmp_path / "site")
    with serving(tmp_path / "site") as running:
        yield running


class Work:
    """What is done over the network, into ``place``."""

    def __init__(self, kind: str, server: Server, place: Path) -> None:
        self.kind, self.url, self.place = kind, server.url, place

    def __call__(self, retries: int = 0, timeout: float = 20) -> None:
        policy = NetworkPolicy(retries=retries, pause=0, timeout=timeout)
        with Fetcher(cache=Cache(self.place / "cache"), policy=policy) as fetcher:
            if self.kind == "fetch":
                for source in ("pkgs/a.zip", "dir"):
                    found = fetcher.fetch(self.url + source)
                    assert found.path.exists()
                return
            with open_catalog(f"{self.url}catalog/", transport=fetcher.transport) as catalog:
                if self.kind == "copy":
                    copy_catalogs([catalog], self.place / "copy", force=True)
                else:
                    options = ArchiveOptions(relative=True, jobs=2, state=self.place / "s.sqlite")
                    archive_catalog(catalog.records(), self.place / "mirror", fetcher, options)

    def check(self, *, killed: bool = False) -> None:
        """What is there is whole: what clients find of each package, and what is in the cache.

        Of a copy that was ``killed`` each file is the old or the new one, until the next run.
        """
        if (self.place / "cache").exists():
            assert all(whole for _, whole in Cache(self.place / "cache").verify())
        catalog = self.place / "mirror" / "catalog"
        if self.kind == "mirror" and catalog.exists():
            for record in open_catalog(catalog, absolute=False).records().values():
                assert sha1((catalog / (record.source or "")).read_bytes()) == record.checksum
        if self.kind == "copy" and (self.place / "copy").exists():
            found = open_catalog(self.place / "copy")
            both = (found.records(), {name: found[name] for name in found})
            assert killed or both[0] == both[1]
            for name, record in (pair for records in both for pair in records.items()):
                assert record.checksum in {sha1(package(name, number)) for number in (0, 1)}


WORKS: Final = ("mirror", "copy", "fetch")


@pytest.fixture(params=WORKS)
def work(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Work:
    (tmp_path / "place").mkdir()
    return Work(request.param, server, tmp_path / "place")


def failing(server: Server, number: int, kind: str) -> None:
    """Have one request, the one of this number from now on, go wrong."""
    # Several threads answer at once: each request has a number of its own.
    numbers = itertools.count()

    def answer(path: str, _headers: Mapping[str, str]) -> Route | None:
        if next(numbers) != number:
            return None
        file = server.root / path.split("?", maxsplit=1)[0].lstrip("/")
        data = file.read_bytes() if file.is_file() else b"no"
        match kind:
            case "reset":
                return Route(reset=True)
            case "cut":
                return Route(200, data[: len(data) // 2], length=len(data))
            case "stall":
                return Route(200, data[: len(data) // 2], length=len(data), stall=True)
            case _:
                return Route(int(kind))

    server.answering = answer


@pytest.mark.parametrize("kind", ["503", "reset", "cut"])
def test_each_request_fails_once_and_is_repeated(kind: str, work: Work, server: Server) -> None:
    work()
    number = len(server.log)
    assert number >= {"mirror": 4, "copy": 1, "fetch": 5}[work.kind]
    wanted = files_in(work.place)
    for nth in range(number):
        shutil.rmtree(work.place)
        work.place.mkdir()
        failing(server, nth, kind)
        try:
            work(retries=2)
        except FetchError:
            # Files of a URL directory are asked for once.
            assert (kind, work.kind) == ("cut", "fetch")
            work()
        work.check()
        if work.kind != "fetch":
            for place in ("mirror/catalog", "copy"):
                found = {path: data for path, data in files_in(work.place).items() if path.startswith(place)}
                assert found == {path: data for path, data in wanted.items() if path.startswith(place)}


@pytest.mark.parametrize("kind", ["403", "503", "reset", "cut"])
def test_each_request_fails_and_the_next_run_completes(kind: str, work: Work, server: Server) -> None:
    work()
    publish(server.root, 1)
    saved = work.place.with_name("saved")
    shutil.copytree(work.place, saved)
    server.log.clear()
    work()
    number = len(server.log)
    wanted = files_in(work.place / "mirror" / "catalog") if work.kind == "mirror" else {}
    for nth in range(number):
        shutil.rmtree(work.place)
        shutil.copytree(saved, work.place)
        failing(server, nth, kind)
        with pytest.raises(PltError):
            work()
        work.check()
        work()
        work.check()
        if wanted:
            assert files_in(work.place / "mirror" / "catalog") == wanted


def test_a_download_is_cut_at_every_4_kib(server: Server, tmp_path: Path) -> None:
    """It goes on in the next run from there, and nothing that is not whole is in the cache."""
    data = (server.root / "pkgs" / "a.zip").read_bytes()
    url = f"{server.url}pkgs/a.zip"
    ends = range(0, len(data), STEP)
    assert len(ends) > 6
    for end in ends:
        cache = Cache(tmp_path / f"cache{end}")

        def cut(path: str, headers: Mapping[str, str], end: int = end) -> Route | None:
            if path != "/pkgs/a.zip" or "range" in headers:
                return None
            return Route(200, data[:end], {"ETag": f'"{hash(data):x}"'}, len(data))

        server.answering = cut
        with (
            Fetcher(cache=cache, policy=NetworkPolicy(retries=0)) as fetcher,
            pytest.raises(FetchError, match=r"cut off|no answer"),
        ):
            fetcher.fetch(url)
        assert [entry for entry in cache.entries() if entry.key[0] == "archive"] == []
        if end:
            server.log.clear()
            with Fetcher(cache=cache, policy=NetworkPolicy(retries=0)) as fetcher:
                assert fetcher.fetch(url).path.read_bytes() == data
            assert "GET /pkgs/a.zip -> 206" in server.log
        server.answering = lambda _path, _headers: None
        with Fetcher(cache=cache) as fetcher:
            assert fetcher.fetch(url).path.read_bytes() == data
        assert all(whole for _, whole in cache.verify())


def test_a_server_that_stalls_is_given_up(work: Work, server: Server) -> None:
    """In any of its answers: an error after the time that was set, all whole, and the next run completes."""
    work()
    number = len(server.log)
    for each in range(number):
        shutil.rmtree(work.place)
        work.place.mkdir()
        failing(server, each, "stall")
        with contextlib.suppress(PltError):  # what was asked for ahead may not be needed
            work(timeout=0.3)
        work.check()
        server.answering = lambda *_: None
        work()
        work.check()


@pytest.mark.parametrize("kind", ["mirror", "copy"])
def test_a_full_disk(kind: str, server: Server, tmp_path: Path) -> None:
    """From any call on: an error, each file the old or the new one, and the next run completes."""
    place = tmp_path / "place"
    place.mkdir()
    work = Work(kind, server, place)
    work()
    publish(server.root, 1)
    saved = tmp_path / "saved"
    shutil.copytree(place, saved)
    number = calls_of(work)
    failed = 0
    for nth in sorted(random.Random(kind).sample(range(1, number), min(KILLS, number - 1))):
        shutil.rmtree(place)
        shutil.copytree(saved, place)
        try:
            with wrapped(Fault(nth, errno.ENOSPC, lasting=True)):
                work()
        except (PltError, OSError):
            failed += 1
        work.check(killed=True)  # where not even a name can be changed, nothing can be put back before the next run
        work()
        work.check()
    assert failed


def calls_of(work: Callable[[], object]) -> int:
    """How many calls that change something the work makes, found out in a process of its own."""
    reading, writing = os.pipe()

    def counted() -> None:
        counter = Kill(0)
        with wrapped(counter):
            work()
        os.write(writing, str(counter.count).encode())

    assert in_child(counted) == 0
    os.close(writing)
    with open(reading, encoding="ascii") as stream:
        return int(stream.read())


@pytest.mark.parametrize("kind", ["mirror", "copy"])
def test_kills(kind: str, server: Server, tmp_path: Path) -> None:
    """Killed anywhere while it replaces what is there, over the network: what is there is whole, and the next run
    completes."""
    place = tmp_path / "place"
    place.mkdir()
    work = Work(kind, server, place)
    work()
    publish(server.root, 1)
    saved = tmp_path / "saved"
    shutil.copytree(place, saved)
    number = calls_of(work)
    wanted = files_in(place / ("mirror/catalog" if kind == "mirror" else "copy"))
    chance = random.Random(kind)
    for nth in sorted(chance.sample(range(1, number), min(KILLS, number - 1))):
        shutil.rmtree(place)
        shutil.copytree(saved, place)

        def killed(nth: int = nth) -> None:
            with wrapped(Kill(nth)):
                work()

        assert in_child(killed) in (-signal.SIGKILL, 0)  # threads do not make the same calls each time
        work.check(killed=True)
        work()
        work.check()
        assert files_in(place / ("mirror/catalog" if kind == "mirror" else "copy")) == wanted
        assert not list(place.glob("mirror/pkgs/.staging-*"))


def test_kills_while_installed_packages_are_archived(tmp_path: Path) -> None:
    """The same for directories, which nothing is fetched of."""
    tree = tmp_path / "a"
    tree.mkdir()
    (tree / "info.rkt").write_text("#lang info\n")

    def work() -> None:
        with Fetcher(cache=Cache(tmp_path / "cache")) as fetcher:
            records = {"a": Record.of("a", {"source": str(tree)})}
            archive_catalog(records, tmp_path / "m", fetcher, ArchiveOptions(relative=True, jobs=1))

    work()
    (tree / "main.rkt").write_text("#lang racket/base\n")
    saved = tmp_path / "saved"
    shutil.copytree(tmp_path / "m", saved)
    number = calls_of(work)
    for nth in sorted(random.Random(3).sample(range(1, number), min(KILLS, number - 1))):
        shutil.rmtree(tmp_path / "m")
        shutil.copytree(saved, tmp_path / "m")

        def killed(nth: int = nth) -> None:
            with wrapped(Kill(nth)):
                work()

        in_child(killed)
        for _ in range(2):
            (record,) = open_catalog(tmp_path / "m" / "catalog", absolute=False).records().values()
            archive = tmp_path / "m" / "catalog" / (record.source or "")
            assert sha1(archive.read_bytes()) == record.checksum
            work()
