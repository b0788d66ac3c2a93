"""Records and archives over HTTP: what a route answers, and what becomes of the catalog."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from pltpack.catalog.locations import open_catalog
from pltpack.client.documents import RecordChange, RecordWanted
from pltpack.errors import BlockedError, FetchError, PackageError
from tests.server.running import INFO, Running, package_zip, running

GAMES = "/api/v1/packages/games"


def test_a_push_is_in_the_catalog(server: Running) -> None:
    answer = server.push("games")
    assert (answer.status, answer.headers["location"], answer.headers["etag"]) == (201, GAMES, '"1"')
    assert answer.json["sha1"] == hashlib.sha1(package_zip()).hexdigest()
    assert server.ask("GET", GAMES).json["published"] is False
    assert server.work() == 1
    shown = server.ask("GET", GAMES).json
    assert (shown["published"], shown["description"], shown["owners"]) == (True, "fruit", ["admin"])
    with open_catalog(server.room.places.site / "catalog", absolute=False) as catalog:
        record = catalog["games"]
        assert record.checksum == answer.json["sha1"]
        assert record.source is not None
        archive = server.room.places.site / "catalog" / record.source
        assert archive.read_bytes() == package_zip()
    assert server.ask("GET", "/catalog/pkg/games").status == 200
    job = server.ask("GET", f"/api/v1/jobs/{answer.json['job']}", token=server.token).json
    assert (job["state"], job["package"]) == ("done", "games")


def test_the_same_bytes_again_change_nothing(server: Running) -> None:
    assert server.push("games").status == 201
    again = server.push("games")
    assert (again.status, again.json["version"], again.json["job"]) == (200, 1, None)
    assert len(server.ask("GET", f"{GAMES}/events").json["events"]) == 1


def test_a_new_archive_has_the_old_one_behind_it(server: Running) -> None:
    server.push("games")
    server.work()
    newer = package_zip({"more.rkt": "#lang racket/base\n"}, info=INFO.replace("1.0", "1.1"))
    assert server.push("games", newer).json["version"] == 2
    server.work()
    versions = server.ask("GET", f"{GAMES}/versions").json["archives"]
    assert sorted((row["version"], row["current"]) for row in versions) == [("1.0", False), ("1.1", True)]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": "*"}, 412),
        ({"If_Match": '"7"'}, 412),
        ({"If_Match": "nonsense"}, 412),
        ({"If_Match": '"1"'}, 201),
        ({"If_Match": "*"}, 201),
    ],
    ids=str,
)
def test_an_update_that_would_be_lost(server: Running, headers: dict[str, str], status: int) -> None:
    server.push("games")
    newer = package_zip({"more.rkt": ""})
    assert server.push("games", newer, token=None, **headers).status == status


@pytest.mark.parametrize("header", ["Digest", "Content_Digest"])
def test_what_was_damaged_on_the_way_is_told(server: Running, header: str) -> None:
    def told(data: bytes) -> str:
        text = base64.b64encode(hashlib.sha256(data).digest()).decode()
        return f"sha-256=:{text}:" if header == "Content_Digest" else f"SHA-256={text}"

    answer = server.push("games", package_zip(), token=None, **{header: told(b"other")})
    assert (answer.status, answer.json["code"]) == (400, "wrong-digest")
    assert server.push("games", package_zip(), token=None, **{header: "SHA-256=!"}).json["code"] == "bad-digest"
    assert server.push("games", package_zip(), token=None, **{header: told(package_zip())}).status == 201


def test_a_worker_looks_at_a_push_for_who_does_not_wait(server: Running) -> None:
    answer = server.push("games", None, token=None, Prefer="respond-async")
    assert (answer.status, answer.json["state"]) == (202, "queued")
    server.work()
    job = server.ask("GET", answer.headers["location"], token=server.token).json
    assert (job["state"], job["result"]["version"]) == ("done", 1)
    assert server.ask("GET", GAMES).json["published"] is True
    bad = server.push("bad", b"PK nonsense", token=None, Prefer="respond-async")
    server.work()
    job = server.ask("GET", bad.headers["location"], token=server.token).json
    assert (job["state"], job["result"]["status"]) == ("done", 415)


def test_names_that_differ_by_case_only(server: Running) -> None:
    server.push("games")
    answer = server.push("Games")
    assert (answer.status, answer.json["code"]) == (409, "name-taken")
    assert server.push("no%20name").status == 404
    assert server.push("no.name").status == 422
    assert server.push("n%C3%A4me").status == 404


def test_a_record_with_a_source(server: Running) -> None:
    body = {"source": "https://example.org/games.zip", "description": "old", "tags": ["b", "A", "b"]}
    made = server.ask("PUT", GAMES, body, token=server.token)
    assert (made.status, made.headers["location"]) == (201, GAMES)
    shown = server.ask("GET", GAMES).json
    assert (shown["tags"], shown["check"]["state"], shown["published"]) == (["A", "b"], "new", False)
    changed = server.ask("PATCH", GAMES, {"description": "new"}, token=server.token, If_Match='"1"')
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    lost = server.ask("PATCH", GAMES, {"description": "newer"}, token=server.token, If_Match='"1"')
    assert (lost.status, lost.json["code"]) == (412, "changed-meanwhile")
    assert server.ask("GET", GAMES).json["description"] == "new"
    assert server.ask("GET", GAMES, If_None_Match='"2"').status == 304
    same = server.ask("PATCH", GAMES, {"description": "new"}, token=server.token)
    assert same.json["version"] == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"source": "/etc/passwd"}, "source"),
        ({"source": "file:///etc/passwd"}, "source"),
        ({"source": "games"}, "source"),
        ({"source": "https://ann:secret@example.org/x.zip"}, "password"),
        ({"source": "git://example.org/x"}, "https"),
        ({"source": "https://exa mple.org/x.zip"}, "blanks"),
        ({"tags": ["a b"]}, "tags"),
        ({"versions": {"x": {"source": "https://example.org/x.zip"}}}, "versions"),
        ({"description": "a\nb"}, "control"),
        ({"description": "a\0b"}, "NUL"),
        ({"colour": "red"}, "colour"),
        ({"source": 7}, "source"),
        ([], ""),
    ],
    ids=str,
)
def test_records_that_are_none(server: Running, body: object, words: str) -> None:
    answer = server.ask("PUT", GAMES, body, token=server.token)
    assert answer.status == 422
    assert words in answer.body.decode()
    assert server.ask("GET", GAMES).status == 404


@pytest.mark.parametrize(
    ("body", "type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"[" * 9999, "application/json", 400),
    ],
    ids=["cut", "no UTF-8", "type", "deep"],
)  # fmt: skip
def test_bodies_that_are_no_json(server: Running, body: bytes, type: str, status: int) -> None:
    assert server.ask("PUT", GAMES, body, token=server.token, Content_Type=type).status in (status, 422)


def test_removing_leaves_a_tombstone(server: Running) -> None:
    server.push("games")
    server.work()
    assert server.ask("DELETE", GAMES, token=server.token).status == 204
    server.work()
    assert server.ask("GET", GAMES).json["removed"] is not None
    with open_catalog(server.room.places.site / "catalog") as catalog:
        assert catalog["games"].description == "[removed] fruit"
    # Pushed again it is there again.
    assert server.push("games").status == 201
    server.work()
    assert server.ask("GET", GAMES).json["removed"] is None


def test_purging_is_for_admins_and_leaves_nothing(server: Running) -> None:
    ann = server.token_of("ann@example.org")
    server.push("games", token=ann)
    server.work()
    assert server.ask("DELETE", f"{GAMES}?purge=true", token=ann).status == 403
    assert server.ask("DELETE", f"{GAMES}?purge=true", token=server.token).status == 204
    assert server.push("games", token=ann).status == 409, "the name is free when the site has let it go"
    server.work()
    assert server.ask("GET", GAMES).status == 404
    assert server.ask("GET", "/catalog/pkg/games").status == 404
    assert not (server.room.places.records / "games.rktd").exists()
    assert server.push("games", token=ann).status == 201


def test_yanking(server: Running) -> None:
    server.push("games")
    answer = server.ask("POST", f"{GAMES}/yank", {"reason": "eats saves"}, token=server.token)
    assert answer.json["version"] == 2
    server.work()
    with open_catalog(server.room.places.site / "catalog") as catalog:
        assert catalog["games"].description == "[yanked: eats saves] fruit"
    server.ask("POST", f"{GAMES}/yank", {"reason": None}, token=server.token)
    server.work()
    with open_catalog(server.room.places.site / "catalog") as catalog:
        assert catalog["games"].description == "fruit"


def test_owners(server: Running) -> None:
    ann, ben = server.token_of("ann@example.org"), server.token_of("ben@example.org")
    server.push("games", token=ann)
    assert server.push("games", package_zip({"x.rkt": ""}), token=ben).json["code"] == "not-owner"
    assert server.ask("POST", f"{GAMES}/owners", {"add": ["ben@example.org"]}, token=ben).status == 403
    assert server.ask("POST", f"{GAMES}/owners", {"add": ["eve@example.org"]}, token=ann).status == 422
    assert server.ask("POST", f"{GAMES}/owners", {"add": ["ben@example.org"]}, token=ann).status == 200
    assert server.push("games", package_zip({"x.rkt": ""}), token=ben).status == 201
    everybody = {"remove": ["ann@example.org", "ben@example.org"]}
    assert server.ask("POST", f"{GAMES}/owners", everybody, token=ann).status == 422
    text = server.ask("GET", GAMES).body + server.ask("GET", f"{GAMES}/events").body
    assert b"@" not in text, "addresses are never told"


def test_a_new_name(server: Running) -> None:
    server.push("games")
    server.work()
    assert server.ask("POST", f"{GAMES}/rename", {"name": "Games"}, token=server.token).status == 201
    server.work()
    assert server.ask("GET", GAMES).status == 404
    assert server.ask("GET", "/api/v1/packages/Games").json["modules"] == ["Games/main.rkt"]
    answer = server.ask("POST", "/api/v1/packages/Games/rename", {"name": "play"}, token=server.token)
    assert answer.headers["location"] == "/api/v1/packages/play"
    server.work()
    assert server.ask("GET", "/api/v1/packages/play").json["modules"] == ["play/main.rkt"]
    assert server.ask("GET", "/api/v1/packages/Games").json["removed"] is not None
    server.push("other")
    taken = server.ask("POST", "/api/v1/packages/play/rename", {"name": "OTHER"}, token=server.token)
    assert taken.status == 409


def test_history_and_the_way_back(server: Running) -> None:
    server.push("games")
    server.work()
    server.push("games", package_zip({"worse.rkt": ""}))
    server.ask("PATCH", GAMES, {"description": "worse"}, token=server.token)
    server.work()
    edit, push, first = server.ask("GET", f"{GAMES}/events").json["events"]
    assert [edit["action"], push["action"], first["action"]] == ["edit", "push", "push"]
    assert (edit["before"], edit["after"]) == ({"description": None}, {"description": "worse"})
    answer = server.ask("POST", f"{GAMES}/undo", {"event": push["id"]}, token=server.token)
    assert answer.json["sha256"] == hashlib.sha256(package_zip()).hexdigest()
    server.work()
    shown = server.ask("GET", GAMES).json
    assert (shown["description"], shown["modules"]) == ("fruit", ["games/main.rkt"])
    assert server.ask("POST", f"{GAMES}/undo", {"event": first["id"]}, token=server.token).status == 409
    assert server.ask("POST", f"{GAMES}/undo", {"event": 999}, token=server.token).status == 404
    assert server.ask("POST", f"{GAMES}/undo", {"event": 1 << 70}, token=server.token).status in (404, 422)


def test_lists(server: Running) -> None:
    for name in ("c", "a", "b"):
        server.push(name, token=server.token_of("ann@example.org") if name == "b" else None)
    assert server.ask("GET", "/api/v1/packages").json == {"packages": ["a", "b", "c"], "next": None}
    assert server.ask("GET", "/api/v1/packages?most=2").json == {"packages": ["a", "b"], "next": "b"}
    assert server.ask("GET", "/api/v1/packages?after=b").json["packages"] == ["c"]
    mine = server.ask("GET", "/api/v1/packages?mine=true", token=server.token_of("ann@example.org"))
    assert mine.json["packages"] == ["b"]
    assert server.ask("GET", "/api/v1/packages?mine=true").status == 401
    for query in ("most=0", "most=x", "colour=red", "ring=9", "most=1&most=2", "after=%00"):
        assert server.ask("GET", f"/api/v1/packages?{query}").status == 400


def test_the_client_speaks_of_the_same(server: Running, tmp_path: Path) -> None:
    archive = tmp_path / "games.zip"
    archive.write_bytes(package_zip())
    with server.client() as client:
        pushed = client.push("games", archive, new=True)
        server.work()
        assert client.wait(pushed.job or 0).state == "done"
        assert client.package("games").published
        assert list(client.packages()) == ["games"]
        assert client.versions("games").archives[0].current
        assert client.change("games", RecordChange(tags=("toy",)), version=1).version == 2
        with pytest.raises(BlockedError, match="version 2"):
            client.change("games", RecordChange(tags=("game",)), version=1)
        with pytest.raises(BlockedError):
            client.push("games", archive, new=True)
        with pytest.raises(PackageError) as caught:
            client.put("more", RecordWanted(source="file:///etc"))
        assert "source" in caught.value.details[0]
        with pytest.raises(FetchError) as missing:
            client.package("none")
        assert missing.value.status == 404
        assert client.yank("games", "old").version == 3
        event = client.events("games").events[0]
        assert client.undo("games", event.id).version == 4
        assert client.rename("games", "play").name == "play"
        assert client.ring("play", 1).version == 2
        assert client.owners("play").job is None
        assert client.status().user == "admin"
        assert client.events().events
        assert not client.refresh().jobs
        assert client.queue().packages == ()
        new = client.make_token("ci", packages=("play",), days=1)
        assert {token.id for token in client.tokens(all=True).tokens} >= {new.id}
        client.revoke_token(new.id)
        server.work()
        taken = client.take_snapshot("one")
        assert client.snapshots() == ("one",)
        assert client.snapshot("one") == taken
        assert client.compare_snapshots("one", "one").changed == ()
        client.remove("play")
    assert json.loads((server.room.places.site / "pkgs.json").read_text())


def test_who_may_have_how_many(tmp_path: Path) -> None:
    with running(tmp_path, "[limits]\npackages = 1") as server:
        ann = server.token_of("ann@example.org")
        assert server.push("a", token=ann).status == 201
        assert server.push("b", token=ann).json["code"] == "too-many-packages"
        assert server.push("b").status == 201, "admins have any number"


def test_many_are_read_as_one_is(server: Running) -> None:
    from pltpack.server.database.tables import PACKAGES
    from pltpack.server.records.package import find_package, select_packages

    for name in ("games", "plays", "away"):
        server.push(name)
        server.push(name, package_zip({f"{name}.rkt": "#lang racket"}))
    server.token_of("ann@example.org")
    server.ask("POST", f"{GAMES}/owners", {"add": ["ann@example.org"]}, token=server.token)
    server.ask("POST", f"{GAMES}/yank", {"reason": "old"}, token=server.token)
    server.ask("PUT", "/api/v1/packages/nothing", {"source": "https://127.0.0.1/x.zip"}, token=server.token)
    server.ask("DELETE", "/api/v1/packages/plays", token=server.token)
    with server.room.database.read() as connection:
        names = ["away", "games", "nothing", "plays"]
        assert select_packages(connection) == [find_package(connection, name) for name in names]
        listed = select_packages(connection, PACKAGES.c.removed.is_(None), PACKAGES.c.archive.is_not(None))
        assert [package.name for package in listed] == ["away", "games"]
