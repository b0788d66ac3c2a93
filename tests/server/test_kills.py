"""Processes of a server that are killed while packages are pushed, looked at and published lose nothing of what was
acknowledged, and who reads the catalog meanwhile never fails."""

from __future__ import annotations

import os
import random
import threading
from collections import defaultdict
from pathlib import Path

from pltpack.catalog.locations import open_catalog
from pltpack.client.client import CatalogClient
from pltpack.errors import PltError
from pltpack.pkg.checksum import digests
from pltpack.server.jobs.worker import Worker, recover_jobs
from pltpack.server.keeping.doctor import examine_server
from pltpack.server.keeping.init import init_server
from pltpack.server.keeping.refreshing import refresh_now
from pltpack.server.records.files import read_record
from pltpack.server.records.package import archives_of, find_package
from pltpack.server.room import Room
from tests.server.nursery import Started, nursery
from tests.server.running import package_zip
from tests.servers import serving

KILLS = 200 if os.environ.get("SWEEP") else 12
SOURCES = ("s0", "s1")


class Reader:
    """Reads catalogs and records again and again, as clients do; what goes wrong is kept."""

    def __init__(self, root: Path, target: Path) -> None:
        self.catalogs = (root / "site/catalog", target / "catalog")
        self.records = root / "records"
        self.errors: list[BaseException] = []
        self.reads = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.stop.wait(0.01):
            try:
                for catalog in self.catalogs:
                    if (catalog / "pkgs-all").exists():
                        self.look(catalog)
                for path in self.records.glob("*.rktd"):
                    assert read_record(path).edition.owners
                self.reads += 1
            except (PltError, OSError, ValueError, AssertionError) as error:
                self.errors.append(error)

    def look(self, place: Path) -> None:
        with open_catalog(place, absolute=False) as catalog:
            for record in catalog.records().values():
                assert record.source is not None
                if not record.source.startswith("http"):
                    assert (place / record.source).read_bytes().startswith(b"PK")


class Pusher:
    """Pushes packages and has sources looked at, again and again; what was acknowledged is kept."""

    def __init__(self, folder: Path, token: str) -> None:
        self.folder = folder
        self.token = token
        self.url = ""
        self.up = threading.Event()
        self.stop = threading.Event()
        self.progress = threading.Semaphore(0)
        self.sent: defaultdict[str, list[str]] = defaultdict(list)
        self.acknowledged: defaultdict[str, list[str]] = defaultdict(list)
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            self.up.wait()
            with CatalogClient(self.url, token=self.token, retries=0) as client:
                number += 1
                try:
                    self.push(client, f"p{number % 7}", number)
                    if number % 3 == 0:
                        self.change_source(client, SOURCES[number % 2], number)
                except PltError:
                    continue
            self.progress.release()

    def push(self, client: CatalogClient, name: str, number: int) -> None:
        archive = self.folder / "p.zip"
        archive.write_bytes(package_zip({f"f{number}.rkt": ""}))
        self.sent[name].append(digests(archive).sha256)
        client.push(name, archive)
        self.acknowledged[name].append(self.sent[name][-1])

    def change_source(self, client: CatalogClient, name: str, number: int) -> None:
        new = self.folder / "new.zip"
        new.write_bytes(package_zip({f"f{number}.rkt": ""}))
        new.replace(self.folder / f"sources/{name}.zip")
        client.refresh([name])


def test_nothing_is_lost(tmp_path: Path) -> None:
    target = tmp_path / "target"
    made = init_server(tmp_path / "server")
    settings = {"[sources]\n": 'networks = ["127.0.0.1/32"]\n', "[publish]\n": f'target = "{target}"\n'}
    text = made.config.read_text()
    for section, lines in settings.items():
        text = text.replace(section, section + lines)
    made.config.write_text(text)
    (tmp_path / "sources").mkdir()
    chance = random.Random(7)
    pusher = Pusher(tmp_path, made.token)
    reader = Reader(made.config.parent, target)
    with serving(tmp_path / "sources") as sources, nursery() as processes:
        for name in SOURCES:
            (tmp_path / f"sources/{name}.zip").write_bytes(package_zip({f"{name}.rkt": ""}))

        def start(kind: str) -> Started:
            options = ["--worker"] if kind == "worker" else ["--port", "0", "--workers", "0"]
            started = processes.start(["server", "run", "--config", str(made.config), *options], tmp_path / "log")
            if kind == "app":
                pusher.url = started.line.removeprefix("catalog server: ").strip()
                pusher.up.set()
            return started

        running = {kind: start(kind) for kind in ("app", "worker")}
        with CatalogClient(pusher.url, token=made.token) as client:
            from pltpack.client.documents import RecordWanted

            for name in SOURCES:
                client.put(name, RecordWanted(source=f"{sources.url}{name}.zip"))
        try:
            pusher.thread.start()
            reader.thread.start()
            for _ in range(KILLS):
                for _ in range(chance.randint(1, 4)):
                    assert pusher.progress.acquire(timeout=120)
                threading.Event().wait(chance.uniform(0, 0.6))
                kind = chance.choice(["app", "worker"])
                if kind == "app":
                    pusher.up.clear()
                processes.kill(running[kind])
                running[kind] = start(kind)
        finally:
            pusher.stop.set()
            pusher.up.set()
            pusher.thread.join()
            for started in running.values():
                processes.kill(started)
            reader.stop.set()
            reader.thread.join()
        assert reader.errors == []
        assert reader.reads > 0
        assert len(pusher.acknowledged) == 7
        with Room.open(made.config) as room:
            recover_jobs(room)
            now = room.clock()
            room.clock = lambda: now + 3600.0  # whatever waits is due
            Worker(room).run_all()
            refresh_now(room, all=True)
            assert [finding for finding in examine_server(room, deep=True) if finding.level != "note"] == []
            what_there_is(room, pusher, target)


def what_there_is(room: Room, pusher: Pusher, target: Path) -> None:
    """All that was acknowledged is known, and what is published is the latest, in both places."""
    with (
        room.database.read() as connection,
        open_catalog(room.places.site / "catalog") as site,
        open_catalog(target / "catalog") as copy,
    ):
        for name, sums in pusher.acknowledged.items():
            package = find_package(connection, name)
            assert package is not None
            assert package.archive is not None
            assert package.is_published
            assert set(sums) <= {archive.sha256 for archive in archives_of(connection, name)}
            # Pushes that were not acknowledged any more may have come after the last one that was.
            sent = pusher.sent[name]
            assert package.archive.sha256 in sent[sent.index(sums[-1]) :]
            assert site[name].checksum == copy[name].checksum == package.archive.sha1
        for name in SOURCES:
            assert copy[name].checksum == digests(pusher.folder / f"sources/{name}.zip").sha1
