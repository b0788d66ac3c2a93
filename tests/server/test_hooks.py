"""Webhooks: who is told what, how it is signed, what happens when nobody hears; and the log of all that was done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.client.hook_documents import HookChange, HookDocument, NewHook
from pltpack.client.signatures import check_delivery
from pltpack.errors import BlockedError, FetchError, PackageError
from pltpack.server.accounts.people import set_disabled, set_role
from pltpack.server.hooks.deliver import LONGEST_PAUSE
from pltpack.server.hooks.deliveries import forget_deliveries
from pltpack.server.hooks.sending import send
from pltpack.server.jobs.schedule import tick
from pltpack.server.keeping.backup import backup, restore
from pltpack.server.room import Room
from pltpack.server.sources.addresses import Addresses
from tests.oracle.certificate import certified
from tests.server.receiving import Receiver, receiving
from tests.server.running import Clock, Running, package_zip, running, serving

SETTINGS = '[sources]\nnetworks = ["127.0.0.0/8"]\n[hooks]\nattempts = 3\nfailures = 5\nper_package = 2\nseconds = 5'
GAMES = "/api/v1/packages/games"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """With a package of Ann's, which is published."""
    with running(tmp_path, SETTINGS, clock=Clock()) as found:
        found.tokens["ann"] = found.token_of("ann@example.org", "upload", "edit")
        found.tokens["ben"] = found.token_of("ben@example.org", "upload", "edit")
        found.push("games", token=found.tokens["ann"])
        found.work()
        yield found


def clock(server: Running) -> Clock:
    assert isinstance(server.room.clock, Clock)
    return server.room.clock


def add(
    server: Running, url: str, package: str | None = "games", *, user: str = "ann", actions: object = ()
) -> NewHook:
    with server.client(server.tokens.get(user, server.token)) as client:
        return client.add_hook(url, package=package, actions=actions)  # type: ignore[arg-type]  # as they come


def yank(server: Running, reason: str = "old") -> None:
    assert server.ask("POST", f"{GAMES}/yank", {"reason": reason}, token=server.tokens["ann"]).status == 200


def work_later(server: Running) -> int:
    """Do what is due now, and what would be some hours later."""
    clock(server).now += 2 * LONGEST_PAUSE
    return server.work()


def hook(server: Running, id: str) -> HookDocument:
    with server.client() as client:
        (found,) = [each for each in client.hooks() if each.id == id]
        return found


class TestTelling:
    def test_what_is_done_is_told_and_signed(self, server: Running, receiver: Receiver) -> None:
        made = add(server, f"{receiver.url}?key=1")
        yank(server)
        server.work()
        told, published = sorted(receiver.got, key=lambda got: got.json["delivery"])
        assert (told.path, told.headers["content-type"]) == ("/hook?key=1", "application/json")
        assert told.headers["x-pltpack-event"] == told.json["action"] == "yank"
        assert told.headers["x-pltpack-delivery"] == str(told.json["delivery"])
        assert (told.json["package"], told.json["detail"]) == ("games", "old")
        assert told.json["before"] == {"yanked": None}
        assert told.json["after"]["yanked"]["reason"] == "old"
        assert (published.json["action"], published.json["package"]) == ("publish", "games")
        signature, now = told.headers["x-pltpack-signature"], server.room.now
        assert check_delivery(made.secret, signature, told.body, now=now)
        for wrong in (
            check_delivery("other", signature, told.body, now=now),
            check_delivery(made.secret, signature, told.body + b" ", now=now),
            check_delivery(made.secret, signature, told.body, now=now + 301),
            check_delivery(made.secret, signature.replace("t=1", "t=2"), told.body, now=now),
            check_delivery(made.secret, "", told.body, now=now),
        ):
            assert not wrong

    def test_no_address_and_no_secret_is_told(self, server: Running, receiver: Receiver) -> None:
        made = add(server, receiver.url)
        server.ask("POST", f"{GAMES}/owners", {"add": ["ben@example.org"]}, token=server.tokens["ann"])
        server.work()
        (owners,) = [got for got in receiver.got if got.json["action"] == "owners"]
        assert b"@" not in owners.body
        assert len(owners.json["after"]["owners"]) == 2
        everything = b"".join(
            server.ask("GET", path, token=server.token).body
            for path in ("/api/v1/hooks", f"/api/v1/hooks/{made.id}/deliveries", "/api/v1/log", f"{GAMES}/events")
        )
        assert made.secret.encode() not in everything

    def test_only_what_is_wanted(self, server: Running, receiver: Receiver) -> None:
        add(server, receiver.url, actions=["unyank", "trial"])
        yank(server)
        server.ask("POST", f"{GAMES}/yank", {"reason": None}, token=server.tokens["ann"])
        server.push("other")
        server.work()
        assert receiver.actions == ["unyank"]

    def test_admins_are_told_of_everything(self, server: Running, receiver: Receiver) -> None:
        add(server, receiver.url, None, user="admin")
        server.push("other")
        server.token_of("eve@example.org")
        server.work()
        assert sorted(receiver.actions) == ["hook", "publish", "push", "token"]

    def test_a_source_that_cannot_be_had_any_more(self, server: Running, receiver: Receiver) -> None:
        add(server, receiver.url, None, user="admin", actions=["source-failed"])
        source = {"source": f"http://127.0.0.1:{receiver.port}/none.zip"}
        assert server.ask("PUT", "/api/v1/packages/far", source, token=server.token).status == 201
        for _ in range(3):
            server.ask("POST", "/api/v1/packages/far/refresh", token=server.token)
            server.work()
        assert [(got.json["action"], got.json["package"]) for got in receiver.got] == [("source-failed", "far")]

    def test_a_new_name_takes_them_along(self, server: Running, receiver: Receiver) -> None:
        made = add(server, receiver.url)
        assert server.ask("POST", f"{GAMES}/rename", {"name": "play"}, token=server.tokens["ann"]).status == 201
        assert hook(server, made.id).package == "play"

    def test_a_package_that_goes_takes_them_along(self, server: Running, receiver: Receiver) -> None:
        add(server, receiver.url)
        server.ask("DELETE", f"{GAMES}?purge=true", token=server.token)
        server.work()
        with server.client() as client:
            assert client.hooks() == ()
        assert server.work() == 0

    def test_trying_out(self, server: Running, receiver: Receiver) -> None:
        made = add(server, receiver.url)
        with server.client(server.tokens["ann"]) as client:
            assert client.try_hook(made.id).state == "queued"
            server.work()
            (done,) = client.deliveries(made.id).deliveries
        assert (done.state, done.status, done.attempts, done.action) == ("delivered", 204, 1, "trial")


class TestFailures:
    def test_it_is_told_again_the_same(self, server: Running, receiver: Receiver) -> None:
        receiver.statuses = [(500, {}), (503, {})]
        made = add(server, receiver.url, actions=["yank"])
        yank(server)
        server.work()
        assert len(receiver.got) == 1
        assert server.work() == 0, "it is left alone for a while"
        assert hook(server, made.id).failures == 1
        work_later(server)
        work_later(server)
        assert len({got.body for got in receiver.got}) == 1
        assert len({got.headers["x-pltpack-signature"] for got in receiver.got}) == 3, "each has its time"
        with server.client() as client:
            (done,) = client.deliveries(made.id).deliveries
        assert (done.state, done.attempts, done.status, done.message) == ("delivered", 3, 204, None)
        assert hook(server, made.id).failures == 0

    def test_it_is_given_up_and_told_again_by_hand(self, server: Running, receiver: Receiver) -> None:
        receiver.statuses = [(500, {})] * 3
        made = add(server, receiver.url, actions=["yank"])
        yank(server)
        for _ in range(5):
            work_later(server)
        assert len(receiver.got) == 3
        with server.client(server.tokens["ann"]) as client:
            (failed,) = client.deliveries(made.id).deliveries
            assert (failed.state, failed.message) == ("failed", "the server answered 500")
            assert client.retry_delivery(made.id, failed.id).state == "queued"
            server.work()
            assert client.deliveries(made.id).deliveries[0].state == "delivered"

    def test_after_many_it_is_told_nothing_any_more(self, server: Running, receiver: Receiver) -> None:
        receiver.statuses = [(500, {})] * 5
        made = add(server, receiver.url, actions=["yank"])
        for number in range(8):
            yank(server, f"reason {number}")
            work_later(server)
        shown = hook(server, made.id)
        assert (shown.failures, shown.reason) == (5, "the server answered 500, 5 times in a row")
        assert shown.disabled is not None
        assert len(receiver.got) == 5
        with server.client(server.tokens["ann"]) as client:
            states = {delivery.state for delivery in client.deliveries(made.id).deliveries}
            assert "dropped" in states <= {"failed", "dropped"}
            with pytest.raises(BlockedError, match="disabled"):
                client.try_hook(made.id)
        with server.client() as client:
            disabled = client.log(action="hook").events[0]
            assert disabled.detail == f"disabled {made.id}: {shown.reason}"
            assert client.change_hook(made.id, HookChange(enabled=True)).disabled is None
        yank(server, "again")
        server.work()
        assert len(receiver.got) == 6

    def test_who_wants_nothing_more_is_left_alone(self, server: Running, receiver: Receiver) -> None:
        receiver.statuses = [(410, {})]
        made = add(server, receiver.url)
        yank(server)
        work_later(server)
        assert (len(receiver.got), hook(server, made.id).reason) == (1, "the server answered 410")

    def test_patience_that_is_asked_for(self, server: Running, receiver: Receiver) -> None:
        receiver.statuses = [(429, {"Retry-After": "20000"})]
        add(server, receiver.url, actions=["yank"])
        yank(server)
        server.work()
        clock(server).now += 19_000
        server.work()
        assert len(receiver.got) == 1
        clock(server).now += 1_001
        server.work()
        assert len(receiver.got) == 2

    def test_no_publication_waits_for_it(self, tmp_path: Path, receiver: Receiver) -> None:
        receiver.held = threading.Event()
        with running(tmp_path / "busy", SETTINGS.replace("seconds = 5", "seconds = 50"), workers=1) as server:
            add(server, receiver.url, None, user="admin", actions=["push"])
            for name in ("a", "b", "c"):  # more than are told at the same time
                server.push(name)
            with server.client() as client:
                number = client.push("games", _file(tmp_path, package_zip()))
                assert client.wait(number.job or 0).state == "done"
            assert receiver.arrived.wait(60)
            receiver.held.set()

    def test_an_answer_that_never_ends(self, receiver: Receiver) -> None:
        receiver.drips = True
        guard = Addresses(["127.0.0.0/8"])
        outcome = send(receiver.url, b"{}", {}, guard=guard, seconds=0.3)
        assert outcome.message == "no answer in 0.3 seconds"

    def test_certificates_are_looked_at(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        context, trusted = certified(tmp_path)
        guard = Addresses(["127.0.0.0/8"])
        with receiving(tls=context) as receiver:
            url = receiver.url.replace("http:", "https:")
            outcome = send(url, b"{}", {}, guard=guard, seconds=20)
            assert (outcome.message or "").startswith("its certificate is not good: ")
            monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
            assert send(url, b"{}", {}, guard=guard, seconds=20).status == 204
        assert len(receiver.got) == 1

    def test_nobody_is_there(self) -> None:
        guard = Addresses(["127.0.0.0/8"])
        for url in ("http://127.0.0.1:9/x", "https://127.0.0.1:9/x"):
            assert (send(url, b"{}", {}, guard=guard, seconds=5).message or "").startswith("no answer")


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "games.zip"
    path.write_bytes(data)
    return path


REFUSED = [
    *("ftp://example.org/", "file:///etc/passwd", "example.org", "", "https://", "http:///x", "https://ex ample.org"),
    *("https://a:b@example.org/", "https://a@example.org/", "https://example.org/#x", "https://example.org/\r\nX: y"),
    *("https://example.org/\u00e4", "https://example.org:99999/", "https://[::1/", "https://[::1]/", "https://x/\t"),
    *("http://10.0.0.1/", "http://169.254.169.254/latest/", "http://0.0.0.0/", "https://x/" + "a" * 2000),
    "gopher://example.org:25/x",
]


class TestWhereNobodyMayBeTold:
    def test_urls_that_are_refused_at_once(self, server: Running) -> None:
        for url in REFUSED:
            body = {"url": url, "package": "games"}
            assert server.ask("POST", "/api/v1/hooks", body, token=server.tokens["ann"]).status == 422, url
        with server.client() as client:
            assert client.hooks() == ()

    @pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1"])
    def test_names_that_lead_to_this_machine(self, tmp_path: Path, receiver: Receiver, host: str) -> None:
        with running(tmp_path) as server:
            server.push("games")
            made = add(server, f"http://{host}:{receiver.port}/", user="admin", actions=["yank"])
            server.ask("POST", f"{GAMES}/yank", {"reason": "old"}, token=server.token)
            server.work()
            with server.client() as client:
                (failed,) = client.deliveries(made.id).deliveries
        assert (failed.message, receiver.got) == ("its address is not a public one", [])

    def test_redirects_are_not_followed(self, server: Running, receiver: Receiver) -> None:
        receiver.statuses = [(307, {"Location": receiver.url})]
        made = add(server, receiver.url, actions=["yank"])
        yank(server)
        server.work()
        assert len(receiver.got) == 1
        with server.client() as client:
            (failed,) = client.deliveries(made.id).deliveries
        assert failed.message == "the server answered 307: redirects are not followed"


class TestWhoMay:
    @pytest.mark.parametrize("user", ["ben", "other"])
    def test_somebody_else(self, server: Running, receiver: Receiver, user: str) -> None:
        """Ben owns nothing, and the other token of Ann's is for other packages."""
        made = add(server, receiver.url)
        server.tokens["other"] = server.token_of("ann@example.org", "edit", packages=("other-*",))
        one = f"/api/v1/hooks/{made.id}"
        for method, path, body in (
            ("POST", "/api/v1/hooks", {"url": receiver.url, "package": "games"}),
            ("POST", "/api/v1/hooks", {"url": receiver.url}),
            ("GET", one, None),
            ("PATCH", one, {"enabled": False}),
            ("DELETE", one, None),
            ("POST", f"{one}/trial", None),
            ("GET", f"{one}/deliveries", None),
            ("POST", f"{one}/deliveries/1/retry", None),
            ("GET", "/api/v1/log", None),
        ):
            assert server.ask(method, path, body, token=server.tokens[user]).status in (403, 404)
        assert server.ask("GET", "/api/v1/hooks", token=server.tokens[user]).json == {"hooks": []}
        assert hook(server, made.id).disabled is None

    def test_owners(self, server: Running, receiver: Receiver) -> None:
        made = add(server, receiver.url)
        with server.client(server.tokens["ann"]) as client:
            assert [found.id for found in client.hooks()] == [found.id for found in client.hooks("games")] == [made.id]
            client.remove_hook(made.id)
            assert client.hooks() == ()

    @pytest.mark.parametrize("how", ["no owner", "locked out", "a reader"])
    def test_who_has_made_it_may_not_be_told_any_more(self, server: Running, receiver: Receiver, how: str) -> None:
        made = add(server, receiver.url)
        yank(server)
        if how == "no owner":
            body = {"add": ["ben@example.org"], "remove": ["ann@example.org"]}
            assert server.ask("POST", f"{GAMES}/owners", body, token=server.tokens["ann"]).status == 200
        elif how == "locked out":
            set_disabled(server.room, "ann@example.org", disabled=True)
        else:
            set_role(server.room, "ann@example.org", "reader")
        server.work()
        assert receiver.got == []
        shown = hook(server, made.id)
        assert shown.reason == "who has made it may not be told any more"
        with server.client() as client:
            told = client.deliveries(made.id).deliveries
            assert {delivery.state for delivery in told} == {"dropped"}
            assert client.log(action="hook").events[0].detail == f"disabled {made.id}: {shown.reason}"

    def test_hooks_of_who_is_no_admin_any_more(self, server: Running, receiver: Receiver) -> None:
        first = server.token_of("eve@example.org", "admin", role="admin")
        with server.client(first) as client:
            for package in (None, "games"):
                client.add_hook(receiver.url, package=package)
        yank(server)
        server.work()
        assert receiver.actions.count("yank") == 2
        set_role(server.room, "eve@example.org", "member")
        yank(server, "older")
        server.work()
        assert receiver.actions.count("yank") == 2

    def test_a_hook_of_everything_is_its_admins(self, server: Running, receiver: Receiver) -> None:
        made = add(server, receiver.url, None, user="admin")
        for user in ("ann", "ben"):
            assert server.ask("GET", f"/api/v1/hooks/{made.id}", token=server.tokens[user]).status == 404
        assert server.ask("GET", f"/api/v1/hooks/{made.id}", token=server.token).json["package"] is None

    def test_so_many_and_no_more(self, server: Running, receiver: Receiver) -> None:
        first = add(server, receiver.url)
        add(server, receiver.url)
        with pytest.raises(BlockedError, match="2 hooks"):
            add(server, receiver.url)
        with server.client(server.tokens["ann"]) as client:
            client.remove_hook(first.id)
            changed = client.change_hook(
                client.add_hook(receiver.url, package="games").id,
                HookChange(url="https://example.org/x", actions=("yank", "push"), enabled=False),
            )
            assert (changed.url, changed.actions) == ("https://example.org/x", ("push", "yank"))
            assert changed.reason == "disabled by hand"
            with pytest.raises(PackageError):
                client.change_hook(changed.id, HookChange(url="http://10.0.0.1/"))

    def test_no_delivery_of_another_hook(self, server: Running, receiver: Receiver) -> None:
        one, other = add(server, receiver.url), add(server, receiver.url)
        with server.client(server.tokens["ann"]) as client:
            delivery = client.try_hook(one.id)
            for number in (delivery.id, 10**20, -1):
                with pytest.raises(FetchError):
                    client.retry_delivery(other.id, number)


class TestTheLog:
    def test_who_did_what_with_which_token(self, server: Running) -> None:
        answer = server.ask(
            "POST", f"{GAMES}/yank", {"reason": "x"}, token=server.tokens["ann"], X_Request_ID="a-request"
        )
        assert answer.headers["x-request-id"] == "a-request"
        with server.client() as client:
            last = client.log(package="games").events[0]
            assert (last.user, last.request, last.action) == ("ann@example.org", "a-request", "yank")
            tokens = {token.id: token.owner for token in client.tokens(all=True).tokens}
            assert tokens[last.token or ""] == "ann@example.org"
            assert [event.action for event in client.log(user="ann@example.org", action="push").events] == ["push"]
            now = server.room.now
            assert (
                client.log(action="yank", since=now).events
                == client.log(action="yank", until=now + 1).events
                == (last,)
            )
            assert client.log(action="yank", since=now + 1).events == client.log(action="yank", until=now).events == ()
            assert client.log(most=1).next is not None

    def test_it_is_kept_as_long_as_the_configuration_says(self, tmp_path: Path, receiver: Receiver) -> None:
        with running(tmp_path, f"{SETTINGS}\n[log]\ndays = 2", clock=Clock()) as server:
            add(server, receiver.url, None, user="admin", actions=["push"])
            server.push("games")
            server.work()
            clock(server).now += 86400
            server.push("toys")
            server.work()
            clock(server).now += 86400 + 1
            tick(server.room)
            with server.client() as client:
                assert [event.package for event in client.log(action="push").events] == ["toys"]
            clock(server).now += 28 * 86400
            assert forget_deliveries(server.room) == 1


def test_hooks_are_saved_with_everything_else(server: Running, receiver: Receiver, tmp_path: Path) -> None:
    made = add(server, receiver.url)
    yank(server)
    server.work()
    backup(server.room, tmp_path / "saved.tar")
    restore(tmp_path / "saved.tar", tmp_path / "new")
    with Room.open(tmp_path / "new/server.toml", clock=server.room.clock) as room:
        Running(room, "").work()
        other = Running(room, server.token)
        with serving(other), other.client() as client:
            assert [found.id for found in client.hooks()] == [made.id]
            number = client.try_hook(made.id)
            other.work()
            assert client.deliveries(made.id).deliveries[0].id == number.id
    assert receiver.actions[-1] == "trial"
    assert check_delivery(
        made.secret, receiver.got[-1].headers["x-pltpack-signature"], receiver.got[-1].body, now=server.room.now
    )
