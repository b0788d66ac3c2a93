"""A server that is killed while packages are pushed and published loses nothing that it has acknowledged."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sysconfig
import threading
from pathlib import Path

from pltpack.catalog.locations import open_catalog
from pltpack.client.client import CatalogClient
from pltpack.errors import PltError
from pltpack.server.jobs.worker import Worker, recover_jobs
from pltpack.server.keeping.doctor import examine_server
from pltpack.server.keeping.init import init_server
from pltpack.server.room import Room
from tests.server.running import package_zip

PROGRAM = str(Path(sysconfig.get_path("scripts"), "pltpack"))
KILLS = 60 if os.environ.get("SWEEP") else 5


class Reader:
    """Reads the catalog again and again, as clients do; what goes wrong is kept."""

    def __init__(self, catalog: Path) -> None:
        self.catalog = catalog
        self.errors: list[Exception] = []
        self.reads = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.stop.wait(0.002):
            try:
                with open_catalog(self.catalog, absolute=False) as catalog:
                    for record in catalog.records().values():
                        assert record.source is not None
                        archive = (self.catalog / record.source).read_bytes()
                        assert archive.startswith(b"PK")
                self.reads += 1
            except (PltError, OSError, AssertionError) as error:
                self.errors.append(error)


def test_no_acknowledged_push_is_lost(tmp_path: Path) -> None:
    made = init_server(tmp_path / "server")
    chance = random.Random(7)
    acknowledged: dict[str, str] = {}
    archive = tmp_path / "p.zip"
    reader = Reader(tmp_path / "server/site/catalog")
    reader.thread.start()
    number = 0
    try:
        for _ in range(KILLS):
            call = [PROGRAM, "server", "run", "--config", str(made.config), "--port", "0"]
            with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
                assert process.stdout is not None
                url = process.stdout.readline().removeprefix("catalog server: ").strip()
                killer = threading.Timer(chance.uniform(0.05, 1.5), process.kill)
                killer.start()
                with CatalogClient(url, token=made.token, retries=0) as client, contextlib.suppress(PltError):
                    while True:
                        number += 1
                        name = f"p{number % 7}"
                        archive.write_bytes(package_zip({f"f{number}.rkt": ""}))
                        acknowledged[name] = client.push(name, archive).sha256 or ""
                killer.join()
                process.stdout.read()
    finally:
        reader.stop.set()
        reader.thread.join()
    assert reader.errors == []
    assert reader.reads > 0
    assert acknowledged
    with Room.open(made.config) as room:
        recover_jobs(room)
        room.clock = lambda: 4_000_000_000.0  # whatever waits is due
        Worker(room).run_all()
        assert [finding for finding in examine_server(room, deep=True) if finding.level != "note"] == []
        from pltpack.server.records.package import archives_of, find_package

        with room.database.read() as connection:
            for name, sha256 in acknowledged.items():
                package = find_package(connection, name)
                assert package is not None
                assert package.is_published
                # A push that was not acknowledged any more may have come after it.
                assert sha256 in {known.sha256 for known in archives_of(connection, name)}
