"""The pages for people: what each shows, what each form does, and what becomes of what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.server.accounts.passwords import set_password
from pltpack.server.accounts.sessions import sessions_of
from pltpack.server.identity.tokens import identify, is_token
from pltpack.server.pages import history, listing
from tests.server.mailbox import mailbox, settings
from tests.server.running import Clock, Running, package_zip, running
from tests.server.visiting import Seen, Visitor, kept, seen

ANN, BEN, CYD = "ann@example.org", "ben@example.org", "cyd@example.org"
GAMES = "/manage/packages/games"


@pytest.fixture
def ann(server: Running) -> Visitor:
    """Ann, who owns the package games."""
    token = server.token_of(ANN)
    assert server.push("games", token=token).status == 201
    return Visitor.signed_in(server, ANN)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a package of Ann's, for tests that change nothing."""
    with running(tmp_path_factory.mktemp("quiet"), "[limits]\nedits = 100000") as found:
        assert found.push("games", token=found.token_of(ANN)).status == 201
        yield found


def user(server: Running, name: str, role: str = "member") -> Visitor:
    """Somebody else who is signed in."""
    server.token_of(name, "read", role=role)
    return Visitor.signed_in(server, name)


def record(server: Running, name: str = "games") -> dict[str, object]:
    found = server.ask("GET", f"/api/v1/packages/{name}").json
    assert isinstance(found, dict)
    return found


class TestSigningIn:
    @pytest.fixture
    def visitor(self, server: Running) -> Visitor:
        server.token_of(ANN)
        set_password(server.room, ANN, "correct horse")
        return Visitor(server)

    def test_by_password_and_out_again(self, server: Running, visitor: Visitor) -> None:
        asked = visitor.ask("GET", "/manage/tokens")
        assert asked.status == 303
        page = visitor.see(asked.headers["location"])
        answer = visitor.send(page.form("sign-in"), user=ANN, password="correct horse")
        assert (answer.status, answer.headers["location"]) == (303, "/manage/tokens")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        page = visitor.see("/manage/tokens")
        assert ANN in page.text
        assert visitor.ask("GET", "/manage/sign-in").headers["location"] == "/manage/"
        secret = visitor.cookies["pltpack"]
        out = visitor.done(page.form("sign-out"))
        assert "You are signed out." in out.text
        assert sessions_of(server.room, ANN) == []
        assert Visitor(server, {"pltpack": secret}).ask("GET", "/manage/").status == 303

    @pytest.mark.parametrize(("name", "password"), [(ANN, "wrong"), ("nobody@example.org", "correct horse"), ("", "")])
    def test_wrong(self, visitor: Visitor, name: str, password: str) -> None:
        page = visitor.see("/manage/sign-in?next=/manage/new")
        again = visitor.again(page.form("sign-in"), 403, user=name, password=password)
        assert "The name or the password is wrong" in again.text
        fields = dict(again.form("sign-in").fields)
        assert (fields["user"], fields["password"], fields["next"]) == (name, "", "/manage/new")
        assert "pltpack" not in visitor.cookies

    def test_too_often(self, tmp_path: Path) -> None:
        with running(tmp_path, "[limits]\nsign_ins = 2", clock=Clock()) as server:
            visitor = Visitor(server)
            form = visitor.see("/manage/sign-in").form("sign-in")
            statuses = [visitor.send(form, user="x", password="y").status for _ in range(4)]
            assert statuses == [403, 403, 429, 429]
            answer = visitor.send(form, user="x", password="y")
            assert int(answer.headers["retry-after"]) > 0
            assert "Try again in" in seen(answer, 429).text

    def test_who_may_not_sign_in_any_more(self, server: Running, visitor: Visitor) -> None:
        from pltpack.server.database.tables import USERS

        visitor = Visitor.signed_in(server, ANN)
        visitor.see("/manage/")
        with server.room.database.write() as connection:
            connection.execute(USERS.update().where(USERS.c.name == ANN).values(disabled=1))
        assert visitor.ask("GET", "/manage/").status == 303


class TestAccount:
    def test_another_password(self, server: Running) -> None:
        server.token_of(ANN)
        set_password(server.room, ANN, "correct horse")
        visitor, elsewhere = Visitor.signed_in(server, ANN), Visitor.signed_in(server, ANN)
        form = visitor.see("/manage/account").form("change")
        short = visitor.again(form, 422, old="correct horse", password="short", again="short")
        assert "8 to 1024 characters" in short.text
        differ = visitor.again(form, 422, old="correct horse", password="another one", again="another two")
        assert "it is not the same" in differ.text
        wrong = visitor.again(form, 403, old="wrong horse", password="another one", again="another one")
        assert "The password of now is another one" in wrong.text
        assert "another one" not in dict(wrong.form("change").fields).values()
        before = visitor.cookies["pltpack"]
        done = visitor.done(form, old="correct horse", password="another one", again="another one")
        assert "The password is changed" in done.text
        assert visitor.cookies["pltpack"] != before
        assert elsewhere.ask("GET", "/manage/").status == 303
        again = Visitor(server)
        sign_in = again.see("/manage/sign-in").form("sign-in")
        assert again.send(sign_in, user=ANN, password="correct horse").status == 403
        assert again.send(sign_in, user=ANN, password="another one").status == 303

    def test_another_name(self, server: Running) -> None:
        ben = user(server, BEN)
        page = ben.done(ben.see("/manage/account").form("display"), display="Ben the Smith")
        assert "Others see the new name" in page.text
        assert "Others see Ben the Smith" in page.text
        ann = user(server, ANN)
        form = ann.see("/manage/account").form("display")
        taken = ann.again(form, 409, display="ben the smith")
        assert "Somebody else is called like this" in taken.text
        assert dict(taken.form("display").fields)["display"] == "ben the smith"
        assert "no @" in ann.again(form, 422, display=BEN).text
        assert "at most 60" in ann.again(form, 422, display="x" * 61).text
        assert "change" not in {form.do for form in taken.forms}, "there is no password to change"

    def test_signing_out_everywhere(self, server: Running) -> None:
        here, elsewhere = user(server, ANN), user(server, ANN)
        page = here.see("/manage/account")
        assert "here" in page.text
        assert "elsewhere" in page.text
        assert "You are signed out." in here.done(page.form("everywhere")).text
        assert here.ask("GET", "/manage/").status == elsewhere.ask("GET", "/manage/").status == 303


class TestCodes:
    def test_who_has_forgotten_a_password(self, tmp_path: Path) -> None:
        with mailbox() as box, running(tmp_path, settings(box)) as server:
            before = user(server, ANN)
            visitor = Visitor(server)
            assert "/manage/code" in visitor.see("/manage/sign-in").links
            page = visitor.see("/manage/code")
            assert "gets one by using it" not in page.text
            page = visitor.done(page.form("ask"), address=ANN)
            told = page.text
            server.work()
            assert [address for address, _ in box.mails] == [ANN]
            wrong = visitor.again(page.form("use"), 403, **by_code(ANN, "0" * 32))
            assert "The code is wrong" in wrong.text
            assert dict(wrong.form("use").fields)["address"] == ANN
            short = visitor.again(page.form("use"), 422, **by_code(ANN, box.code(), "short"))
            assert "8 to 1024 characters" in short.text
            home = visitor.done(page.form("use"), **by_code(ANN, box.code()))
            assert ANN in home.text
            assert before.ask("GET", "/manage/").status == 303, "other sessions end"
            # Who is no user is told the same, and gets no mail.
            other = Visitor(server)
            page = other.done(other.see("/manage/code").form("ask"), address="nobody@example.org")
            server.work()
            assert page.text == told
            assert len(box.mails) == 1
            other.again(page.form("use"), 403, **by_code(ANN, box.code()))

    def test_who_wants_to_become_a_user(self, tmp_path: Path) -> None:
        with mailbox() as box, running(tmp_path, settings(box, "[accounts]", "register = true")) as server:
            visitor = Visitor(server)
            page = visitor.see("/manage/code")
            assert "gets one by using it" in page.text
            page = visitor.done(page.form("ask"), address=BEN)
            server.work()
            assert "You have no packages yet" in visitor.done(page.form("use"), **by_code(BEN, box.code())).text

    @pytest.mark.parametrize("address", ["", "x", "a@b\r\nBcc: c@d", "a b@example.org", "x" * 300 + "@example.org"])
    def test_what_is_no_address(self, tmp_path: Path, address: str) -> None:
        with mailbox() as box, running(tmp_path, settings(box)) as server:
            visitor = Visitor(server)
            page = visitor.again(visitor.see("/manage/code").form("ask"), 422, address=address)
            assert dict(page.form("ask").fields)["address"] == address
            assert server.work() == 0
            assert box.mails == []

    def test_without_mail(self, server: Running) -> None:
        visitor = Visitor(server)
        assert "/manage/code" not in visitor.see("/manage/sign-in").links
        assert "this server sends no mail" in visitor.see("/manage/code", 403).text.lower()


def by_code(address: str, code: str, password: str = "another one") -> dict[str, str | None]:
    return {"address": address, "code": code, "password": password, "again": password}


class TestMine:
    def test_my_packages_alone(self, server: Running, ann: Visitor) -> None:
        server.push("stranger", token=server.token_of(BEN))
        server.work()
        page = ann.see("/manage/")
        assert "/manage/packages/games" in page.links
        assert "/manage/packages/stranger" not in page.links
        assert "fine" in page.text

    def test_none_yet(self, server: Running) -> None:
        page = user(server, BEN).see("/manage/")
        assert "You have no packages yet" in page.text
        assert "Packages of others" not in page.text

    def test_page_by_page(self, server: Running, ann: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "_MOST", 3)
        token = server.token_of(ANN)
        for number in range(8):
            wanted = {"source": f"https://example.org/{number}.zip"}
            assert server.ask("PUT", f"/api/v1/packages/p{number:03}", wanted, token=token).status == 201
        names: list[str] = []
        address: str | None = "/manage/"
        while address is not None:
            page = ann.see(address)
            names += [link.rpartition("/")[2] for link in page.links if link.startswith("/manage/packages/")]
            address = next((link for link in page.links if "after=" in link), None)
        assert names == sorted(["games", *(f"p{number:03}" for number in range(8))])

    def test_a_new_one(self, server: Running, ann: Visitor) -> None:
        form = ann.see("/manage/new").form("create")
        page = ann.done(form, name="away", source="https://example.org/away.zip", description="far away", tags="b a")
        assert "The package is there." in page.text
        found = record(server, "away")
        assert (found["source"], found["description"], found["tags"]) == (
            "https://example.org/away.zip", "far away", ["a", "b"],
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("name", "source", "status", "said"),
        [
            ("", "https://example.org/x.zip", 422, "letters, digits, - and _"),
            ("a b", "https://example.org/x.zip", 422, "letters, digits, - and _"),
            ("../x", "https://example.org/x.zip", 422, "letters, digits, - and _"),
            ("new", "", 422, "say where it is"),
            ("new", "file:///etc/passwd", 422, "it begins with http://"),
            ("games", "https://example.org/x.zip", 412, "there is a package games"),
            ("GAMES", "https://example.org/x.zip", 409, "differs by case only"),
        ],
    )
    def test_a_new_one_that_cannot_be(self, quiet: Running, name: str, source: str, status: int, said: str) -> None:
        ann = Visitor.signed_in(quiet, ANN)
        form = ann.see("/manage/new").form("create")
        page = ann.again(form, status, name=name, source=source, description="typed")
        assert said.lower() in page.text.lower()
        fields = dict(page.form("create").fields)
        assert (fields["name"], fields["source"], fields["description"]) == (name, source, "typed")

    def test_problems(self, server: Running, ann: Visitor) -> None:
        server.work()
        assert "There are none." in ann.see("/manage/problems").text
        token = server.token_of(ANN)
        server.ask("PUT", "/api/v1/packages/away", {"source": "https://127.0.0.1/x.zip"}, token=token)
        server.work()
        page = ann.see("/manage/problems")
        assert "its source could not be had: its address is not a public one" in page.text
        assert "problem" in ann.see("/manage/").text
        done = ann.done(page.form("refresh", package="away"))
        assert "The source is being looked at" in done.text
        assert server.work() == 1
        assert "2 times" in ann.see("/manage/problems").text
        admin = Visitor.signed_in(server, "admin")
        assert "There are none." in admin.see("/manage/problems").text
        assert "/manage/packages/away" in admin.see("/manage/problems?all=1").links
        ann.see("/manage/problems?all=1", 403)

    def test_what_was_not_published(self, server: Running, ann: Visitor) -> None:
        from pltpack.server.jobs.queue import end_job, take_job

        ann.done(ann.see(GAMES).form("save"), description="new")
        assert "to be published" in ann.see("/manage/").text
        job = take_job(server.room, "test:1:x")
        assert job is not None
        end_job(server.room, job, error="OSError: /secret/path")
        page = ann.see("/manage/problems")
        assert "it could not be published" in page.text
        assert "secret" not in page.text
        assert "/secret/path" in Visitor.signed_in(server, "admin").see("/manage/problems?all=1").text

    def test_packages_of_others_by_name(self, server: Running, ann: Visitor) -> None:
        curator = user(server, CYD, "curator")
        assert "Packages of others" in curator.see("/manage/").text
        assert curator.ask("GET", "/manage/open?name=games").headers["location"] == GAMES
        curator.see("/manage/open?name=..%2Fx", 404)
        curator.see("/manage/open", 404)
        assert ann.ask("GET", "/manage/open?name=games").status == 303


class TestSettings:
    def test_a_record(self, server: Running, ann: Visitor) -> None:
        form = ann.see(GAMES).form("save")
        assert dict(form.fields)["description"] == ""
        fields = [
            *form.filled(description="Games", author="ann@example.org Ben", license="MIT", tags="fun b-c A"),
            ("version-name", "8.0"), ("version-source", "https://example.org/8.zip"), ("version-checksum", "abc"),
        ]  # fmt: skip
        answer = ann.post(GAMES, fields)
        assert answer.headers["location"] == f"{GAMES}?done=saved"
        found = record(server)
        assert (found["description"], found["license"], found["tags"]) == ("Games", "MIT", ["A", "b-c", "fun"])
        assert found["authors"] == ["annλ438c4c7", "Ben"]
        assert found["versions"] == {"8.0": {"source": "https://example.org/8.zip", "checksum": "abc"}}
        # What stands in the form is what it was: saving it again changes nothing.
        before = kept(server)
        page = ann.see(GAMES)
        assert ann.send(page.form("save")).status == 303
        assert kept(server)["packages"] == before["packages"]
        # An empty field is left to the archive, a version without anything is gone.
        emptied = page.form("save").filled(description="", author="", license="", tags="")
        emptied = [(name, "" if name.startswith("version-") else value) for name, value in emptied]
        assert ann.post(GAMES, emptied).status == 303
        found = record(server)
        assert (found["description"], found["license"], found["tags"], found["versions"]) == ("fruit", None, [], {})

    @pytest.mark.parametrize(
        ("field", "typed", "said"),
        [
            ("source", "file:///etc/passwd", "it begins with http://"),
            ("source", "https://user:password@example.org/x.zip", "a user or a password"),
            ("source", "https://example.org/" + "x" * 2000, "2000"),
            ("description", "a\x1b[31mb", "control characters"),
            ("description", "x" * 2001, "2000"),
            ("author", "ann:x", "a name has no colon"),
            ("license", "a\x07", "control characters"),
            ("tags", "good <b>", "a tag is made of"),
            ("version-source", "gopher://x", "versions"),
        ],
    )
    def test_a_record_that_cannot_be(self, quiet: Running, field: str, typed: str, said: str) -> None:
        ann, before = Visitor.signed_in(quiet, ANN), kept(quiet)
        form = ann.see(GAMES).form("save")
        values = {"tags": "a", "description": "typed", field: typed}
        fields = [(name, value) for name, value in form.fields if name not in values]
        page = seen(ann.post(GAMES, fields + list(values.items())), 422)
        assert said in page.text
        shown = dict(page.form("save").fields)
        if field != "version-source":
            assert {name: shown[name] for name in values} == values
        else:
            assert ("version-source", typed) in page.form("save").fields
        assert kept(quiet) == before

    def test_versions_that_cannot_be(self, quiet: Running) -> None:
        ann = Visitor.signed_in(quiet, ANN)
        form = ann.see(GAMES).form("save")
        row = [("version-name", "8.0"), ("version-source", "https://example.org/8.zip"), ("version-checksum", "")]
        without = [(name, value) for name, value in form.fields if not name.startswith("version-")]
        assert "8.0 is there twice" in seen(ann.post(GAMES, without + row + row), 422).text
        assert "is no version of Racket" in seen(ann.post(GAMES, [*without, ("version-name", "x"), *row[1:]]), 422).text

    def test_somebody_else_was_quicker(self, server: Running, ann: Visitor) -> None:
        form = ann.see(GAMES).form("save")
        server.ask("PATCH", "/api/v1/packages/games", {"description": "theirs", "tags": ["t"]}, token=server.token)
        page = ann.again(form, 412, description="mine", license="MIT")
        assert "so this was not done" in page.text
        assert "description theirs mine" in page.text
        assert "tags t nothing" in page.text
        shown = dict(page.form("save").fields)
        assert (shown["description"], shown["license"], shown["tags"]) == ("mine", "MIT", "")
        assert record(server)["description"] == "theirs"
        # Who has seen it may send it again.
        ann.done(page.form("save"))
        assert (record(server)["description"], record(server)["tags"]) == ("mine", [])

    def test_a_mistake_does_not_hide_that_somebody_was_quicker(self, server: Running, ann: Visitor) -> None:
        form = ann.see(GAMES).form("save")
        page = ann.again(form, 422, description="mine", source="nonsense")
        server.ask("PATCH", "/api/v1/packages/games", {"description": "theirs"}, token=server.token)
        page = ann.again(page.form("save"), 412, source="https://example.org/x.zip")
        assert "description theirs mine" in page.text
        shown = dict(page.form("save").fields)
        assert (shown["description"], shown["source"]) == ("mine", "https://example.org/x.zip")
        assert record(server)["description"] == "theirs"

    @pytest.mark.parametrize("do", ["add-owner", "yank", "rename", "ring"])
    def test_every_form_is_for_what_was_seen(self, server: Running, do: str) -> None:
        server.push("games")
        admin = Visitor.signed_in(server, "admin")
        form = admin.see(GAMES).form(do)
        server.ask("PATCH", "/api/v1/packages/games", {"description": "theirs"}, token=server.token)
        page = admin.again(form, 412, user="admin", reason="why", name="other", ring="1")
        assert "so this was not done" in page.text
        admin.send(page.form(do), version=None, user="admin", reason="why", name="other", ring="1")
        assert record(server)["version"] == 2, "without a version nothing is changed"

    def test_owners(self, server: Running, ann: Visitor) -> None:
        ben = user(server, BEN)
        page = ann.see(GAMES)
        assert [form.do for form in page.forms].count("remove-owner") == 0
        missing = ann.again(page.form("add-owner"), 422, user="nobody@example.org")
        assert "there is no such user" in missing.text.lower()
        assert dict(missing.form("add-owner").fields)["user"] == "nobody@example.org"
        page = ann.done(page.form("add-owner"), user=f" {BEN} ")
        assert BEN not in page.text
        assert "benλ" in page.text
        assert len(record(server)["owners"]) == 2  # type: ignore[arg-type]  # a list in JSON
        theirs = ben.see(GAMES)
        # The number is that of the version that was seen.
        gone = ben.done(theirs.form("remove-owner", owner="0"))
        assert record(server)["owners"] == [name for name in record(server)["owners"] if name.startswith("ben")]  # type: ignore[attr-defined]  # a list in JSON
        assert "The owners are changed." in gone.text
        ann.see(GAMES, 403)
        assert seen(ben.send(theirs.form("remove-owner", owner="1")), 412)
        assert seen(ben.send(theirs.form("remove-owner", owner="1"), owner="7", version="3"), 422)

    def test_who_goes_is_shown_their_packages(self, server: Running, ann: Visitor) -> None:
        user(server, BEN)
        page = ann.done(ann.see(GAMES).form("add-owner"), user=BEN)
        page = ann.done(page.form("remove-owner", owner="0"))
        assert "You have no packages yet" in page.text

    def test_yanking(self, server: Running, ann: Visitor) -> None:
        form = ann.see(GAMES).form("yank")
        assert "say why" in ann.again(form, 422, reason=" ").text
        assert "control characters" in ann.again(form, 422, reason="a\x1bb").text
        page = ann.done(form, reason="it rots <b>")
        assert "The package is yanked" in page.text
        assert record(server)["yanked"]["reason"] == "it rots <b>"  # type: ignore[index]  # an object in JSON
        assert "it rots <b>" in page.text
        page = ann.done(page.form("unyank"))
        assert record(server)["yanked"] is None

    def test_refreshing(self, server: Running, ann: Visitor) -> None:
        assert "refresh" not in {form.do for form in ann.see(GAMES).forms}
        ann.done(ann.see(GAMES).form("save"), source="https://127.0.0.1/games.zip")
        server.work()
        page = ann.see(GAMES)
        assert "its address is not a public one" in page.text
        ann.done(page.form("refresh"))
        server.work()
        assert record(server)["check"]["failures"] == 2  # type: ignore[index]  # an object in JSON

    def test_renaming(self, server: Running, ann: Visitor) -> None:
        server.push("taken")
        page = ann.see(GAMES)
        assert "letters, digits" in ann.again(page.form("rename"), 422, name="a b").text
        assert "this is its name" in ann.again(page.form("rename"), 422, name="games").text
        assert dict(ann.again(page.form("rename"), 409, name="Taken").form("rename").fields)["name"] == "Taken"
        page = ann.done(page.form("rename"), name="plays")
        assert "The package has its new name." in page.text
        assert record(server, "games")["removed"] is not None
        assert record(server, "plays")["removed"] is None

    def test_removing_and_having_it_back(self, server: Running, ann: Visitor) -> None:
        page = ann.see(f"{GAMES}/remove")
        assert record(server)["removed"] is None
        assert "purge" not in dict(page.form("remove").fields)
        page = ann.done(page.form("remove"))
        assert record(server)["removed"] is not None
        assert "Removed on" in page.text
        history = ann.see(f"{GAMES}/history")
        page = ann.done(next(form for form in history.forms if form.do == "undo"))
        assert "It is as it was then." in page.text
        assert record(server)["removed"] is None

    def test_leaving_no_tombstone(self, server: Running, ann: Visitor) -> None:
        page = ann.see(f"{GAMES}/remove")
        ann.again(page.form("remove"), 403, purge="1")
        assert record(server)["removed"] is None
        admin = Visitor.signed_in(server, "admin")
        page = admin.done(admin.see(f"{GAMES}/remove").form("remove"), purge="1")
        assert "The package is removed." in page.text
        ann.see(GAMES, 404)

    def test_history(self, server: Running, ann: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(history, "_MOST", 6)
        for number in range(10):
            server.ask("PATCH", "/api/v1/packages/games", {"description": f"number {number}"}, token=server.token)
        page = ann.see(f"{GAMES}/history")
        assert "description number 8 number 9" in page.text
        assert "number 3 number 4" in page.text
        assert "number 2 number" not in page.text
        older = ann.see(next(link for link in page.links if "before=" in link))
        assert "description number 2 number 3" in older.text
        assert "push" in older.text
        # Of the first event there is nothing to go back to.
        assert [form.do for form in older.forms].count("undo") == 4
        event = older.form("undo")
        before = ann.done(event)
        assert "It is as it was then." in before.text
        assert seen(ann.send(event, event="999999", version="12"), 404)
        assert seen(ann.send(event, event=None, version="12"), 400)

    def test_a_curator_says_rings_alone(self, server: Running, ann: Visitor) -> None:
        curator = user(server, CYD, "curator")
        page = curator.see(GAMES)
        assert {form.do for form in page.forms} == {"sign-out", "ring"}
        curator.done(page.form("ring"), ring="1")
        assert record(server)["ring"] == 1
        assert "ring" not in {form.do for form in ann.see(GAMES).forms}
        curator.again(curator.see(GAMES).form("ring"), 422, ring="7")
        curator.see(f"{GAMES}/remove", 403)
        assert curator.see(f"{GAMES}/history").forms[1:] == []

    def test_a_reader_reads(self, server: Running, ann: Visitor) -> None:
        from pltpack.server.database.tables import USERS

        with server.room.database.write() as connection:
            connection.execute(USERS.update().where(USERS.c.name == ANN).values(role="reader"))
        assert {form.do for form in ann.see(GAMES).forms} == {"sign-out"}
        assert {form.do for form in ann.see("/manage/").forms} == {"sign-out"}
        ann.see("/manage/new", 403)


class TestBuilds:
    def test_some_are_let_push(self, server: Running, ann: Visitor) -> None:
        page = ann.see(next(link for link in ann.see(GAMES).links if link.endswith("/builds")))
        assert "There are none." in page.text
        wanted = {"repository": "ann/games", "workflow": "release.yml", "ref": "refs/tags/v*"}
        page = ann.done(page.form("add"), **wanted)
        assert "ann/games GitHub release.yml refs/tags/v* any annλ438c4c7 never" in page.text
        listed = server.ask("GET", "/api/v1/packages/games/publishers", token=server.token).json["publishers"]
        assert [(one["forge"], one["repository"]) for one in listed] == [("github", "ann/games")]
        page = ann.done(page.form("forget"))
        assert "There are none." in page.text

    def test_what_can_be_none(self, quiet: Running) -> None:
        ann, before = Visitor.signed_in(quiet, ANN), kept(quiet)
        form = ann.see(f"{GAMES}/builds").form("add")
        page = ann.again(form, 422, forge="gitlab", repository="no repository", ref="main", environment="x")
        assert "OWNER/NAME" in page.text
        assert "it begins with refs/" in page.text
        shown = dict(page.form("add").fields)
        assert (shown["forge"], shown["repository"], shown["ref"]) == ("gitlab", "no repository", "main")
        ann.again(form, 422, forge="elsewhere", repository="ann/games")
        assert kept(quiet) == before

    def test_curators_have_nothing_to_do_with_it(self, server: Running, ann: Visitor) -> None:
        ann.see(f"{GAMES}/builds")
        curator = user(server, CYD, "curator")
        curator.see(f"{GAMES}/builds", 403)


class TestTokens:
    def test_one_is_shown_once(self, server: Running) -> None:
        ann = user(server, ANN)
        form = ann.see("/manage/tokens").form("make")
        answer = ann.send(form, label="CI", packages="games games-*", days="30")
        page = seen(answer, 201)
        found = re.search(r"plt_\w{49}", page.text)
        assert found is not None
        assert is_token(found[0])
        assert server.push("games", token=found[0]).status == 201
        assert server.push("other", token=found[0]).status == 403
        assert server.ask("PATCH", "/api/v1/packages/games", {"license": "MIT"}, token=found[0]).status == 403
        again = ann.see("/manage/tokens")
        assert "CI" in again.text
        assert found[0] not in again.text
        known = identify(server.room, found[0])
        assert known is not None
        assert known.token is not None
        page = ann.done(again.form("revoke", id=known.token))
        assert "The token is no good any more." in page.text
        assert "revoked" in page.text
        assert server.push("games", package_zip({"a.rkt": "#lang racket"}), token=found[0]).status == 401

    @pytest.mark.parametrize(
        ("values", "status", "said"),
        [
            ({"label": ""}, 422, "1 to 100 characters"),
            ({"label": "x" * 101}, 422, "1 to 100 characters"),
            ({"label": "a\x1bb"}, 422, "control characters"),
            ({"label": "x", "days": "0"}, 422, "1 to 3650"),
            ({"label": "x", "days": "many"}, 422, "1 to 3650"),
            ({"label": "x", "packages": " "}, 422, "name scopes and packages"),
            ({"label": "x", "scope": None}, 422, "name scopes and packages"),
            ({"label": "x", "scope": "nonsense"}, 422, "choose some of them"),
            ({"label": "x", "scope": "admin"}, 403, "the role member has no admin"),
        ],
    )
    def test_one_that_cannot_be(self, quiet: Running, values: dict[str, str | None], status: int, said: str) -> None:
        ann, before = Visitor.signed_in(quiet, ANN), kept(quiet)
        page = ann.again(ann.see("/manage/tokens").form("make"), status, **values)
        assert said in page.text.lower()
        shown = dict(page.form("make").fields)
        for name in ("label", "days", "packages"):
            assert shown[name] == values.get(name, shown[name])
        assert kept(quiet) == before

    def test_those_of_others(self, server: Running) -> None:
        ann, ben = user(server, ANN), user(server, BEN)
        form = next(form for form in ann.see("/manage/tokens").forms if form.do == "revoke")
        mine = next(form for form in ben.see("/manage/tokens").forms if form.do == "revoke")
        assert seen(ben.send(mine, id=dict(form.fields)["id"]), 404)
        assert [form.do for form in ann.see("/manage/tokens").forms].count("revoke") == 1


class TestCuration:
    @pytest.fixture
    def curator(self, server: Running) -> Visitor:
        for name, module in (("one", "a"), ("two", "b"), ("three", "c")):
            server.push(name, package_zip({f"{module}.rkt": "#lang racket"}))
        return user(server, CYD, "curator")

    def test_many_at_once(self, server: Running, curator: Visitor) -> None:
        form = curator.see("/manage/curation").form("set")
        rows = [("package", f"{name}:1") for name in ("one", "two")]
        answer = curator.post("/manage/curation", [*form.filled(to="1"), *rows])
        assert answer.status == 303
        assert "The rings are changed." in curator.see(answer.headers["location"]).text
        assert [record(server, name)["ring"] for name in ("one", "two", "three")] == [1, 1, 2]
        page = curator.see("/manage/curation?ring=1")
        assert "2 packages in ring 1" in page.text
        assert "a curator" in page.text

    def test_what_cannot_be_is_told(self, server: Running, curator: Visitor) -> None:
        form = curator.see("/manage/curation").form("set")
        server.ask("PATCH", "/api/v1/packages/two", {"description": "new"}, token=server.token)
        rows = [("package", f"{name}:1") for name in ("one", "two", "nothing")]
        page = seen(curator.post("/manage/curation", [*form.filled(to="0"), *rows]), 409)
        assert "1 of 3 are in ring 0 now" in page.text
        assert "package two: package two is at version 2 now, not 1" in page.text
        assert [record(server, name)["ring"] for name in ("one", "two", "three")] == [0, 2, 2]
        assert dict(page.form("set").fields)["package"] == "two:2"

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ([("to", "1")], 422),
            ([("package", "one:1")], 422),
            ([("to", "3"), ("package", "one:1")], 422),
            ([("to", "x"), ("package", "one:1")], 400),
            ([("to", "1"), ("package", "one")], 400),
            ([("to", "1"), ("package", "one:x")], 400),
        ],
    )
    def test_nonsense(self, server: Running, curator: Visitor, fields: list[tuple[str, str]], status: int) -> None:
        form = curator.see("/manage/curation").form("set")
        assert seen(curator.post("/manage/curation", [*form.filled(to=None), *fields]), status)
        assert record(server, "one")["ring"] == 2

    def test_for_curators_alone(self, server: Running, curator: Visitor) -> None:
        ann = user(server, ANN)
        ann.see("/manage/curation", 403)
        assert "/manage/curation" not in ann.see("/manage/").links
        form = curator.see("/manage/curation").form("set")
        csrf = dict(ann.see("/manage/").form("sign-out").fields)["csrf"]
        fields = [*form.filled(to="1", csrf=csrf), ("package", "one:1")]
        assert ann.post("/manage/curation", fields).status in (403, 409)
        assert record(server, "one")["ring"] == 2


def test_pages_can_be_left_out(tmp_path: Path) -> None:
    with running(tmp_path, "[server]\npages = false") as server:
        assert server.ask("GET", "/manage/").status == 404
        assert server.ask("GET", "/healthz").status == 200


def test_the_look_is_that_of_the_site(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        style = server.ask("GET", "/manage/manage.css")
        assert style.headers["content-type"] == "text/css; charset=utf-8"
        assert style.body.startswith(server.ask("GET", "/style.css").body)
        assert server.ask("GET", "/manage").headers["location"] == "/manage/"


def test_without_a_database_nothing_typed_is_lost(ann: Visitor) -> None:
    from pltpack.errors import DatabaseError
    from pltpack.server.pages import settings

    def gone(*_arguments: object, **_named: object) -> object:
        raise DatabaseError("the database cannot be used: gone", file="/secret/path")

    form = ann.see(GAMES).form("save")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "find_package", gone)
        answer = ann.send(form, description="a long text", license="MIT")
    page: Seen = seen(answer, 503)
    assert answer.headers["retry-after"] == "5"
    assert "a long text" in page.text
    assert "secret" not in page.text
    assert dict(form.fields)["csrf"] not in page.text
