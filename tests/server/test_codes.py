"""Codes by mail: to whom, how often, for how long, for how many tries; on both kinds of database."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from pltpack.server.accounts.codes import CODE, forget_codes, send_code, use_code
from pltpack.server.accounts.joining import ask_code, change_password, set_by_code
from pltpack.server.accounts.passwords import check_password, hash_password, put_password
from pltpack.server.accounts.sessions import open_session, session_of
from pltpack.server.database.tables import CODES, JOBS, USERS
from pltpack.server.identity.identity import Role
from pltpack.server.identity.users import add_user, named
from pltpack.server.problems import Problem
from pltpack.server.records.events import list_events
from tests.server.kinds import new_database
from tests.server.mailbox import Mailbox, logged, mailbox, settings
from tests.server.postgresql import postgresql
from tests.server.running import Clock, Running, room

ANN = "ann@example.org"
NEW = "new@example.org"
OFF = "off@example.org"
OLD, GOOD = "correct horse", "battery staple"
HERE = "127.0.0.1"
LIMITS = "[limits]\ncodes = 1000\nsign_ins = 1000"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


def people(server: Running) -> None:
    with server.room.database.write() as connection:
        for name in (ANN, OFF, "operator"):
            add_user(connection, name, time=server.room.now)
            put_password(connection, name, hash_password(OLD))
        connection.execute(USERS.update().where(USERS.c.name == OFF).values(disabled=1))


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path, box: Mailbox) -> Iterator[Running]:
    """A room with Ann, with one who may not sign in any more, and with one whose name is no address."""
    url = ""
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("cluster"), tmp_path.name)
    with room(tmp_path, f"{settings(box)}\n{LIMITS}", database=url, clock=Clock()) as found:
        people(found)
        yield found


@pytest.fixture
def joinable(tmp_path: Path, box: Mailbox) -> Iterator[Running]:
    """The same where anybody may register."""
    with room(tmp_path, f"{settings(box)}\n{LIMITS}\n[accounts]\nregister = true", clock=Clock()) as found:
        people(found)
        yield found


def move(server: Running, seconds: float) -> None:
    assert isinstance(server.room.clock, Clock)
    server.room.clock.now += seconds


def sent(server: Running, box: Mailbox, address: str = ANN) -> str:
    """Ask for a code, and look into the mail."""
    send_code(server.room, address)
    server.work()
    return box.code()


def refused(server: Running, address: str, code: str) -> str:
    with pytest.raises(Problem) as caught:
        set_by_code(server.room, address, code, GOOD, client=HERE)
    return caught.value.code


class TestAsking:
    def test_one_mail_in_ten_minutes(self, server: Running, box: Mailbox) -> None:
        for address in (ANN, ANN, "Ann@Example.org", ANN.upper()):
            send_code(server.room, address)
            server.work()
        assert [to for to, _ in box.mails] == [ANN]
        move(server, 599)
        send_code(server.room, ANN)
        assert server.work() == 0
        move(server, 1)
        send_code(server.room, ANN)
        assert server.work() == 1
        assert len(box.mails) == 2

    def test_many_ask_at_once(self, server: Running, box: Mailbox) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: send_code(server.room, ANN), range(16)))
        assert server.work() == 1
        assert len(box.mails) == 1

    def test_it_goes_to_the_address_that_is_known(self, server: Running, box: Mailbox) -> None:
        """Not to one that is only the same without its capitals, which may be somebody else's."""
        code = sent(server, box, "ANN@EXAMPLE.ORG")
        assert [to for to, _ in box.mails] == [ANN]
        assert use_code(server.room, ANN, code) == ANN

    def test_nobody_to_send_it_to(self, server: Running, box: Mailbox) -> None:
        for address in (NEW, OFF, "operator", "ann@example.org\r\nBcc: eve@example.org"):
            send_code(server.room, address)
        server.work()
        assert box.mails == []

    def test_a_clock_that_is_set_back(self, server: Running, box: Mailbox) -> None:
        code = sent(server, box)
        move(server, -30)
        send_code(server.room, ANN)
        assert server.work() == 0
        move(server, -3600)
        assert use_code(server.room, ANN, code) is None, "it is of the future"
        sent(server, box)
        assert len(box.mails) == 2

    def test_a_mail_that_does_not_go_through_at_once(self, server: Running, box: Mailbox) -> None:
        box.refuse = "451 later"
        send_code(server.room, ANN)
        server.work()
        box.refuse = ""
        move(server, 60)
        server.work()
        assert use_code(server.room, ANN, box.code()) == ANN

    def test_by_how_many_a_client_may_have_mails_sent(self, tmp_path: Path, box: Mailbox) -> None:
        with room(tmp_path, f"{settings(box)}\n[limits]\ncodes = 3", clock=Clock()) as server:
            for number in range(3):
                ask_code(server.room, f"user{number}@example.org", HERE)
            with pytest.raises(Problem) as caught:
                ask_code(server.room, ANN, HERE)
            assert caught.value.status == 429
            ask_code(server.room, ANN, "203.0.113.9")
            move(server, 20)
            ask_code(server.room, ANN, HERE)

    def test_no_mail(self, tmp_path: Path) -> None:
        with room(tmp_path) as server:
            for address in (ANN, NEW):
                with pytest.raises(Problem) as caught:
                    ask_code(server.room, address, HERE)
                assert caught.value.code == "no-mail"


class TestNobodyLearnsWhoIsAUser:
    ADDRESSES = (ANN, OFF, NEW, "operator@example.org")

    def test_the_same_is_asked_of_the_database(self, server: Running) -> None:
        """Whoever asks, and whether for the first time: equal work, none of which looks for a user."""
        done = [statements(server, partial(send_code, server.room, address)) for address in self.ADDRESSES]
        assert all(own == done[0] for own in done)
        assert not [statement for statement in done[0] if "users" in statement]

    def test_the_same_is_written(self, server: Running) -> None:
        for address in self.ADDRESSES:
            send_code(server.room, address)
        with server.room.database.read() as connection:
            codes = connection.execute(sql.select(CODES)).all()
            jobs = connection.execute(sql.select(JOBS).where(JOBS.c.kind == CODE)).all()
        assert sorted(row.address for row in codes) == sorted(self.ADDRESSES)
        assert {(row.sent_to, row.digest, row.sent, row.tries) for row in codes} == {(None, None, None, 0)}
        assert {(row.actor, row.package, row.state, row.due) for row in jobs} == {(None, None, "queued", jobs[0].due)}

    def test_the_same_comes_of_it(self, server: Running) -> None:
        for address in self.ADDRESSES:
            send_code(server.room, address)
        server.work()
        with server.room.database.read() as connection:
            jobs = connection.execute(sql.select(JOBS).where(JOBS.c.kind == CODE)).all()
        assert {(row.state, row.result, row.error) for row in jobs} == {("done", "{}", None)}

    def test_a_wrong_code_is_the_same_for_all(self, server: Running) -> None:
        for address in self.ADDRESSES:
            send_code(server.room, address)
        server.work()
        done = [statements(server, partial(refused, server, address, "0" * 32)) for address in self.ADDRESSES]
        assert all(own == done[0] for own in done)
        assert not [statement for statement in done[0] if "users" in statement]


def statements(server: Running, work: Any) -> list[str]:
    """What is asked of the database."""
    found: list[str] = []

    def asked(_connection: Any, _cursor: Any, statement: str, *_rest: object) -> None:
        found.append(statement)

    engine = server.room.database.engine
    sql.event.listen(engine, "before_cursor_execute", asked)
    work()
    sql.event.remove(engine, "before_cursor_execute", asked)
    return found


class TestUsing:
    def test_it_is_good_once(self, server: Running, box: Mailbox) -> None:
        code = sent(server, box)
        assert use_code(server.room, ANN, code) == ANN
        assert use_code(server.room, ANN, code) is None

    def test_it_is_good_for_half_an_hour(self, server: Running, box: Mailbox) -> None:
        code = sent(server, box)
        move(server, 1800)
        assert use_code(server.room, ANN, code) is None
        code = sent(server, box)
        move(server, 1799)
        assert use_code(server.room, ANN, code) == ANN

    def test_it_is_good_for_five_tries(self, server: Running, box: Mailbox) -> None:
        code = sent(server, box)
        for _ in range(4):
            assert use_code(server.room, ANN, "0" * 32) is None
        move(server, 600)
        code = sent(server, box)
        for _ in range(4):
            assert use_code(server.room, ANN, "0" * 32) is None, "another code has tries of its own"
        assert use_code(server.room, ANN, code) == ANN
        move(server, 600)
        code = sent(server, box)
        for _ in range(5):
            assert use_code(server.room, ANN, "0" * 32) is None
        assert use_code(server.room, ANN, code) is None

    def test_however_it_is_typed(self, server: Running, box: Mailbox) -> None:
        for change in (str.upper, lambda code: code.replace("-", ""), lambda code: f" {code.replace('-', ' ')}\n"):
            assert use_code(server.room, "Ann@Example.org", change(sent(server, box))) == ANN
            move(server, 600)

    def test_it_has_128_bits(self, server: Running, box: Mailbox) -> None:
        first = sent(server, box)
        move(server, 600)
        assert len({first, sent(server, box)}) == 2
        assert len(first.replace("-", "")) * 4 == 128

    @pytest.mark.parametrize("code", ["", "0" * 32, "x" * 100_000, "\0", "\ud800", "-" * 64, "%"])
    def test_what_is_no_code(self, server: Running, box: Mailbox, code: str) -> None:
        sent(server, box)
        for address in (ANN, NEW, "", "\0", "\ud800", "x" * 100_000):
            assert use_code(server.room, address, code) is None

    def test_that_of_another_address(self, joinable: Running, box: Mailbox) -> None:
        sent(joinable, box)
        other = sent(joinable, box, NEW)
        assert use_code(joinable.room, ANN, other) is None

    def test_only_the_latest(self, server: Running, box: Mailbox) -> None:
        first = sent(server, box)
        move(server, 600)
        second = sent(server, box)
        assert use_code(server.room, ANN, first) is None
        assert use_code(server.room, ANN, second) == ANN

    def test_many_use_it_at_once(self, server: Running, box: Mailbox) -> None:
        code = sent(server, box)
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda _: use_code(server.room, ANN, code), range(8)))
        assert sorted(map(str, done)) == ["None"] * 7 + [ANN]

    def test_many_guess_at_once(self, server: Running, box: Mailbox) -> None:
        code = sent(server, box)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: use_code(server.room, ANN, f"{number:032x}"), range(8)))
        assert use_code(server.room, ANN, code) is None
        with server.room.database.read() as connection:
            assert connection.execute(sql.select(CODES.c.tries)).scalar() == 9

    def test_it_is_forgotten(self, server: Running, box: Mailbox) -> None:
        sent(server, box)
        move(server, 3600)
        assert forget_codes(server.room) == 0
        move(server, 1)
        assert forget_codes(server.room) == 1


class TestPasswords:
    def test_another_one_by_a_code(self, server: Running, box: Mailbox) -> None:
        before = open_session(server.room, ANN)
        opened = set_by_code(server.room, ANN, sent(server, box), GOOD, client=HERE)
        assert session_of(server.room, f"pltpack={before.secret}") is None
        found = session_of(server.room, f"pltpack={opened.secret}")
        assert found is not None
        assert found.user == ANN
        assert check_password(server.room, ANN, OLD, HERE) is None
        assert check_password(server.room, ANN, GOOD, HERE) is not None
        with server.room.database.read() as connection:
            event = list_events(connection)[0]
        assert (event.action, event.actor, event.detail) == ("password", ANN, "by a code")

    def test_a_new_user(self, joinable: Running, box: Mailbox) -> None:
        opened = set_by_code(joinable.room, "NEW@example.org", sent(joinable, box, NEW), GOOD, client=HERE)
        found = session_of(joinable.room, f"pltpack={opened.secret}")
        assert found is not None
        assert (found.user, found.role) == (NEW, Role.MEMBER), "named as the mail was"
        assert "become a user" in box.text()
        move(joinable, 600)
        sent(joinable, box, NEW)
        assert "a new password" in box.text()

    def test_as_what_new_ones_come(self, tmp_path: Path, box: Mailbox) -> None:
        more = '[accounts]\nregister = true\nrole = "reader"'
        with room(tmp_path, f"{settings(box)}\n{more}", clock=Clock()) as server:
            set_by_code(server.room, NEW, sent(server, box, NEW), GOOD, client=HERE)
            with server.room.database.read() as connection:
                row = named(connection, NEW)
            assert row is not None
            assert row.role == "reader"

    def test_what_is_wrong_changes_nothing(self, server: Running, box: Mailbox) -> None:
        code = sent(server, box)
        assert refused(server, ANN, "0" * 32) == "wrong-code"
        with pytest.raises(Problem) as caught:
            set_by_code(server.room, ANN, code, "short", client=HERE)
        assert caught.value.status == 422
        assert check_password(server.room, ANN, OLD, HERE) is not None
        set_by_code(server.room, ANN, code, GOOD, client=HERE)

    def test_who_may_not_sign_in_meanwhile(self, server: Running, box: Mailbox) -> None:
        code = sent(server, box)
        with server.room.database.write() as connection:
            connection.execute(USERS.update().where(USERS.c.name == ANN).values(disabled=1))
        assert refused(server, ANN, code) == "wrong-code"

    def test_guesses_are_counted_by_client(self, tmp_path: Path, box: Mailbox) -> None:
        with room(tmp_path, f"{settings(box)}\n[limits]\nsign_ins = 3", clock=Clock()) as server:
            people(server)
            assert [refused(server, f"user{number}@example.org", "0" * 32) for number in range(4)] == [
                *["wrong-code"] * 3,
                "too-often",
            ]
            move(server, 20)
            set_by_code(server.room, ANN, sent(server, box), GOOD, client=HERE)

    def test_by_the_password_of_now(self, server: Running, box: Mailbox) -> None:
        before = open_session(server.room, ANN)
        with pytest.raises(Problem) as caught:
            change_password(server.room, ANN, "wrong", GOOD, client=HERE)
        assert caught.value.code == "wrong-password"
        opened = change_password(server.room, ANN, OLD, GOOD, client=HERE, cookies=f"pltpack={before.secret}")
        assert session_of(server.room, f"pltpack={before.secret}") is None
        assert session_of(server.room, f"pltpack={opened.secret}") is not None
        assert check_password(server.room, ANN, GOOD, HERE) is not None
        server.work()
        assert [(to, message["Subject"]) for to, message in box.mails] == [(ANN, "Your password was changed")]
        for secret in (OLD, GOOD):
            assert secret not in box.text()


def test_no_code_is_kept_or_logged(joinable: Running, box: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    codes = [sent(joinable, box, address) for address in (ANN, NEW)]
    box.refuse = "451 later"
    move(joinable, 600)
    send_code(joinable.room, ANN)
    joinable.work()
    folder = joinable.room.places.root
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for code in codes:
        for form in (code, code.replace("-", "")):
            assert form.encode() not in everything
            assert form not in logged(caplog)
    assert ANN not in logged(caplog)
