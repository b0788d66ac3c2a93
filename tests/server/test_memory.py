"""What is remembered of the database: never a moment longer than it is true, in this process or with another one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pltpack.server.database.memory import MOST, Memory, NotRememberedError
from tests.server.running import package_zip, running

GAMES = "/api/v1/packages/games"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database with a number, and a connection that can change it."""
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (n)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        yield connection


def test_it_is_read_again_when_something_has_changed(tmp_path: Path, other: sqlite3.Connection) -> None:
    with closing(Memory(tmp_path / "x.db")) as memory:
        reads = []

        def read() -> int:
            reads.append(1)
            with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
                return int(connection.execute("SELECT n FROM t").fetchone()[0])

        assert [memory.get("n", read) for _ in range(3)] == [1, 1, 1]
        assert len(reads) == 1
        other.execute("UPDATE t SET n = 2")
        assert memory.get("n", read) == 1, "nothing is committed yet"
        other.commit()
        assert [memory.get("n", read) for _ in range(2)] == [2, 2]
        assert len(reads) == 2


def test_what_changes_while_it_is_read_is_not_kept(tmp_path: Path, other: sqlite3.Connection) -> None:
    with closing(Memory(tmp_path / "x.db")) as memory:

        def read() -> str:
            other.execute("UPDATE t SET n = n + 1")
            other.commit()
            return "old"

        assert memory.get("n", read) == "old"
        assert memory.get("n", lambda: "new") == "new"


def test_nothing_is_read_where_nothing_may_wait(tmp_path: Path, other: sqlite3.Connection) -> None:
    with closing(Memory(tmp_path / "x.db")) as memory:
        with pytest.raises(NotRememberedError):
            memory.at_once(lambda: memory.get("n", lambda: 1))
        assert memory.get("n", lambda: 1) == 1
        assert memory.at_once(lambda: memory.get("n", lambda: 2)) == 1
        with pytest.raises(NotRememberedError):
            memory.at_once(memory.check_reading)
        memory.check_reading()
        elsewhere: list[int] = []
        reader = threading.Thread(target=lambda: elsewhere.append(memory.get("m", lambda: 3)))

        def meanwhile() -> None:
            reader.start()
            reader.join()

        memory.at_once(meanwhile)
        assert elsewhere == [3], "other threads may"
        other.execute("UPDATE t SET n = 2")
        other.commit()
        with pytest.raises(NotRememberedError):
            memory.at_once(lambda: memory.get("n", lambda: 1))


def test_there_is_an_end_to_it(tmp_path: Path, other: sqlite3.Connection) -> None:
    del other
    with closing(Memory(tmp_path / "x.db")) as memory:
        for number in range(MOST + 1):
            memory.get(number, lambda: 0)
        assert memory.get(0, lambda: 1) == 1


def test_without_a_file_nothing_is_remembered(tmp_path: Path) -> None:
    for path in (None, tmp_path / "none.db"):
        with closing(Memory(path)) as memory:
            assert memory.get("n", lambda: 1) == 1
            assert memory.get("n", lambda: 2) == 2
            with pytest.raises(NotRememberedError):
                memory.at_once(lambda: 1)
    assert not (tmp_path / "none.db").exists()


def test_a_token_is_no_good_from_the_moment_it_is_revoked(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.push("games")
        with server.client() as client:
            made = client.make_token("ci", scopes=["read"])
            for _ in range(3):
                assert server.ask("GET", GAMES, token=made.token).status == 200
            client.revoke_token(made.id)
            assert server.ask("GET", GAMES, token=made.token).status == 401


def test_a_record_is_what_it_is_now(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.push("games")
        for number in range(2, 6):
            assert server.ask("GET", GAMES, token=server.token).json["version"] == number - 1
            server.push("games", package_zip({f"{number}.rkt": ""}))
            answer = server.ask("GET", GAMES, token=server.token)
            assert (answer.json["version"], answer.headers["etag"]) == (number, f'"{number}"')
            assert server.ask("GET", GAMES, token=server.token, If_None_Match=f'"{number}"').status == 304
        server.work()
        assert server.ask("GET", GAMES, token=server.token).json["published"] is True
        server.ask("DELETE", f"{GAMES}?purge=true", token=server.token)
        server.work()
        assert server.ask("GET", GAMES, token=server.token).status == 404
