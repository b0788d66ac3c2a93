"""The database is gone and back, the disk is full at each moment of a push and a publication: nothing is lost."""

from __future__ import annotations

import builtins
import contextlib
import errno
import hashlib
import io
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from pltpack.catalog.locations import open_catalog
from pltpack.server.jobs.queue import pause_after
from pltpack.server.keeping.doctor import examine_server
from pltpack.server.records.package import archives_of, find_package
from tests.server.postgresql import cluster
from tests.server.running import Clock, Running, package_zip, running
from tests.transaction.calls import wrapped

STEP = 1 if os.environ.get("SWEEP") else 23
"""The disk is full from each such call on."""


def test_the_database_is_stopped_while_clients_push(tmp_path: Path) -> None:
    with cluster() as database, running(tmp_path, database=database.url, workers=1) as server:
        seen: queue.Queue[int] = queue.Queue()
        acknowledged: dict[str, list[str]] = {f"p{number}": [] for number in range(3)}
        jobs: list[int] = []
        stop = threading.Event()

        def push(number: int) -> None:
            turn = 0
            while not stop.is_set():
                turn += 1
                data = package_zip({f"f{turn}.rkt": ""})
                answer = server.push(f"p{number}", data)
                assert answer.status in (201, 503), answer.body
                if answer.status == 201:
                    acknowledged[f"p{number}"].append(hashlib.sha256(data).hexdigest())
                    jobs.append(answer.json["job"])
                seen.put(answer.status)

        def await_answer(status: int) -> None:
            """Until somebody gets such an answer to what was sent from now on, or was under way."""
            with contextlib.suppress(queue.Empty):
                while True:
                    seen.get_nowait()
            while seen.get(timeout=120) != status:
                pass

        with ThreadPoolExecutor(3) as pool:
            pushing = [pool.submit(push, number) for number in range(3)]
            try:
                for _ in range(2):
                    await_answer(201)
                    database.stop()
                    await_answer(503)
                    assert server.ask("GET", "/readyz").status == 503
                    assert server.ask("GET", "/healthz").status == 200
                    database.start()
                    await_answer(201)
                    assert server.ask("GET", "/readyz").status == 200
            finally:
                stop.set()
            for future in pushing:
                future.result()
        with server.client() as client:
            for number in jobs:
                assert client.wait(number).state == "done"
        with server.room.database.read() as connection:
            for name, sums in acknowledged.items():
                assert set(sums) <= {archive.sha256 for archive in archives_of(connection, name)}
        assert [finding for finding in examine_server(server.room, deep=True) if finding.level != "note"] == []


class Full:
    """From call number ``nth`` on nothing can be made or written; what can be removed can still be."""

    def __init__(self, nth: int) -> None:
        self.nth = nth
        self.count = 0

    def __call__(self, name: str, original: Callable[..., Any], arguments: Any, options: Any) -> Any:
        if name in ("open", "write", "mkdir", "link", "rename", "symlink"):
            self.count += 1
            if self.count >= self.nth:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(*arguments, **options)


@contextlib.contextmanager
def full(act: Full) -> Iterator[None]:
    """Have calls of the system and of Python's files be told to ``act``."""
    opening = io.open

    class Raw(io.FileIO):
        def write(self, data: Any) -> int:
            written: int = act("write", super().write, (data,), {})
            return written

    def opened(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **more: Any) -> Any:
        if "b" not in mode or mode == "rb" or isinstance(file, int) or "opener" in more:
            return opening(file, mode, buffering, *rest, **more)
        raw = act("open", Raw, (file, mode.replace("b", "")), {})
        return raw if buffering == 0 else io.BufferedWriter(raw)

    with pytest.MonkeyPatch.context() as patch, wrapped(act):
        patch.setattr(io, "open", opened)
        patch.setattr(builtins, "open", opened)
        yield


def test_the_disk_is_full(tmp_path: Path) -> None:
    """At each moment: a push is acknowledged and not lost, or refused and not there; and it goes on afterwards."""
    clock = Clock()
    with running(tmp_path, "[limits]\nedits = 1000000", clock=clock) as server:
        server.push("games")
        assert server.work() == 1
        answers: set[int] = set()
        nth = 1
        while True:
            data = package_zip({f"f{nth}.rkt": ""})
            disk = Full(nth)
            with full(disk):
                answer = server.push("games", data)
                server.work()
            answers.add(answer.status)
            assert answer.status in (201, 503), answer.body
            what_was_said(server, data, answer.status == 201)
            if answer.status == 503:
                assert server.push("games", data).status == 201
            clock.now += pause_after(20)
            server.work()
            is_published(server, data)
            if disk.count < nth:
                break  # all went well: that was the last call
            nth += STEP
        assert answers == {201, 503}
        assert nth > 3 * STEP
        assert [finding for finding in examine_server(server.room, deep=True) if finding.level != "note"] == []
        assert list(server.room.places.spool.iterdir()) == []


def what_was_said(server: Running, data: bytes, taken: bool) -> None:
    with server.room.database.read() as connection:
        package = find_package(connection, "games")
    assert package is not None
    assert package.archive is not None
    assert (package.archive.sha256 == hashlib.sha256(data).hexdigest()) is taken
    assert [finding for finding in examine_server(server.room) if finding.level == "error"] == []


def is_published(server: Running, data: bytes) -> None:
    with open_catalog(server.room.places.site / "catalog", absolute=False) as catalog:
        record = catalog["games"]
    assert record.source is not None
    assert record.checksum == hashlib.sha1(data).hexdigest()
    assert (server.room.places.site / "catalog" / record.source).read_bytes() == data


def test_the_database_is_full(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.push("games").status == 201
        engine = server.room.database.engine

        def limit(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA max_page_count=1").close()  # what there is already stays

        engine.dispose()
        event.listen(engine, "connect", limit)
        codes = [server.push(f"p{number}").status for number in range(40)]
        assert codes[-1] == 503
        assert set(codes) <= {201, 503}
        assert server.ask("GET", "/api/v1/packages/games").status == 200
        event.remove(engine, "connect", limit)
        engine.dispose()
        taken = [f"p{number}" for number, code in enumerate(codes) if code == 201]
        assert server.push("p39").status == 201
        server.work()
        with server.room.database.read() as connection:
            for name in ("games", "p39", *taken):
                package = find_package(connection, name)
                assert package is not None
                assert package.is_published
