"""Rights that were taken away while something waited, and names of packages that come to others: nothing of before is
left to those who have lost it, nor told to those who come after."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pltpack.server.accounts import joining, signing_in
from pltpack.server.accounts.passwords import check_password
from pltpack.server.accounts.people import operator_password, set_disabled, set_role
from pltpack.server.accounts.sessions import sessions_of
from pltpack.server.database.tables import EVENTS
from pltpack.server.identity.identity import Identity
from pltpack.server.jobs.schedule import tick
from pltpack.server.problems import Problem
from tests.server.running import Answer, Clock, Running, package_zip, running

GAMES = "/api/v1/packages/games"
ANN = "ann@example.org"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """With a package of Ann's, which is published."""
    with running(tmp_path, "[limits]\npackages = 3", clock=Clock()) as found:
        for user in ("ann", "ben"):
            found.tokens[user] = found.token_of(f"{user}@example.org", "upload", "edit", "account")
        found.push("games", token=found.tokens["ann"])
        found.work()
        yield found


def push_later(server: Running) -> str:
    """Have Ann push something for which she does not wait; where its job is."""
    newer = package_zip({"newer.rkt": "#lang racket/base"})
    answer = server.push("games", newer, token=server.tokens["ann"], Prefer="respond-async")
    assert answer.status == 202
    return answer.headers["location"]


def revoke(server: Running) -> None:
    mine = server.ask("GET", "/api/v1/tokens", token=server.tokens["ann"]).json["tokens"]
    assert server.ask("DELETE", f"/api/v1/tokens/{mine[0]['id']}", token=server.tokens["ann"]).status == 204


def lose(server: Running) -> None:
    body = {"add": ["ben@example.org"], "remove": [ANN]}
    assert server.ask("POST", f"{GAMES}/owners", body, token=server.token).status == 200


WITHDRAWN: dict[str, tuple[Callable[[Running], object], str]] = {
    "locked out": (lambda server: set_disabled(server.room, ANN, disabled=True), "no-scope"),
    "a reader": (lambda server: set_role(server.room, ANN, "reader"), "no-scope"),
    "a revoked token": (revoke, "no-scope"),
    "no owner": (lose, "not-owner"),
}


@pytest.mark.parametrize("how", WITHDRAWN)
def test_a_push_that_waits_is_looked_at_with_the_rights_of_then(server: Running, how: str) -> None:
    withdraw, code = WITHDRAWN[how]
    job = push_later(server)
    withdraw(server)
    server.work()
    done = server.ask("GET", job, token=server.token).json
    assert (done["state"], done["result"]["status"], done["result"]["code"]) == ("done", 403, code)
    assert len(server.ask("GET", f"{GAMES}/versions").json["archives"]) == 1
    assert list((server.room.places.spool / "waiting").iterdir()) == []


def test_a_token_that_expires_meanwhile_was_good(server: Running) -> None:
    wanted = {"label": "x", "scopes": ["upload"], "packages": ["*"], "days": 1}
    made = server.ask("POST", "/api/v1/tokens", wanted, token=server.tokens["ann"])
    newer = package_zip({"newer.rkt": "#lang racket/base"})
    answer = server.push("games", newer, token=made.json["token"], Prefer="respond-async")
    _clock(server).now += 3 * 86400
    server.work()
    job = server.ask("GET", answer.headers["location"], token=server.token).json
    assert (job["state"], job["result"]["version"]) == ("done", 2)


def test_uploads_that_nothing_comes_of_do_not_stay(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def push(*_given: object) -> None:
        raise OSError(5, "Input/output error", "/srv/secret")

    monkeypatch.setattr("pltpack.server.jobs.uploads.push", push)
    job = push_later(server)
    waiting = server.room.places.spool / "waiting"
    for path in waiting.iterdir():
        os.utime(path, (0, 0))
    tick(server.room)
    assert len(list(waiting.iterdir())) == 1, "its job has yet to come"
    for _ in range(8):
        server.work()
        _clock(server).now += 1000
    assert server.ask("GET", job, token=server.token).json["state"] == "failed"
    tick(server.room)
    assert list(waiting.iterdir()) == []


def test_what_failed_here_is_told_to_admins_alone(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def publish(_room: object) -> None:
        raise OSError(5, "Input/output error", "/srv/secret")

    monkeypatch.setattr("pltpack.server.jobs.handlers.publish", publish)
    answer = server.push("games", package_zip({"newer.rkt": ""}), token=server.tokens["ann"])
    server.work()
    job = f"/api/v1/jobs/{answer.json['job']}"
    told = server.ask("GET", job, token=server.tokens["ann"]).json["error"]
    assert told == "it could not be published; the operator of the server can see why"
    assert "/srv/secret" in server.ask("GET", job, token=server.token).json["error"]


def test_names_that_were_given_up_count(server: Running) -> None:
    def rename(name: str, new: str) -> Answer:
        return server.ask("POST", f"/api/v1/packages/{name}/rename", {"name": new}, token=server.tokens["ann"])

    codes = [rename(f"play{number}" if number else "games", f"play{number + 1}").status for number in range(4)]
    assert codes == [201, 201, 403, 404]
    assert rename("play2", "Play2").status == 201, "it gives no name up"
    mine = server.ask("GET", "/api/v1/packages?mine=true", token=server.tokens["ann"]).json["packages"]
    assert sorted(mine) == ["Play2", "games", "play1"]


RELEASE = {"forge": "github", "repository": "ann/secret", "workflow": "release.yml"}


def test_builds_are_told_to_owners_alone(server: Running) -> None:
    path = f"{GAMES}/publishers"
    made = server.ask("POST", path, RELEASE, token=server.tokens["ann"]).json
    assert server.ask("DELETE", f"{path}/{made['id']}", token=server.tokens["ann"]).status == 204
    for token, sees in (
        (None, False),
        (server.tokens["ben"], False),
        (server.tokens["ann"], True),
        (server.token, True),
    ):
        answer = server.ask("GET", f"{GAMES}/events", token=token)
        actions = [event["action"] for event in answer.json["events"]]
        assert actions == ["publisher", "publisher", "push"]
        assert (b"ann/secret" in answer.body) is sees


def test_builds_of_a_package_that_is_not_there_are_not_told_to_who_makes_it(server: Running) -> None:
    made = server.ask("POST", "/api/v1/packages/toys/publishers", RELEASE, token=server.tokens["ann"])
    assert made.status == 201
    assert server.push("toys", token=server.tokens["ben"]).status == 201
    for path in ("publishers", "events"):
        answer = server.ask("GET", f"/api/v1/packages/toys/{path}", token=server.tokens["ben"])
        assert (answer.status, b"secret" in answer.body) == (200, False)
    log = server.ask("GET", "/api/v1/log?action=publisher", token=server.token).json["events"]
    assert [(event["package"], event["detail"].partition(":")[0]) for event in log] == [(None, "toys")]


def test_one_that_others_make_later_begins_anew(server: Running) -> None:
    """What was purged is no part of the history of who has the name then, and cannot be had back."""
    body = {"description": "what must not be there"}
    assert server.ask("PATCH", GAMES, body, token=server.tokens["ann"]).status == 200
    assert server.ask("DELETE", f"{GAMES}?purge=true", token=server.token).status == 204
    server.work()
    assert server.push("games", token=server.tokens["ben"]).status == 201
    answer = server.ask("GET", f"{GAMES}/events", token=server.tokens["ben"])
    assert [event["action"] for event in answer.json["events"]] == ["push"]
    with server.room.database.read() as connection:
        numbers = connection.execute(EVENTS.select().where(EVENTS.c.package == "games")).scalars().all()
    assert len(numbers) == 4, "the log has all of it"
    undone = [
        server.ask("POST", f"{GAMES}/undo", {"event": number}, token=server.tokens["ben"]).status for number in numbers
    ]
    assert undone == [404, 404, 404, 409]


def test_a_password_that_is_changed_while_somebody_signs_in(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one ends all sessions, also that which is just being opened with the old one; and is not overwritten."""
    operator_password(server.room, ANN, "the old one")
    real = check_password

    def looked_at(*given: Any) -> Identity | None:
        found = real(*given)
        operator_password(server.room, ANN, "the new one")
        return found

    for module in (signing_in, joining):
        monkeypatch.setattr(module, "check_password", looked_at)
    with pytest.raises(Problem, match="wrong-credentials"):
        signing_in.sign_in(server.room, ANN, "the old one", client="127.0.0.1")
    assert sessions_of(server.room, ANN) == []
    operator_password(server.room, ANN, "the old one")
    with pytest.raises(Problem, match="wrong-password"):
        joining.change_password(server.room, ANN, "the old one", "somebody else's", client="127.0.0.1")
    monkeypatch.undo()
    assert signing_in.sign_in(server.room, ANN, "the new one", client="127.0.0.1").user == ANN


def _clock(server: Running) -> Clock:
    assert isinstance(server.room.clock, Clock)
    return server.room.clock
