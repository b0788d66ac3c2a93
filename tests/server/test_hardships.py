"""What a server goes through at work: clocks that jump, disks that are full, stores that do not answer, mistakes."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pltpack.errors import BusyError, PltError
from pltpack.server.identity.throttle import forget_full, take
from pltpack.server.jobs import handlers
from pltpack.server.jobs.publication import alone
from pltpack.server.jobs.queue import MOST_ATTEMPTS, add_job, find_job, pause_after, put_back, take_job
from pltpack.server.jobs.schedule import tick
from pltpack.server.jobs.worker import Worker, working
from pltpack.server.keeping.doctor import examine_server
from pltpack.server.keeping.people import token_for
from pltpack.server.problems import Problem
from pltpack.server.records.edits import create
from pltpack.server.records.events import SERVER
from pltpack.server.records.package import Edition, Fields, find_package
from pltpack.server.sources.watch import find_check
from pltpack.site.facts import Facts, examine
from tests.server.running import Clock, Running, package_zip, room, running

DAY = 86400


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Iterator[Running]:
    with running(tmp_path, "[limits]\nsign_ins = 2\nedits = 50", clock=clock) as found:
        yield found


def is_published(server: Running, name: str) -> bool:
    with server.room.database.read() as connection:
        package = find_package(connection, name)
    return package is not None and package.is_published


class TestClocksThatJump:
    @pytest.mark.parametrize("jump", [-3650 * DAY, -DAY, -3600, 3600, 3650 * DAY])
    def test_what_was_pushed_before_is_published(self, server: Running, clock: Clock, jump: int) -> None:
        assert server.push("games").status == 201
        clock.now += jump
        assert server.work() == 1
        assert is_published(server, "games")
        assert server.push("games", package_zip({"x.rkt": ""})).status == 201
        assert server.work() == 1

    def test_what_failed_waits_no_longer_than_it_would(self, server: Running, clock: Clock) -> None:
        with server.room.database.write() as connection:
            number = add_job(server.room, connection, "x")
        for _ in range(3):
            clock.now -= 10 * DAY
            job = take_job(server.room, "w")
            assert job is not None, "it is due, though that was in a future"
            put_back(server.room, job, seconds=60)
            assert take_job(server.room, "w") is None, "there is a pause all the same"
        clock.now += 61
        job = take_job(server.room, "w")
        assert job is not None
        assert (job.id, job.attempts, job.created) == (number, 4, int(clock.now) - 61)

    @pytest.mark.parametrize("jump", [-10 * DAY, 10 * DAY])
    def test_a_worker_keeps_what_it_has(self, server: Running, clock: Clock, jump: int) -> None:
        server.push("games")
        job = take_job(server.room, Worker(server.room).name)
        assert job is not None
        clock.now += jump
        tick(server.room)  # another one may take it now: twice is not wrong
        assert server.work() == 1
        assert is_published(server, "games")
        with server.room.database.read() as connection:
            done = find_job(connection, job.id)
        assert done is not None
        assert done.state == "done"

    def test_nobody_is_locked_out(self, server: Running, clock: Clock) -> None:
        for _ in range(2):
            take(server.room, "edit ann", 2)
        with pytest.raises(Problem):
            take(server.room, "edit ann", 2)
        clock.now -= 30  # as the clocks of two machines may differ
        with pytest.raises(Problem):
            take(server.room, "edit ann", 2)
        clock.now -= DAY
        take(server.room, "edit ann", 2)
        clock.now -= DAY
        assert forget_full(server.room) == 1

    def test_guesses_are_counted_after_it_too(self, server: Running, clock: Clock) -> None:
        wrong = server.token[:-1] + ("a" if server.token[-1] != "a" else "b")

        def guess() -> int:
            return server.ask("GET", "/api/v1/status", token=wrong).status

        assert [guess() for _ in range(3)] == [401, 401, 429]
        clock.now -= DAY
        assert [guess() for _ in range(3)] == [401, 401, 429]
        clock.now += 3 * DAY
        assert [guess() for _ in range(3)] == [401, 401, 429]

    def test_tokens_are_good_for_their_time(self, server: Running, clock: Clock) -> None:
        secret, _ = token_for(server.room, "ann@example.org", label="t", scopes=["upload"], days=1)
        codes = []
        for jump in (0, 2 * DAY, -DAY - 60, -DAY, 3 * DAY):
            clock.now += jump
            codes.append(server.ask("GET", "/api/v1/status", token=secret).status)
        assert codes == [200, 401, 200, 200, 401]

    def test_sources_are_looked_at(self, server: Running, clock: Clock) -> None:
        source = Fields(source="http://127.0.0.1:9/games.zip")
        create(server.room, SERVER, "games", Edition(fields=source, owners=("admin",)))
        for jump in (0, -DAY, 2 * DAY):
            clock.now += jump
            tick(server.room)
            assert server.work() >= 1
            with server.room.database.read() as connection:
                check = find_check(connection, "games")
            assert check is not None
            assert (check.state, check.checked) == ("failed", int(clock.now))


class TestPublishing:
    def test_one_at_a_time(self, server: Running) -> None:
        server.push("games")
        with alone(server.room):
            with pytest.raises(BusyError), alone(server.room):
                pass
            assert server.work() == 1
            assert not is_published(server, "games")
        assert isinstance(server.room.clock, Clock)
        server.room.clock.now += 1
        assert server.work() == 1
        assert is_published(server, "games")

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
    def test_what_the_machine_could_not_do_is_tried_again(
        self, server: Running, clock: Clock, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        """An archive that cannot be read for once is neither thrown away nor called a bad one."""
        for name in ("apple", "pear"):
            server.push(name)

        def fails(path: Path, name: str, **options: Any) -> Facts:
            if name == "apple":
                raise OSError(number, os.strerror(number))
            return examine(path, name, **options)

        with monkeypatch.context() as patch:
            patch.setattr("pltpack.site.prepare.examine", fails)
            for _ in range(MOST_ATTEMPTS + 2):  # longer than any patience
                assert server.work() > 0
                clock.now += pause_after(20)
            assert is_published(server, "pear"), "one that fails holds up no others"
        assert not is_published(server, "apple")
        assert server.work() > 0
        assert is_published(server, "apple")
        assert [finding for finding in examine_server(server.room, deep=True) if finding.level == "error"] == []

    def test_a_target_that_does_not_answer(self, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        from pltpack.server.jobs import publication

        target = tmp_path / "target"
        with room(tmp_path, f'[publish]\ntarget = "{target}"', clock=clock) as server, monkeypatch.context() as patch:

            def fails(*_arguments: object, **_options: object) -> object:
                raise PltError("connection refused")

            patch.setattr(publication, "publish_site", fails)
            create(server.room, SERVER, "games", Edition(owners=("admin",)))
            for _ in range(MOST_ATTEMPTS + 2):
                assert server.work() == 1
                clock.now += pause_after(20)
            patch.undo()
            assert server.work() == 1
            assert (target / "catalog/pkgs-all").is_file()

    def test_what_is_purged_is_nowhere(self, tmp_path: Path) -> None:
        target = tmp_path / "target"
        with running(tmp_path, f'[publish]\ntarget = "{target}"') as server:
            for name in ("apple", "pear"):
                server.push(name)
            server.work()
            assert (target / "catalog/pkg/apple").is_file()
            assert server.ask("DELETE", "/api/v1/packages/apple?purge=true", token=server.token).status == 204
            server.work()
            assert not (target / "catalog/pkg/apple").exists()
            assert (target / "catalog/pkg/pear").is_file()


def test_a_mistake_of_ours_stops_no_worker(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that raises what nobody has foreseen ends its thread: the job is tried again, the next one is done."""
    seen: list[int] = []
    done = threading.Event()
    ended: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", ended.append)
    with room(tmp_path, clock=clock) as server:

        def odd(_room: object, _job: object) -> dict[str, object]:
            seen.append(1)
            if len(seen) < 3:
                raise RuntimeError("a mistake")
            done.set()
            return {}

        monkeypatch.setitem(handlers.HANDLERS, "publish", odd)
        monkeypatch.setattr("pltpack.server.jobs.worker.IDLE", 0.01)
        with server.room.database.write() as connection:
            number = add_job(server.room, connection, "publish")
        with working(server.room, 1):
            assert done.wait(60)
        with server.room.database.read() as connection:
            job = find_job(connection, number)
        assert job is not None
        assert (job.state, job.attempts) == ("done", 3)
    assert len(ended) == 2
    assert "goes on" in caplog.text
