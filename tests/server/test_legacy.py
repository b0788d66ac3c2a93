"""The original's routes: what was recorded of them is asked of ours, and every difference has a name."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import sqlalchemy as sql

from pltpack.datum.reader import read_datum
from pltpack.datum.values import HashTable, Symbol
from pltpack.server.accounts.passwords import put_password
from pltpack.server.database.tables import JOBS, SESSIONS, USERS
from pltpack.server.records.package import Package, find_package
from tests.server.mailbox import mailbox
from tests.server.original import PASSWORDS, legacy
from tests.server.running import Answer, Clock, Running, running

ROOT = Path(__file__).parents[2]
REQUESTS: list[dict[str, Any]] = json.loads((ROOT / "fixtures/legacy/requests.json").read_text("utf-8"))
PLAIN = {"curation": False, "superuser": False}

EXPECTED: dict[str, tuple[int, object, str]] = {
    "auth ok": (200, PLAIN, ""),
    "auth curator": (200, {"curation": True, "superuser": True}, "booleans"),
    "auth wrong": (401, False, "status"),
    "auth unknown": (401, False, "status"),
    "auth extra keys": (200, PLAIN, ""),
    "auth not hash": (422, False, "status"),
    "auth empty": (400, False, "status"),
    "auth bad json": (400, False, "no crash"),
    "auth traversal": (401, False, "no crash"),
    "auth mismatch mail": (401, False, "status"),
    "auth broken file": (401, False, "status"),
    "auth old format": (200, PLAIN, ""),
    "auth empty email": (401, False, "no crash"),
    "get instead of post": (404, None, "no redirect"),
    "options": (200, "", ""),
    "modify no auth": (401, "authentication-required", "status"),
    "modify bad auth": (401, "not-authenticated", "status"),
    "create": (201, True, "status"),
    "create again": (409, False, "status"),
    "create case clash": (409, False, "status"),
    "create bad name": (422, False, "status"),
    "create empty name": (422, False, "no crash"),
    "create no description": (422, False, "status"),
    "create with bad tag": (422, False, "status"),
    "create tag non-string": (422, False, "no crash"),
    "create empty authors": (422, False, "status"),
    "create author with space": (422, False, "status"),
    "create bad version": (422, False, "status"),
    "create version 6.0": (201, True, "status"),
    "edit by co-author keeps tags": (200, True, ""),
    "edit versions []": (200, True, ""),
    "edit authors without me": (200, True, ""),
    "edit by non-author": (403, False, "status"),
    "edit by superuser drops author": (200, True, ""),
    "edit unknown": (404, False, "status"),
    "edit unknown by superuser": (404, False, "status"),
    "rename": (200, True, ""),
    "rename to existing": (409, False, "status"),
    "rename by case only": (409, False, "status"),
    "edit wrong case": (404, False, "status"),
    "bad source": (200, True, ""),
    "empty source": (200, True, ""),
    "local path source": (422, False, "sources"),
    "file url source": (422, False, "sources"),
    "update {}": (200, True, ""),
    "update empty body": (400, False, "no crash"),
    "update extra key": (422, False, "no crash"),
    "update no auth": (401, "authentication-required", "status"),
    "curate by author": (403, False, "status"),
    "curate": (200, True, ""),
    "curate many": (200, True, ""),
    "curate ring 3": (422, False, "status"),
    "curate ring 1.0": (200, True, ""),
    "curate unknown": (404, False, "no ghosts"),
    "curate extra key": (200, True, ""),
    "curate both": (200, True, ""),
    "del by non-author": (403, False, "status"),
    "del unknown by author": (404, False, "status"),
    "del unknown by superuser": (404, False, "no crash"),
    "del traversal by superuser": (404, False, "no crash"),
    "del not string": (422, False, "no crash"),
    "del": (200, True, "removal"),
    "upload by non-curator": (403, "#f", "status"),
    "upload wrong password": (401, "#f", "status"),
    "upload new": (200, "#t", ""),
    "upload merge": (200, "#t", "unknown keys"),
    "upload case clash": (422, "#f", "status"),
    "upload bad name": (422, "#f", "names"),
    "upload traversal": (422, "#f", "no crash"),
    "upload garbage": (400, "#f", "no crash"),
    "upload empty": (422, "#f", "no crash"),
    "upload reader ext": (400, "#f", "no crash"),
    "notice": (200, "", "notice"),
    "notice post": (405, None, "no redirect"),
    "else": (307, None, "catalog"),
    "else root": (200, None, "no redirect"),
    "else post": (405, None, "no redirect"),
    "jsonp": (404, None, "no redirect"),
}
"""For each request what ours answers, and the name of what is different, which docs/server.md explains."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with legacy(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for tests that change nothing."""
    with legacy(tmp_path_factory.mktemp("shared")) as found:
        yield found


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def ask(server: Running, path: str, body: object, *, user: str = "", password: str | None = None) -> Answer:
    """Send something as the original's scripts do, which tell no type."""
    headers = {"Authorization": basic(user, PASSWORDS[user] if password is None else password)} if user else {}
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return server.ask("POST", path, text, **headers)


def upload(server: Running, datum: str, user: str = "curator1@example.org", password: str = '#"cur"') -> Answer:
    return ask(server, "/api/upload", f'("{user}" {password} {datum})'.encode())


def package(server: Running, name: str) -> Package:
    with server.room.database.read() as connection:
        found = find_package(connection, name)
    assert found is not None
    return found


def waiting(server: Running) -> list[str]:
    """Packages whose sources are to be looked at."""
    query = sql.select(JOBS.c.package).where(JOBS.c.kind == "check", JOBS.c.state == "queued")
    with server.room.database.read() as connection:
        return [*connection.execute(query).scalars()]


def replay(server: Running, recorded: dict[str, Any]) -> Answer:
    method, path = recorded["request"].split(" ")
    body = recorded.get("body", "")
    text = (body if isinstance(body, str) else json.dumps(body)).replace("$STATIC", "8000").encode()
    headers = {}
    if user := recorded.get("auth"):
        password = "wrong" if recorded["label"] == "modify bad auth" else PASSWORDS[user]
        headers["Authorization"] = basic(user, password)
    return server.ask(method, path, text if method == "POST" else None, **headers)


def test_what_was_recorded(server: Running) -> None:
    assert [recorded["label"] for recorded in REQUESTS] == [*EXPECTED]
    for recorded in REQUESTS:
        label = recorded["label"]
        status, said, difference = EXPECTED[label]
        answer = replay(server, recorded)
        assert answer.status == status, (label, answer.body)
        if said is not None:
            text = answer.body.decode()
            assert (
                text
                if isinstance(said, str) and "json" not in answer.headers.get("content-type", "")
                else json.loads(text)
            ) == said, label
        if not difference:
            # Nothing is different: what was recorded is what is said.
            assert recorded["status"] == status, label
            assert answer.body.decode() == recorded["answer"] or json.loads(answer.body) == json.loads(
                recorded["answer"]
            )
        elif difference == "status":
            assert recorded["status"] == 200
            assert answer.body.decode() == recorded["answer"], label
        elif difference == "no crash":
            assert recorded["status"] == 500
        if recorded.get("record") and difference in ("", "status", "unknown keys"):
            compare(server, recorded)
    assert server.ask("GET", "/pkg/one?version=8.7").headers["location"] == "/catalog/pkg/one?version=8.7"
    assert package(server, "renamed").edition.removed is not None
    with server.room.database.read() as connection:
        for name in ("ghost", "UP", "fine", "a b", "nope", "tagged2"):
            assert find_package(connection, name) is None


def compare(server: Running, recorded: dict[str, Any]) -> None:
    """Hold the record that the original had afterwards against ours."""
    table, _ = read_datum(recorded["record"].replace("$STATIC", "8000").encode())
    assert isinstance(table, HashTable)

    def field(key: str) -> Any:
        return table.get(Symbol(key))

    ours = package(server, field("name"))
    edition, fields = ours.edition, ours.edition.fields
    if field("source").startswith("http"):  # others are among the differences
        assert fields.source == field("source")
    assert fields.description == field("description")
    assert [*fields.tags] == (field("tags") or [])
    assert edition.ring == (2 if field("ring") is None else field("ring"))
    if field("author") is not None:
        assert [*edition.owners] == sorted(field("author").split())
    theirs = {version: own.get(Symbol("source")) for version, own in field("versions")}
    assert {version: own.source for version, own in fields.versions.items()} == theirs


def test_every_difference_is_explained() -> None:
    text = (ROOT / "docs/server.md").read_text("utf-8").partition("## Programs of the original")[2]
    explained = set(re.findall(r"^\| \*([a-z ]+)\* \|", text, re.MULTILINE))
    assert explained == {difference for _, _, difference in EXPECTED.values() if difference}


def test_it_is_off_by_default(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        for path in ("/api/authenticate", "/api/package/modify-all", "/api/upload", "/api/update"):
            assert server.ask("POST", path, b"{}").status in (404, 405)
        assert server.ask("GET", "/api/notice").status == 404
        assert server.ask("GET", "/pkg/one").status == 404


RECORD = {"pkg": "", "name": "one", "description": "First", "source": "https://example.org/one.zip"}


class TestWho:
    def test_old_passwords_are_kept_anew(self, server: Running) -> None:
        assert ask(server, "/api/authenticate", {"email": "ann@example.org", "passwd": "secret"}).json == PLAIN
        with server.room.database.read() as connection:
            row = connection.execute(USERS.select().where(USERS.c.name == "ann@example.org")).one()
        assert row.password.startswith("$argon2id$")
        assert ask(server, "/api/authenticate", {"email": "ann@example.org", "passwd": "secret"}).status == 200

    def test_a_token_does_as_a_password(self, server: Running) -> None:
        token = server.token_of("ann@example.org", "edit", packages=("one", "two"))
        path = "/api/package/modify-all"
        assert ask(server, path, RECORD, user="ann@example.org", password=token).status == 201
        # It is for nothing else, and for nobody else.
        assert ask(server, path, RECORD | {"name": "three"}, user="ann@example.org", password=token).status == 403
        renamed = RECORD | {"pkg": "one", "name": "three"}
        assert ask(server, path, renamed, user="ann@example.org", password=token).status == 403
        assert ask(server, path, RECORD | {"name": "two"}, user="bob@example.org", password=token).status == 401
        reader = server.token_of("ann@example.org", "read")
        assert ask(server, path, RECORD | {"name": "two"}, user="ann@example.org", password=reader).status == 403
        told = ask(server, "/api/authenticate", {"email": "ann@example.org", "passwd": token})
        assert (told.status, told.json) == (200, PLAIN)
        curator = server.token_of("curator1@example.org", "curate")
        assert upload(server, "#hash()", password=f'#"{curator}"').body == b"#t"

    def test_a_token_of_an_admin_can_do_what_it_is_for(self, server: Running) -> None:
        ask(server, "/api/package/modify-all", RECORD, user="ann@example.org")
        token = server.token_of("curator1@example.org", "edit")
        answer = ask(server, "/api/package/del", {"pkg": "one"}, user="curator1@example.org", password=token)
        assert answer.status == 403

    def test_guesses_are_counted(self, tmp_path: Path) -> None:
        with legacy(tmp_path, "[limits]\nsign_ins = 3", Clock()) as server:
            wrong = {"email": "ann@example.org", "passwd": "x"}
            assert [ask(server, "/api/authenticate", wrong).status for _ in range(4)] == [401, 401, 401, 429]
            last = ask(server, "/api/update", {}, user="ann@example.org")
            assert (last.status, last.body) == (429, b"false")
            assert int(last.headers["retry-after"]) > 0

    def test_tokens_are_guessed_no_faster(self, tmp_path: Path) -> None:
        with legacy(tmp_path, "[limits]\nsign_ins = 3", Clock()) as server:
            token = server.token_of("ann@example.org", "edit")
            codes = [ask(server, "/api/update", {}, user="bob@example.org", password=token).status for _ in range(4)]
            assert codes == [401, 401, 401, 429]

    def test_passwords_are_not_taken_where_others_see_them(self, server: Running) -> None:
        body = json.dumps({"email": "ann@example.org", "passwd": "secret"}).encode()
        answer = server.ask("POST", "/api/authenticate", body, X_Forwarded_For="203.0.113.9")
        assert (answer.status, answer.body) == (403, b"false")

    @pytest.mark.parametrize("header", ["Basic", "Basic !", "Bearer x", "Basic YQ==", "Digest x=y", ""])
    def test_headers_that_tell_nothing(self, shared: Running, header: str) -> None:
        answer = shared.ask("POST", "/api/update", b"{}", Authorization=header)
        assert answer.status == 401
        assert answer.json in ("not-authenticated", "authentication-required")
        assert answer.headers["www-authenticate"].startswith("Basic")


class TestEditing:
    def test_what_is_removed_can_be_made_again(self, server: Running) -> None:
        path = "/api/package/modify-all"
        assert ask(server, path, RECORD, user="ann@example.org").status == 201
        assert ask(server, "/api/package/del", {"pkg": "one"}, user="ann@example.org").status == 200
        assert ask(server, "/api/package/del", {"pkg": "one"}, user="ann@example.org").status == 404
        assert ask(server, path, RECORD | {"pkg": "one"}, user="ann@example.org").status == 404
        assert ask(server, path, RECORD, user="bob@example.org").status == 409
        assert ask(server, path, RECORD, user="ann@example.org").status == 201
        assert package(server, "one").edition.removed is None

    def test_an_author_is_somebody(self, server: Running) -> None:
        wanted = RECORD | {"authors": ["nobody@example.org"]}
        assert ask(server, "/api/package/modify-all", wanted, user="ann@example.org").status == 422

    def test_a_rename_that_cannot_be_changes_nothing(self, server: Running) -> None:
        path = "/api/package/modify-all"
        ask(server, path, RECORD, user="ann@example.org")
        before = package(server, "one")
        for name in ("ONE", "a b", ""):
            wanted = RECORD | {"pkg": "one", "name": name, "description": "other"}
            assert ask(server, path, wanted, user="ann@example.org").status in (409, 422)
        assert package(server, "one") == before

    def test_rings_are_said_of_all_or_of_none(self, server: Running) -> None:
        ask(server, "/api/package/modify-all", RECORD, user="ann@example.org")
        both = {"package-names": ["one", "ghost"], "ring": 1}
        assert ask(server, "/api/package/curate", both, user="curator1@example.org").status == 404
        assert package(server, "one").edition.ring == 2
        assert ask(server, "/api/package/curate", {"ring": 1}, user="curator1@example.org").status == 422

    def test_sources_of_ones_own_are_looked_at(self, server: Running) -> None:
        ask(server, "/api/package/modify-all", RECORD, user="ann@example.org")
        server.work()
        assert ask(server, "/api/update", {}, user="ann@example.org").json is True
        assert waiting(server) == ["one"]
        server.work()
        # Who has no packages starts nothing, whatever they are.
        assert ask(server, "/api/update", {}, user="curator1@example.org").json is True
        assert waiting(server) == []

    @pytest.mark.parametrize(
        "body",
        [b'{"pkg": ""', b"\xff", b'{"pkg": "a\\u0000"}', b"[" * 100_000, b"1e999999", b'"x"', b"{}", b"null"],
        ids=range(8),
    )
    @pytest.mark.parametrize("path", ["/api/package/modify-all", "/api/package/del", "/api/package/curate"])
    def test_bodies_that_say_nothing(self, shared: Running, path: str, body: bytes) -> None:
        answer = ask(shared, path, body, user="curator1@example.org")
        assert answer.status in (400, 422)
        assert answer.body == b"false"

    def test_bodies_that_are_too_large(self, tmp_path: Path) -> None:
        with legacy(tmp_path, "[limits]\nrequest_bytes = 1000") as server:
            assert ask(server, "/api/package/del", b" " * 2000, user="ann@example.org").status == 413
            assert upload(server, "#hash()" + " " * 2000).status == 413


class TestUpload:
    def test_all_or_nothing(self, server: Running) -> None:
        good = '("good" . #hash((source . "https://example.org/good.zip")))'
        bad = '("bad" . #hash((source . "file:///etc/passwd")))'
        assert upload(server, f"#hash({good} {bad})").body == b"#f"
        with server.room.database.read() as connection:
            assert find_package(connection, "good") is None
        assert upload(server, f"#hash({good})").body == b"#t"
        assert package(server, "good").edition.owners == ("curator1@example.org",)

    def test_what_is_not_said_stays(self, server: Running) -> None:
        ask(server, "/api/package/modify-all", RECORD | {"tags": ["fruit"]}, user="ann@example.org")
        said = '("one" . #hash((description . #f) (tags . ("b" "A")) (author . "ann@example.org bob@example.org")))'
        assert upload(server, f"#hash({said})").body == b"#t"
        edition = package(server, "one").edition
        assert (edition.fields.description, edition.fields.tags) == ("First", ("A", "b"))
        assert edition.owners == ("ann@example.org", "bob@example.org")

    def test_a_password_that_is_not_ascii(self, server: Running) -> None:
        with server.room.database.write() as connection:
            kept = bcrypt.hashpw("pλ".encode(), bcrypt.gensalt(4)).decode()
            put_password(connection, "curator1@example.org", kept)
        assert upload(server, "#hash()", password=r'#"p\316\273"').body == b"#t"

    @pytest.mark.parametrize(
        "body",
        [
            b"()",
            b'("a" "b" #hash())',
            b'("a" #"b" #hash()) more',
            b'("a" #"b" #hash((sym . #hash())))',
            b'("a" #"b" #hash(("x" . 1)))',
            b"(" * 200_000,
            b"#hash(" * 100,
            b"1e1000000000",
            b"#999999999(1)",
            b'("a" #"b" #s(x))',
            b"\xff\xfe",
            b"#lang racket/base",
        ],
        ids=range(12),
    )
    def test_what_is_no_upload(self, shared: Running, body: bytes) -> None:
        answer = ask(shared, "/api/upload", body)
        assert answer.status in (400, 413, 422)
        assert answer.body == b"#f"

    @pytest.mark.parametrize(
        "said",
        [
            "(source . 1)",
            '(source . "a\\u0000")',
            '(source . "a\\ud800")',
            '(description . "a\\nb")',
            "(tags . 1)",
            "(tags . (1))",
            '(tags . ("a b"))',
            "(ring . 3)",
            "(ring . #t)",
            '(ring . "1")',
            "(versions . 1)",
            '(versions . #hash(("abc" . #hash((source . "https://example.org/x.zip")))))',
            '(versions . #hash(("6.0" . 1)))',
            '(name . "other")',
            '(author . "nobody@example.org")',
            "(author . 1)",
        ],
    )
    def test_records_that_cannot_be(self, shared: Running, said: str) -> None:
        answer = upload(shared, f'#hash(("one" . #hash({said})))')
        assert answer.status in (400, 422)
        assert answer.body == b"#f"


def test_pages_of_others_may_ask(shared: Running) -> None:
    answer = ask(shared, "/api/update", {}, user="ann@example.org")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    asked = shared.ask("OPTIONS", "/api/package/del")
    assert asked.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert asked.headers["access-control-allow-headers"] == "content-type, authorization"


@pytest.mark.parametrize("path", ["/pkg/a%2Fb", "/pkg/..%2f..", "/pkg/a%0d%0ab", "/pkg/a?version=%0d%0ax"])
def test_nothing_of_a_request_gets_into_where_it_is_sent(shared: Running, path: str) -> None:
    answer = shared.ask("GET", path)
    assert answer.status == 404 or answer.headers["location"] == "/catalog/pkg/a"


class TestCodes:
    """Passwords by codes that come by mail, as the original did it once: in the same request."""

    def sign_in(self, server: Running, passwd: str, code: str) -> Answer:
        return ask(server, "/api/authenticate", {"email": "ann@example.org", "passwd": passwd, "code": code})

    def test_a_code_sets_the_password(self, tmp_path: Path) -> None:
        with mailbox() as box:
            sending = f'[mail]\nhost = "127.0.0.1"\nport = {box.port}\nsecurity = "none"\nsender = "pkgs@example.org"'
            with legacy(tmp_path, sending) as server:
                asked = self.sign_in(server, "a new one", "")
                assert (asked.status, asked.json) == (401, False)
                server.work()
                assert [address for address, _ in box.mails] == ["ann@example.org"]
                wrong = self.sign_in(server, "a new one", "0" * 32)
                assert (wrong.status, wrong.json) == (401, "wrong-code")
                right = self.sign_in(server, "a new one", box.code())
                assert (right.status, right.json) == (200, PLAIN)
                assert self.sign_in(server, "a new one", "").status == 200
                assert self.sign_in(server, "secret 2", box.code()).json == "wrong-code"
                server.work()
                assert len(box.mails) == 1
                with server.room.database.read() as connection:
                    assert connection.execute(SESSIONS.select()).all() == []

    def test_without_mail_there_are_none(self, server: Running) -> None:
        assert self.sign_in(server, "another", "").status == 401
        assert self.sign_in(server, "another", "0123").status == 403
        assert self.sign_in(server, "secret", "0123").status == 200, "who knows the password needs none"
