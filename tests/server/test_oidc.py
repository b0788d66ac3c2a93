"""Trusted publishing: what of an id token is believed, which builds a publisher means, and what they get."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest

from pltpack.errors import ConfigError, FetchError
from pltpack.server.config import read_server_config
from pltpack.server.database.tables import ID_TOKENS, TOKENS
from pltpack.server.jobs.schedule import tick
from pltpack.server.oidc.keys import KeyRing, guarded_fetch
from pltpack.server.oidc.verify import verify
from pltpack.server.problems import Problem
from tests.server.issuer import (
    GITHUB,
    GITLAB,
    Issuer,
    ec_key,
    forge,
    github_claims,
    gitlab_claims,
    public,
    rsa_key,
    signed,
)
from tests.server.running import Answer, Clock, Running, room, running

URL = '[server]\nurl = "https://pkgs.example.org/"\n[limits]\nsign_ins = 100000\nedits = 100000'
NOW = Clock().now
RELEASE = {"forge": "github", "repository": "ann/games", "workflow": "release.yml", "environment": "release"}
PIPELINE = {"forge": "gitlab", "repository": "group/sub/games"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server that knows the keys of an issuer; Ann owns games, and Ben owns ben-games."""
    with known(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for tests that do not disturb each other, with a publisher of games."""
    with known(tmp_path_factory.mktemp("shared")) as found:
        publish(found)
        yield found


@contextmanager
def known(folder: Path) -> Iterator[Running]:
    with running(folder, URL, clock=Clock()) as found:
        found.room.keys.fetch = Issuer().fetch
        for user in ("ann", "ben"):
            found.tokens[user] = found.token_of(f"{user}@example.org", "upload", "edit", "account")
        found.push("games", token=found.tokens["ann"])
        found.push("ben-games", token=found.tokens["ben"])
        yield found


def publish(server: Running, name: str = "games", user: str = "ann", **wanted: object) -> Answer:
    body = {**RELEASE, **wanted}
    body = {key: value for key, value in body.items() if value is not None}
    return server.ask("POST", f"/api/v1/packages/{name}/publishers", body, token=server.tokens[user])


def exchange(server: Running, claims: dict[str, Any], *packages: str, **how: Any) -> Answer:
    body = {"packages": packages or ["games"], "id_token": signed(claims, **how)}
    return server.ask("POST", "/api/v1/oidc/exchange", body)


def moved(server: Running, seconds: float) -> None:
    assert isinstance(server.room.clock, Clock)
    server.room.clock.now += seconds


class TestExchange:
    def test_a_build_pushes(self, server: Running) -> None:
        assert publish(server).status == 201
        answer = exchange(server, github_claims(NOW))
        assert answer.status == 201
        assert answer.json["expires"] == NOW + 15 * 60
        assert (answer.json["packages"], answer.json["scopes"]) == (["games"], ["upload"])
        token = answer.json["token"]
        assert server.push("games", b"no archive", token=token).status == 415
        assert server.push("games", token=token).status == 200
        # It is good for nothing else.
        assert server.push("other", token=token).json["code"] == "other-package"
        assert server.push("ben-games", token=token).json["code"] == "other-package"
        assert server.ask("GET", "/api/v1/packages/games/publishers", token=token).json["code"] == "no-scope"
        assert server.ask("POST", "/api/v1/tokens", {"label": "x"}, token=token).json["code"] == "no-scope"
        assert server.ask("DELETE", "/api/v1/packages/games", token=token).json["code"] == "no-scope"
        moved(server, 15 * 60)
        assert server.push("games", token=token).status == 401

    def test_the_history_tells_of_it(self, server: Running) -> None:
        publish(server)
        exchange(server, github_claims(NOW))
        events = server.ask("GET", "/api/v1/packages/games/events").json["events"]
        assert [event["action"] for event in events] == ["exchange", "publisher", "push"]
        assert events[0]["detail"].endswith("github: ann/games, release.yml, refs/tags/v1.0, environment release")
        assert events[0]["actor"].startswith("annλ")

    def test_an_id_token_is_shown_once(self, server: Running) -> None:
        publish(server)
        claims = github_claims(NOW)
        assert exchange(server, claims).status == 201
        again = exchange(server, {**claims, "sub": "another"})
        assert (again.status, again.json["code"]) == (422, "used-id-token")
        with server.room.database.write() as connection:
            assert connection.execute(ID_TOKENS.select()).one().number == claims["jti"]

    def test_shown_twice_at_the_same_time_it_gives_one_token(self, server: Running) -> None:
        publish(server)
        claims = github_claims(NOW)
        with ThreadPoolExecutor(8) as pool:
            codes = [found.status for found in pool.map(lambda _: exchange(server, claims), range(16))]
        assert sorted(codes) == [201] + [422] * 15

    def test_one_that_was_refused_can_be_shown_again(self, server: Running) -> None:
        claims = github_claims(NOW)
        assert exchange(server, claims).json["code"] == "no-publisher"
        publish(server)
        assert exchange(server, claims).status == 201

    def test_several_packages_at_once(self, server: Running) -> None:
        server.push("toys", token=server.tokens["ann"])
        publish(server)
        assert exchange(server, github_claims(NOW), "games", "toys").json["code"] == "no-publisher"
        publish(server, "toys")
        answer = exchange(server, github_claims(NOW), "toys", "games", "toys")
        assert answer.json["packages"] == ["games", "toys"]
        publish(server, "ben-games", "ben")
        assert exchange(server, github_claims(NOW), "games", "ben-games").status == 403

    def test_what_is_over_is_forgotten(self, server: Running) -> None:
        publish(server)
        exchange(server, github_claims(NOW))

        def kept() -> tuple[int, int]:
            with server.room.database.read() as connection:
                of_builds = TOKENS.select().where(TOKENS.c.how == "oidc")
                return len(connection.execute(ID_TOKENS.select()).all()), len(connection.execute(of_builds).all())

        moved(server, 3600)
        tick(server.room)
        assert kept() == (1, 1)
        moved(server, 2 * 86400)
        tick(server.room)
        assert kept() == (0, 0)

    def test_guesses_are_counted(self, tmp_path: Path) -> None:
        settings = '[server]\nurl = "https://pkgs.example.org"\n[limits]\nsign_ins = 2'
        with running(tmp_path, settings, clock=Clock()) as server:
            server.room.keys.fetch = Issuer().fetch
            codes = [exchange(server, github_claims(NOW)).status for _ in range(3)]
            assert codes == [403, 403, 429]

    @pytest.mark.parametrize("body", [{"packages": []}, {"packages": ["a b"]}, {"packages": ["x"] * 51}, {}])
    def test_what_is_no_wish(self, server: Running, body: dict[str, object]) -> None:
        assert server.ask("POST", "/api/v1/oidc/exchange", {"id_token": "x", **body}).status == 422


def raw(head: object, claims: object, signature: bytes = b"") -> str:
    """A token of any content."""

    def part(value: object) -> str:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    return f"{part(head)}.{part(claims)}.{part(signature)}"


def with_public_key_as_secret(claims: dict[str, Any]) -> str:
    """Signed by a text that everybody has: the issuer's public key."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    secret = rsa_key("one").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = raw({"alg": "HS256", "kid": "one", "typ": "JWT"}, claims).rpartition(".")[0]
    digest = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


TOKENS_THAT_ARE_NO_GOOD: dict[str, tuple[Callable[[], str], str]] = {
    "no token": (lambda: "x", "no JSON Web Token"),
    "no parts": (lambda: "..", "no JSON Web Token"),
    "nested deeply": (lambda: raw({"alg": "RS256", "kid": "one"}, b"[" * 9000), "no JSON Web Token"),
    "a list": (lambda: raw({"alg": "RS256", "kid": "one"}, [1]), "no JSON Web Token"),
    "a list of algorithms": (lambda: raw({"alg": ["RS256"], "kid": "one"}, {"iss": GITHUB}), "another algorithm"),
    "not UTF-8": (lambda: raw({"alg": "RS256", "kid": "one"}, b"\xff"), "no JSON Web Token"),
    "too long": (lambda: signed(github_claims(NOW, more="x" * 20000)), "too long"),
    "not signed": (lambda: raw({"alg": "none", "kid": "one"}, github_claims(NOW)), "another algorithm"),
    "HS256 with the public key": (lambda: with_public_key_as_secret(github_claims(NOW)), "another algorithm"),
    "RS512": (lambda: signed(github_claims(NOW), algorithm="RS512"), "another algorithm"),
    "PS256": (lambda: signed(github_claims(NOW), algorithm="PS256"), "another algorithm"),
    "a key of another kind": (
        lambda: jwt.encode(github_claims(NOW), rsa_key("two"), algorithm="RS256", headers={"kid": "two"}),
        "not for signing by that algorithm",
    ),
    "another key": (
        lambda: jwt.encode(github_claims(NOW), rsa_key("stranger"), algorithm="RS256", headers={"kid": "one"}),
        "signature is wrong",
    ),
    "another key of the other kind": (
        lambda: jwt.encode(github_claims(NOW), ec_key("stranger"), algorithm="ES256", headers={"kid": "two"}),
        "signature is wrong",
    ),
    "changed": (
        lambda: ".".join(
            [
                signed(github_claims(NOW)).split(".")[0],
                raw({}, github_claims(NOW, repository="ben/games")).split(".")[1],
                signed(github_claims(NOW)).split(".")[2],
            ]
        ),
        "signature is wrong",
    ),
    "an unknown key": (lambda: signed(github_claims(NOW), kid="three"), "no such key"),
    "no key": (lambda: raw({"alg": "RS256"}, github_claims(NOW)), "does not tell its key"),
    "a key in the token": (
        lambda: jwt.encode(
            github_claims(NOW),
            rsa_key("stranger"),
            algorithm="RS256",
            headers={"kid": "stranger", "jwk": public("stranger"), "jku": "https://evil.example/keys"},
        ),
        "no such key",
    ),
    "another issuer": (lambda: signed(github_claims(NOW, iss="https://evil.example")), "issuer is none"),
    "an issuer like ours": (lambda: signed(github_claims(NOW, iss=GITHUB + "/")), "issuer is none"),
    "an issuer that is a list": (lambda: raw({"alg": "RS256", "kid": "one"}, {"iss": [GITHUB]}), "issuer is none"),
    "no issuer": (lambda: signed(github_claims(NOW, iss=None)), "issuer is none"),
    "another audience": (lambda: signed(github_claims(NOW, aud="https://evil.example")), "whose audience is"),
    "an audience that begins like ours": (
        lambda: signed(github_claims(NOW, aud="https://pkgs.example.org.evil.example")),
        "whose audience is",
    ),
    "two audiences": (
        lambda: signed(github_claims(NOW, aud=["https://pkgs.example.org", "https://evil.example"])),
        "whose audience is",
    ),
    "no audience": (lambda: signed(github_claims(NOW, aud=None)), "does not tell its aud"),
    "expired": (lambda: signed(github_claims(NOW, exp=int(NOW) - 60)), "has expired"),
    "not yet": (lambda: signed(github_claims(NOW, nbf=int(NOW) + 120)), "not good yet"),
    "of tomorrow": (lambda: signed(github_claims(NOW, iat=int(NOW) + 86400)), "not good yet"),
    "no end": (lambda: signed(github_claims(NOW, exp=None)), "does not tell its exp"),
    "an end that is a text": (lambda: signed(github_claims(NOW, exp="never")), "does not tell its exp"),
    "an end that is no number": (lambda: signed(github_claims(NOW, exp=float("nan"))), "does not tell its exp"),
    "an end that never comes": (lambda: signed(github_claims(NOW, exp=1 << 60)), "does not tell its exp"),
    "no number": (lambda: signed(github_claims(NOW, jti=None)), "does not tell its jti"),
    "an empty number": (lambda: signed(github_claims(NOW, jti="")), "does not tell its jti"),
    "no repository": (lambda: signed(github_claims(NOW, repository=None)), "does not tell its repository"),
    "a repository that is a list": (lambda: signed(github_claims(NOW, repository=["x"])), "does not tell its repo"),
    "no workflow": (lambda: signed(github_claims(NOW, job_workflow_ref=None)), "does not tell its job_workflow_ref"),
    "a workflow of another repository": (
        lambda: signed(github_claims(NOW, job_workflow_ref="eve/x/.github/workflows/release.yml@refs/heads/main")),
        "another repository",
    ),
    "a workflow that is elsewhere": (
        lambda: signed(
            github_claims(NOW, job_workflow_ref="ann/games/x/.github/workflows/release.yml@refs/heads/main")
        ),
        "another repository",
    ),
    "a pull request": (lambda: signed(github_claims(NOW, event_name="pull_request")), "only proposed"),
    "a pull request that can write": (
        lambda: signed(github_claims(NOW, event_name="pull_request_target")),
        "only proposed",
    ),
}


@pytest.mark.parametrize("name", TOKENS_THAT_ARE_NO_GOOD)
def test_what_is_not_believed(shared: Running, name: str) -> None:
    make, reason = TOKENS_THAT_ARE_NO_GOOD[name]
    answer = shared.ask("POST", "/api/v1/oidc/exchange", {"packages": ["games"], "id_token": make()})
    assert (answer.status, answer.json["code"]) == (422, "invalid-id-token"), answer.body
    assert reason in answer.json["detail"]
    assert (
        shared.ask(
            "POST", "/api/v1/oidc/exchange", {"packages": ["games"], "id_token": signed(github_claims(NOW))}
        ).status
        == 201
    )


GITLAB_TOKENS: dict[str, tuple[dict[str, Any], int]] = {
    "as it is": ({}, 201),
    "capitals": (
        {"project_path": "Group/sub/games", "ci_config_ref_uri": "gitlab.com/Group/sub/games//.gitlab-ci.yml@x"},
        201,
    ),
    "a number that is a number": ({"project_id": 22}, 201),
    "a branch": ({"ref_type": "branch", "ref": "v1.0"}, 403),
    "another tag": ({"ref": "w"}, 403),
    "another file": ({"ci_config_ref_uri": "gitlab.com/group/sub/games//ci/other.yml@refs/tags/v1.0"}, 403),
    "another project": ({"project_path": "group/sub/other"}, 422),
    "a file of another project": ({"ci_config_ref_uri": "gitlab.com/eve/x//.gitlab-ci.yml@refs/tags/v1.0"}, 422),
    "a file of another host": ({"ci_config_ref_uri": "evil.example/group/sub/games//.gitlab-ci.yml@x"}, 422),
    "no file": ({"ci_config_ref_uri": None}, 422),
    "a merge request": ({"pipeline_source": "merge_request_event"}, 422),
    "neither branch nor tag": ({"ref_type": "other"}, 422),
}


@pytest.mark.parametrize("name", GITLAB_TOKENS)
def test_builds_of_gitlab(shared: Running, name: str) -> None:
    changed, status = GITLAB_TOKENS[name]
    answer = publish(shared, **PIPELINE, workflow=None, environment=None, ref="refs/tags/v*")
    assert answer.json["workflow"] == ".gitlab-ci.yml"
    assert exchange(shared, gitlab_claims(NOW, **changed)).status == status


FITTING: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "as it is": ({}, {}, True),
    "capitals of the repository": ({"repository": "Ann/Games"}, {}, True),
    "capitals of the environment": ({"environment": "Release"}, {}, True),
    "another environment": ({"environment": "staging"}, {}, False),
    "no environment": ({}, {"environment": None}, False),
    "any environment": ({"environment": None}, {}, True),
    "any environment, and none": ({"environment": None}, {"environment": None}, True),
    "another repository": ({"repository": "ann/other"}, {}, False),
    "another workflow": ({"workflow": "test.yml"}, {}, False),
    "its ref": ({"ref": "refs/tags/v*"}, {}, True),
    "another ref": ({"ref": "refs/heads/main"}, {}, False),
    "signed by ES256": ({}, {}, True),
}


@pytest.mark.parametrize("name", FITTING)
def test_which_builds_a_publisher_means(shared: Running, name: str) -> None:
    wanted, claims, fits = FITTING[name]
    package = f"new-{[*FITTING].index(name)}"
    assert publish(shared, package, **wanted).status == 201
    how = {"key": "two", "algorithm": "ES256"} if "ES256" in name else {}
    answer = exchange(shared, github_claims(NOW, **claims), package, **how)
    assert answer.status == (201 if fits else 403)
    if not fits:
        # What the build is, it is told; what the owners have said, it is not.
        assert answer.json["code"] == "no-publisher"
        assert "staging" not in answer.body.decode()


class TestPublishers:
    def test_a_repository_that_comes_to_have_the_name_is_another_one(self, server: Running) -> None:
        publish(server)
        assert exchange(server, github_claims(NOW)).status == 201
        assert exchange(server, github_claims(NOW, repository_id="4712")).status == 403
        assert exchange(server, github_claims(NOW)).status == 201

    def test_it_counts_while_its_maker_owns_the_package(self, server: Running) -> None:
        publish(server)
        server.ask("POST", "/api/v1/packages/games/owners", {"add": ["ben@example.org"]}, token=server.tokens["ann"])
        server.ask("POST", "/api/v1/packages/games/owners", {"remove": ["ann@example.org"]}, token=server.tokens["ben"])
        assert exchange(server, github_claims(NOW)).status == 403
        listed = server.ask("GET", "/api/v1/packages/games/publishers", token=server.tokens["ben"]).json["publishers"]
        assert [known["counts"] for known in listed] == [False]
        assert "ann@example.org" not in str(listed)

    def test_the_same_again_is_the_same(self, server: Running) -> None:
        first, again = publish(server), publish(server)
        assert (first.status, again.status) == (201, 200)
        assert first.json == again.json
        assert publish(server, ref="refs/tags/*").status == 201

    def test_removed(self, server: Running) -> None:
        made = publish(server).json["id"]
        path = f"/api/v1/packages/games/publishers/{made}"
        assert server.ask("DELETE", path, token=server.tokens["ben"]).status == 403
        assert server.ask("DELETE", path.replace("games/", "ben-games/"), token=server.tokens["ben"]).status == 404
        assert server.ask("DELETE", path, token=server.tokens["ann"]).status == 204
        assert server.ask("DELETE", path, token=server.tokens["ann"]).status == 404
        assert exchange(server, github_claims(NOW)).status == 403

    def test_they_follow_a_package_that_is_renamed(self, server: Running) -> None:
        publish(server)
        renamed = server.ask("POST", "/api/v1/packages/games/rename", {"name": "toys"}, token=server.tokens["ann"])
        assert renamed.status == 201
        assert exchange(server, github_claims(NOW), "games").status == 403
        assert exchange(server, github_claims(NOW), "toys").status == 201

    @pytest.mark.parametrize(
        "wanted",
        [
            {"repository": "games"},
            {"repository": "ann/games/more"},
            {"repository": "../games"},
            {"repository": "ann/ga mes"},
            {"workflow": ""},
            {"workflow": ".github/workflows/release.yml"},
            {"workflow": "release.sh"},
            {"ref": "v1"},
            {"ref": "refs/tags/a b"},
            {"environment": "a\nb"},
            {"issuer": "https://evil.example"},
            {"issuer": GITLAB},
            {"owner": "ben@example.org"},
            {**PIPELINE, "workflow": "../x.yml"},
            {"forge": "sourcehut"},
        ],
        ids=str,
    )
    def test_what_can_be_none(self, shared: Running, wanted: dict[str, Any]) -> None:
        path = "/api/v1/packages/games/publishers"
        before = shared.ask("GET", path, token=shared.tokens["ann"]).json
        assert publish(shared, **wanted).status in (403, 422)
        assert shared.ask("GET", path, token=shared.tokens["ann"]).json == before

    def test_who_cannot_push_lets_nobody_push(self, server: Running) -> None:
        editor = server.token_of("ann@example.org", "edit")
        answer = server.ask("POST", "/api/v1/packages/games/publishers", RELEASE, token=editor)
        assert answer.json["code"] == "beyond-token"

    def test_admins_say_whose_it_is(self, server: Running) -> None:
        path = "/api/v1/packages/games/publishers"
        assert server.ask("POST", path, RELEASE, token=server.token).status == 422
        made = server.ask("POST", path, {**RELEASE, "owner": "ann@example.org"}, token=server.token)
        assert made.json["added_by"].startswith("annλ")
        assert exchange(server, github_claims(NOW)).status == 201

    def test_there_are_not_too_many(self, server: Running) -> None:
        codes = [publish(server, environment=f"e{number}").status for number in range(51)]
        assert codes == [201] * 50 + [403]
        codes = [publish(server, f"new-{number}").status for number in range(51)]
        assert codes == [201] * 50 + [403]

    def test_a_user_who_may_not_push_any_more(self, server: Running) -> None:
        from pltpack.server.database.tables import USERS

        publish(server)
        with server.room.database.write() as connection:
            connection.execute(USERS.update().where(USERS.c.name == "ann@example.org").values(role="reader"))
        assert exchange(server, github_claims(NOW)).status == 403


class TestPending:
    """Publishers of packages that are not there yet."""

    def test_the_first_push_makes_the_package(self, server: Running) -> None:
        made = publish(server, "toys")
        assert made.json["pending"] is True
        token = exchange(server, github_claims(NOW), "toys").json["token"]
        assert server.push("toys", token=token).status == 201
        owners = server.ask("GET", "/api/v1/packages/toys").json["owners"]
        assert [owner[:4] for owner in owners] == ["annλ"]
        assert exchange(server, github_claims(NOW), "toys").status == 201
        listed = server.ask("GET", "/api/v1/packages/toys/publishers", token=server.tokens["ann"]).json["publishers"]
        assert [(known["pending"], known["counts"]) for known in listed] == [(False, True)]

    def test_it_reaches_nobody_elses_package(self, server: Running) -> None:
        publish(server, "toys")
        assert server.push("toys", token=server.tokens["ben"]).status == 201
        assert exchange(server, github_claims(NOW), "toys").status == 403

    def test_a_token_is_no_good_if_somebody_else_was_quicker(self, server: Running) -> None:
        publish(server, "toys")
        token = exchange(server, github_claims(NOW), "toys").json["token"]
        assert server.push("toys", token=server.tokens["ben"]).status == 201
        assert server.push("toys", token=token).json["code"] == "not-owner"

    def test_whose_the_package_would_be_is_not_guessed(self, server: Running) -> None:
        publish(server, "toys", "ben")
        publish(server, "toys", "ann")
        assert exchange(server, github_claims(NOW), "toys").json["code"] == "no-publisher"

    def test_others_do_not_see_it(self, server: Running) -> None:
        made = publish(server, "toys").json["id"]
        path = "/api/v1/packages/toys/publishers"
        assert server.ask("GET", path, token=server.tokens["ben"]).json == {"publishers": []}
        assert len(server.ask("GET", path, token=server.tokens["ann"]).json["publishers"]) == 1
        assert server.ask("DELETE", f"{path}/{made}", token=server.tokens["ben"]).status == 404
        assert server.ask("DELETE", f"{path}/{made}", token=server.tokens["ann"]).status == 204

    @pytest.mark.parametrize(("name", "status"), [("a.b", 422), ("Games", 409)])
    def test_names_that_no_package_can_have(self, server: Running, name: str, status: int) -> None:
        assert publish(server, name).status == status


class TestKeys:
    def ring(self, issuer: Issuer) -> tuple[KeyRing, Clock]:
        clock = Clock()
        return KeyRing(issuer.fetch, clock), clock

    def test_they_are_fetched_once(self) -> None:
        issuer = Issuer()
        ring, clock = self.ring(issuer)
        for _ in range(3):
            assert ring.find(GITHUB, "one") is not None
        assert len(issuer.asked) == 2
        clock.now += 7 * 3600
        ring.find(GITHUB, "one")
        assert len(issuer.asked) == 4

    def test_one_that_is_not_known_is_looked_for_once_a_minute(self) -> None:
        issuer = Issuer()
        ring, clock = self.ring(issuer)
        for _ in range(5):
            assert ring.find(GITHUB, "new") is None
        assert len(issuer.asked) == 2
        issuer.keys.append(public("new"))
        clock.now += 61
        assert ring.find(GITHUB, "new") is not None
        assert len(issuer.asked) == 4

    def test_a_clock_that_is_set_back(self) -> None:
        issuer = Issuer()
        ring, clock = self.ring(issuer)
        ring.find(GITHUB, "one")
        clock.now -= 86400
        assert ring.find(GITHUB, "one") is not None
        assert len(issuer.asked) == 4

    def test_an_issuer_that_does_not_answer(self) -> None:
        issuer = Issuer(fails=FetchError("no answer"))
        ring, clock = self.ring(issuer)
        for _ in range(3):
            with pytest.raises(FetchError):
                ring.find(GITHUB, "one")
        assert len(issuer.asked) == 1
        issuer.fails = None
        clock.now += 11
        assert ring.find(GITHUB, "one") is not None
        issuer.fails = FetchError("no answer")
        clock.now += 8 * 3600
        assert ring.find(GITHUB, "one") is not None, "what is known does for a day"
        clock.now += 24 * 3600
        with pytest.raises(FetchError):
            ring.find(GITHUB, "one")

    @pytest.mark.parametrize(
        "document",
        [
            b"",
            b"[]",
            b"\xff",
            b"[" * 100_000,
            b'{"issuer": "https://evil.example", "jwks_uri": "https://token.actions.githubusercontent.com/keys"}',
            b'{"issuer": "https://token.actions.githubusercontent.com", "jwks_uri": "https://evil.example/keys"}',
            b'{"issuer": "https://token.actions.githubusercontent.com", "jwks_uri": "file:///etc/passwd"}',
            b'{"issuer": "https://token.actions.githubusercontent.com"}',
        ],
        ids=range(8),
    )
    def test_what_no_issuer_says(self, document: bytes) -> None:
        ring = KeyRing(lambda _url: document, Clock())
        with pytest.raises(FetchError):
            ring.find(GITHUB, "one")

    @pytest.mark.parametrize(
        "key",
        [
            {"kid": "one"},
            {"kid": "one", "kty": "oct", "k": "c2VjcmV0"},
            {"kid": "one", "kty": "RSA", "n": "x", "e": "AQAB"},
            {"kid": "one", "kty": "RSA", "n": 5, "e": []},
            {**public("one"), "use": "enc"},
            {**public("one"), "alg": "RS512"},
            {**public("two", kind="EC"), "kid": "one"},
            {**public("small"), "kid": "one"},
        ],
        ids=range(8),
    )
    def test_keys_that_cannot_have_signed(self, tmp_path: Path, key: dict[str, Any]) -> None:
        with room(tmp_path, URL, clock=Clock()) as server:
            server.room.keys.fetch = Issuer(keys=[key]).fetch
            with pytest.raises(Problem) as caught:
                verify(server.room, signed(github_claims(NOW)))
            assert caught.value.detail == "its key is not for signing by that algorithm"

    def test_an_issuer_that_does_not_answer_is_told_to_the_build(self, server: Running) -> None:
        publish(server)
        server.room.keys = KeyRing(Issuer(fails=FetchError("no answer")).fetch, server.room.clock)
        answer = exchange(server, github_claims(NOW))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")

    def test_they_are_fetched_from_public_addresses(self) -> None:
        with forge({}) as found:
            with pytest.raises(FetchError, match="not a public one"):
                guarded_fetch([])(f"{found.url}/keys")
            assert b'"kid": "one"' in guarded_fetch(["127.0.0.0/8"])(f"{found.url}/keys")
            with pytest.raises(FetchError, match="403"):
                guarded_fetch(["127.0.0.0/8"])(f"{found.url}/other")
            found.redirects = True
            with pytest.raises(FetchError, match="redirect"):
                guarded_fetch(["127.0.0.0/8"])(f"{found.url}/keys")


class TestSettings:
    def test_a_server_that_does_not_know_its_url(self, tmp_path: Path) -> None:
        with running(tmp_path) as server:
            answer = exchange(server, github_claims(NOW))
            assert (answer.status, answer.json["code"]) == (501, "no-oidc")
            assert "[server] url" in answer.json["detail"]

    def test_a_server_without_the_library(self, server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "jwt", None)
        token = "x"
        answer = server.ask("POST", "/api/v1/oidc/exchange", {"packages": ["games"], "id_token": token})
        assert (answer.status, answer.json["code"]) == (501, "no-oidc")
        assert "pltpack[oidc]" in answer.json["detail"]

    def test_an_audience_of_its_own(self, tmp_path: Path) -> None:
        with room(tmp_path, '[oidc]\naudience = "racket"', clock=Clock()) as server:
            server.room.keys.fetch = Issuer().fetch
            assert verify(server.room, signed(github_claims(NOW, aud="racket"))).build.repository == "ann/games"

    def test_an_issuer_that_is_not_allowed_any_more(self, tmp_path: Path) -> None:
        with room(tmp_path, URL + "\n[oidc]\ngithub = []", clock=Clock()) as server:
            server.room.keys.fetch = Issuer().fetch
            with pytest.raises(Problem, match="issuer is none"):
                verify(server.room, signed(github_claims(NOW)))

    @pytest.mark.parametrize(
        "issuer", ["http://forge.example", "https://forge.example/", "forge.example", "https://u:p@forge.example", ""]
    )
    def test_what_is_no_issuer(self, tmp_path: Path, issuer: str) -> None:
        config = tmp_path / "server.toml"
        config.write_text(f'[oidc]\ngitlab = ["{issuer}"]\n')
        with pytest.raises(ConfigError, match=r"line 2: oidc\.gitlab"):
            read_server_config(config)
