"""Passwords: which are right, what is kept of them, how many may be tried, and that nobody learns who is a user."""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import sqlalchemy as sql
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from pltpack.server.accounts import passwords
from pltpack.server.accounts.passwords import (
    LONGEST,
    check_password,
    hash_password,
    put_password,
    set_password,
)
from pltpack.server.accounts.sessions import open_session, session_of
from pltpack.server.database.tables import BUCKETS, USERS
from pltpack.server.identity.identity import Role
from pltpack.server.identity.users import add_user
from pltpack.server.problems import Problem
from tests.server.kinds import new_database
from tests.server.postgresql import postgresql
from tests.server.running import Clock, Running, room

ANN = "ann@example.org"
BEN = "ben@example.org"
GOOD = "correct horse"
OLD = "battery staple"
HERE = "203.0.113.7"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A room with Ann, who has a password of today, and Ben, who has one of the original server; on both kinds."""
    url = ""
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("cluster"), tmp_path.name)
    with room(tmp_path, "[limits]\nsign_ins = 1000", database=url, clock=Clock()) as found:
        people(found)
        yield found


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Running]:
    """The same where three may be wrong in a minute."""
    with room(tmp_path, "[limits]\nsign_ins = 3", clock=Clock()) as found:
        people(found)
        yield found


def people(server: Running) -> None:
    with server.room.database.write() as connection:
        add_user(connection, ANN, time=server.room.now)
        put_password(connection, ANN, hash_password(GOOD))
        add_user(connection, BEN, role=Role.CURATOR, time=server.room.now)
        put_password(connection, BEN, old_hash(OLD))


def old_hash(password: str, *, prefix: str = "2b", rounds: int = 4) -> str:
    made = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(rounds, prefix=b"2b")).decode()
    return made.replace("$2b$", f"${prefix}$", 1)


def kept(server: Running, user: str) -> str | None:
    with server.room.database.read() as connection:
        found = connection.execute(sql.select(USERS.c.password).where(USERS.c.name == user)).scalar_one()
    assert found is None or isinstance(found, str)
    return found


def put(server: Running, user: str, value: str | None) -> None:
    with server.room.database.write() as connection:
        put_password(connection, user, value)


def move(server: Running, seconds: float) -> None:
    assert isinstance(server.room.clock, Clock)
    server.room.clock.now += seconds


def test_how_much_work_a_guess_is(server: Running, real_hasher: PasswordHasher) -> None:
    assert real_hasher._parameters == RFC_9106_LOW_MEMORY
    assert (kept(server, ANN) or "").startswith("$argon2id$"), "the others here are made with less, to be quick"


class TestRight:
    def test_a_password_of_today(self, server: Running) -> None:
        found = check_password(server.room, ANN, GOOD, HERE)
        assert found is not None
        assert (found.user, found.how, found.role) == (ANN, "password", Role.MEMBER)
        assert sorted(found.scopes) == ["edit", "read", "upload"]
        before = kept(server, ANN)
        assert before is not None
        assert before.startswith("$argon2id$")
        check_password(server.room, ANN, GOOD, HERE)
        assert kept(server, ANN) == before

    def test_an_old_one_is_kept_as_one_of_today(self, server: Running) -> None:
        assert check_password(server.room, BEN, "wrong", HERE) is None
        assert (kept(server, BEN) or "").startswith("$2b$")
        found = check_password(server.room, BEN, OLD, HERE)
        assert found is not None
        assert found.role == Role.CURATOR
        assert (kept(server, BEN) or "").startswith("$argon2id$")
        assert check_password(server.room, BEN, OLD, HERE) is not None
        assert check_password(server.room, BEN, "wrong", HERE) is None

    def test_old_ones_of_every_kind(self, server: Running) -> None:
        for prefix, password in itertools.product(["2a", "2b", "2y"], ["short", "π" * 50, "x" * 80, "a b\tc"]):
            put(server, BEN, old_hash(password, prefix=prefix))
            assert check_password(server.room, BEN, password, HERE) is not None, (prefix, password)
            assert check_password(server.room, BEN, password + "!", HERE) is None, "it is known whole from now on"

    def test_capitals_of_an_address_do_not_count(self, server: Running) -> None:
        found = check_password(server.room, "Ann@Example.ORG", GOOD, HERE)
        assert found is not None
        assert found.user == ANN
        with server.room.database.write() as connection:
            add_user(connection, "ANN@example.org", time=1)
        assert check_password(server.room, "aNN@example.org", GOOD, HERE) is None, "it may be either"
        assert check_password(server.room, ANN, GOOD, HERE) is not None

    def test_an_old_password_that_is_changed_meanwhile(self, strict: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        hashed = passwords._hashed
        done: list[str] = []

        def changing(text: str) -> str:
            if not done:
                done.append(text)
                set_password(strict.room, BEN, "something new")
            return hashed(text)

        monkeypatch.setattr(passwords, "_hashed", changing)
        assert check_password(strict.room, BEN, OLD, HERE) is not None
        monkeypatch.undo()
        assert check_password(strict.room, BEN, OLD, HERE) is None
        assert check_password(strict.room, BEN, "something new", HERE) is not None


WRONG = {
    "another": (ANN, "wrong password"),
    "nothing": (ANN, ""),
    "capitals": (ANN, GOOD.upper()),
    "somebody else's": (ANN, OLD),
    "an old one": (BEN, "wrong password"),
    "nobody": ("eve@example.org", GOOD),
    "no name": ("", GOOD),
    "a name with a NUL": ("ann@example.org\0", GOOD),
    "a name that is no text": ("\ud800", GOOD),
    "a password that is no text": (ANN, "\ud800"),
    "a long name": ("x" * 100_000, GOOD),
    "a long password": (ANN, "x" * 100_000),
    "the right one and more": (ANN, GOOD + "x" * LONGEST),
    "a pattern": ("%", GOOD),
    "a NUL": (BEN, OLD + "\0"),
    "the hash": (BEN, "$2b$04$"),
}


class TestWrong:
    def test_none_of_them_is_let_in(self, server: Running) -> None:
        for what, (user, password) in WRONG.items():
            assert check_password(server.room, user, password, HERE) is None, what

    def test_what_is_kept_is_of_no_use(self, server: Running) -> None:
        for value in (
            None,
            "",
            "plain",
            "$2b$",
            "$2b$04$short",
            "$2b$31$" + "a" * 53,
            "$2b$00$" + "a" * 53,
            "$2x$04$" + "a" * 53,
            "$argon2id$nonsense",
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$",
            "$1$salt$x",
        ):
            put(server, ANN, value)
            assert check_password(server.room, ANN, value or "", HERE) is None, value
            assert check_password(server.room, ANN, GOOD, HERE) is None, value

    def test_a_user_who_may_not_sign_in(self, strict: Running) -> None:
        with strict.room.database.write() as connection:
            connection.execute(USERS.update().where(USERS.c.name == ANN).values(disabled=1))
        assert check_password(strict.room, ANN, GOOD, HERE) is None

    @pytest.mark.parametrize("password", ["", "1234567", "x" * (LONGEST + 1)])
    def test_new_ones_that_nobody_should_have(self, strict: Running, password: str) -> None:
        with pytest.raises(Problem) as caught:
            set_password(strict.room, ANN, password)
        assert caught.value.status == 422
        assert check_password(strict.room, ANN, GOOD, HERE) is not None

    def test_a_password_for_nobody(self, strict: Running) -> None:
        with pytest.raises(Problem) as caught:
            set_password(strict.room, "eve@example.org", "long enough")
        assert caught.value.status == 404


def test_another_password_ends_all_sessions(server: Running) -> None:
    opened = open_session(server.room, ANN)
    assert session_of(server.room, f"pltpack={opened.secret}") is not None
    set_password(server.room, ANN, "something new")
    assert session_of(server.room, f"pltpack={opened.secret}") is None
    set_password(server.room, ANN, None)
    assert check_password(server.room, ANN, "something new", HERE) is None


class TestEqualWork:
    """The same hashes are computed, and the same is asked of the database, for everybody who is not let in."""

    def work(self, server: Running, user: str, password: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        done: list[object] = []
        verify, check = passwords._HASHER.verify, bcrypt.checkpw

        class Hasher:
            def verify(self, hash: str, password: bytes) -> bool:
                done.append(("argon2", hash.split("$")[3]))
                return verify(hash, password)

            def hash(self, _password: bytes) -> str:
                raise AssertionError("nothing is made for who is wrong")

        def checkpw(password: bytes, hash: bytes) -> bool:
            done.append(("bcrypt", hash[:7]))
            return check(password, hash)

        def asked(_connection: Any, _cursor: Any, statement: str, *_rest: object) -> None:
            done.append(statement)

        sql.event.listen(server.room.database.engine, "before_cursor_execute", asked)
        with monkeypatch.context() as patch:
            patch.setattr(passwords, "_HASHER", Hasher())
            patch.setattr(bcrypt, "checkpw", checkpw)
            assert check_password(server.room, user, password, HERE) is None
        sql.event.remove(server.room.database.engine, "before_cursor_execute", asked)
        return done

    def test_while_there_are_old_passwords(self, server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        done = [self.work(server, user, password, monkeypatch) for user, password in WRONG.values()]
        with server.room.database.write() as connection:
            add_user(connection, "none@example.org", time=1)
            add_user(connection, "off@example.org", time=1)
            off = USERS.update().where(USERS.c.name == "off@example.org")
            connection.execute(off.values(disabled=1, password=hash_password(GOOD)))
        done += [self.work(server, name, GOOD, monkeypatch) for name in ("none@example.org", "off@example.org")]
        assert all(own == done[0] for own in done)
        assert [step for step in done[0] if isinstance(step, tuple)] == [
            ("argon2", "m=64,t=1,p=1"),
            ("bcrypt", b"$2b$04$"),
        ]

    def test_when_there_are_none_any_more(self, strict: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        put(strict, BEN, None)
        done = [self.work(strict, user, "wrong", monkeypatch) for user in (ANN, "eve@example.org", BEN)]
        assert done[0] == done[1] == done[2]
        assert [step[0] for step in done[0] if isinstance(step, tuple)] == ["argon2"]


class TestGuessing:
    def refused(self, server: Running, user: str, password: str, client: str) -> int:
        with pytest.raises(Problem) as caught:
            check_password(server.room, user, password, client)
        assert caught.value.status == 429
        return int(caught.value.headers["Retry-After"])

    def test_from_one_place(self, strict: Running) -> None:
        for number in range(3):
            assert check_password(strict.room, f"user{number}", "wrong", HERE) is None
        assert 1 <= self.refused(strict, ANN, GOOD, HERE) <= 20
        assert check_password(strict.room, ANN, GOOD, "198.51.100.1") is not None
        move(strict, 20)
        assert check_password(strict.room, ANN, GOOD, HERE) is not None

    def test_from_many_places(self, strict: Running) -> None:
        for number, name in enumerate((ANN, ANN.upper(), "Ann@example.org")):
            assert check_password(strict.room, name, "wrong", f"198.51.100.{number}") is None
        assert 1 <= self.refused(strict, ANN, GOOD, HERE) <= 20
        assert check_password(strict.room, BEN, OLD, HERE) is not None
        move(strict, 20)
        assert check_password(strict.room, ANN, GOOD, HERE) is not None

    def test_who_is_right_is_not_counted(self, strict: Running) -> None:
        for _ in range(6):
            assert check_password(strict.room, ANN, GOOD, HERE) is not None

    def test_a_clock_that_is_set_back_locks_nobody_out(self, strict: Running) -> None:
        for number in range(3):
            assert check_password(strict.room, f"user{number}", "wrong", HERE) is None
        move(strict, -30)
        self.refused(strict, ANN, GOOD, HERE)
        move(strict, -3600)
        assert check_password(strict.room, ANN, GOOD, HERE) is not None

    def test_many_at_once_are_as_many(self, strict: Running) -> None:
        def guess(number: int) -> int:
            try:
                check_password(strict.room, ANN, f"guess {number}", f"198.51.100.{number}")
            except Problem as problem:
                return problem.status
            return 200

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(guess, range(12)))
        assert sorted(answers) == [200] * 3 + [429] * 9

    def test_what_is_counted_tells_no_address(self, strict: Running) -> None:
        check_password(strict.room, "Eve@Example.org", "wrong", HERE)
        with strict.room.database.read() as connection:
            names = connection.execute(sql.select(BUCKETS.c.name)).scalars().all()
        digest = hashlib.sha256(b"eve@example.org").hexdigest()[:32]
        assert sorted(names) == [f"sign-in {HERE}", f"sign-in user {digest}"]


def test_no_password_is_kept_or_logged(strict: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    check_password(strict.room, ANN, GOOD, HERE)
    check_password(strict.room, BEN, OLD, HERE)
    check_password(strict.room, BEN, "wrong password", HERE)
    folder = strict.room.places.root
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in (GOOD, OLD, "wrong password"):
        assert secret.encode() not in everything
        assert secret not in caplog.text
