"""Setting up, saving, restoring, looking after, and taking over."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from pltpack.catalog.record import Record
from pltpack.errors import BlockedError, DatumError, EntryExistsError, FormatError, PltError
from pltpack.server.keeping.backup import backup, restore, restore_from_records
from pltpack.server.keeping.doctor import examine_server, mend
from pltpack.server.keeping.importing import import_catalog, user_of
from pltpack.server.keeping.init import init_server
from pltpack.server.records.files import read_record
from pltpack.server.room import Room
from tests.server.running import Running, package_zip, running
from tests.site.trees import small_site


@pytest.fixture
def server(server: Running) -> Running:
    """With two packages, one of them not published yet."""
    server.push("games", token=server.token_of("ann@example.org"))
    server.work()
    server.push("toys", package_zip({"toy.rkt": ""}))
    return server


def again(config: Path) -> Running:
    return Running(Room.open(config), "")


def names(server: Running) -> set[str]:
    return {path.name for path in (server.room.places.site / "catalog" / "pkg").iterdir()}


def test_setting_up_twice(tmp_path: Path) -> None:
    init_server(tmp_path / "x", url="https://example.org/")
    assert 'url = "https://example.org/"' in (tmp_path / "x" / "server.toml").read_text()
    with pytest.raises(EntryExistsError):
        init_server(tmp_path / "x")


def test_saved_and_restored_it_goes_on(server: Running, tmp_path: Path) -> None:
    saved = backup(server.room, tmp_path / "saved.tar")
    assert saved.rows > 5
    with pytest.raises(EntryExistsError):
        backup(server.room, tmp_path / "saved.tar")
    done = restore(tmp_path / "saved.tar", tmp_path / "new")
    assert done.rows == saved.rows
    other = again(tmp_path / "new" / "server.toml")
    with other.room:
        assert examine_server(other.room, deep=True) == []
        assert other.work() == 1
        assert names(other) == {"games", "toys"}
    with pytest.raises(BlockedError):
        restore(tmp_path / "saved.tar", tmp_path / "new")


def test_between_the_kinds_of_databases(server: Running, tmp_path: Path) -> None:
    from tests.server.postgresql import postgresql

    backup(server.room, tmp_path / "saved.tar")
    with postgresql() as url:
        restore(tmp_path / "saved.tar", tmp_path / "new", database=url)
        other = again(tmp_path / "new" / "server.toml")
        with other.room:
            assert other.room.database.kind == "postgresql"
            assert other.work() == 1
            assert examine_server(other.room, deep=True) == []
            backup(other.room, tmp_path / "again.tar")
    restore(tmp_path / "again.tar", tmp_path / "third", database="")
    third = again(tmp_path / "third" / "server.toml")
    with third.room:
        assert examine_server(third.room, deep=True) == []
        assert names(third) == {"games", "toys"}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\0" * 2048], ids=["empty", "nonsense", "zeros"])
def test_archives_of_something_else(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved.tar").write_bytes(content)
    with pytest.raises(FormatError, match="no archive of a server"):
        restore(tmp_path / "saved.tar", tmp_path / "new")


def test_an_archive_that_leads_out_of_the_folder(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "saved.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("../out"))
    with pytest.raises(FormatError):
        restore(tmp_path / "saved.tar", tmp_path / "new")
    assert not (tmp_path / "out").exists()


def test_from_the_records_alone(server: Running, tmp_path: Path) -> None:
    server.work()
    shutil.copytree(server.room.places.root, tmp_path / "copy", ignore=shutil.ignore_patterns("server.db*"))
    (tmp_path / "copy" / "records" / "bad.rktd").write_bytes(b"#hash((")
    other = again(tmp_path / "copy" / "server.toml")
    with other.room:
        done = restore_from_records(other.room)
        assert (done.rows, list(done.failed)) == (2, ["bad.rktd"])
        assert (tmp_path / "copy" / "records" / "bad.rktd").exists(), "it stays for who can mend it"
        assert other.work() == 0
        from pltpack.server.jobs.publication import publish

        publish(other.room)
        assert [finding.what for finding in examine_server(other.room, deep=True)] == []
        with pytest.raises(BlockedError):
            restore_from_records(other.room)
    before = server.room.places.records / "games.rktd"
    assert (tmp_path / "copy" / "records" / "games.rktd").read_bytes() == before.read_bytes()


def test_records_are_those_of_the_original(server: Running) -> None:
    text = (server.room.places.records / "games.rktd").read_bytes()
    record = Record.parse("games", text)
    assert record.checksum == hashlib.sha1(package_zip()).hexdigest()
    assert record.author == "ann@example.org"
    assert (record.ring, record.description) == (2, "fruit")
    assert read_record(server.room.places.records / "games.rktd").edition.owners == ("ann@example.org",)


def test_all_is_well_or_what_is_not(server: Running) -> None:
    server.work()
    room = server.room
    assert examine_server(room, deep=True) == []
    (archive,) = room.places.site.glob("pkgs/*/*/toys.zip")
    content = archive.read_bytes()
    archive.write_bytes(content[:-1] + b"x")
    assert [finding.package for finding in examine_server(room, deep=True)] == ["toys"]
    archive.write_bytes(content)
    (room.places.records / "games.rktd").write_bytes(b"#hash()")
    (room.places.site / ".site/packages/toys.json").unlink()
    found = examine_server(room)
    assert {finding.package for finding in found if finding.level == "error"} == {"games", "toys"}
    assert mend(room, found) == 2
    server.work()
    assert examine_server(room, deep=True) == []
    archive.unlink()
    (finding,) = examine_server(room)
    assert "gone" in finding.what


class TestTakingOver:
    @pytest.fixture
    def original(self, tmp_path: Path) -> Path:
        """A folder of the original server."""
        root = tmp_path / "original"
        (root / "pkgs").mkdir(parents=True)
        (root / "users.new").mkdir()
        table = '(author . "ann@example.org ben@example.org") (description . "old") (tags . ("a")) (ring . 1)'
        (root / "pkgs" / "games").write_text(
            f'#hash((source . "https://example.org/games.zip") {table} (date-added . 1400000000))'
        )
        (root / "pkgs" / "cut").write_text('#hash((source . "https://exa')
        (root / "pkgs" / "alist").write_text("(a b)")
        (root / "pkgs" / "local").write_text('#hash((source . "/etc/hostname") (author . "eve@example.org"))')
        hashed = "$2b$12$abcdefghijklmnopqrstuuQQ0b8N6cZ7VJ3lK5n2oW1rYx9tE4sGa"
        (root / "users.new" / "ann@example.org").write_text(hashed)
        (root / "users.new" / "ben@example.org").write_text(
            f'((email "ben@example.org") (password #"{hashed}") (properties ()))'
        )
        (root / "users.new" / "bad@example.org").write_text('((email "other@example.org") (password #"x"))')
        return root

    def test_an_original_server(self, server: Running, original: Path) -> None:
        looked = import_catalog(server.room, original, owner="admin", dry_run=True)
        assert looked.packages == []
        assert looked.skipped == ["ann@example.org", "games"]
        server.ask("DELETE", "/api/v1/packages/games?purge=true", token=server.token)
        server.work()
        done = import_catalog(server.room, original, owner="admin")
        assert (done.packages, done.users) == (["games"], ["ben@example.org"])
        assert set(done.failed) == {"cut", "alist", "local", "bad@example.org"}
        shown = server.ask("GET", "/api/v1/packages/games").json
        assert (shown["source"], shown["ring"], shown["added"]) == ("https://example.org/games.zip", 1, 1400000000)
        assert len(shown["owners"]) == 2
        assert import_catalog(server.room, original, owner="admin").packages == []

    def test_a_catalog_with_its_archives(self, server: Running, tmp_path: Path) -> None:
        site = small_site(tmp_path / "other")
        done = import_catalog(server.room, site / "catalog", owner="admin")
        assert (done.packages, done.failed) == (["apple", "pear"], {})
        server.work()
        assert {"apple", "pear"} <= names(server)

    def test_no_catalog(self, server: Running, tmp_path: Path) -> None:
        with pytest.raises((PltError, OSError)):
            import_catalog(server.room, tmp_path / "nothing", owner="admin")

    @pytest.mark.parametrize(
        "text", [b"", b"(", b"((email x))", b"$1$abc", b'((email "a") (password "text"))', b"\xff" * 20], ids=range(6)
    )
    def test_files_that_are_of_no_user(self, text: bytes) -> None:
        with pytest.raises((DatumError, FormatError)):
            user_of("a", text)


def test_rings_by_age(tmp_path: Path) -> None:
    from pltpack.server.jobs.schedule import tick
    from tests.server.running import Clock

    clock = Clock()
    with running(tmp_path, "[rings]\nautomatic = true\ndays = 10", clock=clock) as server:
        same = package_zip(info='#lang info\n(define collection "same")\n(define pkg-desc "x")\n')
        server.push("older", same)
        clock.now += 86400
        server.push("younger", same)
        server.push("alone")
        server.push("said", package_zip({"said.rkt": ""}))
        server.ask("PUT", "/api/v1/packages/said/ring", {"ring": 1}, token=server.token)
        server.ask("PUT", "/api/v1/packages/said/ring", {"ring": 2}, token=server.token)
        tick(server.room)
        clock.now += 12 * 86400
        queue = server.ask("GET", "/api/v1/curation", token=server.token).json["packages"]
        assert [entry["name"] for entry in queue] == ["older", "alone", "said", "younger"]
        tick(server.room)
        server.work()
        rings = {name: server.ask("GET", f"/api/v1/packages/{name}").json["ring"] for name in names(server)}
        assert rings == {"older": 1, "younger": 2, "alone": 1, "said": 2}
        queue = server.ask("GET", "/api/v1/curation", token=server.token).json["packages"]
        assert {entry["name"]: entry["conflicts"] for entry in queue} == {"said": [], "younger": ["older"]}
        shown = json.loads((server.room.places.site / "json/younger.json").read_text())
        assert shown["conflicts"] == ["older"]
        assert "curate" in server.ask("GET", "/api/v1/events", token=server.token_of("ann@example.org")).body.decode()
        curator = server.token_of("cur@example.org", "curate", role="curator")
        assert server.ask("PUT", "/api/v1/packages/younger/ring", {"ring": 0}, token=curator).status == 200
