"""Installers that a build farm sends: recorded as ``pltpack site record`` does, and by nobody who may not."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pltpack.distribution.check import check_distribution
from pltpack.distribution.tables import Installer, read_tables
from pltpack.server.problems import Problem
from pltpack.server.records.events import Actor, list_events
from pltpack.server.records.installers import record_upload
from tests.distribution.made import SMALL, shell_installer, tgz
from tests.server.running import Answer, Running, running

DATA = shell_installer(tgz(SMALL))
OTHER = shell_installer(tgz({**SMALL, "more": b"more"}))
LINUX = "{1} Racket | {2} Linux | x86_64"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, "[limits]\ninstaller_bytes = 100000\nupload_bytes = 100") as found:
        yield found
        assert not [*found.room.places.root.glob("spool/*")], "nothing is left of uploads"


def put(
    server: Running, name: str = "racket-8.7.sh", data: bytes = DATA, text: str | None = LINUX, **more: str
) -> Answer:
    """What the client of a build does, and curl: a plain PUT."""
    said = {} if text is None else {"Description": text.encode().decode("latin-1")}
    return server.ask("PUT", f"/upload/{name}", data, **{"token": server.token, **said, **more})


def events(server: Running) -> list[str | None]:
    with server.room.database.read() as connection:
        return [event.detail for event in list_events(connection) if event.action == "installer"]


def test_an_installer_is_recorded_and_served(server: Running) -> None:
    answer = put(server)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (201, b"#t", "text/s-expr; charset=utf-8")
    assert answer.headers["location"] == "/installers/racket-8.7.sh"
    site = server.room.places.site
    sums = (hashlib.sha1(DATA).hexdigest(), hashlib.sha256(DATA).hexdigest(), len(DATA))
    tables = read_tables(site)
    assert tables.files == {LINUX: "racket-8.7.sh"}
    assert tables.installers == {LINUX: Installer("racket-8.7.sh", *sums)}
    assert server.ask("GET", answer.headers["location"]).body == DATA
    assert check_distribution(site).sound
    assert (site / "installers/racket-8.7.sh").stat().st_nlink == 1


def test_the_same_again_changes_nothing_and_a_new_build_replaces(server: Running) -> None:
    assert put(server).status == 201
    table = server.room.places.site / "installers/table.rktd"
    before = table.stat()
    assert put(server).status == 200
    assert (table.stat().st_ino, table.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(events(server)) == 1
    assert put(server, data=OTHER).status == 200
    assert server.ask("GET", "/installers/racket-8.7.sh").body == OTHER
    assert events(server) == [f"racket-8.7.sh: {LINUX}"] * 2


def test_a_file_of_another_description_is_not_replaced(server: Running) -> None:
    put(server)
    answer = put(server, text="Windows", data=OTHER)
    assert (answer.status, answer.json["code"]) == (409, "other-description")
    assert read_tables(server.room.places.site).files == {LINUX: "racket-8.7.sh"}
    assert server.ask("GET", "/installers/racket-8.7.sh").body == DATA


@pytest.mark.parametrize(
    ("name", "text", "status", "code"),
    [
        ("racket.sh", None, 400, "no-description"),
        ("racket.sh", "  ", 422, "invalid"),
        ("racket.sh", "a\tb", 422, "invalid"),
        ("racket.sh", "x" * 501, 422, "invalid"),
        ("index.html", "x", 415, "no-installer"),
        ("evil.js", "x", 415, "no-installer"),
        ("table.rktd", "x", 415, "no-installer"),
        (".LOCKtable.rktd", "x", 422, "invalid"),
        (".hidden.sh", "x", 422, "invalid"),
        ("nul.sh", "x", 422, "invalid"),
        ("a%5Cb.sh", "x", 422, "invalid"),
        ("..%2Fx.sh", "x", 405, "wrong-method"),
        ("a%00.sh", "x", 404, "not-found"),
    ],
)  # fmt: skip
def test_what_is_refused(server: Running, name: str, text: str | None, status: int, code: str) -> None:
    answer = put(server, name, text=text)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert not (server.room.places.site / "installers").exists()


def test_text_is_utf_8(server: Running) -> None:
    assert put(server, text="Racket | λ").status == 201
    assert [*read_tables(server.room.places.site).files] == ["Racket | λ"]
    assert put(server, text=None, Description="caf\xe9").json["code"] == "bad-description"


def test_bodies_that_are_too_long_or_damaged_on_the_way(server: Running) -> None:
    assert put(server, data=bytes(100_001)).status == 413
    assert put(server, Digest="SHA-256=" + "A" * 43 + "=").json["code"] == "wrong-digest"
    assert not (server.room.places.site / "installers").exists()


def test_who_may(server: Running) -> None:
    for scopes, role, status in [(("upload", "edit"), "admin", 403), (("curate",), "curator", 201)]:
        assert put(server, token=server.token_of(f"{role}@example.org", *scopes, role=role)).status == status
    farm = server.token_of("farm@example.org", "curate", role="curator", packages=("racket-minimal-*",))
    assert put(server, token=farm).json["code"] == "other-package"
    assert put(server, "racket-minimal-8.7.tgz", text="Minimal", token=farm).status == 201
    assert server.ask("PUT", "/upload/racket.sh", DATA, Description="x").status == 401


def test_several_machines_at_once(server: Running) -> None:
    answers: list[int] = []

    def send(number: int) -> None:
        answers.append(put(server, f"racket-{number}.sh", text=f"Racket | {number}").status)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 6
    assert len(read_tables(server.room.places.site).installers) == 6
    assert check_distribution(server.room.places.site).sound


def test_the_site_is_waited_for(server: Running, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(DATA)
    times = iter([0.0, 59.0, 60.0])
    waits: list[float] = []
    lock = server.room.places.site / ".site/lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(Problem) as raised:
            record_upload(
                server.room, Actor(), upload, "racket.sh", LINUX, clock=lambda: next(times), pause=waits.append
            )
        assert (raised.value.status, len(waits)) == (503, 1)
        times = iter([0.0, 0.0])

        def pause(_seconds: float) -> None:
            fcntl.flock(stream, fcntl.LOCK_UN)

        done = record_upload(server.room, Actor(), upload, "racket.sh", LINUX, clock=lambda: next(times), pause=pause)
    assert done == "added"


def test_a_bucket_gets_it_too(tmp_path: Path) -> None:
    target = tmp_path / "target"
    with running(tmp_path, f'[publish]\ntarget = "{target}"') as server:
        put(server)
        server.work()
    assert (target / "installers/racket-8.7.sh").read_bytes() == DATA
    assert (target / "installers/table.rktd").exists()
