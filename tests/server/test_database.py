"""The database: its shape, its transactions, and the queue of jobs; on SQLite, and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sql
from sqlalchemy.exc import IntegrityError

from pltpack.errors import BlockedError, ConfigError, DatabaseError
from pltpack.server.config import read_server_config
from pltpack.server.database.engine import Database, _write_ahead
from pltpack.server.database.migrations import current_step, migrate, pending_steps, steps
from pltpack.server.database.tables import METADATA, USERS
from pltpack.server.jobs.publication import publish
from pltpack.server.jobs.queue import (
    LEASE,
    MOST_ATTEMPTS,
    add_job,
    end_job,
    find_job,
    is_alive,
    put_back,
    queue_abandoned,
    still_there,
    take_job,
    take_more,
    worker_name,
)
from pltpack.server.jobs.worker import Worker
from pltpack.server.oidc.builds import Build
from pltpack.server.oidc.verify import IdToken, use_once
from pltpack.server.problems import Problem
from pltpack.server.records.edits import create, edit
from pltpack.server.records.events import SERVER, list_events
from pltpack.server.records.package import Edition, Fields, find_package
from tests.server.kinds import new_database
from tests.server.postgresql import postgresql
from tests.server.running import Clock, Running, package_zip, room, running, serving


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A room with an empty catalog, on both kinds."""
    url = ""
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("cluster"), tmp_path.name)
    with room(tmp_path, database=url, clock=Clock()) as found:
        yield found


def clock(server: Running) -> Clock:
    assert isinstance(server.room.clock, Clock)
    return server.room.clock


def new(server: Running, name: str) -> None:
    create(server.room, SERVER, name, Edition(owners=("admin",)))


class TestShape:
    def test_the_steps_make_the_tables(self, server: Running) -> None:
        with server.room.database.read() as connection:
            found = sql.inspect(connection)
            names = set(found.get_table_names()) - {"schema_steps", "sqlite_sequence"}
            assert names == set(METADATA.tables)
            for name, table in METADATA.tables.items():
                columns = {column["name"]: column for column in found.get_columns(name)}
                assert list(columns) == table.columns.keys()
                keys = found.get_pk_constraint(name)["constrained_columns"]
                assert keys == [column.name for column in table.primary_key]
                for column in table.columns:
                    kind = columns[column.name]["type"]
                    assert kind._type_affinity is column.type._type_affinity, (name, column.name)

    def test_steps_are_numbered_and_taken_once(self, server: Running) -> None:
        numbers = [step.number for step in steps()]
        assert numbers == sorted(set(numbers))
        assert current_step(server.room.database) == numbers[-1]
        assert migrate(server.room.database, time=0) == []

    def test_a_step_that_comes_late_is_taken_all_the_same(self, server: Running) -> None:
        late = steps()[-2].number
        with server.room.database.write() as connection:
            connection.execute(sql.text(f"DELETE FROM schema_steps WHERE number = {late}"))
        assert [step.number for step in pending_steps(server.room.database)] == [late]

    def test_several_migrate_at_once(self, tmp_path: Path) -> None:
        databases = [Database(f"sqlite:///{tmp_path}/x.db") for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            taken = list(pool.map(lambda database: len(migrate(database, time=0)), databases))
        assert sorted(taken) == [0, 0, 0, len(steps())]
        for database in databases:
            database.close()

    def test_a_log_that_others_are_about_to_make(self) -> None:
        class Cursor:
            refused = 2

            def execute(self, statement: str) -> None:
                if statement.startswith("PRAGMA journal_mode") and self.refused:
                    self.refused -= 1
                    raise sqlite3.OperationalError("database is locked")

        cursor = Cursor()
        _write_ahead(cursor)
        assert cursor.refused == 0

    def test_a_database_of_a_later_version(self, server: Running) -> None:
        with server.room.database.write() as connection:
            connection.execute(sql.text("INSERT INTO schema_steps (number, name, taken) VALUES (999, 'x', 0)"))
        with pytest.raises(DatabaseError, match="step 999"):
            pending_steps(server.room.database)

    @pytest.mark.parametrize("url", ["", "mysql://x/y", "nonsense", "sqlite://", "sqlite:///:memory:"])
    def test_urls_that_name_none(self, url: str) -> None:
        with pytest.raises(ConfigError):
            Database(url)

    def test_passwords_are_not_shown(self) -> None:
        database = Database("postgresql://ann:secret@127.0.0.1:1/x")
        with pytest.raises(DatabaseError) as caught, database.read():
            pass
        assert "secret" not in str(caught.value)
        database.close()


class TestEdits:
    def test_no_update_is_lost(self, server: Running) -> None:
        new(server, "games")

        def add(number: int) -> int:
            for turn in range(5):
                tag = f"t{number}-{turn}"
                edit(
                    server.room,
                    SERVER,
                    "games",
                    lambda edition, tag=tag: msgspec.structs.replace(  # type: ignore[misc]
                        edition,
                        fields=msgspec.structs.replace(edition.fields, tags=(*edition.fields.tags, tag)),
                    ),
                    action="edit",
                )
            return number

        with ThreadPoolExecutor(4) as pool:
            assert len(list(pool.map(add, range(4)))) == 4
        with server.room.database.read() as connection:
            package = find_package(connection, "games")
            assert package is not None
            assert (package.version, len(set(package.edition.fields.tags))) == (21, 20)
            assert len(list_events(connection, "games")) == 21

    def test_one_of_two_that_make_the_same_package(self, server: Running) -> None:
        def make(name: str) -> str:
            try:
                new(server, name)
            except Problem as problem:
                return problem.code
            return "made"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(make, ["games", "Games"])) == ["made", "name-taken"]

    def test_an_error_leaves_nothing(self, server: Running) -> None:
        new(server, "games")

        def fails(_edition: Edition) -> Edition:
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            edit(server.room, SERVER, "games", fails, action="edit")
        with pytest.raises(Problem, match="no such user"):
            edit(server.room, SERVER, "games", lambda _edition: Edition(owners=("nobody",)), action="edit")
        with server.room.database.read() as connection:
            assert len(list_events(connection, "games")) == 1


class TestQueue:
    def test_each_job_is_done_once(self, server: Running) -> None:
        with server.room.database.write() as connection:
            wanted = {add_job(server.room, connection, "x") for _ in range(40)}

        def take(worker: str) -> list[int]:
            found = []
            while (job := take_job(server.room, worker)) is not None:
                found.append(job.id)
                end_job(server.room, job)
            return found

        with ThreadPoolExecutor(4) as pool:
            taken = [number for numbers in pool.map(take, "abcd") for number in numbers]
        assert sorted(number for number in taken if number in wanted) == sorted(wanted)

    def test_one_of_a_name_waits_at_most(self, server: Running) -> None:
        with server.room.database.write() as connection:
            first = add_job(server.room, connection, "x", once="look")
            assert add_job(server.room, connection, "x", once="look") == first
        job = take_job(server.room, "w", kinds=["x"])
        assert job is not None
        with server.room.database.write() as connection:
            second = add_job(server.room, connection, "x", once="look")
        assert second != first
        put_back(server.room, job, seconds=0)
        with server.room.database.read() as connection:
            put = find_job(connection, first)
            assert put is not None
            assert put.state == "failed", "the one that waits does for both"

    def test_a_job_of_a_worker_that_is_gone(self, server: Running) -> None:
        with server.room.database.write() as connection:
            number = add_job(server.room, connection, "x")
        job = take_job(server.room, "elsewhere:1:x", kinds=["x"])
        assert job is not None
        alive = {"elsewhere:1:x"}
        assert queue_abandoned(server.room, alive=alive.__contains__) == 0
        clock(server).now += LEASE - 1
        still_there(server.room, "elsewhere:1:x")
        clock(server).now += LEASE - 1
        assert queue_abandoned(server.room, alive=alive.__contains__) == 0
        clock(server).now += 2
        assert queue_abandoned(server.room, alive=alive.__contains__) == 1
        assert not end_job(server.room, job), "it is not its own any more"
        again = take_job(server.room, "w", kinds=["x"])
        assert again is not None
        assert (again.id, again.attempts) == (number, 2)
        clock(server).now -= 10 * 86400  # a clock that was set back
        assert queue_abandoned(server.room, alive=lambda _worker: True) == 1

    def test_it_is_given_up_at_last(self, server: Running) -> None:
        with server.room.database.write() as connection:
            number = add_job(server.room, connection, "x")
        for _ in range(MOST_ATTEMPTS):
            job = take_job(server.room, "w", kinds=["x"])
            assert job is not None
            put_back(server.room, job, seconds=60, error="no")
            assert take_job(server.room, "w", kinds=["x"]) is None, "not before it is due"
            clock(server).now += 61
        with server.room.database.read() as connection:
            job = find_job(connection, number)
        assert job is not None
        assert (job.state, job.error) == ("failed", "no")

    def test_workers_tell_whether_they_are_there(self) -> None:
        assert is_alive(worker_name())
        host = worker_name().split(":")[0]
        assert not is_alive(f"{host}:999999999:x")
        assert is_alive("another-host:999999999:x")

    def test_all_that_wait_for_the_same_are_done_together(self, server: Running) -> None:
        for name in ("a", "b", "c"):
            new(server, name)
        job = take_job(server.room, "w")
        assert job is not None
        assert len(take_more(server.room, "w", "publish")) == 2
        assert take_job(server.room, "w2") is None

    def test_a_job_that_fails_is_tried_again(self, server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        new(server, "games")
        calls = []

        def fails(_room: object) -> object:
            calls.append(1)
            raise BlockedError("no")

        monkeypatch.setattr("pltpack.server.jobs.handlers.publish", fails)
        worker = Worker(server.room)
        assert worker.run_all() == 1
        clock(server).now += 3600
        assert worker.run_all() == 1
        monkeypatch.setattr("pltpack.server.jobs.handlers.publish", publish)
        clock(server).now += 3600
        assert worker.run_all() == 1
        with server.room.database.read() as connection:
            job = find_job(connection, 1)
            assert job is not None
            assert (job.state, job.attempts, len(calls)) == ("done", 3, 2)


class TestAtWork:
    def test_two_servers_and_two_workers_on_one_database(self, server: Running) -> None:
        server.room.clock = time.time  # who finds the site busy tries again a moment later
        other = Running(server.room, server.token)
        with serving(server, workers=1), serving(other, workers=1), ThreadPoolExecutor(4) as pool:

            def push(number: int) -> int:
                to = (server, other)[number % 2]
                return to.push(f"p{number}", package_zip({f"f{number}.rkt": ""})).status

            assert set(pool.map(push, range(12))) == {201}
            with server.client() as client:
                for name in [f"p{number}" for number in range(12)]:
                    published = threading.Event()
                    while not client.package(name).published:
                        published.wait(0.05)
        with server.room.database.read() as connection:
            assert len(list_events(connection, most=1000)) == 13

    def test_the_database_is_gone_and_back(self, server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        from sqlalchemy.exc import OperationalError

        def gone(*_arguments: object, **_options: object) -> object:
            raise OperationalError("connect", {}, Exception("connection refused"))

        with serving(server):
            server.push("games")
            with monkeypatch.context() as patch:
                patch.setattr(server.room.database.engine, "connect", gone)
                answer = server.push("games", package_zip({"x.rkt": ""}))
                assert (answer.status, answer.json["code"]) == (503, "unavailable")
                assert "retry-after" in answer.headers
                assert server.ask("GET", "/readyz").status == 503
                assert server.ask("GET", "/healthz").status == 200
                with pytest.raises(DatabaseError):
                    Worker(server.room).run_once()
            assert server.push("games", package_zip({"x.rkt": ""})).status == 201
            assert server.work() >= 1

    def test_no_room_on_the_disk(self, server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_arguments: object) -> None:
            raise OSError(28, "No space left on device")

        with serving(server):
            with monkeypatch.context() as patch:
                patch.setattr("pltpack.server.records.accept.put_in_spool", full)
                answer = server.push("games")
                assert (answer.status, answer.json["code"]) == (503, "unavailable")
            assert server.ask("GET", "/api/v1/packages/games").status == 404
            assert server.push("games").status == 201


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nport = 'x'\n", ("line 2", "server.port")),
        ("[server]\n\ncolour = 1\n", ("line 3", "server.colour")),
        ("[limits]\nupload_bytes = 0\n", ("line 2", "limits.upload_bytes")),
        ('[sources]\nhours = 2\nnetworks = ["10.0.0.1/8"]\n', ("line 3", "sources.networks")),
        ("[server\n", ("TOML",)),
        ("[colours]\n", ("line 1", "colours")),
    ],
    ids=range(6),
)
def test_what_is_wrong_with_a_configuration(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    path = tmp_path / "server.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_server_config(path)
    assert all(word in str(caught.value) for word in (*words, "server.toml"))


def test_the_template_says_what_holds_without_it(tmp_path: Path) -> None:
    import re

    from pltpack.server.config import TEMPLATE, ServerConfig

    text = re.sub(r"(?m)^# (?=\w+ =)", "", TEMPLATE)
    (tmp_path / "server.toml").write_text(text)
    assert read_server_config(tmp_path / "server.toml")[0] == ServerConfig()
    keys = {
        f"{section}.{key}"
        for section in ServerConfig.__struct_fields__
        for key in getattr(ServerConfig(), section).__struct_fields__
    }
    for key in keys:
        assert re.search(rf"(?m)^{key.partition('.')[2]} =", text), key


def test_fields_of_a_source_are_followed(tmp_path: Path) -> None:
    from pltpack.server.sources.watch import find_check

    with running(tmp_path) as server:
        edition = Edition(fields=Fields(source="https://example.org/x.zip"), owners=("admin",))
        create(server.room, SERVER, "games", edition)
        with server.room.database.read() as connection:
            assert find_check(connection, "games") is not None
        assert server.push("games").status == 201
        with server.room.database.read() as connection:
            assert find_check(connection, "games") is None, "what is pushed is nowhere else"


def test_an_id_token_is_noted_once(server: Running) -> None:
    build = Build("github", "https://forge.example", "ann/games", "1", "release.yml", "refs/heads/main")

    def use(_number: int) -> bool:
        try:
            with server.room.database.write() as connection:
                use_once(server.room, connection, IdToken(build, "one", 2_000_000_000))
        except Problem as problem:
            return problem.code != "used-id-token"
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(use, range(16))) == [False] * 15 + [True]


def test_no_error_tells_what_is_in_a_row(server: Running) -> None:
    """Of a clash PostgreSQL itself tells the key, and nothing else."""
    row = {"name": "admin", "display": "", "role": "member", "password": "a digest", "created": 0}
    with pytest.raises(IntegrityError) as caught, server.room.database.write() as connection:
        connection.execute(USERS.insert().values(row))
    assert "a digest" not in str(caught.value)
