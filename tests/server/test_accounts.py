"""Accounts at the API: signing in and out, passwords by codes, what one is called, and what nobody learns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from pltpack.client.client import CatalogClient
from pltpack.errors import FetchError, PackageError
from pltpack.server.accounts.passwords import hash_password, put_password
from pltpack.server.accounts.people import people, set_display, set_role
from pltpack.server.database.tables import USERS
from pltpack.server.identity.users import add_user
from pltpack.server.keeping.importing import import_catalog
from pltpack.server.problems import Problem
from tests.server.mailbox import Mailbox, mailbox, settings
from tests.server.running import Answer, Clock, Running, running

ANN = "ann@example.org"
BEN = "ben@example.org"
OLD, GOOD = "correct horse", "battery staple"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture
def server(tmp_path: Path, box: Mailbox) -> Iterator[Running]:
    """A server that sends mail, with Ann and Ben."""
    with running(tmp_path, f"{settings(box)}\n[accounts]\nregister = true", clock=Clock()) as found:
        with found.room.database.write() as connection:
            for name in (ANN, BEN):
                add_user(connection, name, time=found.room.now)
                put_password(connection, name, hash_password(OLD))
        yield found


def sign_in(server: Running, user: str = ANN, password: str = OLD, **headers: str) -> Answer:
    return server.ask("POST", "/api/v1/session", {"user": user, "password": password}, **headers)


def headers(answer: Answer) -> dict[str, str]:
    """What a browser, and a script in it, send after an answer."""
    found = re.match(r"pltpack=([^;]*);", answer.headers["set-cookie"])
    assert found is not None
    return {"Cookie": f"pltpack={found[1]}", "X_CSRF_Token": answer.json["csrf"]}


class TestSessions:
    def test_in_and_out(self, server: Running) -> None:
        opened = sign_in(server)
        assert opened.status == 201
        assert opened.json["user"] == ANN
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(opened.headers["set-cookie"].split("; "))
        mine = headers(opened)
        account = server.ask("GET", "/api/v1/account", **mine)
        assert account.status == 200
        assert account.json["user"] == ANN
        assert account.json["shown"] == "annλ438c4c7"
        assert [session["current"] for session in account.json["sessions"]] == [True]
        ended = server.ask("DELETE", "/api/v1/session", **mine)
        assert ended.status == 204
        assert "Max-Age=0" in ended.headers["set-cookie"]
        assert server.ask("GET", "/api/v1/account", **mine).status == 401
        assert server.ask("DELETE", "/api/v1/session", **mine).status == 401

    def test_what_needs_more_than_the_cookie(self, server: Running) -> None:
        mine = headers(sign_in(server))
        cookie = {"Cookie": mine["Cookie"]}
        for method, path, body in (
            ("DELETE", "/api/v1/session", None),
            ("DELETE", "/api/v1/account/sessions", None),
            ("PATCH", "/api/v1/account", {"display": "Eve"}),
            ("PUT", "/api/v1/account/password", {"old": OLD, "new": GOOD}),
        ):
            refused = server.ask(method, path, body, **cookie)
            assert (refused.status, refused.json["code"]) == (403, "no-csrf-token"), path
            foreign = server.ask(
                method, path, body, **cookie, X_CSRF_Token=headers(sign_in(server, BEN))["X_CSRF_Token"]
            )
            assert foreign.status == 403, path
        assert sign_in(server).status == 201

    def test_a_form_of_another_site_signs_nobody_in(self, server: Running) -> None:
        body = b'{"user": "ann@example.org", "password": "correct horse"}'
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            assert server.ask("POST", "/api/v1/session", body, Content_Type=kind).status == 415

    @pytest.mark.parametrize(
        ("user", "password"),
        [(ANN, "wrong"), ("eve@example.org", OLD), ("\ud800", OLD), (ANN, "\ud800"), ("", "x"), ("x" * 2000, OLD)],
        ids=["password", "user", "no text", "no text either", "nobody", "long"],
    )
    def test_wrong(self, server: Running, user: str, password: str) -> None:
        answer = sign_in(server, user, password)
        assert answer.status in (401, 400)
        assert "set-cookie" not in answer.headers
        known, unknown = sign_in(server, ANN, "wrong"), sign_in(server, "eve@example.org", "wrong")
        for one in (known, unknown):
            one.headers.pop("x-request-id"), one.headers.pop("date", None)
        assert known.headers == unknown.headers
        assert known.json | {"request": ""} == unknown.json | {"request": ""}

    def test_everywhere(self, server: Running) -> None:
        first, second = headers(sign_in(server)), headers(sign_in(server))
        assert len(server.ask("GET", "/api/v1/account", **first).json["sessions"]) == 2
        assert server.ask("DELETE", "/api/v1/account/sessions", **second).status == 204
        assert [server.ask("GET", "/api/v1/account", **one).status for one in (first, second)] == [401, 401]

    def test_far_away_without_https(self, server: Running) -> None:
        far = {"X_Forwarded_For": "203.0.113.9"}
        assert sign_in(server, **far).json["code"] == "insecure"
        body = {"address": ANN, "code": "0" * 32, "password": GOOD}
        assert server.ask("POST", "/api/v1/account/reset", body, **far).json["code"] == "insecure"

    def test_what_it_may(self, server: Running) -> None:
        mine = headers(sign_in(server))
        made = server.ask("POST", "/api/v1/tokens", {"label": "x", "scopes": ["upload", "edit"]}, **mine)
        assert made.status == 201
        refused = server.ask("POST", "/api/v1/tokens", {"label": "x", "scopes": ["admin"]}, **mine)
        assert refused.status == 403
        set_role(server.room, ANN, "admin")
        assert server.ask("GET", "/api/v1/tokens?all=true", **mine).status == 200


class TestCodes:
    def test_another_password(self, server: Running, box: Mailbox) -> None:
        before = headers(sign_in(server))
        asked = server.ask("POST", "/api/v1/account/code", {"address": ANN})
        assert (asked.status, asked.body) == (202, b"")
        server.work()
        body = {"address": ANN, "code": box.code(), "password": GOOD}
        done = server.ask("POST", "/api/v1/account/reset", body)
        assert done.status == 201
        assert server.ask("GET", "/api/v1/account", **headers(done)).json["user"] == ANN
        assert server.ask("GET", "/api/v1/account", **before).status == 401
        assert [sign_in(server, password=password).status for password in (OLD, GOOD)] == [401, 201]
        again = server.ask("POST", "/api/v1/account/reset", body)
        assert (again.status, again.json["code"]) == (403, "wrong-code")

    def test_a_new_user(self, server: Running, box: Mailbox) -> None:
        server.ask("POST", "/api/v1/account/code", {"address": "new@example.org"})
        server.work()
        body = {"address": "new@example.org", "code": box.code(), "password": GOOD}
        mine = headers(server.ask("POST", "/api/v1/account/reset", body))
        assert server.ask("GET", "/api/v1/account", **mine).json["role"] == "member"

    def test_the_answer_is_the_same(self, server: Running) -> None:
        answers = [
            server.ask("POST", "/api/v1/account/code", {"address": address})
            for address in (ANN, ANN, "eve@example.org", "x@" + "y" * 60)
        ]
        for answer in answers:
            answer.headers.pop("x-request-id"), answer.headers.pop("date", None)
        assert {(answer.status, answer.body, str(answer.headers)) for answer in answers} == {
            (202, b"", str(answers[0].headers))
        }

    def test_what_came_of_it_is_told_nobody(self, server: Running) -> None:
        set_role(server.room, ANN, "curator")
        mine = headers(sign_in(server))
        for address in (BEN, "eve@example.org"):
            server.ask("POST", "/api/v1/account/code", {"address": address})
        server.work()
        for number in range(1, 5):
            assert server.ask("GET", f"/api/v1/jobs/{number}").status == 404
            assert server.ask("GET", f"/api/v1/jobs/{number}", **mine).status == 404
        assert "eve@" not in server.ask("GET", "/api/v1/events", **mine).body.decode()

    @pytest.mark.parametrize("address", ["", "x", "ann@example.org\r\nBcc: a@b.c", "a@b, c@d", "ann@example.org\0", 1])
    def test_what_is_no_address(self, server: Running, address: object) -> None:
        assert server.ask("POST", "/api/v1/account/code", {"address": address}).status == 422

    def test_no_mail(self, tmp_path: Path) -> None:
        with running(tmp_path / "other") as server:
            for address in (ANN, "eve@example.org"):
                answer = server.ask("POST", "/api/v1/account/code", {"address": address})
                assert (answer.status, answer.json["code"]) == (403, "no-mail")


class TestPasswords:
    def test_another_one(self, server: Running) -> None:
        mine, other = headers(sign_in(server)), headers(sign_in(server))
        changed = server.ask("PUT", "/api/v1/account/password", {"old": OLD, "new": GOOD}, **mine)
        assert changed.status == 200
        assert server.ask("GET", "/api/v1/account", **headers(changed)).status == 200
        assert [server.ask("GET", "/api/v1/account", **one).status for one in (mine, other)] == [401, 401]
        assert [sign_in(server, password=password).status for password in (OLD, GOOD)] == [401, 201]

    @pytest.mark.parametrize(
        ("old", "new", "status"), [("wrong", GOOD, 403), (OLD, "short", 422), (OLD, "x" * 1025, 422), (OLD, "", 422)]
    )
    def test_what_is_refused(self, server: Running, old: str, new: str, status: int) -> None:
        mine = headers(sign_in(server))
        answer = server.ask("PUT", "/api/v1/account/password", {"old": old, "new": new}, **mine)
        assert answer.status == status
        assert server.ask("GET", "/api/v1/account", **mine).status == 200
        assert sign_in(server).status == 201

    def test_a_token_changes_none(self, server: Running) -> None:
        token = server.token_of(ANN, "account")
        answer = server.ask("PUT", "/api/v1/account/password", {"old": OLD, "new": GOOD}, token=token)
        assert (answer.status, answer.json["code"]) == (403, "no-session")
        assert server.ask("GET", "/api/v1/account", token=token).json["sessions"] == []


class TestNames:
    def test_a_chosen_one(self, server: Running) -> None:
        token = server.token_of(ANN, "account", "upload")
        changed = server.ask("PATCH", "/api/v1/account", {"display": "Ann A."}, token=token)
        assert (changed.json["shown"], changed.json["display"]) == ("Ann A.", "Ann A.")
        server.push("games", token=token)
        assert server.ask("GET", "/api/v1/packages/games").json["owners"] == ["Ann A."]
        events = server.ask("GET", "/api/v1/packages/games/events")
        assert events.json["events"][0]["actor"] == "Ann A."
        assert ANN.encode() not in events.body
        back = server.ask("PATCH", "/api/v1/account", {"display": ""}, token=token)
        assert back.json["shown"] == "annλ438c4c7"

    @pytest.mark.parametrize(
        "text",
        [
            "ann@example.org", "ann at@", "annλ438c4c7", " Ann", "Ann ", "A  B", "A\nB", "A\tB", "A\0",
            "A\u202eB", "A\u200bB", "\ufeff", "x" * 61, "\ud83d",
        ],
    )  # fmt: skip
    def test_what_is_none(self, server: Running, text: str) -> None:
        token = server.token_of(ANN, "account")
        assert server.ask("PATCH", "/api/v1/account", {"display": text}, token=token).status in (400, 422)
        assert server.ask("GET", "/api/v1/account", token=token).json["display"] == ""

    @pytest.mark.parametrize("text", ["Ben", "BEN", "ben", "Ｂen", "admin", "Admin"])
    def test_that_of_somebody_else(self, server: Running, text: str) -> None:
        set_display(server.room, BEN, "Ben")
        token = server.token_of(ANN, "account")
        answer = server.ask("PATCH", "/api/v1/account", {"display": text}, token=token)
        assert (answer.status, answer.json["code"]) == (409, "taken")
        set_display(server.room, BEN, "Ben")

    def test_two_choose_one_at_once(self, server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        """The database itself holds that no two show one name."""
        from pltpack.server.accounts import people

        set_display(server.room, BEN, "Kim")
        monkeypatch.setattr(people, "_check_display", lambda *_: None)
        with pytest.raises(Problem) as caught:
            set_display(server.room, ANN, "KIM")
        assert caught.value.status == 409

    def test_of_users_of_before(self, server: Running) -> None:
        with server.room.database.write() as connection:
            connection.execute(USERS.update().where(USERS.c.name == ANN).values(password="$2b$04$" + "a" * 53))
        token = server.token_of(ANN, "account")
        assert server.ask("GET", "/api/v1/account", token=token).json["has_password"] is True


class TestClient:
    """The same by the client in Python."""

    def test_an_account_from_its_first_code_on(self, server: Running, box: Mailbox) -> None:
        with CatalogClient(server.url, retries=0) as client:
            client.send_code("new@example.org")
            server.work()
            client.reset_password("new@example.org", box.code(), OLD)
            assert client.account().user == "new@example.org"
            assert client.choose_name("New").shown == "New"
            client.change_password(OLD, GOOD)
            made = client.make_token("x", scopes=["upload", "edit"])
            client.sign_out()
            with pytest.raises(FetchError) as caught:
                client.account()
            assert caught.value.status == 401
        with server.client(made.token) as client:
            assert client.status().scopes == ("edit", "read", "upload")
            opened = client.sign_in("new@example.org", GOOD)
            assert opened.user == "new@example.org"
            assert client.account().sessions[0].current
            client.sign_out(everywhere=True)
            assert client.status().scopes == ("edit", "read", "upload"), "the token is shown again"

    def test_what_is_wrong_is_an_error(self, server: Running) -> None:
        with CatalogClient(server.url, retries=0) as client:
            with pytest.raises(FetchError) as caught:
                client.sign_in(ANN, "wrong")
            assert caught.value.status == 401
            with pytest.raises(PackageError):
                client.send_code("no address")


def test_users_of_the_original_server_come_with_their_passwords(server: Running, tmp_path: Path) -> None:
    original = tmp_path / "official"
    (original / "pkgs").mkdir(parents=True)
    (original / "users.new").mkdir()
    kept = bcrypt.hashpw(b"old secret", bcrypt.gensalt(4)).decode()
    for name, text in {
        "kim@example.org": kept,
        "lee@example.org": f'((email "lee@example.org") (password #"{kept}") (properties ()))',
        "max@example.org": f'((email "eve@example.org") (password #"{kept}") (properties ()))',
    }.items():
        (original / "users.new" / name).write_text(text)
    done = import_catalog(server.room, original, owner="admin")
    assert sorted(done.users) == ["kim@example.org", "lee@example.org"]
    for name in done.users:
        assert [user.password for user in people(server.room) if user.name == name] == ["bcrypt"]
        assert sign_in(server, name, "wrong").status == 401
        assert sign_in(server, name, "old secret").status == 201
        assert [user.password for user in people(server.room) if user.name == name] == ["argon2id"]
        assert sign_in(server, name, "old secret").status == 201
    assert sign_in(server, "max@example.org", "old secret").status == 401
