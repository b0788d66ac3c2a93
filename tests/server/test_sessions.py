"""Sessions: who is signed in for how long, by which cookie, and what they may change with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from pltpack.server.accounts.passwords import hash_password, put_password
from pltpack.server.accounts.sessions import (
    check_csrf,
    check_secure,
    clear_cookie,
    cookie_name,
    end_session,
    end_sessions,
    forget_sessions,
    open_session,
    session_of,
    sessions_of,
    set_cookie,
)
from pltpack.server.accounts.signing_in import sign_in, sign_out
from pltpack.server.database.tables import SESSIONS, USERS
from pltpack.server.identity.identity import Role
from pltpack.server.identity.users import add_user
from pltpack.server.problems import Problem
from tests.server.running import Clock, Running, room, running, serving

ANN = "ann@example.org"
GOOD = "correct horse"
HOUR, DAY = 3600, 86400


def person(server: Running, name: str = ANN) -> None:
    with server.room.database.write() as connection:
        add_user(connection, name, time=server.room.now)
        put_password(connection, name, hash_password(GOOD))


def cookie(secret: str) -> str:
    return f"pltpack={secret}"


def move(server: Running, seconds: float) -> None:
    assert isinstance(server.room.clock, Clock)
    server.room.clock.now += seconds


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Running]:
    """A room with Ann in it."""
    with room(tmp_path, clock=Clock()) as found:
        person(found)
        yield found


class TestHowLong:
    def test_a_session_that_is_used(self, quiet: Running) -> None:
        opened = open_session(quiet.room, ANN)
        start = quiet.room.now
        while quiet.room.now < start + 14 * DAY - 11 * HOUR:
            found = session_of(quiet.room, cookie(opened.secret))
            assert found is not None
            assert (found.user, found.role, found.created, found.expires) == (ANN, Role.MEMBER, start, start + 14 * DAY)
            move(quiet, 11 * HOUR)
        move(quiet, 11 * HOUR)
        assert session_of(quiet.room, cookie(opened.secret)) is None
        assert forget_sessions(quiet.room) == 1

    def test_a_session_that_is_not_used(self, quiet: Running) -> None:
        opened = open_session(quiet.room, ANN)
        move(quiet, 12 * HOUR - 1)
        assert session_of(quiet.room, cookie(opened.secret)) is not None
        move(quiet, 12 * HOUR)
        assert session_of(quiet.room, cookie(opened.secret)) is None
        assert sessions_of(quiet.room, ANN) == []

    def test_as_the_configuration_says(self, tmp_path: Path) -> None:
        with room(tmp_path, "[accounts]\nsession_hours = 48\nsession_days = 1", clock=Clock()) as server:
            person(server)
            opened = open_session(server.room, ANN)
            assert opened.expires == server.room.now + DAY
            move(server, DAY - 1)
            assert session_of(server.room, cookie(opened.secret)) is not None
            move(server, 1)
            assert session_of(server.room, cookie(opened.secret)) is None

    def test_a_clock_that_is_set_back(self, quiet: Running) -> None:
        opened = open_session(quiet.room, ANN)
        move(quiet, -60)
        assert session_of(quiet.room, cookie(opened.secret)) is not None, "clocks of two hosts differ a little"
        move(quiet, -HOUR)
        assert session_of(quiet.room, cookie(opened.secret)) is None

    def test_it_ends(self, quiet: Running) -> None:
        one, two, three = (open_session(quiet.room, ANN) for _ in range(3))
        end_session(quiet.room, one.id)
        assert session_of(quiet.room, cookie(one.secret)) is None
        assert sign_out(quiet.room, cookie(two.secret))
        assert not sign_out(quiet.room, cookie(two.secret))
        assert session_of(quiet.room, cookie(two.secret)) is None
        assert end_sessions(quiet.room, ANN) == 1
        assert session_of(quiet.room, cookie(three.secret)) is None

    def test_a_user_who_may_not_sign_in_any_more(self, quiet: Running) -> None:
        opened = open_session(quiet.room, ANN)
        with quiet.room.database.write() as connection:
            connection.execute(USERS.update().where(USERS.c.name == ANN).values(disabled=1))
        assert session_of(quiet.room, cookie(opened.secret)) is None

    def test_one_user_has_so_many(self, quiet: Running) -> None:
        opened = []
        for _ in range(52):
            opened.append(open_session(quiet.room, ANN))
            move(quiet, 1)
        held = [session_of(quiet.room, cookie(session.secret)) is not None for session in opened]
        assert held == [False] * 2 + [True] * 50

    def test_a_role_is_that_of_now(self, quiet: Running) -> None:
        opened = open_session(quiet.room, ANN)
        with quiet.room.database.write() as connection:
            connection.execute(USERS.update().where(USERS.c.name == ANN).values(role="curator"))
        found = session_of(quiet.room, cookie(opened.secret))
        assert found is not None
        assert found.role == Role.CURATOR


class TestCookies:
    @pytest.mark.parametrize(
        ("url", "name", "secure"),
        [
            ("", "pltpack", False),
            ("http://127.0.0.1:9004/", "pltpack", False),
            ("https://pkgs.example.org/", "__Host-pltpack", True),
            ("HTTPS://pkgs.example.org/", "__Host-pltpack", True),
        ],
    )
    def test_what_is_set(self, tmp_path: Path, url: str, name: str, secure: bool) -> None:
        with room(tmp_path, f'[server]\nurl = "{url}"', clock=Clock()) as server:
            person(server)
            opened = open_session(server.room, ANN)
            head, *rest = set_cookie(server.room, opened).split("; ")
            assert head == f"{name}={opened.secret}"
            assert cookie_name(server.room) == name
            assert set(rest) == {"Path=/", "HttpOnly", "SameSite=Lax", f"Max-Age={14 * DAY}", *["Secure"] * secure}
            assert clear_cookie(server.room).startswith(f"{name}=; Path=/; Max-Age=0; ")

    def test_which_are_read(self, quiet: Running) -> None:
        secret = open_session(quiet.room, ANN).secret
        for good in (f"pltpack={secret}", f"a=b; pltpack={secret}", f"pltpack={secret};x", f" pltpack={secret} ;a=;="):
            assert session_of(quiet.room, good) is not None, good
        for bad in (
            None,
            "",
            ";;;",
            "pltpack=",
            "pltpack",
            f"PLTPACK={secret}",
            f'pltpack="{secret}"',
            f"pltpack={secret}x",
            f"pltpack={secret[:-1]}",
            f"pltpack={'A' * 43}",
            f"pltpack={secret}\0",
            f"__Host-pltpack={secret}",
            f"pltpack={'A' * 43}; pltpack={secret}",
            f"pltpack={secret}; pltpack={secret}",
            "pltpack=%",
            "pltpack=" + "x" * 100_000,
        ):
            assert session_of(quiet.room, bad) is None, bad

    def test_what_is_kept_does_not_tell_it(self, quiet: Running) -> None:
        opened = open_session(quiet.room, ANN)
        with quiet.room.database.read() as connection:
            rows = connection.execute(sql.select(SESSIONS)).all()
        assert len(rows) == 1
        assert opened.secret not in str(rows)
        assert opened.csrf not in str(rows)

    def test_what_a_browser_brings_is_not_taken_over(self, quiet: Running) -> None:
        """Session fixation: who signs in has a secret that nobody has seen before, whatever they bring."""
        before = open_session(quiet.room, ANN)
        brought = cookie(before.secret)
        opened = sign_in(quiet.room, ANN, GOOD, client="127.0.0.1", cookies=brought)
        assert opened.secret != before.secret
        assert opened.csrf != before.csrf
        assert session_of(quiet.room, brought) is None, "and what was brought is good for nothing"
        foreign = cookie("F" * 43)
        sign_in(quiet.room, ANN, GOOD, client="127.0.0.1", cookies=foreign)
        assert session_of(quiet.room, foreign) is None


class TestChanges:
    def test_what_has_to_come_along(self, quiet: Running) -> None:
        one, two = open_session(quiet.room, ANN), open_session(quiet.room, ANN)
        headers = {"cookie": cookie(one.secret)}
        check_csrf(quiet.room, headers, one.csrf)
        check_csrf(quiet.room, {**headers, "x-csrf-token": one.csrf})
        for wrong in ("", two.csrf, one.csrf[:-1], one.csrf + "A", one.secret, "\ud800"):
            with pytest.raises(Problem) as caught:
                check_csrf(quiet.room, headers, wrong)
            assert (caught.value.status, caught.value.code) == (403, "no-csrf-token")
        with pytest.raises(Problem):
            check_csrf(quiet.room, {"x-csrf-token": one.csrf})

    def test_passwords_are_not_taken_where_others_see_them(self, tmp_path: Path) -> None:
        with room(tmp_path, '[server]\nurl = "http://pkgs.example.org/"') as server:
            person(server)
            for client in ("203.0.113.9", "10.0.0.1", "", "nonsense"):
                with pytest.raises(Problem) as caught:
                    sign_in(server.room, ANN, GOOD, client=client)
                assert caught.value.code == "insecure"
            for client in ("127.0.0.1", "::1"):
                check_secure(server.room, client)

    def test_a_wrong_password_opens_nothing(self, quiet: Running) -> None:
        with pytest.raises(Problem) as caught:
            sign_in(quiet.room, ANN, "wrong", client="127.0.0.1")
        assert caught.value.status == 401
        assert sessions_of(quiet.room, ANN) == []


class TestApi:
    """Sessions at the API: who has one is known, and changes nothing by accident."""

    def test_reading_and_changing(self, server: Running) -> None:
        person(server)
        opened = open_session(server.room, ANN)
        shown = {"Cookie": cookie(opened.secret)}
        assert server.ask("GET", "/api/v1/tokens", **shown).status == 200
        wanted = {"label": "x", "scopes": ["upload"]}
        refused = server.ask("POST", "/api/v1/tokens", wanted, **shown)
        assert (refused.status, refused.json["code"]) == (403, "no-csrf-token")
        made = server.ask("POST", "/api/v1/tokens", wanted, X_CSRF_Token=opened.csrf, **shown)
        assert made.status == 201
        status = server.ask("GET", "/api/v1/status", **shown)
        assert status.json["user"] == ANN
        assert status.json["role"] == "member"

    def test_a_cookie_that_is_no_good(self, server: Running) -> None:
        for _ in range(30):
            assert server.ask("GET", "/api/v1/status", Cookie=cookie("A" * 43)).status == 200
        assert server.ask("GET", "/api/v1/tokens", Cookie=cookie("A" * 43)).status == 401

    def test_a_token_needs_nothing_along(self, server: Running) -> None:
        person(server)
        opened = open_session(server.room, ANN)
        token = server.token_of(ANN, "account", "upload")
        wanted = {"label": "x", "scopes": ["upload"]}
        assert server.ask("POST", "/api/v1/tokens", wanted, token=token, Cookie=cookie(opened.secret)).status == 201

    def test_passwords_with_each_request(self, tmp_path: Path) -> None:
        basic = {"Authorization": "Basic YW5uQGV4YW1wbGUub3JnOmNvcnJlY3QgaG9yc2U="}
        wrong = {"Authorization": "Basic YW5uQGV4YW1wbGUub3JnOndyb25n"}
        with running(tmp_path / "off") as server:
            person(server)
            assert server.ask("GET", "/api/v1/status", **basic).status == 401
        with room(tmp_path / "on", "[accounts]\nbasic = true\n[limits]\nsign_ins = 3", clock=Clock()) as server:
            person(server)
            with serving(server):
                for _ in range(5):
                    assert server.ask("GET", "/api/v1/status", **basic).json["role"] == "member"
                assert server.ask("GET", "/api/v1/tokens", **basic).status == 403, "a password makes no tokens"
                answers = [server.ask("GET", "/api/v1/status", **wrong).status for _ in range(4)]
                assert answers == [401, 401, 401, 429]
                assert server.ask("GET", "/api/v1/status", **basic).status == 429
                move(server, 60)
                assert server.ask("GET", "/api/v1/status", **basic).status == 200
