"""Uploads that are meant to do harm: each is refused for what it is, and leaves nothing."""

from __future__ import annotations

import io
import socket
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.pkg.create import create_package
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


def tarred_zeros() -> bytes:
    """Some thousand bytes that unpack to millions."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("zeros")
        entry.size = 4_000_000
        archive.addfile(entry, io.BytesIO(bytes(entry.size)))
    return out.getvalue()


def plt_of_zeros() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        tree.mkdir()
        (tree / "info.rkt").write_text("#lang info\n(define collection 'multi)\n")
        (tree / "zeros").write_bytes(bytes(4_000_000))
        return create_package(tree, format="plt", dest=folder).path.read_bytes()


def overlapping() -> bytes:
    """A zip whose entries are all the same bytes of the file, so that a few of them unpack to many."""
    data = bytearray(zipped(("a", bytes(100_000)), ("b", bytes(100_000))))
    at = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", at + 4)
    data[second + 42 : second + 46] = data[at + 42 : at + 46]  # where the second entry is
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 415),
        (b"MZ nothing", 415),
        (b"PK\x03\x04 cut", 415),
        (package_zip()[:-30], 415),
        (zipped(("zeros", bytes(4_000_000))), 413),
        (tarred_zeros(), 413),
        (plt_of_zeros(), 413),
        (overlapping(), 415),
        (zipped(*((f"f{number}", b"") for number in range(100_001)))[:200_000], 415),
        (zipped(("../out", b"x")), 415),
        (zipped(("/etc/passwd", b"x")), 415),
        (zipped(("a", b"1"), ("a/b", b"2")), 415),
        (tarred(link("/etc/passwd")), 415),
        (tarred(link("../../out")), 415),
        (zipped(("info.rkt", b"#lang racket\n(system \"x\")\n")), 422),
        (zipped(("info.rkt", b"#lang info\n(define deps (quote (1)))\n")), 422),
        (zipped(("info.rkt", b"#lang info\n" + b"(" * 5000)), 422),
    ],
    ids=range(17),
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
