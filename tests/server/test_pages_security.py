"""The pages keep others out: forms that others send, what others have written, addresses that lead away, old cookies.

Most of it is held for every page and every form there is: they are found in the table and in the pages themselves.
"""

from __future__ import annotations

import html
import random
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pltpack.server.accounts.passwords import set_password
from pltpack.server.accounts.sessions import sessions_of
from pltpack.server.database.tables import CHECKS, USERS
from pltpack.server.pages.guard import own_address
from pltpack.server.pages.table import PAGES
from tests.server.kinds import new_database
from tests.server.postgresql import postgresql
from tests.server.running import Answer, Running, package_zip, running
from tests.server.visiting import SentForm, Visitor, kept, seen

ANN, BEN, CYD = "ann@example.org", "ben@example.org", "cyd@example.org"
LIMITS: Final = (
    "[limits]\nedits = 100000\nsign_ins = 100000\ncodes = 100000\n"
    # Nothing is sent: no worker is there to do it.
    '[mail]\nhost = "127.0.0.1"\nsender = "catalog@pkgs.example.org"'
)
EVIL: Final = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7919*7919}}{% raw %}</title>&lt;"
PLACES: Final = sorted({page.path.replace("{name}", "games") for page in PAGES} - {"/manage/open"})
ADDRESSES: Final = [
    *PLACES, "/manage/problems?all=1", "/manage/curation?ring=1", "/manage/nothing", "/manage/packages/nothing",
    "/manage/packages/away", "/manage/packages/away/history",
]  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with packages of Ann's in all states, for tests that change nothing."""
    with running(tmp_path_factory.mktemp("shared"), LIMITS) as server:
        fill(server)
        yield server


def fill(server: Running) -> None:
    """Packages of Ann's, Ben, a curator, and evil texts wherever somebody can put one."""
    token = server.token_of(ANN, "upload", "edit", "account")
    set_password(server.room, ANN, "correct horse")
    server.token_of(BEN)
    server.token_of(CYD, role="curator")
    info = f"#lang info\n(define pkg-desc {_quoted(EVIL)})\n(define pkg-authors (list {_quoted(EVIL)}))\n"
    assert server.push("games", package_zip(info=info), token=token).status == 201
    assert server.push("held", token=token).status == 201
    wanted = {
        "source": "https://127.0.0.1/x.zip",
        "description": EVIL,
        "author": EVIL.replace(":", ""),
        "license": EVIL,
    }
    assert server.ask("PUT", "/api/v1/packages/away", wanted, token=token).status == 201
    server.work()
    for name in ("games", "away"):
        assert server.ask("POST", f"/api/v1/packages/{name}/owners", {"add": [BEN]}, token=token).status == 200
        assert server.ask("POST", f"/api/v1/packages/{name}/yank", {"reason": EVIL}, token=token).status == 200
    with server.room.database.write() as connection:
        # No source tells such a thing by itself, nor does anybody get such a name by the API.
        connection.execute(CHECKS.update().values(message=EVIL, state="failed", failures=3, since=1))
        connection.execute(USERS.update().where(USERS.c.name == BEN).values(display=EVIL))
    build = {"forge": "github", "repository": "ann/games", "workflow": "x.yml", "environment": EVIL}
    assert server.ask("POST", "/api/v1/packages/games/publishers", build, token=token).status == 201
    assert server.ask("POST", "/api/v1/tokens", {"label": EVIL}, token=token).status == 201


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def visitors(server: Running) -> list[Visitor]:
    """Somebody of each kind, the first one not signed in."""
    return [Visitor(server), *(Visitor.signed_in(server, user) for user in (ANN, BEN, CYD, "admin"))]


def forms_of(visitor: Visitor) -> Iterator[SentForm]:
    """The forms that change something, of all pages that somebody can see."""
    for address in ADDRESSES:
        answer = visitor.ask("GET", address)
        if answer.status != 303:
            yield from (form for form in seen(answer, answer.status).forms if form.method == "post")


class TestEveryPage:
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_is_valid_for_everybody_and_changes_nothing(self, shared: Running, address: str) -> None:
        before = kept(shared)
        for visitor in visitors(shared):
            answer = visitor.ask("GET", address)
            if answer.status == 303:
                assert answer.headers["location"].startswith("/manage/")
            else:
                page = seen(answer, answer.status)
                assert answer.status in (200, 403, 404)
                assert str(7919 * 7919) not in page.text
            assert visitor.ask("HEAD", address).body == b""
        assert kept(shared) == before

    @pytest.mark.parametrize("address", PLACES)
    def test_what_stands_in_an_address_does_nothing(self, shared: Running, address: str) -> None:
        before = kept(shared)
        admin = Visitor.signed_in(shared, "admin")
        csrf = dict(admin.see("/manage/").form("sign-out").fields)["csrf"]
        actions = [action for page in PAGES for action in page.actions]
        for action in actions:
            query = f"csrf={csrf}&do={action}&version=3&reason=x&name=y&user=admin&event=1&package=games:3&to=1&purge=1"
            answer = admin.ask("GET", f"{address}?{query}")
            assert answer.status in (200, 303, 400, 404)
            assert "set-cookie" not in answer.headers
        assert kept(shared) == before
        assert sessions_of(shared.room, "admin") != []

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"])
    def test_takes_no_other_methods(self, shared: Running, method: str) -> None:
        admin = Visitor.signed_in(shared, "admin")
        assert {admin.ask(method, address).status for address in PLACES} == {405}

    def test_texts_of_others_are_texts(self, shared: Running) -> None:
        places = {
            "/manage/": 3, "/manage/problems": 1, "/manage/tokens": 1, "/manage/packages/games": 2,
            "/manage/packages/away": 4, "/manage/packages/away/history": 4,
        }  # fmt: skip
        ann = Visitor.signed_in(shared, ANN)
        for address, times in places.items():
            answer = ann.ask("GET", address)
            text = answer.body.decode()
            # A page that is valid without it has no element of theirs; what they wrote is to be read.
            page = seen(answer)
            assert page.text.count("<script>alert(1)</script>") >= min(times, 1), address
            assert "<script" not in text
            assert "<img" not in text
            assert len(re.findall(re.escape(html.escape("<script>alert(1)</script>")), text)) >= times, address


def test_every_page_on_postgresql(tmp_path: Path) -> None:
    with (
        postgresql() as cluster,
        running(tmp_path, LIMITS, database=new_database(cluster, tmp_path.name)) as server,
    ):
        fill(server)
        for visitor in visitors(server):
            for address in ADDRESSES:
                answer = visitor.ask("GET", address)
                assert answer.status in (303, 403, 404) or seen(answer)
        ann = Visitor.signed_in(server, ANN)
        assert "may be used again" in ann.done(ann.see("/manage/packages/games").form("unyank")).text
        admin = Visitor.signed_in(server, "admin")
        form = admin.see("/manage/curation").form("set")
        assert admin.post(form.action, [*form.filled(to="1"), ("package", "held:1")]).status == 303
        assert "1 package in ring 1" in admin.see("/manage/curation?ring=1").text


class TestEveryForm:
    def test_all_are_found(self, shared: Running) -> None:
        found = {form.do for visitor in visitors(shared) for form in forms_of(visitor)}
        assert found == {action for page in PAGES for action in page.actions}

    @pytest.mark.parametrize("kind", ["none", "wrong", "empty", "of another session", "of nobody", "from another site"])
    def test_is_ours_alone(self, shared: Running, kind: str) -> None:
        before = kept(shared)
        others = Visitor.signed_in(shared, BEN)
        foreign = dict(others.see("/manage/").form("sign-out").fields)["csrf"]
        nobody = dict(Visitor(shared).see("/manage/sign-in").form("sign-in").fields)["csrf"]
        given = {"none": None, "wrong": "x" * 43, "empty": "", "of another session": foreign, "of nobody": nobody}
        for visitor in visitors(shared):
            if visitor.cookies.get("pltpack") == others.cookies["pltpack"]:
                continue
            for form in forms_of(visitor):
                filled = form.filled(reason="typed once", name="new", user=BEN)
                if kind == "from another site":
                    answer = visitor.post(form.action, filled, Sec_Fetch_Site="cross-site")
                    assert "typed once" not in seen(answer, 403).text
                else:
                    value = given[kind]
                    filled = [(name, text) for name, text in filled if name != "csrf"]
                    filled += [] if value is None else [("csrf", value)]
                    answer = visitor.post(form.action, filled)
                    # What was typed is shown again; no secret is.
                    assert "typed once" in seen(answer, 403).text
                assert "set-cookie" not in answer.headers or not visitor.cookies.get("pltpack")
        assert kept(shared) == before
        assert len(sessions_of(shared.room, "admin")) > 0

    def test_is_for_who_is_signed_in(self, shared: Running) -> None:
        before = kept(shared)
        nobody = Visitor(shared)
        csrf = dict(nobody.see("/manage/sign-in").form("sign-in").fields)["csrf"]
        for page in PAGES:
            for action in page.actions if not page.is_open else ():
                fields = [("csrf", csrf), ("do", action), ("version", "1"), ("reason", "typed once")]
                answer = nobody.post(page.path.replace("{name}", "games"), fields)
                text = seen(answer, 403).text
                assert "You are not signed in any more" in text
                assert "typed once" in text
        assert kept(shared) == before

    def test_is_for_owners(self, shared: Running) -> None:
        """Somebody else sends a form that would be right if the package were theirs."""
        before = kept(shared)
        ben = Visitor.signed_in(shared, BEN)
        csrf = dict(ben.see("/manage/").form("sign-out").fields)["csrf"]
        more = [("reason", "x"), ("user", BEN), ("name", "mine"), ("owner", "0"), ("ring", "1"), ("event", "3")]
        for page in PAGES:
            if "{name}" in page.path:
                address = page.path.replace("{name}", "held")
                ben.see(address, 403)
                for action in page.actions:
                    answer = ben.post(address, [("csrf", csrf), ("do", action), ("version", "1"), *more])
                    assert "belongs to somebody else" in seen(answer, 403).text
        assert kept(shared) == before

    def test_what_was_typed_is_text(self, shared: Running) -> None:
        """Each field of each form, filled with what would be a program, and sent so that it is shown again."""
        before = kept(shared)
        typed = {"sign-in", "change", "create", "save", "add-owner", "yank", "rename", "make", "ask", "use"}
        typed |= {"display", "add"}
        for visitor in visitors(shared):
            for form in forms_of(visitor):
                if form.do not in typed:
                    continue
                kept_fields = {"csrf", "do"}
                fields = [(name, value if name in kept_fields else EVIL) for name, value in form.fields]
                fields = [(name, "1" if name == "version" else value) for name, value in fields]
                answer = visitor.post(form.action, fields)
                assert 400 <= answer.status < 500, form
                seen(answer, answer.status)
                text = answer.body.decode()
                assert "<script" not in text
                assert "<img" not in text
        assert kept(shared) == before

    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            (b"a=%ff", "application/x-www-form-urlencoded", 400),
            (b"a=%00", "application/x-www-form-urlencoded", 400),
            (b"\xff", "application/x-www-form-urlencoded", 400),
            (b"&".join(b"a=1" for _ in range(6000)), "application/x-www-form-urlencoded", 400),
            (b"a=" + b"x" * (1 << 20), "application/x-www-form-urlencoded", 413),
            (b"{}", "application/json", 415),
            (b"a=1", "text/plain", 415),
            (b"a=1", "multipart/form-data; boundary=x", 415),
            (b"", "", 415),
            (b"csrf=a&csrf=b", "application/x-www-form-urlencoded", 400),
        ],
    )
    def test_that_cannot_be_read(self, shared: Running, body: bytes, kind: str, status: int) -> None:
        ann = Visitor.signed_in(shared, ANN)
        before = kept(shared)
        seen(ann.ask("POST", "/manage/packages/games", body, Content_Type=kind), status)
        assert kept(shared) == before

    def test_that_is_none(self, shared: Running) -> None:
        ann = Visitor.signed_in(shared, ANN)
        form = ann.see("/manage/packages/games").form("save")
        for values in ({"do": "nonsense"}, {"do": None}, {"version": "x"}, {"version": "9" * 30}, {"version": "²"}):
            seen(ann.send(form, **values), 400)


ODD: Final = [
    "", " ", "\x7f", "\u00e9", "\U0001f4a9" * 300, "../..", "9" * 18, "-1", "0", "1", "x" * 3000, "a\r\nb", "<b>",
    "games", "admin", BEN, "https://example.org/x.zip", "*", "\u202e", "\ufb00", "8.0", "\u00b2",
]  # fmt: skip


def test_nonsense_is_told_by_a_page(tmp_path: Path) -> None:
    """Forms of all pages with some fields of each changed, and some there twice: done, or refused by a valid page."""
    chance = random.Random(19)
    with running(tmp_path, LIMITS) as server:
        fill(server)
        for user in (ANN, "admin", CYD):
            visitor = Visitor.signed_in(server, user)
            for form in list(forms_of(visitor)):
                if form.do in ("sign-out", "everywhere", "change"):
                    continue
                own = ("csrf", "do")
                fields = [
                    (name, value if name in own or chance.random() < 0.4 else chance.choice(ODD))
                    for name, value in form.fields
                ]
                if chance.random() < 0.3:
                    fields.append((chance.choice(fields)[0], chance.choice(ODD)))
                answer = visitor.post(form.action, fields)
                assert answer.status < 500, (form.do, fields)
                if answer.status != 303:
                    seen(answer, answer.status)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/manage//evil.example",
        "/manage/../../evil", "javascript:alert(1)", "/manage/\r\nSet-Cookie: a=b", "/manage/%0d%0aSet-Cookie: a=b",
        "/manage.evil.example/", "/managed/", "/package/games/", " /manage/", "/manage/ ", "", "/manage/?next=//evil",
        "/manage/@evil", "/manage/#x", "/manage/" + "x" * 600, "/manage/\N{FULLWIDTH SOLIDUS}evil", "/manage",
    ],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(shared: Running, address: str) -> None:
    assert own_address(address) == "/manage/"
    visitor = Visitor.signed_in(shared, ANN)
    answer = visitor.ask("GET", f"/manage/sign-in?next={_percent(address)}")
    assert (answer.status, answer.headers["location"]) == (303, "/manage/")
    assert "set-cookie" not in answer.headers
    form = Visitor(shared).see(f"/manage/sign-in?next={_percent(address)}").form("sign-in")
    assert dict(form.fields)["next"] == "/manage/"


@pytest.mark.parametrize(
    "address",
    ["/manage/", "/manage/packages/games", "/manage/problems?all=1", "/manage/packages/a_b-C/history?before=3"],
)
def test_signing_in_goes_on_where_it_began(address: str) -> None:
    assert own_address(address) == address


def _percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def test_a_session_is_a_new_one(shared: Running) -> None:
    """Whatever cookie somebody had been given before, it is good for nothing after they have signed in."""
    set_password(shared.room, BEN, "correct horse")
    theirs = Visitor.signed_in(shared, ANN)
    for planted in ("A" * 43, theirs.cookies["pltpack"]):
        visitor = Visitor(shared, {"pltpack": planted})
        if planted == "A" * 43:
            form = visitor.see("/manage/sign-in").form("sign-in")
        else:
            # Ben works in a session of Ann's that was planted in his browser, and signs in as himself.
            csrf = dict(visitor.see("/manage/").form("sign-out").fields)["csrf"]
            fields = [("csrf", csrf), ("do", "sign-in"), ("user", ""), ("password", ""), ("next", "")]
            form = SentForm("/manage/sign-in", "post", fields)
        assert visitor.send(form, user=BEN, password="correct horse").status == 303
        assert visitor.cookies["pltpack"] != planted
        assert BEN in visitor.see("/manage/").text
        assert Visitor(shared, {"pltpack": planted}).ask("GET", "/manage/").status == 303


@pytest.mark.parametrize(
    "cookie", ["pltpack=", "pltpack=x", "pltpack=\u00e9", "pltpack=a; pltpack=b", "=;;=", "a" * 5000]
)
def test_cookies_that_are_none(shared: Running, cookie: str) -> None:
    answer = shared.ask("GET", "/manage/", Cookie=cookie)
    assert answer.status == 303
    assert seen(shared.ask("GET", "/manage/sign-in", Cookie=f"pltpack-form={cookie}"))


def test_cookies_over_https(tmp_path: Path) -> None:
    with running(tmp_path, '[server]\nurl = "https://pkgs.example.org/"') as server:
        server.token_of(ANN)
        set_password(server.room, ANN, "correct horse")
        visitor = Visitor(server)
        asked = visitor.ask("GET", "/manage/sign-in")
        first = asked.headers["set-cookie"]
        answer: Answer = visitor.send(seen(asked).form("sign-in"), user=ANN, password="correct horse")
        for cookie in (first, answer.headers["set-cookie"]):
            assert cookie.startswith("__Host-pltpack")
            assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
            assert "Domain" not in cookie
        assert ANN in visitor.see("/manage/").text


@pytest.mark.parametrize(
    "head",
    [
        "GET /manage/sign-in?next=/manage/%0d%0aSet-Cookie:%20evil=1 HTTP/1.1",
        "GET /manage/packages/a%0d%0aSet-Cookie:%20evil=1 HTTP/1.1",
        "GET /manage/open?name=a%0d%0aSet-Cookie:%20evil=1 HTTP/1.1",
        "GET /manage/%0d%0aSet-Cookie:%20evil=1 HTTP/1.1",
        "GET /manage/tokens?done=%0d%0aSet-Cookie:%20evil=1 HTTP/1.1",
        "GET /manage/ HTTP/1.1\r\nX-Request-ID: 12345678%0d%0aSet-Cookie: evil=1",
    ],
)
def test_no_header_comes_from_a_request(shared: Running, head: str) -> None:
    for cookie in ("", f"Cookie: pltpack={Visitor.signed_in(shared, 'admin').cookies['pltpack']}\r\n"):
        with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as connection:
            connection.sendall(f"{head}\r\nHost: x\r\n{cookie}Connection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        assert b"evil" not in answer.partition(b"\r\n\r\n")[0].split(b"location")[0]
        assert b"\nset-cookie: evil" not in answer.lower()


def test_a_session_does_not_act_for_the_api_without_its_secret(shared: Running) -> None:
    """A form of another site could be sent to the API, too, with the cookie."""
    ann = Visitor.signed_in(shared, ANN)
    before = kept(shared)
    answer = ann.ask("POST", "/api/v1/packages/games/yank", b'{"reason":"x"}', Content_Type="application/json")
    assert answer.status == 403
    assert kept(shared) == before


def test_a_mistake_of_ours_tells_nothing_of_us(shared: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from pltpack.server.pages import settings

    def fails(*_arguments: object, **_named: object) -> object:
        raise OSError(5, "at /secret/path")

    monkeypatch.setattr(settings, "find_package", fails)
    page = seen(Visitor.signed_in(shared, ANN).ask("GET", "/manage/packages/games"), 500)
    assert "secret" not in page.text
    assert "its log tells why" in page.text
