"""Who may do what, held for every route there is: the table is that of the OpenAPI document."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pltpack.server.identity.tokens import is_token
from pltpack.server.keeping.people import revoke, token_for
from pltpack.server.routes.openapi import PATH, openapi_document
from pltpack.server.routes.table import OPERATIONS
from tests.server.running import Answer, Clock, Running, package_zip, room, running, serving

DOCUMENT = openapi_document(OPERATIONS)
ROUTES = [
    (method.upper(), path, described)
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
]
WITH = ("method", "path", "described")


def table(wanted: Callable[[dict[str, Any]], object]) -> pytest.MarkDecorator:
    """A test for each route that is wanted."""
    rows = [route for route in ROUTES if wanted(route[2])]
    return pytest.mark.parametrize(WITH, rows, ids=[f"{method} {path}" for method, path, _ in rows])


def is_guarded(described: dict[str, Any]) -> bool:
    return bool(described["security"]) and described["x-scope"] != "read"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a package of Ann's, for tests that change nothing."""
    with running(tmp_path_factory.mktemp("shared"), "[limits]\nsign_ins = 100000\nedits = 100000") as server:
        server.tokens["ann"] = server.token_of("ann@example.org", "upload", "edit", "account")
        server.tokens["ben"] = server.token_of("ben@example.org", "upload", "edit", "account")
        server.tokens["other"] = server.token_of("ann@example.org", "upload", "edit", packages=("other-*",))
        server.tokens["reader"] = server.token_of("ann@example.org", "read")
        server.push("games", token=server.tokens["ann"])
        server.work()
        yield server


def call(server: Running, method: str, path: str, described: dict[str, Any], token: str | None) -> Answer:
    """Call a route with a body that it takes, if it takes one."""
    path = filled(path)
    content = described.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        schema = content["application/json"]["schema"]
        return server.ask(method, path, example(schema), token=token)
    return server.ask(method, path, package_zip() if content else None, token=token)


def filled(path: str) -> str:
    """A path with something for each of its parameters."""
    for name, value in {"name": "games", "id": "1", "other": "2", "file": "racket.sh"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def example(schema: dict[str, Any]) -> object:
    """Something that fits a schema."""
    if "$ref" in schema:
        return example(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if schema.get("type") == "object":
        return {name: example(schema["properties"][name]) for name in schema.get("required", [])}
    return {"string": "x", "integer": 1, "array": [], "boolean": False}.get(schema.get("type", ""))


def is_problem(answer: Answer, status: int, code: str | None = None) -> bool:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    jsonschema.validate(answer.json, {**DOCUMENT["components"]["schemas"]["Problem"]})
    return code is None or answer.json["code"] == code


class TestEveryRoute:
    @table(is_guarded)
    def test_nobody_may(self, shared: Running, method: str, path: str, described: dict[str, Any]) -> None:
        answer = call(shared, method, path, described, None)
        assert is_problem(answer, 401, "authentication-required")
        assert answer.headers["www-authenticate"].startswith("Bearer")

    @table(lambda described: described["security"])
    @pytest.mark.parametrize("kind", ["wrong", "expired", "revoked", "garbage", "basic"])
    def test_wrong_credentials(
        self, shared: Running, method: str, path: str, described: dict[str, Any], kind: str
    ) -> None:
        if kind == "expired":
            secret, _ = token_for(shared.room, "ann@example.org", label="t", scopes=["upload"], days=-1)
        elif kind == "revoked":
            secret, token = token_for(shared.room, "ann@example.org", label="t", scopes=["edit"], days=1)
            revoke(shared.room, token.id)
        elif kind == "wrong":
            other, _ = token_for(shared.room, "ann@example.org", label="t", scopes=["edit"], days=1)
            secret = other[:10] + ("A" if other[10] != "A" else "B") + other[11:]
        else:
            secret = "plt_x" if kind == "garbage" else "x"
        if kind == "basic":
            answer = shared.ask(method, path.replace("{name}", "games"), Authorization="Basic YW5uOnB3")
        else:
            answer = call(shared, method, path, described, secret)
        assert is_problem(answer, 401, "wrong-credentials")

    @table(is_guarded)
    def test_a_token_for_reading_alone(
        self, shared: Running, method: str, path: str, described: dict[str, Any]
    ) -> None:
        assert is_problem(call(shared, method, path, described, shared.tokens["reader"]), 403, "no-scope")

    @table(lambda described: is_guarded(described) and described["x-owner"])
    def test_somebody_else(self, shared: Running, method: str, path: str, described: dict[str, Any]) -> None:
        before = shared.ask("GET", "/api/v1/packages/games").body
        assert call(shared, method, path, described, shared.tokens["ben"]).status in (403, 422)
        assert is_problem(call(shared, method, path, described, shared.tokens["other"]), 403, "other-package")
        assert shared.ask("GET", "/api/v1/packages/games").body == before

    @table(lambda _described: True)
    def test_answers_are_those_that_are_described(
        self, shared: Running, method: str, path: str, described: dict[str, Any]
    ) -> None:
        for token in (None, shared.tokens["ben"]):
            answer = call(shared, method, path, described, token)
            assert str(answer.status) in described["responses"]
            content = described["responses"][str(answer.status)].get("content", {})
            if "application/json" in content:
                schema = content["application/json"]["schema"] | {"components": DOCUMENT["components"]}
                jsonschema.validate(answer.json, schema)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-request-id"]


def test_the_description_is_that_of_the_routes(shared: Running) -> None:
    assert shared.ask("GET", PATH).json == json.loads(json.dumps(DOCUMENT))
    assert {(method, path) for method, path, _ in ROUTES} == {(known.method, known.path) for known in OPERATIONS}
    for method, path, _ in ROUTES:
        # Whatever is described is there, and what is not is not.
        answer = shared.ask(method, filled(path))
        assert answer.status != 405
        other = shared.ask("TRACE", path)
        assert other.status == 405
    assert shared.ask("GET", "/api/v1/nothing").status == 404
    assert len({known.id for known in OPERATIONS}) == len(OPERATIONS)


def test_a_token_makes_none_that_can_do_more(shared: Running) -> None:
    account = shared.token_of("ann@example.org", "account", "upload", packages=("games",))

    def make(**wanted: object) -> Answer:
        return shared.ask("POST", "/api/v1/tokens", {"label": "x", **wanted}, token=account)

    assert make(scopes=["edit"], packages=["games"]).json["code"] == "beyond-token"
    assert make(scopes=["upload"], packages=["*"]).json["code"] == "beyond-token"
    assert make(scopes=["admin"], packages=["games"]).status == 403
    assert make(scopes=["upload"], packages=["games"], owner="ben@example.org").status == 403
    made = make(scopes=["upload"], packages=["games"])
    assert made.status == 201
    assert is_token(made.json["token"])
    listed = shared.ask("GET", "/api/v1/tokens", token=account)
    assert made.json["id"] in {token["id"] for token in listed.json["tokens"]}
    assert made.json["token"] not in listed.body.decode()
    others = shared.ask("DELETE", f"/api/v1/tokens/{made.json['id']}", token=shared.tokens["ben"])
    assert others.status == 404
    assert shared.ask("DELETE", f"/api/v1/tokens/{made.json['id']}", token=account).status == 204
    assert shared.push("games", token=made.json["token"]).status == 401


def test_what_is_kept_of_a_token_does_not_tell_it(tmp_path: Path) -> None:
    with room(tmp_path) as server:
        secret = server.token_of("ann@example.org")
        database = server.room.database.path
        assert database is not None
        kept = b"".join(path.read_bytes() for path in database.parent.iterdir() if path.is_file())
        assert secret.encode() not in kept
        assert server.token.encode() not in kept


def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    clock = Clock()
    with running(tmp_path, "[limits]\nsign_ins = 3", clock=clock) as server:
        wrong = server.token[:-1] + ("a" if server.token[-1] != "a" else "b")
        codes = [server.ask("GET", "/api/v1/status", token=wrong).status for _ in range(5)]
        assert codes == [401, 401, 401, 429, 429]
        answer = server.ask("GET", "/api/v1/status", token=server.token)
        assert is_problem(answer, 429, "too-often")
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        assert server.ask("GET", "/api/v1/status").status == 200, "who shows nothing guesses nothing"
        clock.now += 60
        assert server.ask("GET", "/api/v1/status", token=server.token).status == 200


def test_edits_are_counted_by_user(tmp_path: Path) -> None:
    clock = Clock()
    with running(tmp_path, "[limits]\nedits = 2", clock=clock) as server:
        ann, ben = server.token_of("ann@example.org"), server.token_of("ben@example.org")
        assert [server.push(f"p{number}", token=ann).status for number in range(3)] == [201, 201, 429]
        assert server.push("q", token=ben).status == 201
        clock.now += 31
        assert server.push("p2", token=ann).status == 201


def test_reading_can_need_a_token(tmp_path: Path) -> None:
    with running(tmp_path, "[server]\npublic_read = false") as server:
        assert is_problem(server.ask("GET", "/api/v1/packages"), 401)
        assert server.ask("GET", "/api/v1/packages", token=server.token_of("ann", "read")).status == 200
        assert server.ask("GET", "/healthz").status == 200


def test_a_user_who_may_not_sign_in_any_more(server: Running) -> None:
    from pltpack.server.database.tables import USERS

    ann = server.token_of("ann@example.org")
    with server.room.database.write() as connection:
        connection.execute(USERS.update().where(USERS.c.name == "ann@example.org").values(disabled=1))
    assert server.push("games", token=ann).status == 401


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\n Set-Cookie: b\r\n\r\n",
        b"GET /api/v1/packages/a%0d%0aSet-Cookie:%20b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/v1/packages?after=%0d%0aSet-Cookie:%20b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\nX-Request-ID: 12345678%0d%0aSet-Cookie: b\r\n\r\n",
        b"GET /api/v1/jobs/%0d%0aSet-Cookie:%20b HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=range(5),
)
def test_no_header_comes_from_a_request(shared: Running, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as connection:
        connection.sendall(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert b"set-cookie" not in answer.partition(b"\r\n\r\n")[0].lower()


def test_figures_are_for_this_machine(shared: Running) -> None:
    assert b"pltpack_server_packages" in shared.ask("GET", "/metrics").body
    far = {"X_Forwarded_For": "203.0.113.9"}
    assert shared.ask("GET", "/metrics", **far).status == 403
    assert shared.ask("GET", "/metrics", token=shared.token, **far).status == 200


def test_an_error_of_ours_tells_nothing_of_us(shared: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from pltpack.server.routes import packages

    def fails(*_arguments: object) -> object:
        raise RuntimeError("at /secret/path")

    monkeypatch.setattr(packages, "find_package", fails)
    answer = shared.ask("GET", "/api/v1/packages/games")
    assert is_problem(answer, 500, "internal")
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body


def test_requests_are_called_as_their_senders_call_them(shared: Running) -> None:
    assert shared.ask("GET", "/healthz", X_Request_ID="build-1234").headers["x-request-id"] == "build-1234"
    assert shared.ask("GET", "/healthz", X_Request_ID="a b").headers["x-request-id"] != "a b"


def test_a_room_that_is_closed_for_migration(tmp_path: Path) -> None:
    import sqlalchemy as sql

    with room(tmp_path) as server, serving(server):
        assert server.ask("GET", "/readyz").status == 200
        with server.room.database.write() as connection:
            connection.execute(sql.text("DELETE FROM schema_steps"))
        assert server.ask("GET", "/readyz").status == 503
        assert server.ask("GET", "/healthz").status == 200
