"""kill -9 while a site is built, frozen, pruned, published and mirrored: a real client in a loop never fails."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from pltpack.catalog.archive import ArchiveOptions, archive_catalog
from pltpack.catalog.locations import open_catalog
from pltpack.fetch.cache import Cache
from pltpack.fetch.fetcher import Fetcher
from pltpack.site.build import build_site
from pltpack.site.publishing.publish import publish_site
from pltpack.site.retention import prune_site
from pltpack.site.snapshots import take_snapshot
from tests.oracle.catalog_client import RACKET, Client
from tests.oracle.conftest import Compared
from tests.site.trees import package, small_site
from tests.transaction.calls import Kill, in_child, wrapped

pytestmark = pytest.mark.racket

KILLS = 200 if os.environ.get("SWEEP") else 20
SEED = 20261128
DAY = 86_400


class Loop:
    """The client in a loop over catalogs."""

    def __init__(self, client: Client, *catalogs: str) -> None:
        program = Path(__file__).with_name("catalog_loop.rkt")
        self._process = subprocess.Popen(
            [RACKET, program, *catalogs],
            env=client.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._asked = 0
        self.rounds = 0

    def __enter__(self) -> Self:
        self.sees()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def sees(self) -> list[str]:
        """Wait for a whole round that begins now: the names of all packages that were found in it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked += 1
        self._process.stdin.write(f"{self._asked}\n")
        self._process.stdin.flush()
        while True:
            line = self._process.stdout.readline()
            assert line, "the client has ended"
            assert not line.startswith("failed"), line
            self.rounds += 1
            number, *names = line.split()
            if int(number) == self._asked:
                return names


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return small_site(tmp_path)


@pytest.fixture
def url(site: Path) -> Iterator[str]:
    """Where ``pltpack catalog serve`` serves the site."""
    program = "from pltpack_cli.programs import pltpack; pltpack()"
    command = [sys.executable, "-u", "-c", program, "catalog", "serve", str(site), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            log = threading.Thread(target=process.stdout.read)
            log.start()
            yield line.removeprefix("catalog: ").strip().removesuffix("catalog/")
        finally:
            process.terminate()
            log.join()


class Count:
    """Counts calls."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _name: str, original: Callable[..., object], arguments: object, options: object) -> object:
        self.count += 1
        assert isinstance(arguments, tuple)
        assert isinstance(options, dict)
        return original(*arguments, **options)


def test_a_client_in_a_loop(
    site: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compared: Compared
) -> None:
    """One kind of work after the other is killed at a call that chance chooses, and then done. A day passes between."""
    out = tmp_path / "out"
    take_snapshot(site, "first")
    publish_site(site, str(out))
    chance = random.Random(SEED)
    day = 0

    def change() -> None:
        """Another apple."""
        package(tmp_path / "src", "apple", {"day.rkt": f"#lang racket/base\n(define day {day})\n"})

    works: list[Callable[[], object]] = [
        lambda: build_site(site, [tmp_path / "src/apple"]),
        lambda: take_snapshot(site),
        lambda: prune_site(site, keep=2),
        lambda: publish_site(site, str(out), delete=True),
    ]
    calls: dict[int, int] = {}
    killed = installed = 0
    catalogs = f"{url}catalog/", f"{url}snapshots/current/catalog/", f"file://{out}/catalog/"
    client = Client(tmp_path / "client")
    with Loop(client, *catalogs) as loop:
        while killed < KILLS:
            for kind, work in enumerate(works):
                day += 1
                monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_795_824_000 + day * DAY))
                change()
                if kind in calls:
                    kill = Kill(chance.randint(1, calls[kind]))

                    def until_killed(work: Callable[[], object] = work, kill: Kill = kill) -> None:
                        with wrapped(kill):
                            work()

                    killed += in_child(until_killed) != 0
                    assert loop.sees() == ["apple", "pear"]
                counted = Count()
                with wrapped(counted):
                    work()
                calls[kind] = counted.count
            if killed // 20 == installed:
                installed += 1
                real = Client(tmp_path / f"client{day}")
                done = real.install(f"{url}catalog/", "pear")
                assert done.returncode == 0, done.stderr
                assert real.installed().keys() == {"apple", "pear"}
        assert loop.sees() == ["apple", "pear"]
    assert len(list(site.glob("pkgs/*/*/apple.zip"))) < 20, "what nobody needs goes after its time"
    compared(loop.rounds)


def test_a_client_in_a_loop_against_a_mirror(site: Path, tmp_path: Path, compared: Compared) -> None:
    """The mirror of a catalog that changes all the time, killed at calls that chance chooses, and then completed."""
    mirror = tmp_path / "mirror"
    chance = random.Random(SEED)

    def work() -> None:
        with Fetcher(cache=Cache(tmp_path / "cache")) as fetcher:
            records = open_catalog(site / "catalog").records()
            archive_catalog(records, mirror, fetcher, ArchiveOptions(relative=True))

    counted = Count()
    with wrapped(counted):
        work()
    with Loop(Client(tmp_path / "client"), f"file://{mirror}/catalog/") as loop:
        for day in range(KILLS // 2):
            package(tmp_path / "src", "apple", {"day.rkt": f"#lang racket/base\n(define day {day})\n"})
            build_site(site, [tmp_path / "src/apple"])
            kill = Kill(chance.randint(1, counted.count))

            def until_killed(kill: Kill = kill) -> None:
                with wrapped(kill):
                    work()

            in_child(until_killed)
            assert loop.sees() == ["apple", "pear"]
            work()
            assert loop.sees() == ["apple", "pear"]
    compared(loop.rounds)
