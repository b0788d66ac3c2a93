"""Uploads that are meant to do harm, and requests of any kind: each is refused for what it is, and never a failure."""

from __future__ import annotations

import io
import random
import socket
import tarfile
import zipfile
from collections.abc import Iterator

import pytest

from pltpack.server.routes.table import OPERATIONS
from tests.server.running import Running, package_zip, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = "[limits]\nupload_bytes = 200000\nunpacked_bytes = 3000000\nedits = 100000\nsign_ins = 100000"
    with running(tmp_path_factory.mktemp("uploads"), limits) as found:
        yield found
        # Nothing is left of what was refused.
        assert not [path.name for path in found.room.places.spool.iterdir() if path.name.startswith("incoming")]


def zipped(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def tarred(entry: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(entry)
    return out.getvalue()


def link(target: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo("link")
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 415),
        (b"MZ nothing", 415),
        (b"PK\x03\x04 cut", 415),
        (package_zip()[:-30], 415),
        (zipped(("zeros", bytes(4_000_000))), 413),
        (zipped(("../out", b"x")), 415),
        (zipped(("/etc/passwd", b"x")), 415),
        (zipped(("a", b"1"), ("a/b", b"2")), 415),
        (tarred(link("/etc/passwd")), 415),
        (tarred(link("../../out")), 415),
        (zipped(("info.rkt", b"#lang racket\n(system \"x\")\n")), 422),
        (zipped(("info.rkt", b"#lang info\n(define deps (quote (1)))\n")), 422),
        (zipped(("info.rkt", b"#lang info\n" + b"(" * 5000)), 422),
    ],
    ids=range(13),
)  # fmt: skip
def test_archives_that_are_refused(server: Running, data: bytes, status: int) -> None:
    answer = server.push("bad", data)
    assert answer.status == status, answer.body
    assert b"/tmp/" not in answer.body
    assert server.ask("GET", "/api/v1/packages/bad").status == 404


def test_a_body_that_is_too_long_is_not_taken(server: Running) -> None:
    head = (
        f"PUT /api/v1/packages/big/archive HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
        "Content-Length: 999999999\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(1 << 16).partition(b"\r\n")[0]


def test_nothing_is_taken_from_who_may_not_push(server: Running) -> None:
    head = "PUT /api/v1/packages/big/archive HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert b" 401 " in connection.recv(1 << 16).partition(b"\r\n")[0]


def test_a_body_must_say_how_long_it_is(server: Running) -> None:
    head = (
        f"PUT /api/v1/packages/big/archive HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert b" 411 " in connection.recv(1 << 16).partition(b"\r\n")[0]


def test_a_body_that_is_cut_off_leaves_nothing(server: Running) -> None:
    head = (
        f"PUT /api/v1/packages/cut/archive HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
        f"Content-Length: {len(package_zip())}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode() + package_zip()[:100])
    assert server.ask("GET", "/api/v1/packages/cut").status == 404


WORDS = [
    "games",
    "x",
    "",
    "1",
    "0",
    "-1",
    "99999999999999999999",
    "a b",
    "%00",
    "%0d%0a",
    "%ff",
    "..",
    "%2e%2e%2f",
    "é",
    "null",
]
BODIES = [
    b"",
    b"{",
    b"{}",
    b"[]",
    b"null",
    b'"x"',
    b"1e999",
    b'{"name":"x"}',
    b'{"ring":1}',
    b'{"ring":"1"}',
    b'{"reason":null}',
    b'{"event":-1}',
    b'{"event":1e30}',
    b'{"source":"http://[::1"}',
    b'{"source":"https://x/\xc3\xa9"}',
    b'{"packages":["games"]}',
    b'{"label":"x","days":0}',
    b'{"label":"x","scopes":[]}',
    b'{"stamp":"../x"}',
    b'{"add":["\\ud800"]}',
    b'{"add":["a b"]}',
    b'{"description":"\\u0000"}',
    b'{"tags":["a","a"]}',
    b'{"versions":{"":{"source":""}}}',
    b"\xff\xfe",
    b"[" * 2000,
]


def test_no_request_is_a_failure(server: Running) -> None:
    """A seeded walk over all routes, with parameters and bodies that nobody should send."""
    from urllib.parse import quote

    chance = random.Random(19)
    server.push("games")
    seen = set()
    for _ in range(1500):
        operation = chance.choice(OPERATIONS)
        path = operation.path
        for name in operation.parameters:
            word = chance.choice(WORDS) or "y"
            path = path.replace(f"{{{name}}}", quote(word, safe="%"))
        if chance.random() < 0.3:
            key = chance.choice(["after", "most", "before", "purge", "all", "mine", "ring", "as", "x"])
            path += f"?{key}={quote(chance.choice(WORDS), safe='%')}"
        headers = {}
        if chance.random() < 0.2:
            key, value = chance.choice([("If_Match", '"1"'), ("If_None_Match", "*"), ("Digest", "x"), ("Prefer", "y")])
            headers[key] = value
        body = chance.choice(BODIES) if operation.method != "GET" else None
        kind = chance.choice(["application/json", "application/json", "text/plain", ""])
        token = chance.choice([server.token, server.token, None])
        if operation.id == "delete_package":
            continue
        answer = server.ask(operation.method, path, body, token=token, Content_Type=kind, **headers)
        assert answer.status < 500, (operation.id, path, body, answer.body)
        seen.add(answer.status)
    assert {200, 400, 401, 404, 415, 422} <= seen
