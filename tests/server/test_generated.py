"""Thousands of requests made of the OpenAPI document: none is a failure, and each answer is one that is described."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonschema

from pltpack.server.jobs.uploads import ACCEPT
from pltpack.server.jobs.worker import Worker
from pltpack.server.keeping.doctor import examine_server
from pltpack.server.keeping.people import token_for
from pltpack.server.pages.table import PAGES
from pltpack.server.records.edits import PUBLISH
from pltpack.server.routes.openapi import openapi_document
from pltpack.server.routes.table import OPERATIONS
from tests.server.generated import NAMES, TEXTS, Maker, Request
from tests.server.running import Answer, Running, running
from tests.server.visiting import Visitor, seen

REQUESTS = 20_000 if os.environ.get("SWEEP") else 600
FORMS = 3_000 if os.environ.get("SWEEP") else 150
SEED = 19
DOCUMENT = openapi_document(OPERATIONS)
SETTINGS = (
    '[server]\nurl = "https://pkgs.example.org"\n'
    + "[limits]\nsign_ins = 1000000\nedits = 1000000\nupload_bytes = 100000\nunpacked_bytes = 1000000"
)


def test_no_request_is_a_failure(tmp_path: Path) -> None:
    with running(tmp_path, SETTINGS) as server:
        for name in ("games", "apple", "pear"):
            assert server.push(name).status == 201
        tokens = {
            "admin": server.token,
            "member": server.token_of("ann@example.org", "upload", "edit", "account"),
            "curator": server.token_of("cay@example.org", "upload", "edit", "curate", "account", role="curator"),
            "reader": server.token_of("rob@example.org", "read", role="reader"),
            "wrong": f"{server.token[:-1]}!",
            "nobody": None,
        }
        spare = [token_for(server.room, "ann@example.org", label="x", scopes=["read"])[1].id for _ in range(3)]
        ids = ["1", "2", "3", "racket-8.7.sh", "20230101-000000", *spare]
        # Most by those who may do something.
        maker = Maker(DOCUMENT, random.Random(SEED), ["admin"] * 6 + [*tokens], ids)
        checks = validators()
        seen: dict[str, set[int]] = {operation.id: set() for operation in OPERATIONS}
        for number in range(REQUESTS):
            request = maker.request()
            answer = sent(server, request, tokens[request.who])
            as_described(request, answer, checks)
            seen[request.operation].add(answer.status)
            if number % 200 == 199:
                Worker(server.room, kinds=[PUBLISH, ACCEPT]).run_all()
        assert not [operation for operation, statuses in seen.items() if not statuses], "all were asked for"
        assert {200, 201, 202, 204, 400, 401, 403, 404, 409, 412, 415, 422} <= set.union(*seen.values())
        Worker(server.room, kinds=[PUBLISH, ACCEPT]).run_all()
        assert [finding for finding in examine_server(server.room, deep=True) if finding.level == "error"] == []


def test_no_form_is_a_failure(tmp_path: Path) -> None:
    """Somebody goes through all pages, and sends the forms that are there with whatever comes to mind."""
    chance = random.Random(SEED)
    texts = [text for text in TEXTS if text.isprintable()] + ["", "x\0y", "two\nlines"]
    places = [
        page.path.replace("{name}", name).replace("{id}", "1")
        for page in PAGES
        for name in (*NAMES, "nobody")
        if "{" not in page.path.replace("{name}", "").replace("{id}", "")
    ]
    with running(tmp_path, SETTINGS.replace("https://pkgs.example.org", "")) as server:
        server.token_of("ann@example.org", "upload", "edit", "account")
        for name in ("games", "apple", "pear"):
            assert server.push(name).status == 201
        statuses: set[int] = set()
        visitors = {user: Visitor.signed_in(server, user) for user in ("admin", "ann@example.org")}
        for number in range(FORMS):
            user = chance.choice(["admin", "admin", "ann@example.org", ""])
            visitor = visitors.get(user, Visitor(server))
            answer = visitor.ask("GET", chance.choice(places))
            statuses.add(answer.status)
            assert answer.status not in (500, 503), answer.body
            forms = seen(answer, answer.status).forms if answer.body.startswith(b"<!DOCTYPE") else []
            for form in chance.sample(forms, min(2, len(forms))):
                values = {
                    name: chance.choice(texts)
                    for name, _ in form.fields
                    if name not in ("csrf", "do") and chance.random() < 0.4
                }
                if form.method == "post":
                    reply = visitor.send(form, **values)
                else:
                    reply = visitor.ask("GET", f"{form.action}?{urlencode(form.filled(**values))}")
                statuses.add(reply.status)
                assert reply.status not in (500, 503), (form, values, reply.body)
                if reply.body.startswith(b"<!DOCTYPE"):
                    seen(reply, reply.status)
            if user and answer.status == 303:  # signed out, or all sessions were ended
                visitors[user] = Visitor.signed_in(server, user)
            if number % 100 == 99:
                Worker(server.room, kinds=[PUBLISH, ACCEPT]).run_all()
        assert {200, 303} <= statuses


OLD: dict[str, Any] = {
    "/api/authenticate": {"email": "ann@example.org", "passwd": "x", "code": ""},
    "/api/package/modify-all": {
        "pkg": "games",
        "name": "games",
        "description": "x",
        "source": "https://example.org/x.zip",
        "tags": ["a"],
        "authors": ["ann@example.org"],
        "versions": [["8.0", "https://example.org/y.zip"]],
    },
    "/api/package/del": {"pkg": "apple"},
    "/api/package/curate": {"package-names": ["games"], "ring": 1},
    "/api/update": {},
    "/api/upload": None,
    "/api/notice": None,
    "/pkg/games": None,
}
"""What programs of the original server send."""


def test_no_old_request_is_a_failure(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    maker = Maker(DOCUMENT, chance, ["nobody"], ["1"])
    with running(tmp_path, SETTINGS.replace("[server]\n", "[server]\nlegacy_api = true\n")) as server:
        tokens = {"ann@example.org": server.token_of("ann@example.org", "upload", "edit"), "admin": server.token}
        for name in ("games", "apple"):
            assert server.push(name, token=tokens["ann@example.org"]).status == 201
        statuses: set[int] = set()
        for _ in range(FORMS):
            path, user = chance.choice([*OLD]), chance.choice([*tokens])
            value = OLD[path]
            for _ in range(chance.choice([0, 1, 1, 3])):
                value = maker.changed(value)
            body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
            if path == "/api/upload":
                said = f'#hash((source . "https://example.org/x.zip") (tags . ("{chance.choice(NAMES)}")) (ring . 1))'
                table = f'#hash(("{chance.choice(NAMES)}" . {said}))'
                body = f'("{user}" #"{tokens[user]}" {table})'.encode()
            pair = base64.b64encode(f"{user}:{tokens[user]}".encode()).decode()
            headers = {"Authorization": f"Basic {pair}"} if chance.random() < 0.9 else {}
            method = "GET" if path in ("/api/notice", "/pkg/games") else chance.choice(["POST"] * 9 + ["GET", "PUT"])
            answer = server.ask(method, path, maker.damaged(body) if method != "GET" else None, **headers)
            statuses.add(answer.status)
            assert answer.status not in (500, 503), (path, user, body, answer.body)
        assert {200, 307, 401, 403, 404} <= statuses


def sent(server: Running, request: Request, token: str | None) -> Answer:
    headers = dict(request.headers)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(request.method, request.path, body=request.body, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def validators() -> dict[tuple[str, str], Any]:
    """What checks answers, by operation and status: those in JSON have a schema."""
    found: dict[tuple[str, str], Any] = {}
    for methods in DOCUMENT["paths"].values():
        for described in methods.values():
            for status, response in described["responses"].items():
                content = response.get("content", {})
                kind = next((kind for kind in content if "json" in kind), None)
                schema = None if kind is None else content[kind]["schema"] | {"components": DOCUMENT["components"]}
                check = None if schema is None else jsonschema.Draft202012Validator(schema)
                found[described["operationId"], status] = check
    return found


def as_described(request: Request, answer: Answer, checks: dict[tuple[str, str], Any]) -> None:
    assert answer.status not in (500, 503), (request, answer.body)
    assert answer.headers.get("set-cookie", "__Host-pltpack").startswith("__Host-pltpack"), request
    assert answer.headers["x-content-type-options"] == "nosniff", request
    assert b"Traceback" not in answer.body, request
    if answer.status in (404, 405) and answer.json["code"] in ("not-found", "wrong-method"):
        return  # a path that leads to another route, or to none
    assert (request.operation, str(answer.status)) in checks, (request, answer.status, answer.body)
    check = checks[request.operation, str(answer.status)]
    if check is not None:
        check.validate(answer.json)
